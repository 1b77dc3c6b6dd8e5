"""X217-UM-105: care after a car accident names the day of the accident.

Why: with UM05 = AA another insurer may have to pay first. The payer finds that case by the accident date (DTP*439).

Bad:  UM*HS*I*37*11:B*AA:::CO~ and no DTP*439
Good: UM*HS*I*37*11:B*AA:::CO~DTP*439*D8*20261113~

Source: inferred; it warns.
Guide: 005010X217 2000E UM05, DTP*439
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "*AA*" in text


def _dates(dates: Dates, _today: str) -> bool:
    return not dates.accident


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        um = event.first("UM")
        if um is not None and um[5] and "AA" in sheet.components(um[5])[:3] and not event.has("DTP", "439"):
            yield Breach(um, "a car accident (UM05 = AA) has a date: add DTP*439", 5)


RULE = Rule("X217-UM-105", 4, "warning", REQUEST, "I9", _check, outline=_outline, dates=_dates)
