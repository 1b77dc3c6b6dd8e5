"""X217-TOO-101: teeth belong to a dental service.

Why: TOO adds teeth and surfaces to the dental service (SV3) of its level. Elsewhere nobody reads it.

Bad:  SV1*HC:41899~TOO*JP*3~
Good: SV3*AD:D7210****1~TOO*JP*3~

Source: inferred from the base standard; it warns.
Guide: 005010X217 2000F TOO
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_ALONE = re.compile(r"~HL[^~]*+(?:~(?!HL|SV3|TOO)[^~]*+)*+~TOO")


def _outline(text: str) -> bool:
    return "~TOO" in text and _ALONE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for service in sheet.loops("2000F"):
        too = service.first("TOO")
        if too is not None and not service.has("SV3"):
            yield Breach(too, "teeth (TOO) belong to a dental service: there is no SV3 in this level")


RULE = Rule("X217-TOO-101", 4, "warning", BOTH, "I9", _check, outline=_outline)
