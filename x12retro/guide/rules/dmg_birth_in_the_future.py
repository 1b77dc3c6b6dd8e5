"""X217-DMG-102: the patient was born when the request was made.

Why: a birth date after the day the message was made (BHT04) finds no member.

Bad:  BHT04 20261103, DMG*D8*20621017*F~
Good: DMG*D8*19621017*F~

Source: contradiction in itself.
Guide: 005010X217 2010C DMG02, 2010D DMG02
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet


def _dates(dates: Dates, _today: str) -> bool:
    return dates.youngest > dates.made


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for person in sheet.loops("2010C", "2010D"):
        for dmg in person.all("DMG", "D8"):
            if made and dmg[2] > made:
                yield Breach(dmg, "this birth date comes after the day the message was made (BHT04)", 2)


RULE = Rule("X217-DMG-102", 4, "error", BOTH, "8", _check, dates=_dates)
