"""X217-UM-102: a follow-up names the decision that it follows.

Why: a cancellation, extension, renewal, revision or appeal (UM02 = 3, 4, R, S, 1, 2) is about an earlier authorization. Without its
number (REF*BB) or the payer's reference (REF*NT) the payer cannot find it, and most reject the request.

Bad:  UM*HS*S*2~ and no REF*BB or REF*NT in the event
Good: UM*HS*S*2~REF*BB*AUTH0001~

Source: 005010X217 2000E REF, situation inferred from practice: it warns.
Guide: 005010X217 2000E REF
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_FOLLOW_UPS = ("1", "2", "3", "4", "R", "S")
_FOLLOW_UP = re.compile(r"~UM\*[^*~]*\*[1234RS]\*")


def _outline(text: str) -> bool:
    return _FOLLOW_UP.search(text) is not None and "~REF*BB" not in text and "~REF*NT" not in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        named = event.has("REF", "BB", "NT") or any(service.has("REF", "BB", "NT") for service in event.loops("2000F"))
        for um in event.all("UM", *_FOLLOW_UPS, element=2):
            if not named:
                yield Breach(um, "this follow-up (UM02) names no earlier decision: add REF*BB (authorization) or REF*NT (reference)", 2)


RULE = Rule("X217-UM-102", 4, "warning", REQUEST, "I9", _check, outline=_outline)
