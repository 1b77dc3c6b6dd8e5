"""X217-SV-101: a service is of one kind.

Why: SV1 (professional), SV2 (institutional) and SV3 (dental) each describe one service. Two of them in one service level are two services.

Bad:  HL*6*5*SS*0~SV1*HC:27236~SV2*0360~
Good: HL*6*5*SS*0~SV1*HC:27236~HL*7*5*SS*0~SV2*0360~

Source: inferred from the base standard; it warns.
Guide: 005010X217 2000F SV1, SV2, SV3
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_TWO = re.compile(r"~SV[^~]*+(?:~(?!HL|SV)[^~]*+)*+~SV")


def _outline(text: str) -> bool:
    return _TWO.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for service in sheet.loops("2000F"):
        kinds = [seg for seg in service.segments if seg.id in ("SV1", "SV2", "SV3")]
        for seg in kinds[1:]:
            yield Breach(seg, "a service is professional, institutional or dental: one of SV1, SV2, SV3")


RULE = Rule("X217-SV-101", 4, "warning", BOTH, "I6", _check, outline=_outline)
