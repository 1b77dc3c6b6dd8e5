"""X217-AAA-103: below a rejected level nothing is decided.

Why: a rejection (AAA) at the payer, the requester or the member means that the request was not looked at. A decision further down
contradicts it, and is no approval.

Bad:  NM1*IL*1*ARDEN~AAA*N**72*C~ ... HCR*A1*AUTH0001~
Good: NM1*IL*1*ARDEN~AAA*N**72*C~

Source: X12 request for interpretation 941; it warns.
Guide: 005010X217 2000A AAA, 2010A to 2010D AAA
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Loop, Sheet

_ABOVE = re.compile(r"\A(?:~(?!HL\*EV)[^~]*)*?~AAA.*~HCR\*")
_LEVELS = ("2000A", "2000B", "2000C", "2000D")
_NAMES = ("2010A", "2010B", "2010C", "2010D")


def _outline(text: str) -> bool:
    return "~AAA" in text and "~HCR" in text and _ABOVE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for level in sheet.loops(*_LEVELS):
        decided = any(loop.has("HCR") for loop in level.loops("2000E", "2000F"))
        if not decided:
            continue
        names: list[Loop] = [loop for loop in level.children if loop.xid in _NAMES]
        for aaa in [seg for loop in (level, *names) for seg in loop.all("AAA")]:
            yield Breach(aaa, "this level is rejected (AAA), yet a decision (HCR) stands below it")
            return


RULE = Rule("X217-AAA-103", 4, "warning", RESPONSE, "I9", _check, outline=_outline)
