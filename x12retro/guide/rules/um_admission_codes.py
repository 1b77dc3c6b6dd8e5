"""X217-CL1-101: an admission review carries the admission codes.

Why: CL1 says how urgent the admission was, where the patient came from and, once over, how the stay ended. Payers judge a late request
for an emergency by it.

Bad:  UM*AR*I*2*21:B~ and no CL1
Good: UM*AR*I*2*21:B~ ... CL1*1*1*01~

Source: VA VistA sends it for inpatients; inferred, so it warns.
Guide: 005010X217 2000E CL1
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~UM*AR*" in text and "~CL1" not in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        um = event.first("UM", "AR")
        if um is not None and um[2] in ("I", "4") and not event.has("CL1"):
            yield Breach(um, "an admission review (UM01 = AR) carries the admission's type, source and status: add CL1", 1)


RULE = Rule("X217-CL1-101", 4, "warning", REQUEST, "I9", _check, outline=_outline)
