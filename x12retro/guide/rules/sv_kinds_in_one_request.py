"""X217-SV-102: a request asks for services of one kind.

Why: professional and institutional services are decided by different desks at several payers, which take the first kind and lose the other.

Bad:  SV1*HC:27236~ at one service, SV2*0360~ at another
Good: two requests

Source: practice of several payers; advice.
Guide: 005010X217 2000F SV1, SV2, SV3
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_KINDS = ("SV1", "SV2", "SV3")


def _outline(text: str) -> bool:
    return ("~SV1" in text) + ("~SV2" in text) + ("~SV3" in text) > 1


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        first = ""
        for service in event.loops("2000F"):
            kinds = [seg for seg in service.segments if seg.id in _KINDS]
            if len(kinds) != 1:
                continue  # X217-SV-101 and X217-SV-103 speak of those
            first = first or kinds[0].id
            if kinds[0].id != first:
                yield Breach(
                    kinds[0], f"this request began with {first}: some payers want services of another kind in a request of their own"
                )
                break


RULE = Rule("X217-SV-102", 4, "info", REQUEST, "I9", _check, outline=_outline)
