"""X217-BHT-104: a message was made before it was sent.

Why: BHT04 is the day the message was made; payers measure the delay of a late request from it. A day that lies in the future, beyond the
day of the envelope, is a typing error.

Bad:  GS04 20261103, BHT*0007*13*A1*20361103*0930~
Good: GS04 20261103, BHT*0007*13*A1*20261103*0930~

Source: contradiction between two dates of the message. It warns, and only when BHT04 is more than a month ahead of the day of the check.
Guide: 005010X217 BHT04
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet

_MONTH = timedelta(days=31)


def _dates(dates: Dates, today: str) -> bool:
    return dates.made > today and dates.made > _ahead(today)


def _check(sheet: Sheet, context: Context) -> Iterator[Breach]:
    group = sheet.transaction.group.gs
    sent = group[4] if group is not None else ""
    for bht in sheet.header("BHT"):
        if bht[4] > sent and bht[4] > _ahead(context.today):
            yield Breach(bht, "BHT04 (the day the message was made) lies in the future, after the day of its envelope (GS04)", 4)


@lru_cache(maxsize=16)
def _ahead(today: str) -> str:
    return (date.fromisoformat(today) + _MONTH).strftime("%Y%m%d")


RULE = Rule("X217-BHT-104", 4, "warning", BOTH, "8", _check, dates=_dates)
