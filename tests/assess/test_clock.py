"""The clocks that windows run by, one point each; dates from the calendar on the wall."""

from __future__ import annotations

from datetime import date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from x12retro.assess.clock import ZONES, Calendar, hours_after, last_day, received_day, zone_of
from x12retro.assess.facts import _STARTS
from x12retro.assess.record import Clock

FEDERAL, NY, VA, NC, TX, MA = Calendar(), Calendar("NY"), Calendar("VA"), Calendar("NC"), Calendar("TX"), Calendar("MA")


@pytest.mark.parametrize(
    ("start", "count", "unit", "calendar", "end", "why"),
    [
        ("2026-10-01", 1, "calendar_days", FEDERAL, "2026-10-02", "the day after the start is day 1"),
        ("2026-10-01", 30, "calendar_days", FEDERAL, "2026-10-31", "thirty days"),
        ("2025-12-30", 3, "calendar_days", FEDERAL, "2026-01-02", "over the year's end, holidays and all"),
        ("2024-02-28", 1, "calendar_days", FEDERAL, "2024-02-29", "a leap year"),
        ("2023-02-28", 1, "calendar_days", FEDERAL, "2023-03-01", "no leap year"),
        ("2024-02-01", 364, "calendar_days", FEDERAL, "2025-01-30", "a year with a leap day in it"),
        ("2026-11-20", 1, "business_days", FEDERAL, "2026-11-23", "from a Friday: Monday is day 1"),
        ("2026-11-21", 1, "business_days", FEDERAL, "2026-11-23", "from a Saturday: Monday is day 1"),
        ("2026-11-22", 2, "business_days", FEDERAL, "2026-11-24", "from a Sunday: Monday and Tuesday"),
        ("2026-11-25", 1, "business_days", FEDERAL, "2026-11-27", "Thanksgiving does not count"),
        ("2026-11-25", 1, "business_days", NC, "2026-11-30", "in North Carolina neither does the Friday after it"),
        ("2026-12-24", 5, "business_days", FEDERAL, "2027-01-04", "Christmas and New Year do not count"),
        ("2021-12-30", 1, "business_days", FEDERAL, "2022-01-03", "New Year 2022 was kept on the Friday before it"),
        ("2026-07-02", 1, "business_days", FEDERAL, "2026-07-06", "Independence Day 2026 is kept on a Friday"),
        ("2027-07-02", 1, "business_days", FEDERAL, "2027-07-06", "and in 2027 on a Monday"),
        ("2026-06-18", 1, "business_days", FEDERAL, "2026-06-22", "Juneteenth"),
        ("2026-01-16", 1, "business_days", FEDERAL, "2026-01-20", "Martin Luther King Day"),
        ("2026-10-09", 1, "business_days", FEDERAL, "2026-10-13", "Columbus Day, a federal holiday"),
        ("2025-11-03", 1, "business_days", NY, "2025-11-05", "election day in New York"),
        ("2025-11-03", 1, "business_days", FEDERAL, "2025-11-04", "and not elsewhere"),
        ("2026-11-02", 1, "business_days", VA, "2026-11-04", "election day in Virginia"),
        ("2026-04-17", 1, "business_days", MA, "2026-04-21", "Patriots' Day in Massachusetts"),
        ("2024-02-28", 1, "business_days", FEDERAL, "2024-02-29", "a leap day is a business day"),
        ("2026-03-06", 3, "business_days", FEDERAL, "2026-03-11", "a change of clocks is no matter"),
        ("2026-11-23", 2, "business_days", Calendar(None, (date(2026, 11, 24),)), "2026-11-27", "a day on which the payer is closed"),
        ("2026-01-31", 1, "months", FEDERAL, "2026-02-28", "the last day of a shorter month"),
        ("2024-01-31", 1, "months", FEDERAL, "2024-02-29", "of a leap year"),
        ("2024-02-29", 12, "months", FEDERAL, "2025-02-28", "a year from a leap day"),
        ("2024-02-29", 48, "months", FEDERAL, "2028-02-29", "four years from a leap day"),
        ("2025-12-31", 2, "months", FEDERAL, "2026-02-28", "over the year's end"),
        ("2026-08-31", 1, "months", FEDERAL, "2026-09-30", "from a long month"),
        ("2026-11-03", 48, "hours", FEDERAL, "2026-11-05", "without a time the day of the start counts as a whole"),
        ("2026-11-03", 24, "hours", FEDERAL, "2026-11-04", "a day of hours"),
        ("2026-11-03", 30, "hours", FEDERAL, "2026-11-05", "a part of a day ends in the course of the next"),
        ("2025-12-31", 72, "hours", FEDERAL, "2026-01-03", "hours over the year's end"),
    ],
)
def test_a_window_ends_with_its_last_day(start, count, unit, calendar, end, why):
    assert last_day(date.fromisoformat(start), count, unit, calendar) == date.fromisoformat(end), why


