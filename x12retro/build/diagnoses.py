"""Diagnoses in the order the standard wants them, and where each went, so that service lines can point at them."""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.build.draft import Draft, d8
from x12retro.encounter.record import Diagnosis

_QUALIFIER = {"principal": "ABK", "admitting": "ABJ", "reason": "APR", "other": "ABF"}
_ORDER = {"principal": 0, "admitting": 1, "reason": 2, "other": 3}
_MOST = 12


def add_diagnoses(draft: Draft, path: str, diagnoses: Sequence[Diagnosis], drg: str | None) -> dict[int, int]:
    """Add the codes without dots, the principal first and the admitting second; a DRG takes the last place.

    Return where each diagnosis went: its number in the record (from 1) -> its number in the segment.

    Guide: 005010X217 2000E HI
    """
    for kind in ("principal", "admitting"):
        for i in [i for i, diagnosis in enumerate(diagnoses) if diagnosis.kind == kind][1:]:
            draft.problem(f"{path}[{i}].kind", f"a second {kind} diagnosis; an event has one")
    total = len(diagnoses) + (drg is not None)
    if total > _MOST:
        draft.problem(path, f"{total} codes{' with the DRG' if drg else ''}, but an event takes {_MOST}")
    ordered = sorted(range(len(diagnoses)), key=lambda i: _ORDER[diagnoses[i].kind])
    codes: list[tuple[str | None, ...]] = []
    for i in ordered:
        diagnosis = diagnoses[i]
        code = diagnosis.code.replace(".", "").upper()
        dated = ("D8", d8(diagnosis.date)) if diagnosis.date is not None else ()
        codes.append((_QUALIFIER[diagnosis.kind], code, *dated))
    if drg is not None:
        codes.append(("DR", drg))
    if codes:
        draft.add(path, "HI", *codes, parts=[*(f"{path}[{i}]" for i in ordered), *(["$.event.drg"] if drg is not None else [])])
    return {i + 1: place for place, i in enumerate(ordered, start=1)}
