"""X217-SV3-504: an area of the mouth is one of the known ones.

Why: SV304 takes the areas 00 to 09 of arches and sextants, and the quadrants 10, 20, 30 and 40. Teeth stand in TOO.

Bad:  SV3*AD:D7310***50**1~
Good: SV3*AD:D7310***10**1~

Source: ADA area of the oral cavity; it warns.
Guide: 005010X217 2000F SV304
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_AREAS = frozenset(f"{n:02d}" for n in range(10)) | {"10", "20", "30", "40"}


def _judge(seg: Segment, delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    for component, area in enumerate(delimiters.components(seg[4]), 1):
        if area and area not in _AREAS:
            yield Breach(seg, f"SV304-{component} is an area of the mouth: 00 to 09, 10, 20, 30 or 40", 4, component)


RULE = segment_rule("X217-SV3-504", 5, "warning", BOTH, "7", ("SV3",), _judge)
