"""X217-UM-104: an admission happens where patients stay.

Why: an admission review (UM01 = AR) with an office, a home or an ambulance as its place (UM04) is sent back or routed to the wrong desk.

Bad:  UM*AR*I*2*11:B~
Good: UM*AR*I*2*21:B~

Source: place-of-service list of CMS; advice.
Guide: 005010X217 2000E UM04
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_NO_STAY = (
    "01",
    "02",
    "10",
    "11",
    "12",
    "15",
    "17",
    "20",
    "24",
    "41",
    "42",
    "49",
    "50",
    "53",
    "57",
    "58",
    "60",
    "62",
    "65",
    "71",
    "72",
    "81",
)
_OUTLINE = re.compile(f"~UM\\*AR\\*[^*~]*\\*(?:{'|'.join(_NO_STAY)}):B")


def _outline(text: str) -> bool:
    return "~UM*AR*" in text and _OUTLINE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        for um in event.all("UM", "AR"):
            place, _, rest = um[4].partition(sheet.delimiters.component)
            if place in _NO_STAY and rest == "B":
                yield Breach(um, "an admission review (UM01 = AR) at a place where nobody stays overnight (UM04): is it 21 or HS?", 4, 1)


RULE = Rule("X217-UM-104", 4, "info", REQUEST, "I6", _check, outline=_outline)
