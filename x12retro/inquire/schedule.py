"""When to ask after a pended request: the partner's `[inquiry]` table, and the rule that reads it.

The first inquiry comes some business days after the answer that pended, the next ones at growing distances, and never too many; shortly
before the day by which the payer has to decide they stop, for then somebody calls. The defaults are those of a partner that takes files:
after two business days, the time in which payers are held to ask for what they miss, then every business day. A partner that answers at
once may be asked after a quarter of an hour: `first = 0`, `back_off = ["15m", "1h", "4h", "1d"]`. No rule says by when a request after
the fact must be decided; thirty days are usual.

A wait in days counts business days and ends with the beginning of a day, so that a job that runs every night at about the same hour
leaves none out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from x12retro.assess.clock import Calendar, last_day
from x12retro.encounter.settings import read_settings, settings

_Wait = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,2}[mhd]$")]
_UNITS = {"m": "minutes", "h": "hours"}


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[inquiry]` table of a partner file.

    `first`: business days from the answer that pended to the first inquiry; 0: the first wait of `back_off`. `back_off`: the waits
    from one inquiry to the next (15m, 1h, 1d), the last of them again and again. `most`: inquiries after one request; 0: never.
    `decide_within`: days in which the payer has to decide, where no day is known; `stop_before`: so many days before it nobody asks
    any more.
    """

    first: Annotated[int, Meta(ge=0, le=90)] = 2
    back_off: Annotated[tuple[_Wait, ...], Meta(min_length=1)] = ("1d",)
    most: Annotated[int, Meta(ge=0, le=1000)] = 20
    decide_within: Annotated[int, Meta(ge=1, le=365)] = 30
    stop_before: Annotated[int, Meta(ge=0, le=90)] = 1


class Due(msgspec.Struct, frozen=True):
    """The moment from which the next inquiry is due, or None where there will be none; `why` says so in words."""

    at: datetime | None
    why: str

    def is_due(self, now: datetime) -> bool:
        return self.at is not None and self.at <= now


def load_schedule(file: str | Path) -> Schedule:
    """Read the `[inquiry]` table of a partner file; the defaults where it has none. Raises UsageError with file, key and what is right."""
    return settings(read_settings(file).get("inquiry", {}), Schedule, file, "$.inquiry")


def when(
    schedule: Schedule,
    now: datetime,
    *,
    since: datetime | None,
    asked: Sequence[datetime] = (),
    decide_by: date | None = None,
    calendar: Calendar = Calendar(),  # noqa: B008 - frozen
) -> Due:
    """Say when the next inquiry after a request is due.

    `since` is when the payer pended it (None: not known, and the first inquiry is due at once), `asked` when it was asked after so far.
    `decide_by` is the day by which the payer has to decide, where it is known. All moments are on one clock, without a zone.
    """
    if schedule.most == 0:
        return Due(None, "this partner takes no inquiries ($.inquiry.most is 0)")
    if len(asked) >= schedule.most:
        return Due(None, f"asked {len(asked)} times, the most for this partner: call the payer")
    begun = since or (min(asked) if asked else now)
    decides = decide_by or begun.date() + timedelta(days=schedule.decide_within)
    last = decides - timedelta(days=schedule.stop_before)
    at = _next(schedule, since, max(asked, default=None), len(asked), now, calendar)
    if max(at, now).date() > last:
        return Due(None, f"the payer has to decide by {decides}: call it")
    return Due(at, f"inquiry {len(asked) + 1} of at most {schedule.most}")


def _next(schedule: Schedule, since: datetime | None, latest: datetime | None, times: int, now: datetime, calendar: Calendar) -> datetime:
    if latest is None:
        if since is None:
            return now
        if schedule.first:
            return _begin(last_day(since.date(), schedule.first, "business_days", calendar))
        return _after(since, schedule.back_off[0], calendar)
    nth = times if schedule.first == 0 else times - 1
    return _after(latest, schedule.back_off[min(nth, len(schedule.back_off) - 1)], calendar)


def _after(moment: datetime, wait: str, calendar: Calendar) -> datetime:
    count, unit = int(wait[:-1]), wait[-1]
    if unit == "d":
        return _begin(last_day(moment.date(), count, "business_days", calendar))
    return moment + timedelta(**{_UNITS[unit]: count})


def _begin(day: date) -> datetime:
    return datetime.combine(day, time())
