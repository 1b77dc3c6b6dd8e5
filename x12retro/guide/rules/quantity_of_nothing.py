"""X217-HSD-102: a quantity is more than nothing.

Why: zero or negative units (SV104, SV205, SV306, HSD02) ask for nothing; payers answer with a certification of nothing.

Bad:  SV1*HC:97110**UN*0~
Good: SV1*HC:97110**UN*12~

Source: meaning of the elements; it warns.
Guide: 005010X217 2000E HSD02, 2000F HSD02, SV104, SV205, SV306
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_QUANTITY = {"HSD": 2, "SV1": 4, "SV2": 5, "SV3": 6}


def _judge(seg: Segment, _delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    element = _QUANTITY[seg.id]
    text = seg[element]
    if text and (text[0] == "-" or not text.strip("0.")):
        yield Breach(seg, f"{seg.id}{element:02d} is a quantity of zero or less: ask for at least one, or leave it out", element)


RULE = segment_rule("X217-HSD-102", 4, "warning", REQUEST, "I12", tuple(_QUANTITY), _judge)
