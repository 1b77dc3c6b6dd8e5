"""X217-BHT-106: a reservation of services says so in the header.

Why: a medical-services reservation is labelled twice: UM01 = IN in the event and BHT06 = RU in the header. With only one of the two the
payer cannot tell a reservation from a request for review.

Bad:  BHT*0007*13*A1*20261103*0930~ ... UM*IN*I*1*11:B~
Good: BHT*0007*13*A1*20261103*0930*RU~ ... UM*IN*I*1*11:B~

Source: VA VistA and the published X217 reservation example agree; inferred, so it warns.
Guide: 005010X217 BHT06, 2000E UM01
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~UM*IN*" in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for bht in sheet.header("BHT"):
        if bht[6] != "RU" and any(event.has("UM", "IN") for event in sheet.loops("2000E")):
            yield Breach(bht, "UM01 = IN asks for a reservation: BHT06 says RU then", 6)


RULE = Rule("X217-BHT-106", 4, "warning", REQUEST, "I6", _check, outline=_outline)
