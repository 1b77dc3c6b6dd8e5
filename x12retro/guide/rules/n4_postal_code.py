"""X217-N4-103: a postal code of the United States has five or nine digits.

Why: payers compare the code with their address of the member or provider; another length never matches.

Bad:  N4*SPRINGFIELD*IL*6270~
Good: N4*SPRINGFIELD*IL*62701~

Source: United States Postal Service; it warns.
Guide: 005010X217 N403
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_CODE = re.compile(r"[0-9]{5}(?:[0-9]{4})?", re.ASCII)
_CANADA = ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")


def _judge(seg: Segment, _delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    in_the_states = seg[4] in ("", "US") and seg[2] and seg[2] not in _CANADA
    if in_the_states and seg[3] and not _CODE.fullmatch(seg[3]):
        yield Breach(seg, "N403 with a state of the United States is five or nine digits, no hyphen", 3)


RULE = segment_rule("X217-N4-103", 4, "warning", REQUEST, "I12", ("N4",), _judge)
