"""A year's ledger, a million requests: `status` and `worklist` answer in under a second, on both databases."""

import random
import time

import pytest
from sqlalchemy import func, insert, select, text

from x12retro.ledger import open_ledger
from x12retro.ledger.tables import files, requests
from x12retro.ledger.views import counts, worklist

pytestmark = pytest.mark.soak
LONG_AGO = "2026-01-01T00:00:00.000000Z"
STATES = ["decided"] * 70 + ["closed"] * 15 + ["pended"] * 5 + ["rejected"] * 3 + ["sent"] * 3 + ["accepted"] * 3 + ["held"]


def rows(first, last, dice):
    for n in range(first, last):
        state = dice.choice(STATES)
        yield {
            "partner": f"p{n % 20}",
            "encounter_id": f"E{n}",
            "digest": f"{n:064d}",
            "trace": f"T{n}",
            "isa13": f"{n // 200 + 1:09d}",
            "gs06": str(n // 200 + 1),
            "st02": f"{n % 200:04d}",
            "file_id": n % 5000 + 1,
            "state": state,
            "cents": dice.randint(0, 10**6),
            "next_do": "follow_up" if state in ("decided", "pended") else None,
            "due": f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            "contradiction": False,
            "made_at": LONG_AGO,
            "changed_at": LONG_AGO,
        }


def test_a_million_requests_are_looked_over_in_under_a_second(address):
    ledger, dice = open_ledger(address), random.Random(1)
    with ledger.engine.begin() as connection:
        file = {"partner": "p0", "direction": "out", "kind": "request", "sha256": "0" * 64, "size": 1, "state": "acknowledged"}
        dated = {"made_at": LONG_AGO, "changed_at": LONG_AGO}
        connection.execute(insert(files), [{**file, **dated, "name": f"f{n}", "isa13": f"{n:09d}"} for n in range(1, 5001)])
        for first in range(0, 1_000_000, 10_000):
            connection.execute(insert(requests), list(rows(first, first + 10_000, dice)))
        connection.execute(text("ANALYZE"))
    for n in range(20):  # what stands where is counted with each partner's last event
        with ledger.change(f"p{n}") as change:
            change.note("numbers_drawn", {})
    taken = []
    with ledger.look() as connection:
        for look in (lambda: counts(connection), lambda: worklist(connection, ledger.clock())):
            begin = time.perf_counter()
            look()
            taken.append(time.perf_counter() - begin)
        found = {partner: rooms["requests"] for partner, rooms in counts(connection).items()}
        told = select(requests.c.partner, requests.c.state, func.count()).group_by(requests.c.partner, requests.c.state)
        real = connection.execute(told).all()
    ledger.close()
    assert {(partner, state, count) for partner, states in found.items() for state, count in states.items()} == {tuple(row) for row in real}
    assert max(taken) < 1, taken
