"""X217-PER-104: a telephone or fax number is digits.

Why: numbers of ten digits without punctuation can be dialled by machines; fax servers of payers refuse others.

Bad:  PER*IC**TE*(217) 555-0100~
Good: PER*IC**TE*2175550100~

Source: common practice of the 5010 guides; advice.
Guide: 005010X217 PER04, PER06, PER08
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_NUMBER = re.compile(r"[0-9]{7,15}", re.ASCII)


def _judge(seg: Segment, _delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    for element in (4, 6, 8):
        if seg[element - 1] in ("TE", "FX") and seg[element] and not _NUMBER.fullmatch(seg[element]):
            yield Breach(seg, f"PER{element:02d} is a telephone or fax number: ten digits, no punctuation", element)


RULE = segment_rule("X217-PER-104", 4, "info", REQUEST, "I12", ("PER",), _judge)
