"""X217-TOO-502: a tooth has a number of the universal system.

Why: 1 to 32 and A to T, for surplus teeth 51 to 82 and AS to TS. Another number (of the international system, say) names another tooth or
none.

Bad:  TOO*JP*48~
Good: TOO*JP*32~

Source: ADA universal tooth designation; it warns.
Guide: 005010X217 2000F TOO02
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

_MILK = "ABCDEFGHIJKLMNOPQRST"
_TEETH = frozenset(str(n) for n in (*range(1, 33), *range(51, 83))) | frozenset(_MILK) | frozenset(f"{letter}S" for letter in _MILK)


def _judge(seg: Segment, _delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    if seg[1] == "JP" and seg[2] and seg[2].lstrip("0") not in _TEETH:
        yield Breach(seg, "TOO02 is a tooth: 1 to 32, A to T, for surplus teeth 51 to 82, AS to TS", 2)


RULE = segment_rule("X217-TOO-502", 5, "warning", BOTH, "7", ("TOO",), _judge)
