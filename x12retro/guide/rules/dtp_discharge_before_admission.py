"""X217-DTP-196: nobody is discharged before being admitted.

Why: the payer counts days from admission (DTP*435) to discharge (DTP*096). The wrong way round, one of them is a typing error.

Bad:  DTP*435*D8*20261018~DTP*096*D8*20261016~
Good: DTP*435*D8*20261018~DTP*096*D8*20261021~

Source: contradiction in itself.
Guide: 005010X217 2000E DTP*096
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, period
from x12retro.guide.sheet import Sheet


def _dates(dates: Dates, _today: str) -> bool:
    return "" < dates.discharge < dates.admission


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        admission, discharge = event.first("DTP", "435"), event.first("DTP", "096")
        if discharge is not None and "" < period(discharge)[0] < period(admission)[0]:
            yield Breach(discharge, "the discharge (DTP*096) comes before the admission (DTP*435)", 3)


RULE = Rule("X217-DTP-196", 4, "error", BOTH, "8", _check, dates=_dates)
