"""X217-UM-106: an immediate appeal states its level of service.

Why: UM02 = 1 asks the payer to look at a denial at once. Without UM06 the payer cannot tell why it should, and files it with the rest.

Bad:  UM*HS*1*2*11:A~
Good: UM*HS*1*2*11:A**U~

Source: X12 request for interpretation 2642.
Guide: 005010X217 2000E UM06
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_APPEAL = re.compile(r"~HL\*EV~UM\*[^*~]*\*1\*[^*~]*\*[^*~]*\*\*")


def _outline(text: str) -> bool:
    return _APPEAL.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        for um in event.all("UM", "1", element=2):
            if not um[6]:
                yield Breach(um, "UM06 (level of service) is needed with an immediate appeal (UM02 = 1): 03, E or U", 6)


RULE = Rule("X217-UM-106", 4, "error", REQUEST, "I9", _check, outline=_outline)
