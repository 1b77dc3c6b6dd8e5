"""X217-HI-501: a diagnosis has the form of ICD-10-CM.

Why: with ABK, ABF, ABJ and APR stands an ICD-10-CM code without its dot: a letter, a digit, then one to five digits or letters. Another
form is no such code.

Bad:  HI*ABK:K35.80~    HI*ABK:41090~
Good: HI*ABK:K3580~

Source: ICD-10-CM guidelines; X12 leaves out the dot.
Guide: 005010X217 2000E HI01-2
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

ICD10 = ("ABK", "ABF", "ABJ", "APR")
FORM = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}", re.ASCII)


def _judge(seg: Segment, delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    for number, text in enumerate(seg.fields[1:], 1):
        parts = delimiters.components(text)
        if len(parts) < 2 or parts[0] not in ICD10 or FORM.fullmatch(parts[1]) or not parts[1]:
            continue
        what = "written without the dot" if "." in parts[1] else "a letter, a digit, then one to five digits or capital letters"
        yield Breach(seg, f"HI{number:02d}-2 with {parts[0]} is an ICD-10-CM code: {what}", number, 2)


RULE = segment_rule("X217-HI-501", 5, "error", BOTH, "I12", ("HI",), _judge)
