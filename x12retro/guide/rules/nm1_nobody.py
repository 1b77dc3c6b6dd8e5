"""X217-NM1-103: a provider has a name or a number.

Why: an NM1 that ends behind NM102 gives a role and nobody who has it. Places of a transport (2010EB) are told by their
address and need neither.

Bad:  NM1*71*1~
Good: NM1*71*1*WELBY*ALMA****XX*1245319599~

Source: contradiction in itself; it warns, because the guide lets both be absent.
Guide: 005010X217 2010EA NM1, 2010F NM1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_BARE = re.compile(r"~NM1\*(?!PW|45|FS|ND|R3|00|CA|GG|QC|IL|L5)[A-Z0-9]+-")
_LOOPS = ("2010A", "2010B", "2010EA", "2010F", "2010FA")


def _outline(text: str) -> bool:
    return "-" in text and _BARE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for loop in sheet.loops(*_LOOPS):
        for nm1 in loop.all("NM1"):
            if len(nm1) == 2:
                yield Breach(nm1, "this NM1 names nobody: give NM103 (name) or NM108 and NM109 (id)", 3)


RULE = Rule("X217-NM1-103", 4, "warning", BOTH, "I9", _check, outline=_outline)
