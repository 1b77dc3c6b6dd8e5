"""X217-SV2-501: a revenue code is four digits.

Why: NUBC revenue codes have four digits with a leading zero. Three digits come from old systems; some payers reject them.

Bad:  SV2*360*HC:27236~
Good: SV2*0360*HC:27236~

Source: NUBC; it warns.
Guide: 005010X217 2000F SV201
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_FORM = re.compile(r"[0-9]{4}", re.ASCII)


def _judge(seg: Segment, _delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    if seg[1] and not _FORM.fullmatch(seg[1]):
        yield Breach(seg, "SV201 is a revenue code: four digits, with a leading zero", 1)


RULE = segment_rule("X217-SV2-501", 5, "warning", BOTH, "7", ("SV2",), _judge)
