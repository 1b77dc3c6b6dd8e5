"""X217-SV-503: a code is in the lists that you supply.

Why: CPT and CDT are licensed, so they are not part of this package. Supply your own lists (CPT, HCPCS, CDT, NDC, REVENUE) and every code of
these kinds is looked up; without a list nothing is.

Bad:  SV1*HC:27299~ with a list CPT that lacks it
Good: SV1*HC:27236~ with a list CPT that has it

Source: your lists; it warns, because lists age.
Guide: 005010X217 2000F SV101-2, SV201, SV202-2, SV301-2
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.guide.rules.sv_procedure_form import PLACES
from x12retro.x12 import Delimiters, Segment


def _judge(seg: Segment, delimiters: Delimiters, context: Context) -> Iterator[Breach]:
    if not context.lists:
        return
    element = PLACES[seg.id]
    parts = delimiters.components(seg[element])
    code = parts[1] if len(parts) > 1 else ""
    name = {"HC": "CPT" if code[:1].isdigit() else "HCPCS", "AD": "CDT", "N4": "NDC"}.get(parts[0], "")
    if code and name in context.lists and code not in context.lists[name]:
        yield Breach(seg, f"{seg.id}{element:02d}-2 is not in your list {name}", element, 2)
    if seg.id == "SV2" and seg[1] and "REVENUE" in context.lists and seg[1] not in context.lists["REVENUE"]:
        yield Breach(seg, "SV201 is not in your list REVENUE", 1)


RULE = segment_rule("X217-SV-503", 5, "warning", BOTH, "7", tuple(PLACES), _judge)
