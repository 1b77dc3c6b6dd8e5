"""X217-DTP-139: an accident comes before the care for it.

Why: an accident date (DTP*439) after the first day of care cannot be what the care was for.

Bad:  DTP*439*D8*20261025~DTP*435*D8*20261018~
Good: DTP*439*D8*20261018~DTP*435*D8*20261018~

Source: contradiction between two dates; it warns, because a course of care may outlast a second accident.
Guide: 005010X217 2000E DTP*439
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, care_days, period
from x12retro.guide.sheet import Sheet


def _dates(dates: Dates, today: str) -> bool:
    return bool(dates.accident) and (dates.accident > max(dates.made, today) or "" < dates.first < dates.accident)


def _check(sheet: Sheet, context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        accident = event.first("DTP", "439")
        if accident is None:
            continue
        first = min((first for first, _ in care_days(event)), default="")
        if "" < first < period(accident)[0]:
            yield Breach(accident, "the accident (DTP*439) comes after the first day of care", 3)
        elif period(accident)[0] > max(made, context.today):
            yield Breach(accident, "the accident (DTP*439) lies in the future", 3)


RULE = Rule("X217-DTP-139", 4, "warning", REQUEST, "8", _check, dates=_dates)
