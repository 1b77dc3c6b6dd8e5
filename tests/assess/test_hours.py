"""Windows of hours to the minute: over midnight, the change of the clocks, time zones; and what is said when it cannot be told."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from x12retro.assess import load_rules, verdict
from x12retro.encounter import read_any

ADMITTED = '{ count = 48, unit = "hours", clock = "admission" }'
EMERGENCY = '{ count = 72, unit = "hours", clock = "emergency_start" }'


@pytest.fixture
def judged(case, payers):
    def run(now: str | date, window: str = ADMITTED, state: str | None = "CO", **changes):
        given = {"requester__address": {"state": state}} if state else {}
        rules = load_rules(payers({"window": window, "type": '"late_notification"'}))
        as_of = datetime.fromisoformat(now) if isinstance(now, str) else now
        return verdict(case("Made Up Plan", **given, **changes), rules, as_of)

    return run


@pytest.mark.parametrize(
    ("admitted", "at", "state", "closes"),
    [
        ("2026-11-03", "22:30", "CO", "2026-11-05T22:30-07:00"),
        ("2026-12-30", "23:59", "TX", "2027-01-01T23:59-06:00"),  # over the year's end
        ("2028-02-28", "00:00", "NY", "2028-03-01T00:00-05:00"),  # over a leap day
        ("2026-10-31", "12:00", "CO", "2026-11-02T11:00-07:00"),  # the clocks go back on 1 November
        ("2026-03-07", "12:00", "CA", "2026-03-09T13:00-07:00"),  # and forward on 8 March
        ("2026-03-07", "12:00", "AZ", "2026-03-09T12:00-07:00"),  # not in Arizona
        ("2026-11-03", "08:00", "HI", "2026-11-05T08:00-10:00"),
    ],
)
def test_the_minute_in_which_a_window_closes(judged, admitted, at, state, closes):
    got = judged(date.fromisoformat(admitted), state=state, event__admission_date=admitted, event__admission_time=at)
    assert got.closes_at == closes
    assert got.closes == date.fromisoformat(closes[:10])


@pytest.mark.parametrize(
    ("now", "word"),
    [
        ("2026-11-05T22:29", "permitted"),
        ("2026-11-05T22:30", "permitted"),
        ("2026-11-05T22:31", "not_permitted"),
        ("2026-11-05T23:30-06:00", "permitted"),  # the same minute, said in Central time
        ("2026-11-05T23:31-06:00", "not_permitted"),
        ("2026-11-06T05:31+00:00", "not_permitted"),
    ],
)
def test_the_last_minute_is_the_border(judged, now, word):
    got = judged(now, event__admission_date="2026-11-03", event__admission_time="22:30")
    assert got.verdict == word, got.reasons


def test_on_the_last_day_without_a_moment_the_hour_is_told(judged):
    got = judged(date(2026, 11, 5), event__admission_date="2026-11-03", event__admission_time="22:30")
    assert got.verdict == "conditional"
    assert "the last hour may have passed: the window closes at 22:30" in got.reasons


def test_without_an_hour_the_day_of_the_start_counts_as_a_whole(judged):
    got = judged("2026-11-05T23:59", event__admission_date="2026-11-03")
    assert (got.verdict, got.closes, got.closes_at) == ("conditional", date(2026, 11, 5), None)
    assert "the last hour may have passed: the time of day is not known" in got.reasons


def test_without_a_zone_the_clock_on_the_wall_counts_and_that_is_said(judged):
    got = judged("2026-11-02T12:00", state=None, event__admission_date="2026-10-31", event__admission_time="12:00")
    assert got.closes_at == "2026-11-02T12:00"
    assert got.verdict == "conditional"
    assert any("the time zone is not known" in reason for reason in got.reasons)


@pytest.mark.parametrize(
    ("care", "admission", "closes"),
    [
        ({"service_from": "2026-11-03", "service_time": "01:15"}, {"admission_date": "2026-11-03", "admission_time": "03:40"}, "01:15"),
        ({"service_from": "2026-11-03", "service_time": "05:00"}, {"admission_date": "2026-11-03", "admission_time": "03:40"}, "03:40"),
        ({"service_from": "2026-11-03"}, {"admission_date": "2026-11-03", "admission_time": "03:40"}, "03:40"),
        ({"service_from": "2026-11-03", "service_time": "23:15"}, {"admission_date": "2026-11-04", "admission_time": "00:40"}, "23:15"),
    ],
)
def test_an_emergency_starts_with_the_earlier_of_care_and_admission(judged, care, admission, closes):
    changes = {f"event__{key}": value for key, value in {**care, **admission}.items()}
    got = judged(date(2026, 11, 4), EMERGENCY, **changes)
    assert got.closes_at == f"2026-11-06T{closes}-07:00"


def test_an_institutional_claim_tells_the_hour_of_admission(fixtures):
    (found,) = read_any(fixtures / "claims" / "inpatient-emergency.edi")
    assert (found.event.admission_date, found.event.admission_time) == (date(2026, 10, 18), "03:40")


@pytest.mark.parametrize("wrong", ["24:00", "3:40", "03:60", "0340", "noon"])
def test_what_is_no_time_of_day_is_told(wrong):
    text = (
        '{"encounter_id":"E","payer":{"name":"P"},"requester":{"name":"R"},"subscriber":{},"event":{"category":"AR","admission_time":"%s"}}'
    )
    (found,) = read_any((text % wrong).encode())
    assert "a time of day" in found.slips[0].message
    assert found.slips[0].path == "$.event.admission_time"
