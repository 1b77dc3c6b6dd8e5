"""X217-DTP-135: an admission review names the admission date.

Why: UM01 = AR asks about an admission. Without DTP*435 the payer cannot tell which one, nor count the days.

Bad:  UM*AR*I*2*21:B~ and no DTP*435
Good: UM*AR*I*2*21:B~DTP*435*D8*20261018~

Source: VA VistA, Harvard Pilgrim's companion guide and the published examples; inferred, so it warns.
Guide: 005010X217 2000E DTP*435
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~UM*AR*" in text


def _dates(dates: Dates, _today: str) -> bool:
    return not dates.admission


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        um = event.first("UM", "AR")
        if um is not None and not event.has("DTP", "435"):
            yield Breach(um, "an admission review (UM01 = AR) names the admission date: add DTP*435", 1)


RULE = Rule("X217-DTP-135", 4, "warning", REQUEST, "I9", _check, outline=_outline, dates=_dates)
