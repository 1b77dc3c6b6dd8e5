"""X217-UM-110: a request for care that is over says why it comes late.

Why: a retrospective request is an exception. UM10 gives the payer the reason in a code; without it many treat the request as late and
deny it, and free text (MSG) alone is read by people only.

Bad:  BHT04 20261120, DTP*472*D8*20261018, UM*HS*I*2~
Good: UM*HS*I*2*22:B******8~

Source: 005010X217 2000E UM10, situation inferred; advice, because payers differ in how late is late.
Guide: 005010X217 2000E UM10
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, care_days
from x12retro.guide.sheet import Sheet

_FIRST_WITHOUT = re.compile(r"~HL\*EV~UM\*(?:AR|HS|SC)\*I(?:\*[^*~]*){3}\*(?![^*~])")


def _outline(text: str) -> bool:
    return _FIRST_WITHOUT.search(text) is not None


def _dates(dates: Dates, _today: str) -> bool:
    return "" < dates.last < dates.made


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        um = event.first("UM", "I", element=2)
        days = care_days(event)
        if um is None or um[10] or um[1] == "IN" or not days:
            continue
        if max(last for _, last in days) < made:
            yield Breach(um, "care was over before the request was made: UM10 (delay reason) says why it comes late", 10)


RULE = Rule("X217-UM-110", 4, "info", REQUEST, "I9", _check, outline=_outline, dates=_dates)
