"""X217-AAA-104: an answer that stops early says why.

Why: a response leaves out the levels below one that it rejects (AAA). When it stops without a rejection, the patient's request has got
no answer.

Bad:  HL*1**20*1~NM1*X3*2*EXAMPLE HEALTH PLAN~HL*2*1*21*0~NM1*FA*2*GENERAL HOSPITAL~ and no AAA
Good: HL*1**20*0~AAA*Y**42*Y~NM1*X3*2*EXAMPLE HEALTH PLAN~

Source: inferred from the usage of levels in 005010X217; it warns.
Guide: 005010X217 2000A AAA, 2000B, 2000C, 2000E
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~HL*EV" not in text and "~AAA" not in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    segments = sheet.transaction.segments()
    if any(seg.id == "AAA" or (seg.id == "HL" and seg[3] == "EV") for seg in segments):
        return
    levels = [seg for seg in segments if seg.id == "HL" and seg.position in sheet.loop_of]
    if levels:
        yield Breach(levels[-1], "the answer stops at this level without a decision (HCR) or a rejection (AAA)")


RULE = Rule("X217-AAA-104", 4, "warning", RESPONSE, "I6", _check, outline=_outline)
