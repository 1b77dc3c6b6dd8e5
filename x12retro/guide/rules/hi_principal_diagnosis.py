"""X217-HI-101: of several diagnoses one is the principal one.

Why: payers choose the reviewer and the criteria by the principal diagnosis (ABK). Of several with ABF none stands out.

Bad:  HI*ABF:K3580*ABF:R1031~
Good: HI*ABK:K3580*ABF:R1031~

Source: practice; published examples have a single diagnosis without it; advice.
Guide: 005010X217 2000E HI01
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~HI*A" in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        for hi in event.all("HI"):
            kinds = [sheet.components(text)[0] for text in hi.fields[1:]]
            if "ABK" not in kinds and sum(kind in ("ABF", "ABJ", "APR") for kind in kinds) > 1:
                yield Breach(hi, "of several diagnoses one is the principal one: ABK in HI01", 1, 1)


RULE = Rule("X217-HI-101", 4, "info", REQUEST, "I9", _check, outline=_outline)
