"""X217-SV-501: a procedure code has the form of its code set.

Why: with HC stands a HCPCS or CPT code (five characters), with AD a CDT code (D and four digits), with N4 a drug code (NDC, eleven
digits). Another form cannot be such a code; mostly digits are lost or a hyphen came in.

Bad:  SV1*HC:2723~    SV1*N4:0093-5123-01~
Good: SV1*HC:27236~   SV1*N4:00093512301~

Source: forms published by CMS (HCPCS), AMA (CPT), ADA (CDT) and FDA (NDC in eleven digits).
Guide: 005010X217 2000F SV101-2, SV202-2, SV301-2
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, segment_rule
from x12retro.x12 import Delimiters, Segment

PLACES = {"SV1": 1, "SV2": 2, "SV3": 1}
"""The element of each service segment that holds the procedure."""
_FORMS = {
    "HC": (re.compile(r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}", re.ASCII), "a HCPCS or CPT code: five characters"),
    "AD": (re.compile(r"D[0-9]{4}", re.ASCII), "a CDT code: D and four digits"),
    "N4": (re.compile(r"[0-9]{11}", re.ASCII), "a drug code (NDC): eleven digits, no hyphen"),
}


def _judge(seg: Segment, delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    element = PLACES[seg.id]
    parts = delimiters.components(seg[element])
    form, words = _FORMS.get(parts[0], (None, ""))
    if form is None:
        return
    for component in (2, 8):
        code = parts[component - 1] if len(parts) >= component else ""
        if code and not form.fullmatch(code):
            yield Breach(seg, f"{seg.id}{element:02d}-{component} with {parts[0]} is {words}", element, component)


RULE = segment_rule("X217-SV-501", 5, "error", BOTH, "I12", tuple(PLACES), _judge)
