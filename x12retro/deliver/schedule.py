"""When files may be put into a partner's mailbox: days of the week, hours, and days on which nobody works there.

Outside of it files wait in the outbox; what comes is collected all the time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from x12retro.assess.clock import Calendar
from x12retro.encounter.fields import TIME_PATTERN

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Time = Annotated[str, Meta(pattern=TIME_PATTERN)]
_YEAR = 366


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to deliver: from `begins` until `ends` (HH:MM, on the clock of `zone`) on `days`, but for the `closed` ones.

    `holidays` leaves out federal holidays too. Where `ends` is not behind `begins`, the hours run over midnight.
    """

    days: tuple[Day, ...] = _DAYS
    begins: _Time = "00:00"
    ends: _Time = "00:00"
    zone: str | None = None
    closed: tuple[date, ...] = ()
    holidays: bool = False

    def fault(self) -> str | None:
        """Why it cannot be used, or None."""
        if not self.days:
            return "$.exchange.schedule.days: name at least one of mon to sun"
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError):
                return "$.exchange.schedule.zone: is no time zone, as in America/Chicago"
        return None

    def is_open(self, moment: datetime) -> bool:
        """True when files may be delivered at this moment, which knows its zone."""
        local = moment.astimezone(ZoneInfo(self.zone) if self.zone is not None else None)
        now = local.strftime("%H:%M")
        if self.begins < self.ends:
            return self.begins <= now < self.ends and self._works(local.date())
        if now >= self.begins:
            return self._works(local.date())
        return now < self.ends and self._works(local.date() - timedelta(days=1))  # the hours began yesterday

    def opens(self, moment: datetime) -> datetime | None:
        """The next moment at which it opens, on its own clock; None when that is more than a year ahead."""
        local = moment.astimezone(ZoneInfo(self.zone) if self.zone is not None else None)
        hour, minute = map(int, self.begins.split(":"))
        for days in range(_YEAR):
            begin = (local + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
            if begin >= local and self._works(begin.date()):
                return begin
        return None

    def _works(self, day: date) -> bool:
        if _DAYS[day.weekday()] not in self.days or day in self.closed:
            return False
        return not self.holidays or day.weekday() >= _DAYS.index("sat") or Calendar().is_business_day(day)