@pytest.mark.parametrize(
    ("start", "hours", "zone", "end"),
    [
        ("2026-11-03T22:30", 48, "America/New_York", "2026-11-05T22:30-05:00"),
        ("2026-11-03T23:59", 1, "America/Chicago", "2026-11-04T00:59-06:00"),
        ("2026-03-07T12:00", 24, "America/New_York", "2026-03-08T13:00-04:00"),
        ("2026-10-31T12:00", 24, "America/New_York", "2026-11-01T11:00-05:00"),
        ("2026-03-07T12:00", 48, "America/Los_Angeles", "2026-03-09T13:00-07:00"),
        ("2026-03-07T12:00", 48, "America/Phoenix", "2026-03-09T12:00-07:00"),
        ("2024-02-28T08:00", 48, "America/Denver", "2024-03-01T08:00-07:00"),
        ("2025-12-30T18:00", 72, "America/New_York", "2026-01-02T18:00-05:00"),
    ],
)
def test_hours_pass_whatever_the_clock_on_the_wall_does(start, hours, zone, end):
    local = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    assert hours_after(local, hours).isoformat(timespec="minutes") == end


moment = datetime.fromisoformat


def test_hours_need_a_zone():
    with pytest.raises(ValueError, match="zone"):
        hours_after(moment("2026-11-03T12:00"), 48)


def test_from_the_cut_off_hour_on_the_next_day_counts():
    assert received_day(moment("2026-11-03T16:59"), 17, None) == date(2026, 11, 3)
    assert received_day(moment("2026-11-03T17:00"), 17, None) == date(2026, 11, 4)
    assert received_day(moment("2026-12-31T23:00"), 17, None) == date(2027, 1, 1)
    assert received_day(moment("2026-11-03T23:59"), None, None) == date(2026, 11, 3)


def test_the_cut_off_is_that_of_the_payers_own_zone():
    evening_in_new_york = datetime(2026, 11, 3, 17, 30, tzinfo=ZoneInfo("America/New_York"))
    assert received_day(evening_in_new_york, 17, zone_of("TX")) == date(2026, 11, 3)
    assert received_day(evening_in_new_york, 17, zone_of("NY")) == date(2026, 11, 4)


def test_a_last_day_rolls_over_week_ends_and_holidays():
    assert FEDERAL.next_business_day(date(2026, 11, 26)) == date(2026, 11, 27)
    assert FEDERAL.next_business_day(date(2026, 12, 25)) == date(2026, 12, 28)
    assert FEDERAL.next_business_day(date(2026, 11, 24)) == date(2026, 11, 24)


def test_every_state_has_a_zone_that_exists():
    states = set(ZONES) - {"PR", "VI", "GU", "AS", "MP", "DC"}
    assert len(states) == 50
    assert all(zone_of(state) is not None for state in ZONES)
    assert zone_of("ZZ") is None


def test_every_clock_of_the_rules_has_a_start_in_the_encounter():
    assert set(get_args(Clock)) == set(_STARTS)
