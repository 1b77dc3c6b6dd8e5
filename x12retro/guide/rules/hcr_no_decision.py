"""X217-HCR-101: an answered event is decided or rejected.

Why: a patient event in a response carries a decision (HCR) or a rejection (AAA), at the event or at its services. With neither the
requester waits for ever.

Bad:  UM*HS*I*2~DTP*472*D8*20261020~ with no HCR and no AAA
Good: UM*HS*I*2~HCR*A1*AUTH0001~

Source: X12 requests for interpretation 941 and 2602; it warns, because the second allows decisions at services only.
Guide: 005010X217 2000E HCR, 2000E AAA
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~HL*EV" in text and "~HCR" not in text and "~AAA" not in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    rejected = any(seg.id == "AAA" for seg in sheet.transaction.segments())
    for event in sheet.loops("2000E"):
        um = event.first("UM")
        decided = event.has("HCR") or any(service.has("HCR") for service in event.loops("2000F"))
        if um is not None and not decided and not rejected:
            yield Breach(um, "this event is neither decided (HCR) nor rejected (AAA), and none of its services is")


RULE = Rule("X217-HCR-101", 4, "warning", RESPONSE, "I6", _check, outline=_outline)
