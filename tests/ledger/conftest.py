"""A clock that goes on, and a ledger on each of the two databases."""

from datetime import UTC, datetime, timedelta

import pytest

from x12retro.ledger import open_ledger


class Clock:
    """Time that goes on a second at every look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(address, clock):
    opened = open_ledger(address, actor="tester", clock=clock)
    yield opened
    opened.close()
