"""X217-DTP-173: a service happens within the event.

Why: a service dated before admission or after discharge (or outside the event's range) is paid under another authorization, or is a
typing error.

Bad:  DTP*435*D8*20261018~DTP*096*D8*20261021~ ... DTP*472*D8*20261119~
Good: DTP*435*D8*20261018~DTP*096*D8*20261021~ ... DTP*472*D8*20261019~

Source: inferred; it warns.
Guide: 005010X217 2000F DTP*472
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, event_period, period
from x12retro.guide.sheet import Sheet


def _dates(dates: Dates, _today: str) -> bool:
    first, last = (dates.admission, dates.discharge) if dates.admission else dates.event
    return "" < dates.services[0] < first or "" < last < dates.services[1]


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        first, last = event_period(event)
        if not first:
            continue
        for service in event.loops("2000F"):
            dtp = service.first("DTP", "472")
            begins, ends = period(dtp)
            if dtp is None or not begins:
                continue
            if begins < first:
                yield Breach(dtp, "the service begins before the event does (DTP*435, DTP*AAH)", 3)
            elif last and ends > last:
                yield Breach(dtp, "the service ends after the event does (DTP*096, DTP*AAH)", 3)


RULE = Rule("X217-DTP-173", 4, "warning", REQUEST, "8", _check, dates=_dates)
