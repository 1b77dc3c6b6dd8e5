"""X217-HCR-104: an event certified in full has no service that is not.

Why: A1 at the event and A3 (or A6, or a rejection) at a service say two things. Providers who read the event alone bill what was denied.

Bad:  HCR*A1*AUTH0001~ at the event, HCR*A3**0F~ at a service
Good: HCR*A2*AUTH0001~ at the event

Source: X12 request for interpretation 2602 on levels of decision; it warns.
Guide: 005010X217 2000E HCR01, 2000F HCR01
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_NOT = ("A3", "A4", "A6", "C", "CT")
_OUTLINE = re.compile(r"~HL\*EV(?:~(?!HL|HCR)[^~]*)*~HCR\*A1.*~HL\*SS.*~HCR\*(?:A3|A4|A6|CT?)(?![A-Z0-9])")


def _outline(text: str) -> bool:
    return "~HCR*A1" in text and text.count("~HCR") > 1 and _OUTLINE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        hcr = event.first("HCR", "A1")
        if hcr is not None and any(service.has("HCR", *_NOT) for service in event.loops("2000F")):
            yield Breach(hcr, "the event is certified in full (A1), a service of it is not: A2 says certified in part", 1)


RULE = Rule("X217-HCR-104", 4, "warning", RESPONSE, "I6", _check, outline=_outline)
