"""The clocks that payers' windows run by.

Which day counts: the day on which a clock starts is day 0, the day after it is day 1, and the window's last day is still inside. So 30
calendar days from 1 October end with 31 October, and 2 business days from a Friday end with the Tuesday.

- calendar days run over week-ends and holidays;
- business days are Monday to Friday without federal holidays, those of the rule's state, and the payer's own closed days;
- months end on the day of the same number, or on the last day of a month that has no such day (31 January + 1 month: 28 or 29
  February; 29 February + 12 months: 28 February);
- hours are hours that pass: over midnight, over the change to and from daylight saving time (`hours_after`). Where an encounter does not
  tell the hour, the day of the start counts as a whole: 48 hours from 3 November end in the course of 5 November, and the verdict says so.
"""

from __future__ import annotations

import calendar as months
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import msgspec

from x12retro.assess.record import Unit

_DAY = timedelta(days=1)
_SATURDAY = 5

ZONES = {
    **dict.fromkeys(("CT", "DC", "DE", "FL", "GA", "IN", "KY", "MA", "MD", "ME", "MI", "NC", "NH", "NJ", "NY"), "America/New_York"),
    **dict.fromkeys(("OH", "PA", "RI", "SC", "VA", "VT", "WV"), "America/New_York"),
    **dict.fromkeys(("AL", "AR", "IA", "IL", "KS", "LA", "MN", "MO", "MS", "ND", "NE", "OK", "SD", "TN", "TX", "WI"), "America/Chicago"),
    **dict.fromkeys(("CO", "ID", "MT", "NM", "UT", "WY"), "America/Denver"),
    **dict.fromkeys(("CA", "NV", "OR", "WA"), "America/Los_Angeles"),
    "AZ": "America/Phoenix",
    "AK": "America/Anchorage",
    "HI": "Pacific/Honolulu",
    "PR": "America/Puerto_Rico",
    "VI": "America/St_Thomas",
    "GU": "Pacific/Guam",
    "AS": "Pacific/Pago_Pago",
    "MP": "Pacific/Saipan",
}
"""The zone of most people of a state; a facility in the other part of a divided state gives its own offset."""


class Calendar(msgspec.Struct, frozen=True):
    """The days on which nobody works: federal holidays, those of `state` where there is one, and `closed`."""

    state: str | None = None
    closed: tuple[date, ...] = ()

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.closed and day not in _holidays(day.year, self.state)

    def next_business_day(self, day: date) -> date:
        """`day` itself when it is one, else the first that follows."""
        while not self.is_business_day(day):
            day += _DAY
        return day


@lru_cache(maxsize=65536)
def last_day(start: date, count: int, unit: Unit, calendar: Calendar = Calendar()) -> date:  # noqa: B008 - frozen
    """The last day of `count` units from the day `start`; the end of all days where a calendar cannot hold it."""
    try:
        return _last_day(start, count, unit, calendar)
    except (OverflowError, ValueError):  # a day in the year 9999
        return date.max


def hours_after(start: datetime, count: int) -> datetime:
    """The moment `count` hours after `start`, which must know its zone; the answer is in the same zone.

    Python's own sum of a local time and hours is one of the clock on the wall, and an hour off when the clocks are changed between.
    """
    if start.tzinfo is None:
        raise ValueError("a moment without a zone")
    return (start.astimezone(UTC) + timedelta(hours=count)).astimezone(start.tzinfo)


def zone_of(state: str | None, name: str | None = None) -> ZoneInfo | None:
    """The time zone called `name`, else that of a state; None where neither is known."""
    name = name or ZONES.get(state or "")
    return ZoneInfo(name) if name else None


def received_day(moment: datetime, cut_off: int | None, zone: ZoneInfo | None) -> date:
    """The day on which what arrives at `moment` counts as received: from the hour `cut_off` on, the next day."""
    local = moment.astimezone(zone) if zone is not None and moment.tzinfo is not None else moment
    day = local.date()
    return day + _DAY if cut_off is not None and local.hour >= cut_off else day


def _last_day(start: date, count: int, unit: Unit, calendar: Calendar) -> date:
    if unit == "calendar_days":
        return start + timedelta(days=count)
    if unit == "business_days":
        return _business_day(start, count, calendar)
    if unit == "months":
        return _months_after(start, count)
    return start + timedelta(days=-(-count // 24))  # the day of the start counts as a whole


def _business_day(start: date, count: int, calendar: Calendar) -> date:
    day = start
    for _ in range(count):
        day = calendar.next_business_day(day + _DAY)
    return day


def _months_after(start: date, count: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, months.monthrange(year, month + 1)[1]))


@cache
def _holidays(year: int, state: str | None) -> frozenset[date]:
    import holidays  # a large package, and most windows run in calendar days

    days = set(holidays.country_holidays("US", years=year))
    if state is not None and state in holidays.country_holidays("US").subdivisions:
        days |= set(holidays.country_holidays("US", subdiv=state, years=year))
    return frozenset(days)
