"""`verify`: whatever is changed behind the ledger's back shows, and what was written by it adds up, purged or not."""

from datetime import datetime

import pytest
from installation import Installation
from new_ledger import bare_database, new_database
from sqlalchemy import delete, func, select, text, update

from x12retro.deliver import load_config
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import answers, chains, events, files, requests
from x12retro.ledger.verify import verify
from x12retro.ledger.views import counts
from x12retro.payer import Behaviour


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def as_made(request, tmp_path_factory):
    """An installation with requests that were certified, denied and pended; the server of its database, where there is one."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    behaviour = Behaviour(answers={"certified": 3, "denied": 1, "pended": 1})
    house = Installation(tmp_path_factory.mktemp("made"), ledger=server and new_database(server, "answered"), behaviour=behaviour)
    house.drop(12)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    return house, server


@pytest.fixture
def answered(as_made, tmp_path):
    """A copy of it for each test."""
    house, server = as_made
    return house.copy(tmp_path / "copy", ledger=server and bare_database(server, f"test_{tmp_path.name}", "answered"))


def faults(house, *changes):
    ledger = open_ledger(load_config(house.config).ledger)
    try:
        with ledger.engine.begin() as connection:
            for change in changes:
                assert connection.execute(change).rowcount > 0
        with ledger.look() as connection:
            return [(fault.where.split()[0], fault.what) for fault in verify(connection)]
    finally:
        ledger.close()


def test_what_was_written_adds_up(answered):
    assert len({row["outcome"] for row in answered.rows(requests)}) == 3
    assert faults(answered) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (update(requests).where(requests.c.outcome == "denied").values(outcome="certified"), "requests"),
        (update(requests).where(requests.c.authorization.is_not(None)).values(authorization="FAKE123"), "requests"),
        (update(requests).where(requests.c.outcome == "denied").values(authorization="FAKE123"), "requests"),
        (update(answers).where(answers.c.outcome == "denied").values(outcome="certified"), "answers"),
        (
            update(answers).where(answers.c.outcome == "denied").values(record=func.replace(answers.c.record, "denied", "certified")),
            "answers",
        ),
        (update(answers).where(answers.c.outcome == "denied").values(request_id=None), "answers"),
        (delete(answers).where(answers.c.outcome == "denied"), "answers"),
        (delete(answers), "answers"),
        (update(files).where(files.c.direction == "in").values(sha256="0" * 64), "files"),
        (update(chains).values(standing='{"decided":7}'), "requests"),
        (update(events).where(events.c.kind == "answers_read").values(detail='{"count":0}'), "event"),
    ],
)
def test_what_somebody_changed_shows(answered, change, where):
    found = faults(answered, change)
    assert where in {place for place, _ in found}, found


@pytest.mark.parametrize("as_made", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "where"),
    [
        (text("update answers set record = x'ff' where outcome = 'denied'"), "answers"),
        (text("update events set hash = x'ff' where n = 3"), "event"),
        (text("update events set detail = x'ff' where kind = 'answers_read'"), "event"),
        (text("update events set detail = '{' where kind = 'decided'"), "event"),
    ],
)
def test_what_is_unreadable_shows_too(answered, change, where):
    assert where in {place for place, _ in faults(answered, change)}


def test_counts_that_somebody_made_unreadable_are_counted_anew(answered):
    ledger = open_ledger(load_config(answered.config).ledger)
    with ledger.look() as connection:
        before = counts(connection)
    with ledger.engine.begin() as connection:
        connection.execute(update(chains).values(standing="{"))
    with ledger.look() as connection:
        assert counts(connection) == before
    ledger.close()


def test_records_that_were_purged_are_no_fault_and_changed_ones_among_them_are(answered):
    some = select(answers.c.id).where(answers.c.outcome == "certified").limit(1).scalar_subquery()
    purge = update(answers).where(answers.c.id == some).values(record="{}")
    assert faults(answered, purge) == []
    assert faults(answered, update(answers).where(answers.c.outcome == "denied").values(outcome="certified"))


def test_a_ledger_of_before_is_not_held_to_what_it_did_not_tell(answered):
    """Its events tell no number, digest or answer: their chain is written anew here, as an earlier version wrote it."""
    from x12retro.ledger.chain import START, hash_of

    ledger = open_ledger(load_config(answered.config).ledger)
    import msgspec

    with ledger.engine.begin() as connection:
        rows = connection.execute(select(events).order_by(events.c.n)).all()
        connection.execute(delete(events))
        n, before, fresh = 0, START, []
        for row in rows:
            if row.kind == "answers_read":
                continue
            n += 1
            detail = {k: v for k, v in msgspec.json.decode(row.detail).items() if k != "number"}
            told = msgspec.json.encode(detail, order="sorted").decode()
            before = hash_of(before, n, row.at, row.actor, row.kind, row.request_id, row.file_id, told)
            fresh.append({**row._mapping, "n": n, "detail": told, "hash": before})
        connection.execute(events.insert(), fresh)
        connection.execute(update(chains).values(n=n, hash=before))
    with ledger.look() as connection:
        assert list(verify(connection)) == []
    ledger.close()
