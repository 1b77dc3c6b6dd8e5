"""X217-DMG-103: nobody is older than 120.

Why: a birth date of more than 120 years ago is a typing error or a stand-in for "unknown"; it finds no member.

Bad:  DMG*D8*18001231*F~
Good: DMG*D8*19401231*F~

Source: plausibility; it warns.
Guide: 005010X217 2010C DMG02, 2010D DMG02
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet

_YEARS = 120


def _earliest(today: str) -> str:
    return f"{int(today[:4]) - _YEARS}{today[4:]}"


def _dates(dates: Dates, today: str) -> bool:
    return "" < dates.oldest < "1930" and dates.oldest < _earliest(today)


def _check(sheet: Sheet, context: Context) -> Iterator[Breach]:
    earliest = min(_earliest(context.today), "1930")
    for person in sheet.loops("2010C", "2010D"):
        for dmg in person.all("DMG", "D8"):
            if "" < dmg[2] < earliest:
                yield Breach(dmg, f"this birth date lies more than {_YEARS} years back: leave DMG out where it is not known", 2)


RULE = Rule("X217-DMG-103", 4, "warning", BOTH, "8", _check, dates=_dates)
