"""X217-BHT-102: a request for review is not labelled as a reservation.

Why: BHT06 = RU, and BHT02 = 36 or 01, belong to reservations of services (UM01 = IN). On a request for review they send it to the wrong
desk.

Bad:  BHT*0007*36*A1*20261103*0930*RU~ ... UM*HS*I*1*11:B~
Good: BHT*0007*13*A1*20261103*0930~ ... UM*HS*I*1*11:B~

Source: VA VistA; inferred, so it warns.
Guide: 005010X217 BHT02, BHT06
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~UM*IN*" not in text and ("*RU" in text or "~BHT*13" not in text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for bht in sheet.header("BHT"):
        if not any(event.has("UM") and not event.has("UM", "IN") for event in sheet.loops("2000E")):
            continue
        if bht[2] in ("36", "01"):
            yield Breach(bht, "UM01 asks for a review: BHT02 is 13; 36 and 01 belong to reservations (UM01 = IN)", 2)
        elif bht[6] == "RU":
            yield Breach(bht, "UM01 asks for a review: BHT06 = RU belongs to reservations (UM01 = IN)", 6)


RULE = Rule("X217-BHT-102", 4, "warning", REQUEST, "I6", _check, outline=_outline)
