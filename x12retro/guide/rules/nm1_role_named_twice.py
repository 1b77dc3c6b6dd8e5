"""X217-NM1-101: a role of one person is named once.

Why: an event has one attending physician and one place of service, and the same provider in the same role once. Of two the payer takes
one, and nobody knows which.

Bad:  NM1*71*1*WELBY*ALMA~NM1*71*1*MENDER*JONAS~ in one event
Good: NM1*71*1*WELBY*ALMA~NM1*72*1*MENDER*JONAS~

Source: meaning of the roles; it warns.
Guide: 005010X217 2010EA NM101, 2010F NM101
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Segment

_SINGLE = ("71", "P3", "77")
_TWICE = re.compile(r"~NM1\*(71|P3|77)(?![A-Z0-9])[^~]*+(?:~(?!HL)[^~]*+)*?~NM1\*\1(?![A-Z0-9])")


def _outline(text: str) -> bool:
    return text.count("~NM1*") > 1 and _TWICE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for level in sheet.loops("2000E", "2000F"):
        seen: set[str] = set()
        for nm1 in _providers(level):
            if nm1[1] in seen:
                yield Breach(nm1, "this role belongs to one provider and has been named before: leave one of the two", 1)
            if nm1[1] in _SINGLE:
                seen.add(nm1[1])


def _providers(level: Loop) -> Iterator[Segment]:
    for loop in level.children:
        if loop.xid in ("2010EA", "2010F"):
            yield from loop.all("NM1")


RULE = Rule("X217-NM1-101", 4, "warning", REQUEST, "I13", _check, outline=_outline)
