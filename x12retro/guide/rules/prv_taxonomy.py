"""X217-PRV-503: a taxonomy code has ten characters and ends with X.

Why: PRV02 = PXC announces a code of the provider taxonomy. Another form is no such code; payers lose the specialty.

Bad:  PRV*AT*PXC*207X00000~
Good: PRV*AT*PXC*207X00000X~

Source: NUCC provider taxonomy. With a list of yours named TAXONOMY, membership is checked too.
Guide: 005010X217 PRV03
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_FORM = re.compile(r"[0-9A-Z]{9}X", re.ASCII)


def _judge(seg: Segment, _delimiters: Delimiters, context: Context) -> Iterator[Breach]:
    if seg[2] != "PXC" or not seg[3]:
        return
    own = context.lists.get("TAXONOMY")
    if not _FORM.fullmatch(seg[3]):
        yield Breach(seg, "PRV03 with PXC is a taxonomy code: nine digits or capital letters, then X", 3)
    elif own is not None and seg[3] not in own:
        yield Breach(seg, "PRV03 is not in your list TAXONOMY", 3, severity="warning")


RULE = segment_rule("X217-PRV-503", 5, "error", BOTH, "I12", ("PRV",), _judge)
