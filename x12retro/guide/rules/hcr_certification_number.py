"""X217-HCR-102: what is certified has a number.

Why: the claim needs the certification number (HCR02, or REF*BB). A1, A2 and A6 without one leave the provider unable to bill.

Bad:  HCR*A1~
Good: HCR*A1*AUTH0001~

Source: inferred from the use of the number on claims; it warns.
Guide: 005010X217 2000E HCR02, 2000F HCR02
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.sheet import Loop, Sheet

_WITHOUT = re.compile(r"~HCR\*A[126](?!\*(?!\*))")
_EVENT_NUMBERED = re.compile(r"~HL\*EV(?:~(?!HL|HCR)[^~]*+)*+~HCR\*[^*~]*\*(?!\*)")


def _outline(text: str) -> bool:
    return "~HCR*A" in text and _WITHOUT.search(text) is not None and _EVENT_NUMBERED.search(text) is None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        services = list(event.loops("2000F"))
        for loop in (event, *services):
            hcr = loop.first("HCR", "A1", "A2", "A6")
            if hcr is None or _numbered(loop) or (loop is event and any(map(_numbered, services))):
                continue
            if loop is event or not (_numbered(event) or event.has("HCR", "A1", "A2", "A6")):
                yield Breach(hcr, "what is certified (HCR01) has a number for the claim: HCR02, or REF*BB", 2)


def _numbered(loop: Loop) -> bool:
    return any(hcr[2] for hcr in loop.all("HCR")) or loop.has("REF", "BB")


RULE = Rule("X217-HCR-102", 4, "warning", RESPONSE, "I9", _check, outline=_outline)
