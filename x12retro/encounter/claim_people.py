"""Who is in a claim: payer, billing provider, insured, patient, and those who gave the care."""

from __future__ import annotations

from x12retro.encounter.gathering import Gathering, address, contact, day, filled, person
from x12retro.guide.sheet import Loop
from x12retro.x12 import Segment

_LINES_OF_BUSINESS = {"CI": "commercial", "MC": "medicaid", "16": "medicare_advantage", "MA": "medicare", "MB": "medicare", "CH": "tricare"}
"""Claim filing indicators that name a line of business without a doubt; HM or BL may be any."""
_RELATIONSHIPS = frozenset(("01", "19", "G8"))
_ROLES = {
    "71": "71",
    "72": "72",
    "ZZ": "73",
    "82": "SJ",
    "77": "77",
    "DN": "DN",
    "P3": "P3",
    "DQ": "DQ",
    "DK": "DK",
    "QB": "QB",
}
"""Entity codes of a claim (NM101) -> roles of the request. Rendering (82) is the service provider, other operating (ZZ) other."""


def put_payer(gathering: Gathering, subscriber_level: Loop) -> None:
    """The payer the claim goes to.

    Guide: 005010X222A1 2010BB, 2000B SBR04 SBR09
    """
    loop = next(subscriber_level.loops("2010BB"), None)
    nm1 = None if loop is None else loop.first("NM1", "PR")
    if nm1 is not None:
        gathering.put("payer", filled(name=nm1[3], id=nm1[9], id_qualifier=nm1[8]), loop, nm1)
    sbr = subscriber_level.first("SBR")
    if sbr is not None and nm1 is not None:
        gathering.put("payer.plan", sbr[4], subscriber_level, sbr)
        gathering.put("payer.line_of_business", _LINES_OF_BUSINESS.get(sbr[9]), subscriber_level, sbr)


def put_requester(gathering: Gathering, provider_level: Loop, *, facility: bool) -> None:
    """The billing provider asks: it is whom the payer will pay or not.

    Guide: 005010X222A1 2000A PRV, 2010AA
    """
    loop = next(provider_level.loops("2010AA"), None)
    nm1 = None if loop is None else loop.first("NM1", "85")
    if loop is None or nm1 is None:
        return
    gathering.put("requester", {"entity": "FA" if facility else "1P"}, loop, nm1)
    gathering.put("requester.name", nm1[3], loop, nm1)
    if nm1[2] == "1":
        for key, n in (("first_name", 4), ("middle_name", 5), ("suffix", 7)):
            gathering.put(f"requester.{key}", nm1[n], loop, nm1)
    if nm1[8] == "XX":
        gathering.put("requester.npi", nm1[9], loop, nm1)
    if (tax := loop.first("REF", "EI")) is not None:
        gathering.put("requester.tax_id", tax[2], loop, tax)
    if (prv := provider_level.first("PRV", "BI")) is not None:
        gathering.put("requester.taxonomy", prv[3], provider_level, prv)
    gathering.put("requester.address", address(loop), loop, loop.first("N4") or nm1)
    gathering.put("requester.contact", contact(loop), loop, loop.first("PER", "IC") or nm1)


def put_subscriber(gathering: Gathering, subscriber_level: Loop) -> None:
    """The insured person.

    Guide: 005010X222A1 2000B SBR03, 2010BA
    """
    loop = next(subscriber_level.loops("2010BA"), None)
    nm1 = None if loop is None else loop.first("NM1", "IL")
    if loop is None or nm1 is None:
        return
    gathering.put("subscriber", person(nm1), loop, nm1)
    gathering.put("subscriber.member_id", nm1[9], loop, nm1)
    if nm1[9]:
        gathering.put("subscriber.member_id_qualifier", nm1[8], loop, nm1)
    _put_birth(gathering, "subscriber", loop)
    gathering.put("subscriber.address", address(loop), loop, loop.first("N4") or nm1)
    if (sbr := subscriber_level.first("SBR")) is not None:
        gathering.put("subscriber.group_number", sbr[3], subscriber_level, sbr)
    if (ssn := loop.first("REF", "SY")) is not None:
        gathering.put("subscriber.other_ids", [{"qualifier": "SY", "value": ssn[2]}], loop, ssn)


def put_patient(gathering: Gathering, patient_level: Loop) -> None:
    """The patient who is not the insured.

    Guide: 005010X222A1 2000C PAT01, 2010CA
    """
    loop = next(patient_level.loops("2010CA"), None)
    nm1 = None if loop is None else loop.first("NM1", "QC")
    pat = patient_level.first("PAT")
    if loop is None or nm1 is None:
        return
    gathering.put("patient", person(nm1), loop, nm1)
    if pat is not None:
        known = pat[1] in _RELATIONSHIPS
        gathering.put("patient.relationship", pat[1] if known else "G8", patient_level, pat)
        if not known:
            gathering.note("patient.relationship", "the request knows spouse, child and other only: sent as other", patient_level, pat)
    _put_birth(gathering, "patient", loop)
    gathering.put("patient.address", address(loop), loop, loop.first("N4") or nm1)


def _put_birth(gathering: Gathering, whose: str, loop: Loop) -> None:
    if (dmg := loop.first("DMG")) is not None:
        gathering.put(f"{whose}.birth_date", day(dmg[2]), loop, dmg)
        gathering.put(f"{whose}.gender", dmg[3], loop, dmg)


def put_providers(gathering: Gathering, path: str, claim_or_line: Loop) -> None:
    """Those who gave the care of a claim, or of a line, each with NPI and taxonomy; `path` is the list they go to.

    Guide: 005010X222A1 2310A-2310D, 2420A-2420F; 005010X223A2 2310A-2310F, 2420A-2420D
    """
    n = 0
    for loop in claim_or_line.children:
        nm1 = loop.first("NM1") if loop.xid[:3] in ("231", "242") else None
        if nm1 is None:
            continue
        role = _ROLES.get(nm1[1])
        if role is None:
            if nm1[1] not in ("PW", "45"):  # the stops of a transport go elsewhere
                gathering.leave_out(f"a provider ({loop.xid})")
            continue
        gathering.put(f"{path}[{n}]", {"role": role, **_name(nm1)}, loop, nm1)
        if nm1[8] == "XX":
            gathering.put(f"{path}[{n}].npi", nm1[9], loop, nm1)
        if (prv := loop.first("PRV")) is not None:
            gathering.put(f"{path}[{n}].taxonomy", prv[3], loop, prv)
        gathering.put(f"{path}[{n}].address", address(loop), loop, loop.first("N4") or nm1)
        n += 1


def _name(nm1: Segment) -> dict[str, str]:
    return person(nm1) if nm1[2] == "1" else filled(organization=nm1[3])
