"""X217-UM-102: a follow-up names the decision that it follows.

Why: a cancellation, extension, renewal, revision or appeal (UM02 = 3, 4, R, S, 1, 2) is about an earlier authorization. Without its
number (REF*BB) or the payer's reference (REF*NT) the payer cannot find it, and most reject the request.

Bad:  UM*HS*S*2~ and no REF*BB or REF*NT in the event
Good: UM*HS*S*2~REF*BB*AUTH0001~

Source: 005010X217 2000E REF, situation inferred from practice: it warns.
Guide: 005010X217 2000E REF
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import Breach, Context, Marks, Rule
from x12retro.guide.sheet import Sheet

_FOLLOW_UPS = ("1", "2", "3", "4", "R", "S")


def _suspects(raw: bytes, marks: Marks) -> bool:
    return marks.search("<s>UM<e><v><e>[1234RS]<.>", raw) and not marks.search("<s>REF<e>(?:BB|NT)<e>", raw)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        named = event.has("REF", "BB", "NT") or any(service.has("REF", "BB", "NT") for service in event.loops("2000F"))
        for um in event.all("UM", *_FOLLOW_UPS, element=2):
            if not named:
                yield Breach(um, "this follow-up (UM02) names no earlier decision: add REF*BB (authorization) or REF*NT (reference)", 2)


RULE = Rule("X217-UM-102", 4, "warning", ("278-request",), "I9", _suspects, _check)
