"""X217-SV-502: a modifier is two digits or capital letters.

Why: modifiers change what a procedure means (side, stage, rental). One that is no modifier is dropped by payers without a word.

Bad:  SV1*HC:27236:r*1~
Good: SV1*HC:27236:RT~

Source: CMS and AMA lists of modifiers; it warns.
Guide: 005010X217 2000F SV101-3 to 6, SV202-3 to 6, SV301-3 to 6
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.guide.rules.sv_procedure_form import PLACES
from x12retro.x12 import Delimiters, Segment

_FORM = re.compile(r"[0-9A-Z]{2}", re.ASCII)


def _judge(seg: Segment, delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    element = PLACES[seg.id]
    for component, modifier in enumerate(delimiters.components(seg[element])[2:6], 3):
        if len(modifier) == 2 and not _FORM.fullmatch(modifier):
            yield Breach(seg, f"{seg.id}{element:02d}-{component} is a modifier: two digits or capital letters", element, component)


RULE = segment_rule("X217-SV-502", 5, "warning", BOTH, "I12", tuple(PLACES), _judge)
