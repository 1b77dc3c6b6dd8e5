"""X217-AAA-101: a level is decided or rejected, not both.

Why: AAA says that the request was not looked at, HCR what was decided. Together they cannot both be meant: A1 with AAA is no approval.
Only A3 with AAA 33 is known, for a type of review that the payer does not do: a rejection in fact.

Bad:  AAA*N**T5*C~UM*HS*I*2~HCR*A1*AUTH0001~
Good: AAA*N**T5*C~UM*HS*I*2~

Source: X12 requests for interpretation 941 and 2477; it warns, for A3 with AAA 33 it advises.
Guide: 005010X217 2000E AAA, HCR
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_BOTH = re.compile(r"~AAA(?:~(?!HL)[^~]*)*~HCR\*")


def _outline(text: str) -> bool:
    return "~AAA" in text and "~HCR" in text and _BOTH.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for loop in sheet.loops("2000E", "2000F"):
        hcr, aaa = loop.first("HCR"), loop.first("AAA")
        if hcr is None or aaa is None:
            continue
        if hcr[1] == "A3" and loop.has("AAA", "33", element=3):
            yield Breach(hcr, "A3 with AAA 33 is a rejection in fact: the payer does not do this review", 1, severity="info")
        else:
            yield Breach(hcr, "this level is both rejected (AAA) and decided (HCR): one of the two is meant", 1)


RULE = Rule("X217-AAA-101", 4, "warning", RESPONSE, "I13", _check, outline=_outline)
