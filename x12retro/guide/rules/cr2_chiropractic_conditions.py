"""X217-CR2-101: spinal manipulation states its conditions.

Why: CR2 gives the course of treatment, CRC*08 whether X-rays and the like support it. Payers that review chiropractic care look for both.

Bad:  CR2*1*6*L3*L5****A*N~ and no CRC*08
Good: CRC*08*Y*25~CR2*1*6*L3*L5****A*N~

Source: inferred from the CRC categories of 005010X217; advice, and silent where other conditions (CRC) stand instead.
Guide: 005010X217 2000E CR2, CRC*08
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~CR2" in text and "~CRC" not in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        cr2 = event.first("CR2")
        if cr2 is not None and not event.has("CRC"):
            yield Breach(cr2, "spinal manipulation (CR2) without conditions: CRC*08 says what supports it")


RULE = Rule("X217-CR2-101", 6, "info", REQUEST, "I6", _check, outline=_outline)
