"""X217-CR6-102: home health care starts within the period it is certified for.

Why: the start of care (CR602) lies in the certification period (CR604) or before it, when care goes on. A start after the period's end
is a typing error in one of the two.

Bad:  CR6*4*20270105*RD8*20261025-20261223***W*I~
Good: CR6*4*20261025*RD8*20261025-20261223***W*I~

Source: contradiction between two dates of one segment; it warns.
Guide: 005010X217 2000E CR602, CR604
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet
from x12retro.x12 import Segment


def _outline(text: str) -> bool:
    return "~CR6" in text


def _values(text: str, cuts: Cuts) -> bool:
    return any(start > end for start, end in cuts.pattern("<s>CR6<e><v><e>([0-9]{8})<e>RD8<e>[0-9]{8}-([0-9]{8})").findall(text))


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        for cr6 in event.all("CR6", "RD8", element=3):
            if _late(cr6):
                yield Breach(cr6, "home care starts (CR602) after the certification period (CR604) ends", 2)


def _late(cr6: Segment) -> bool:
    return len(cr6[2]) == 8 and len(cr6[4]) == 17 and cr6[2] > cr6[4][9:]


RULE = Rule("X217-CR6-102", 6, "warning", BOTH, "8", _check, outline=_outline, values=_values, together=True)
