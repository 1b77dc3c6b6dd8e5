"""When files may be delivered: days, hours over midnight, the partner's clock, holidays."""

from datetime import UTC, date, datetime, timedelta

import pytest
from installation import Installation

from x12retro.deliver.schedule import Schedule


def at(text):
    return datetime.fromisoformat(text)


WORK = Schedule(days=("mon", "tue", "wed", "thu", "fri"), begins="06:00", ends="21:00", zone="America/New_York", holidays=True)
NIGHT = Schedule(begins="22:00", ends="04:00", days=("mon",), zone="UTC")


@pytest.mark.parametrize(
    ("schedule", "moment", "open_"),
    [
        (Schedule(), "2026-11-28T03:00:00+00:00", True),
        (WORK, "2026-11-24T11:00:00+00:00", True),  # 06:00 in New York
        (WORK, "2026-11-24T10:59:00+00:00", False),
        (WORK, "2026-11-25T01:59:00+00:00", True),  # 20:59 on the day before
        (WORK, "2026-11-25T02:00:00+00:00", False),
        (WORK, "2026-11-26T15:00:00+00:00", False),  # Thanksgiving
        (WORK, "2026-11-28T15:00:00+00:00", False),  # a Saturday
        (WORK, "2026-07-01T10:00:00+00:00", True),  # 06:00, in summer
        (NIGHT, "2026-11-23T22:00:00+00:00", True),
        (NIGHT, "2026-11-24T03:59:00+00:00", True),  # Monday's night
        (NIGHT, "2026-11-24T04:00:00+00:00", False),
        (NIGHT, "2026-11-24T23:00:00+00:00", False),  # a Tuesday
        (NIGHT, "2026-11-23T03:00:00+00:00", False),  # Sunday's night
        (Schedule(closed=(date(2026, 12, 24),), zone="UTC"), "2026-12-24T12:00:00+00:00", False),
    ],
)
def test_when_it_is_open(schedule, moment, open_):
    assert schedule.is_open(at(moment)) is open_


def test_when_it_opens_next():
    assert WORK.opens(at("2026-11-25T22:30:00-05:00")).isoformat() == "2026-11-27T06:00:00-05:00"  # over Thanksgiving
    assert NIGHT.opens(at("2026-11-24T05:00:00+00:00")).isoformat() == "2026-11-30T22:00:00+00:00"
    assert (
        Schedule(closed=tuple(date(2026, 11, 24) + timedelta(days=n) for n in range(400)), zone="UTC").opens(at("2026-11-24T05:00Z"))
        is None
    )


def test_what_cannot_be_used_is_told():
    assert "time zone" in Schedule(zone="Mars/Base").fault()
    assert "at least one" in Schedule(days=()).fault()
    assert WORK.fault() is None


def test_outside_of_it_files_wait_and_are_delivered_when_it_opens(tmp_path):
    house = Installation(tmp_path)
    file = house.work / "partners" / "summit-ridge.toml"
    today = datetime.now(UTC)
    text = file.read_text()
    file.write_text(text + f'[exchange.schedule]\nzone = "UTC"\nclosed = [{today:%Y-%m-%d}, {today + timedelta(days=1):%Y-%m-%d}]\n')
    house.drop(3)
    balance = house.run()
    assert (balance.picked_up, balance.delivered, balance.left, balance.failed) == (1, 0, 1, None)
    assert any("1 file waits until the partner's hours begin" in told for _, told in house.told)
    assert house.run(later=timedelta(days=2)).delivered == 1
