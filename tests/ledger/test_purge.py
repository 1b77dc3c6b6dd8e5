"""Retention: what is past loses its records and files, rows and events stay, and what is on legal hold is never touched."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from new_ledger import bare_database, new_database
from sqlalchemy import update

from x12retro.deliver import load_config
from x12retro.errors import UsageError
from x12retro.flow.giving import give
from x12retro.flow.retention import last_day, purge
from x12retro.ledger import open_ledger
from x12retro.ledger.purge import hold
from x12retro.ledger.tables import answers, documents, events, files, requests
from x12retro.ledger.verify import verify
from x12retro.payer import Behaviour

LATER = timedelta(days=2500)
DECIDED = Behaviour(answers={"certified": 3, "denied": 1})


def made(folder, ledger=None):
    """Two drop files, all decided: `D1-0`, `D1-1`, ... and `D2-0`, ..."""
    found = Installation(folder, ledger=ledger, behaviour=DECIDED)
    for _ in range(2):
        found.drop(4)
        found.settle()
    assert found.faults() == []
    return found


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory):
    return made(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory, postgres):
    return made(tmp_path_factory.mktemp("postgres"), new_database(postgres, "decided"))


@pytest.fixture
def house(on_sqlite, tmp_path):
    return on_sqlite.copy(tmp_path / "work")


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request, tmp_path):
    """The same on each of the two databases."""
    if request.param == "sqlite":
        return request.getfixturevalue("house")
    model, server = request.getfixturevalue("on_postgres"), request.getfixturevalue("postgres")
    return model.copy(tmp_path / "work", ledger=bare_database(server, f"test_{tmp_path.name}", "decided"))


def opened(house, later=LATER):
    return open_ledger(load_config(house.config).ledger, actor="test", clock=lambda: datetime.now(UTC) + later)


def purged(house, later=LATER, *, dry_run=False):
    config, ledger = load_config(house.config), opened(house, later)
    try:
        return purge(config, ledger, last_day(config, ledger, None), dry_run=dry_run)["summit-ridge"]
    finally:
        ledger.close()


def lying(house):
    """Every file of the house but the ledger's, and the lock beside it."""
    root = house.work / "house"
    ours = ("ledger", ".summit-ridge.lock")
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and not path.name.startswith(ours)}


def adds_up(house):
    ledger = opened(house)
    with ledger.look() as connection:
        found = list(verify(connection))
    ledger.close()
    return found == []


def asked(house):
    return [row for row in house.rows(requests) if row["trace"]]


def finish(house):
    """Close what was held: then everything is past one day."""
    rest = [(row["id"], row["state"]) for row in house.rows(requests) if row["state"] not in ("decided", "expired", "closed")]
    ledger = opened(house, timedelta())
    with ledger.change("summit-ridge") as change:
        change.requests(rest, "closed", next_do=None)
    ledger.close()


def test_what_is_past_loses_records_and_files_and_the_ledger_still_adds_up(on_both):
    finish(on_both)
    before, rows, happened = lying(on_both), len(on_both.rows(requests)), len(on_both.rows(events))
    records = len(on_both.rows(answers))
    told = purged(on_both, dry_run=True)
    assert (told.requests, told.records, told.kept) == (rows, records, 0)
    assert lying(on_both) == before
    assert len(on_both.rows(events)) == happened
    assert purged(on_both) == told
    assert lying(on_both) == set()
    assert len(on_both.rows(requests)) == rows
    assert {row["record"] for row in on_both.rows(answers)} == {"{}"}
    assert all(row["purged_at"] for row in [*on_both.rows(requests), *on_both.rows(files)])
    kinds = [row["kind"] for row in on_both.rows(events)]
    assert kinds.count("purged") == rows
    assert kinds.count("file_purged") == kinds.count("file_deleted") == told.files == len(on_both.rows(files))
    assert adds_up(on_both)
    again = purged(on_both)
    assert (again.requests, again.records, again.files, again.kept) == (0, 0, 0, 0)
    on_both.settle()  # and deliveries go on
    on_both.drop(3)
    on_both.settle()
    assert adds_up(on_both)


def test_what_is_younger_or_open_is_kept(house):
    finish(house)
    before = lying(house)
    assert purged(house, timedelta(days=2189)) == (0, 0, 0, 0)
    ledger = opened(house, timedelta())
    id_ = asked(house)[0]["id"]
    with ledger.change("summit-ridge") as change:
        change.requests([(id_, "decided")], "pended")
    ledger.close()
    told = purged(house)
    assert told.requests == len(house.rows(requests)) - 1
    assert told.kept > 0
    (open_one,) = [row for row in house.rows(requests) if row["id"] == id_]
    assert open_one["purged_at"] is None
    assert any(row["record"] != "{}" for row in house.rows(answers) if row["request_id"] == id_)
    left = lying(house)
    assert left < before
    for row in house.rows(files):
        if row["id"] in (open_one["file_id"], open_one["drop_id"]):
            assert row["path"] in left


