"""When the next inquiry after a pended request is due."""

import itertools
from datetime import date, datetime, timedelta

import pytest

from x12retro.errors import UsageError
from x12retro.inquire import Schedule, load_schedule, when

at = datetime.fromisoformat

FRIDAY = at("2026-11-20 15:30")
LATER = at("2027-01-01")
BATCH, AT_ONCE = Schedule(), Schedule(first=0, back_off=("15m", "1h", "4h", "1d"))


def due(schedule, *asked, since=FRIDAY, now=FRIDAY, **more):
    return when(schedule, now, since=since, asked=asked, **more)


def test_the_first_comes_after_business_days():
    assert due(BATCH).at == at("2026-11-24")  # Friday, then Monday and Tuesday
    assert due(Schedule(first=4)).at == at("2026-11-27")  # Thanksgiving is none


def test_the_next_comes_every_business_day_at_the_beginning_of_it():
    assert due(BATCH, at("2026-11-24 01:00:07")).at == at("2026-11-25")
    assert due(BATCH, at("2026-11-24 01:00"), at("2026-11-25 01:00")).at == at("2026-11-27")
    assert due(BATCH, at("2026-11-27 01:00")).at == at("2026-11-30")


def test_a_payer_that_answers_at_once_is_asked_at_growing_distances():
    moments = [FRIDAY]
    for _ in range(5):
        moments.append(due(AT_ONCE, *moments[1:]).at)
    waits = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert waits[:3] == [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4)]
    assert [moment.date() for moment in moments[4:]] == [date(2026, 11, 23), date(2026, 11, 24)]


def test_the_order_in_which_earlier_ones_are_told_does_not_matter():
    one, two = at("2026-11-24 01:00"), at("2026-11-25 01:00")
    assert due(BATCH, one, two) == due(BATCH, two, one)


def test_it_is_due_from_its_moment_on():
    found = due(BATCH)
    assert not found.is_due(found.at - timedelta(seconds=1))
    assert found.is_due(found.at)


def test_there_are_never_more_than_the_most():
    three = [at(f"2026-11-{24 + n} 01:00") for n in range(3)]
    found = due(Schedule(most=3), *three)
    assert found.at is None
    assert not found.is_due(LATER)
    assert "asked 3 times" in found.why
    assert due(Schedule(most=4), *three).at is not None
    assert "takes no inquiries" in due(Schedule(most=0)).why


@pytest.mark.parametrize(("now", "asks"), [(at("2026-12-18 09:00"), True), (at("2026-12-19 23:00"), True), (at("2026-12-20"), False)])
def test_it_stops_shortly_before_the_payer_has_to_decide(now, asks):
    found = due(BATCH, now=now)  # thirty days from 20 November is 20 December
    assert (found.at is not None) is asks
    assert asks or "2026-12-20: call" in found.why


def test_a_day_that_is_known_goes_before_the_usual_thirty():
    assert due(BATCH, now=at("2026-11-30"), decide_by=date(2026, 12, 1)).at is not None
    assert due(BATCH, now=at("2026-12-01"), decide_by=date(2026, 12, 1)).at is None
    assert due(BATCH, at("2026-11-30 01:00"), now=at("2026-11-30"), decide_by=date(2026, 12, 1)).at is None  # the next would be late


def test_an_answer_without_a_day_is_asked_after_at_once_and_then_by_the_schedule():
    assert due(BATCH, since=None).at == FRIDAY
    assert due(BATCH, FRIDAY, since=None).at == at("2026-11-23")


def test_the_table_of_a_partner_file_is_read_and_the_rest_has_defaults(tmp_path):
    file = tmp_path / "partner.toml"
    file.write_text('name = "x"\n[inquiry]\nfirst = 0\nback_off = ["15m", "1d"]\n')
    assert load_schedule(file) == Schedule(first=0, back_off=("15m", "1d"))
    file.write_text('name = "x"\n')
    assert load_schedule(file) == Schedule()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("first = -1", "$.inquiry.first"),
        ('back_off = ["1w"]', "$.inquiry.back_off"),
        ("back_off = []", "$.inquiry.back_off"),
        ("frist = 1", "$.inquiry"),
    ],
)
def test_a_wrong_table_is_told_by_file_and_key(tmp_path, text, told):
    file = tmp_path / "partner.toml"
    file.write_text(f"[inquiry]\n{text}\n")
    with pytest.raises(UsageError, match=r"partner\.toml") as problem:
        load_schedule(file)
    assert told in str(problem.value)
