"""X217-TRN-101: an answer echoes the trace of the request with TRN01 = 2.

Why: the requester finds its request by the trace. TRN01 = 2 marks the requester's own number, TRN01 = 1 a number that the payer adds.
Some payers send the echo with 1.

Bad:  TRN*1*EVT-0001*9EXAMPLE01~ as the only trace of the event
Good: TRN*2*EVT-0001*9EXAMPLE01~

Source: published X217 examples; advice.
Guide: 005010X217 2000E TRN01
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_OWN_ONLY = re.compile(r"~HL\*(?:EV|SS)(?:~(?!HL|TRN\*2)[^~]*)*~TRN\*1(?:~(?!HL|TRN\*2)[^~]*)*(?=~HL|$)")


def _outline(text: str) -> bool:
    return "~TRN*1" in text and _OWN_ONLY.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for loop in sheet.loops("2000E", "2000F"):
        trn = loop.first("TRN", "1")
        if trn is not None and not loop.has("TRN", "2"):
            yield Breach(trn, "TRN01 = 1 marks a number of the payer; the echo of the requester's trace is TRN01 = 2", 1)


RULE = Rule("X217-TRN-101", 4, "info", RESPONSE, "I6", _check, outline=_outline)
