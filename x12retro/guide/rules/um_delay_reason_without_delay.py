"""X217-UM-111: a delay reason speaks of care in the past.

Why: UM10 says why the request comes after the care. When all dates of care lie ahead there is no delay, and the payer may apply the
wrong window.

Bad:  BHT04 20261103, DTP*472*D8*20261210, UM*HS*I*2*22:B******8~
Good: UM*HS*I*2*22:B~

Source: contradiction between two statements of the message; it warns, because a renewal may be late before its care begins.
Guide: 005010X217 2000E UM10
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, care_days
from x12retro.guide.sheet import Sheet

_DELAYED = re.compile(r"~UM\*[^~]*\*10(?=[~!]|$)")


def _outline(text: str) -> bool:
    return _DELAYED.search(text) is not None


def _dates(dates: Dates, _today: str) -> bool:
    return dates.first > dates.made


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        um = event.first("UM")
        days = care_days(event)
        if um is not None and um[10] and made and days and min(first for first, _ in days) > made:
            yield Breach(um, "UM10 gives a reason for delay, but all dates of care come after the request", 10)


RULE = Rule("X217-UM-111", 4, "warning", REQUEST, "I13", _check, outline=_outline, dates=_dates)
