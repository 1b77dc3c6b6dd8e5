"""X217-DMG-104: care happens after birth.

Why: payers reject a request whose care ended before the patient was born (AAA03 = 60). Mostly the parent's dates stand with the child.

Bad:  DMG*D8*20261012*F~ ... DTP*435*D8*20261008~DTP*096*D8*20261010~
Good: DMG*D8*20261012*F~ ... DTP*435*D8*20261012~DTP*096*D8*20261014~

Source: reject reason 60 of 005010X217; it warns, because care before birth exists.
Guide: 005010X217 2000E DTP, 2010D DMG02
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates, care_days
from x12retro.guide.sheet import Sheet


def _dates(dates: Dates, _today: str) -> bool:
    return "" < dates.last < dates.youngest


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        patient = event.parent
        names = [loop for loop in patient.children if loop.xid in ("2010C", "2010D")] if patient is not None else []
        born = next((dmg for name in names for dmg in name.all("DMG", "D8")), None)
        days = care_days(event)
        if born is None or not days or born[2] > made:
            continue  # X217-DMG-102 speaks of a birth in the future
        if max(last for _, last in days) < born[2]:
            yield Breach(born, "all care was over before the patient was born", 2)


RULE = Rule("X217-DMG-104", 4, "warning", REQUEST, "8", _check, dates=_dates)
