"""The service lines of a claim: SV1, SV2 or SV3 with procedure, modifiers, units, charge, days, and what the line has of its own."""

from __future__ import annotations

from typing import Any

from x12retro.encounter.claim_event import put_documents
from x12retro.encounter.claim_people import put_providers
from x12retro.encounter.gathering import Gathering, days, filled
from x12retro.guide.sheet import Loop
from x12retro.x12 import Segment

_CODE_SETS = frozenset(("HC", "IV", "WK", "AD"))
_UNITS = frozenset(("UN", "DA", "MJ", "F2"))


def put_lines(gathering: Gathering, claim: Loop) -> tuple[str, ...]:
    """Put every line of the claim; return the number that the payer will call each by: REF 6R, or LX01 without one.

    Guide: 005010X222A1 2400; 005010X223A2 2400 REF 6R
    """
    numbers: list[str] = []
    for line in claim.children:
        service = line.first("SV1") or line.first("SV2") or line.first("SV3") if line.xid == "2400" else None
        if service is None:
            if line.xid == "2400":
                gathering.refuse("services", "a line without its service (SV1, SV2 or SV3)", line, line.first("LX"))
            continue
        path = f"services[{len(numbers)}]"
        if service.id == "SV1":
            _put_professional(gathering, path, claim, line, service)
        elif service.id == "SV2":
            _put_institutional(gathering, path, line, service)
        else:
            _put_dental(gathering, path, line, service)
        _put_what_all_have(gathering, path, line)
        number, lx = line.first("REF", "6R"), line.first("LX")
        numbers.append(number[2] if number is not None else "" if lx is None else lx[1])
    return tuple(numbers)


def _put_professional(gathering: Gathering, path: str, claim: Loop, line: Loop, sv1: Segment) -> None:
    """A professional line.

    Guide: 005010X222A1 2400 SV1
    """
    _put_procedure(gathering, path, line, sv1, sv1[1])
    gathering.put(path + ".charge", sv1[2], line, sv1)
    _put_quantity(gathering, path, line, sv1, sv1[3], sv1[4])
    clm = claim.first("CLM")
    if sv1[5] and (clm is None or sv1[5] != gathering.component(clm[5], 1)):
        gathering.put(path + ".facility", {"code": sv1[5], "qualifier": "B"}, line, sv1)
    pointers: list[Any] = [int(p) if p.isdigit() else p for p in gathering.components(sv1[7]) if p]
    gathering.put(path + ".diagnosis_pointers", pointers, line, sv1)
    if sv1[11]:
        gathering.put(path + ".epsdt", sv1[11] == "Y", line, sv1)


def _put_institutional(gathering: Gathering, path: str, line: Loop, sv2: Segment) -> None:
    """An institutional line.

    Guide: 005010X223A2 2400 SV2
    """
    gathering.put(path + ".revenue_code", sv2[1], line, sv2)
    _put_procedure(gathering, path, line, sv2, sv2[2])
    gathering.put(path + ".charge", sv2[3], line, sv2)
    _put_quantity(gathering, path, line, sv2, sv2[4], sv2[5])


def _put_dental(gathering: Gathering, path: str, line: Loop, sv3: Segment) -> None:
    """A dental line, its teeth in TOO.

    Guide: 005010X224A2 2400 SV3, TOO
    """
    gathering.put(path + ".kind", "dental", line, sv3)
    _put_procedure(gathering, path, line, sv3, sv3[1])
    gathering.put(path + ".charge", sv3[2], line, sv3)
    gathering.put(path + ".oral_cavity", [area for area in gathering.components(sv3[4]) if area], line, sv3)
    gathering.put(path + ".placement", sv3[5], line, sv3)
    gathering.put(path + ".units", sv3[6], line, sv3)
    teeth = [
        {"number": too[2], **({"surfaces": surfaces} if (surfaces := [s for s in gathering.components(too[3]) if s]) else {})}
        for too in line.all("TOO", "JP")
    ]
    gathering.put(path + ".teeth", teeth, line, sv3)


def _put_procedure(gathering: Gathering, path: str, line: Loop, service: Segment, element: str) -> None:
    """The code with its set, modifiers and words.

    Guide: 005010X222A1 2400 SV101; 005010X223A2 2400 SV202
    """
    if not element:
        return
    parts = gathering.components(element) + [""] * 7
    if parts[0] not in _CODE_SETS:
        gathering.note(path + ".procedure", "is of a code set that a request does not take: left out", line, service)
        return
    gathering.put(path + ".procedure", parts[1], line, service)
    if parts[0] not in ("HC", "AD"):
        gathering.put(path + ".code_set", parts[0], line, service)
    gathering.put(path + ".modifiers", [modifier for modifier in parts[2:6] if modifier], line, service)
    gathering.put(path + ".description", parts[6], line, service)


def _put_quantity(gathering: Gathering, path: str, line: Loop, service: Segment, unit: str, count: str) -> None:
    if unit and unit not in _UNITS:
        gathering.note(path + ".units", "is counted in a unit that a request does not take: left out", line, service)
        return
    gathering.put(path, filled(units=count, unit=unit) | gathering.tree["services"][-1], line, service)


def _put_what_all_have(gathering: Gathering, path: str, line: Loop) -> None:
    if (dtp := line.first("DTP", "472")) is not None:
        first, last = days(dtp)
        gathering.put(path + ".from", first, line, dtp)
        gathering.put(path + ".to", last if last != first else "", line, dtp)
    if (ref := line.first("REF", "G1")) is not None:
        gathering.put(path + ".prior.authorization", ref[2], line, ref)
    if any(child.xid == "2410" for child in line.children):
        gathering.leave_out("drugs of lines (LIN)")
    put_documents(gathering, path + ".documents", line)
    put_providers(gathering, path + ".providers", line)
