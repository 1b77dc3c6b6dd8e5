"""X217-SV-103: a service level names a service.

Why: a service level without SV1, SV2 or SV3, and without a UM that gives at least a type of service, asks for nothing.

Bad:  HL*6*5*SS*0~DTP*472*D8*20261020~
Good: HL*6*5*SS*0~DTP*472*D8*20261020~SV1*HC:27236~

Source: inferred; it warns.
Guide: 005010X217 2000F SV1, SV2, SV3
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_EMPTY = re.compile(r"~HL\*SS(?:~(?!HL|SV|UM)[^~]*+)*+(?=~HL|$)")


def _outline(text: str) -> bool:
    return "~HL*SS" in text and _EMPTY.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for service in sheet.loops("2000F"):
        hl = service.first("HL")
        if hl is not None and not any(service.has(xid) for xid in ("SV1", "SV2", "SV3", "UM")):
            yield Breach(hl, "this service level names no service: add SV1, SV2 or SV3, or a UM with a service type")


RULE = Rule("X217-SV-103", 4, "warning", REQUEST, "I6", _check, outline=_outline)
