"""X217-DTP-195: a discharge goes with its admission.

Why: a discharge date (DTP*096) alone does not tell how long the stay was.

Bad:  DTP*096*D8*20261021~ and no DTP*435
Good: DTP*435*D8*20261018~DTP*096*D8*20261021~

Source: inferred; it warns.
Guide: 005010X217 2000E DTP*435, DTP*096
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet


def _dates(dates: Dates, _today: str) -> bool:
    return bool(dates.discharge) and not dates.admission


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        discharge = event.first("DTP", "096")
        if discharge is None or event.has("DTP", "435") or event.has("UM", "AR"):
            continue  # X217-DTP-135 asks admission reviews for it
        yield Breach(discharge, "a discharge (DTP*096) without an admission: add DTP*435")


RULE = Rule("X217-DTP-195", 4, "warning", REQUEST, "I6", _check, dates=_dates)
