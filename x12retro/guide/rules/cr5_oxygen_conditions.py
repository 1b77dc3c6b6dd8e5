"""X217-CR5-101: home oxygen states its conditions.

Why: CR5 gives flow and test results, CRC*11 why oxygen at home is needed. Payers look for both.

Bad:  CR5***A*E**2*2~ and no CRC*11
Good: CRC*11*Y*37*25~CR5***A*E**2*2~

Source: inferred from the CRC categories of 005010X217; advice, and silent where other conditions (CRC) stand instead.
Guide: 005010X217 2000E CR5, CRC*11
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~CR5" in text and "~CRC" not in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        cr5 = event.first("CR5")
        if cr5 is not None and not event.has("CRC"):
            yield Breach(cr5, "home oxygen (CR5) without conditions: CRC*11 says why it is needed at home")


RULE = Rule("X217-CR5-101", 6, "info", REQUEST, "I6", _check, outline=_outline)
