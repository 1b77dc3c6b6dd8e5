"""X217-DTP-172: a late request asks for care that has begun.

Why: a request with a delay reason (UM10) is judged after the fact. A service in the same request that lies wholly in the future belongs in
a request of its own: most payers decide the two at different desks.

Bad:  UM10 = 8, DTP*472*D8*20261018 at one service, DTP*472*D8*20991018 at another
Good: two requests

Source: practice; it warns.
Guide: 005010X217 2000E UM10, 2000F DTP*472
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, care_days, period
from x12retro.guide.sheet import Sheet

_DELAYED = re.compile(r"~UM\*[^~]*\*10(?=[~!]|$)")


def _outline(text: str) -> bool:
    return _DELAYED.search(text) is not None


def _dates(dates: Dates, today: str) -> bool:
    return dates.last > today and dates.last > dates.made


def _check(sheet: Sheet, context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        um = event.first("UM")
        days = care_days(event)
        if um is None or not um[10] or not days or (made and min(first for first, _ in days) > made):
            continue  # X217-UM-111 speaks of a request without any past
        for loop in (event, *event.loops("2000F")):
            for dtp in loop.all("DTP", "472", "435", "AAH"):
                if period(dtp)[0] > max(made, context.today):
                    yield Breach(dtp, "this care lies in the future, but the request says it comes late (UM10): ask for it apart", 3)


RULE = Rule("X217-DTP-172", 4, "warning", REQUEST, "8", _check, outline=_outline, dates=_dates)