def test_a_request_on_legal_hold_is_kept_with_every_file_it_is_in_until_that_is_lifted(on_both, x12retro):
    finish(on_both)
    name = asked(on_both)[0]["encounter_id"]
    assert x12retro("ledger", "hold", name, "--why", "case 26-117", "--config", on_both.config).returncode == 0
    told = purged(on_both)
    (row,) = [row for row in on_both.rows(requests) if row["encounter_id"] == name]
    assert (row["hold"], row["purged_at"]) == ("case 26-117", None)
    records = [json.loads(one["record"]) for one in on_both.rows(answers) if one["request_id"] == row["id"]]
    assert all(record["encounter_id"] == name for record in records)
    named = {one["file_id"] for one in on_both.rows(events) if one["request_id"] == row["id"]} - {None}
    kept = {one["id"]: one for one in on_both.rows(files) if one["path"]}
    assert {row["file_id"], row["drop_id"], *named} == set(kept)
    assert {one["kind"] for one in kept.values()} == {"encounters", "request", "response", "acknowledgment"}
    assert told.kept == len(kept)
    assert all((on_both.work / "house" / one["path"]).exists() for one in kept.values())
    assert x12retro("ledger", "unhold", name, "--config", on_both.config).returncode == 0
    assert [one["kind"] for one in on_both.rows(events) if one["request_id"] == row["id"]][-2:] == ["hold_set", "hold_lifted"]
    assert purged(on_both).requests == 1
    assert lying(on_both) == set()
    assert adds_up(on_both)


@pytest.mark.parametrize("where", ["pathlib.Path.unlink", "x12retro.flow.retention.deleted", "x12retro.flow.retention.purge_files"])
def test_a_purge_that_dies_is_made_good_by_the_next_one(house, monkeypatch, where):
    finish(house)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(where, dies)
        purged(house)
    assert adds_up(house)
    purged(house)
    assert lying(house) == set()
    assert adds_up(house)


def test_a_late_answer_after_the_purge_counts_and_is_purged_in_its_own_time(house):
    finish(house)
    purged(house)
    id_, file = asked(house)[0]["id"], house.rows(files)[0]["id"]
    ledger = opened(house, LATER)
    with ledger.change("summit-ridge") as change:
        row = {
            "partner": "summit-ridge",
            "request_id": id_,
            "file_id": file,
            "content": "x",
            "outcome": "denied",
            "answered": "2",
            "record": "{1}",
        }
        change.connection.execute(answers.insert().values(**row, received_at=change.at))
        change.requests([(id_, "decided")], "decided", outcome="denied")
    ledger.close()
    assert purged(house).requests == 0
    assert purged(house, LATER + LATER)[:2] == (1, 1)


def test_nothing_of_a_record_stays_in_the_database_file(tmp_path):
    house = Installation(tmp_path, behaviour=DECIDED)
    house.drop(6)
    house.settle()
    finish(house)
    ledger = opened(house, timedelta())
    with ledger.change("summit-ridge") as change:
        change.connection.execute(update(answers).values(record=json.dumps({"name": "ZEBEDEE QUILLFEATHER" * 300})))
    ledger.close()
    stored = list((tmp_path / "house").glob("ledger.db*"))
    assert any(b"QUILLFEATHER" in path.read_bytes() for path in stored)
    purged(house)
    assert not any(b"QUILLFEATHER" in path.read_bytes() for path in stored if path.exists())


def test_the_command(house, x12retro):
    finish(house)
    done = x12retro("ledger", "purge", "--dry-run", "--config", house.config)
    assert done.returncode == 0
    assert b"summit-ridge: 0 requests would be purged" in done.stdout
    done = x12retro("ledger", "purge", "--before", "2099-01-01", "--config", house.config)
    assert done.returncode == 2
    assert b"is kept ($.retain_days = 2190" in done.stderr
    assert x12retro("ledger", "hold", "nobody", "--why", "x", "--config", house.config).returncode == 2
    before = (datetime.now(UTC) - timedelta(days=2300)).date().isoformat()
    assert x12retro("ledger", "purge", "--before", before, "--config", house.config).returncode == 0


def test_a_day_that_is_still_to_be_kept_is_refused(tmp_path):
    house = Installation(tmp_path)
    config, ledger = load_config(house.config), opened(house, timedelta())
    with pytest.raises(UsageError, match="is kept"):
        last_day(config, ledger, datetime.now(UTC).date())
    assert (datetime.now(UTC).date() - last_day(config, ledger, None)).days == 2190
    ledger.close()


def test_what_answers_nothing_of_ours_is_purged_by_its_age(house):
    id_ = asked(house)[0]["id"]
    ledger = opened(house, timedelta())
    with ledger.change("summit-ridge") as change:
        change.connection.execute(update(answers).where(answers.c.request_id == id_).values(request_id=None))
    ledger.close()
    purged(house)
    assert {row["record"] for row in house.rows(answers) if row["request_id"] is None} == {"{}"}
    assert "answers_purged" in [row["kind"] for row in house.rows(events)]


@pytest.mark.parametrize("on_hold", [False, True])
def test_a_document_that_was_given_and_never_sent_goes_with_its_request(tmp_path, on_hold):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended for documents": 1}, decide_after=2))
    house.drop(1)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    code = house.rows(documents)[0]["code"]
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4\nmade-up\n")
    ledger = opened(house, timedelta())
    assert [one.code for one in give(load_config(house.config), ledger, "D1-0", [(code, scan)])] == [code]
    if on_hold:
        hold(ledger, "D1-0", "a dispute")
    ledger.close()
    for _ in range(3):
        house.payer.round(datetime.now())
    house.run()
    assert house.rows(requests)[0]["state"] == "decided"
    copies = house.work / "house" / "given" / "summit-ridge"
    assert len(list(copies.iterdir())) == 1
    purged(house)
    (given,) = [row for row in house.rows(documents) if row["state"] == "waiting"]
    assert bool(list(copies.iterdir())) == (given["source"] is not None) == on_hold
    assert house.faults_of_the_ledger() == []
