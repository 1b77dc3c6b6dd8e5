"""X217-CL1-501: an admission code is one of the known ones.

Why: CL101 (type), CL102 (point of origin) and CL103 (patient status) come from NUBC's lists. Another value is dropped or rejected.

Bad:  CL1*7*1*01~
Good: CL1*1*1*01~

Source: public copies of the NUBC lists, as of the date in maps/codes/CL1.toml; advice, because the lists grow.
Guide: 005010X217 2000E CL101, CL102, CL103
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.codes import known
from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_WORDS = {1: "admission type", 2: "point of origin", 3: "patient status"}


def _judge(seg: Segment, _delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    for element, words in _WORDS.items():
        listed = known(f"CL10{element}")
        if seg[element] and listed and seg[element] not in listed:
            yield Breach(seg, f"CL10{element} ({words}) is none that we know of NUBC's list", element)


RULE = segment_rule("X217-CL1-501", 5, "info", BOTH, "7", ("CL1",), _judge)
