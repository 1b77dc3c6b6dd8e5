"""X217-UM-504: a facility code is of the list that its qualifier names.

Why: UM04-2 says which list UM04-1 comes from: B a place of service, A the first two digits of a type of bill. 11 is an office in one and an
inpatient stay in the other.

Bad:  UM*HS*I*2*73:B~    (73 is a type of bill, no place of service)
Good: UM*HS*I*2*73:A~

Source: CMS place-of-service list and NUBC types of bill, as of the date in maps/codes/UM.toml; it warns, because lists grow.
Guide: 005010X217 2000E UM04, 2000F UM04
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.codes import known
from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_LISTS = {"A": "a type of bill (its first two digits)", "B": "a place of service"}


def _judge(seg: Segment, delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    parts = delimiters.components(seg[4])
    if len(parts) != 2 or parts[1] not in _LISTS or not parts[0]:
        return
    listed = known(f"UM04-1/{parts[1]}")
    if listed and parts[0] not in listed:
        yield Breach(seg, f"UM04-1 with {parts[1]} is {_LISTS[parts[1]]}, and this is none that we know", 4, 1)


RULE = segment_rule("X217-UM-504", 5, "warning", BOTH, "7", ("UM",), _judge)
