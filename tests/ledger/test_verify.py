"""`verify`: whatever is changed behind the ledger's back shows, and what was written by it adds up, purged or not."""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import msgspec
import pytest
from installation import Installation
from msgspec.structs import replace
from new_ledger import new_address
from sqlalchemy import delete, func, insert, select, text, update

from x12retro.cli.ledger import _head, _kept
from x12retro.deliver import load_config
from x12retro.errors import SystemFailure
from x12retro.ledger import Change, NewDocument, NewFile, NewRequest, Told, open_ledger, purge
from x12retro.ledger.chain import START, hash_of
from x12retro.ledger.standing import Head
from x12retro.ledger.tables import UNTOLD, addresses, answers, chains, documents, events, files, numbers, requests
from x12retro.ledger.verify import verify
from x12retro.ledger.views import counts
from x12retro.payer import Behaviour


def made(folder, address):
    """An installation with requests that were certified, denied and pended, for documents or not."""
    wanted = {"certified": 3, "denied": 1, "pended": 1, "pended for documents": 1}
    house = Installation(folder, ledger=address, behaviour=Behaviour(answers=wanted))
    house.drop(30)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    return house


@pytest.fixture
def answered(tmp_path, address):
    return made(tmp_path, address)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def attacked(request, tmp_path_factory):
    """The ledger of such an installation, which is attacked again and again: nothing is ever committed to it."""
    folder = tmp_path_factory.mktemp("attacked")
    ledger = open_ledger(load_config(made(folder, new_address(request, folder)).config).ledger)
    yield ledger
    ledger.close()


def after(ledger, attack, unheld=None):
    """What `verify` says after an attack, which is taken back: (where, what)."""
    with ledger.engine.connect() as connection:
        attack(connection)
        found = [(fault.where, fault.what) for fault in verify(connection, unheld)]
        connection.rollback()
    return found


def faults(ledger, *changes):
    """The same for single statements; of where, the table alone."""

    def attack(connection):
        for change in changes:
            assert connection.execute(change).rowcount > 0

    return [(where.split()[0], what) for where, what in after(ledger, attack)]


def test_what_was_written_adds_up(attacked):
    unheld = Counter()
    assert after(attacked, lambda _: None, unheld) == []
    assert unheld.total() == 0
    with attacked.look() as connection:
        assert len(set(connection.execute(select(requests.c.outcome)).scalars())) == 3


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (update(requests).where(requests.c.outcome == "denied").values(outcome="certified"), "requests"),
        (update(requests).where(requests.c.trace.is_not(None)).values(cents=1), "requests"),
        (update(requests).where(requests.c.trace.is_not(None)).values(due="2099-01-01"), "requests"),
        (update(requests).where(requests.c.outcome == "denied").values(next_do=None), "requests"),
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
        (update(events).where(events.c.kind == "decided").values(request_id=0), "event"),
    ],
)
def test_what_somebody_changed_shows(attacked, change, where):
    found = faults(attacked, change)
    assert where in {place for place, _ in found}, found


UNREADABLE = [
    ("update answers set record = x'ff' where outcome = 'denied'", "answers"),
    ("update events set hash = x'ff' where n = 3", "event"),
    ("update events set detail = x'ff' where kind = 'answers_read'", "event"),
    ("update events set detail = '{' where kind = 'decided'", "event"),
    ("update events set detail = '[]' where kind = 'decided'", "event"),
    ('update events set detail = \'{"row":7,"set":7}\'', "event"),
    ("update events set detail = '{\"count\":{}}' where kind = 'answers_read'", "event"),
    ("update events set kind = 'purged', detail = '{\"answers\":7}' where kind = 'answers_read'", "event"),
    ("update events set detail = '{\"outcome\":[],\"number\":{}}' where kind = 'decided'", "event"),
    ("update events set request_id = 'abc', file_id = x'ff'", "event"),
]


@pytest.mark.parametrize("attacked", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("change", "where"), UNREADABLE)
def test_what_is_unreadable_shows_too(attacked, change, where):
    assert where in {place for place, _ in faults(attacked, text(change.replace(":", r"\:")))}


def test_counts_that_somebody_made_unreadable_are_counted_anew(attacked):
    with attacked.engine.connect() as connection:
        before = counts(connection)
        connection.execute(update(chains).values(standing="{"))
        assert counts(connection) == before
        connection.rollback()


def test_records_that_were_purged_are_no_fault_and_what_else_is_changed_among_them_is(answered):
    rest = [(row["id"], row["state"]) for row in answered.rows(requests) if row["state"] != "decided"]
    ledger = open_ledger(load_config(answered.config).ledger)
    with ledger.change("summit-ridge") as change:
        change.requests(rest, "closed", next_do=None)
    assert purge.purge_requests(ledger, "summit-ridge", "2099-01-01").records == 30
    assert faults(ledger) == []
    found = faults(ledger, update(answers).where(answers.c.outcome == "denied").values(outcome="certified"))
    assert ("answers", "do not say what they said when they were read") in found
    ledger.close()


def test_a_record_that_no_purge_emptied_shows(attacked):
    some = select(answers.c.id).where(answers.c.outcome == "certified").limit(1).scalar_subquery()
    found = faults(attacked, update(answers).where(answers.c.id == some).values(record="{}"))
    assert found == [("answers", "have lost a record, and no purge tells of it")]


@pytest.mark.parametrize(
    "columns", [("encounter_id",), ("trace",), ("digest",), ("st02", "at", "length"), ("trace", "st02", "at", "length")]
)
def test_requests_whose_columns_were_exchanged_show(attacked, columns):
    def exchange(connection):
        one, other = (dict(row) for row in connection.execute(select(requests).order_by(requests.c.id).limit(2)).mappings())
        aside = {"encounter_id": "~", "trace": "~"}  # no two may have the same
        for row in (one | aside, other | {name: one[name] for name in columns}, one | {name: other[name] for name in columns}):
            connection.execute(update(requests).where(requests.c.id == row["id"]).values(row))

    found = after(attacked, exchange)
    assert len(found) == 2
    for where, what in found:
        assert where.startswith("requests ")
        assert what.startswith("is not what its events tell: ")
        assert set(what.partition(": ")[2].split(", ")) <= set(columns)


HELD = [(table, column) for table in (requests, files, documents) for column in table.c if column.name not in UNTOLD]
OTHER = {"asked": False, "digest": "0" * 64, "sha256": "0" * 64, "contradiction": True, "direction": "drop", "drop_id": 2, "file_id": 1}


@pytest.mark.parametrize(("table", "column"), HELD, ids=[f"{table.name}.{column.name}" for table, column in HELD])
def test_every_column_that_is_held_to_its_events_shows_when_it_is_changed(attacked, table, column):
    other = OTHER.get(column.name, 7 if column.type.python_type is int else "x")
    last = select(func.max(table.c.id)).scalar_subquery()
    found = faults(attacked, update(table).where(table.c.id == last).values({column.name: other}))
    assert (table.name, f"is not what its events tell: {column.name}") in found


@pytest.mark.parametrize("table", [requests, files, documents, addresses, numbers])
def test_rows_that_somebody_deleted_show_though_the_counts_were_taken_away_too(attacked, table):
    def attack(connection):
        if table in (requests, files):
            last = connection.execute(select(func.max(table.c.id))).scalar_one()
            for other in (answers, documents, requests):  # what would hold it back goes too
                for key in {"request_id"} if table is requests else {"file_id", "drop_id"}:
                    if key in other.c:
                        connection.execute(delete(other).where(other.c[key] == last))
        connection.execute(delete(table).where(table.c.id == last) if table in (requests, files) else delete(table))
        connection.execute(update(chains).values(standing=None, counted=None))

    found = after(attacked, attack)
    assert any(where.startswith(table.name) and "gone" in what for where, what in found), found


@pytest.mark.parametrize("kind", ["encounters", "request", "acknowledgment", "response"])
@pytest.mark.parametrize("values", [{}, {"request_id": None}])
def test_an_answer_that_no_event_speaks_of_shows(attacked, kind, values):
    def forge(connection):
        row = dict(connection.execute(select(answers).where(answers.c.outcome == "certified").limit(1)).mappings().one())
        of = select(func.max(files.c.id)).where(files.c.kind == kind).scalar_subquery()
        connection.execute(insert(answers).values(row | values | {"id": 999, "file_id": of, "content": "forged"}))

    ((where, what),) = after(attacked, forge)
    assert where.startswith("answers of file ")
    assert what == "hold 1 that no event tells of"


@pytest.mark.parametrize("column", ["answered", "trace"])
def test_what_orders_and_matches_an_answer_is_held_too(attacked, column):
    found = faults(attacked, update(answers).where(answers.c.outcome == "denied").values({column: "2099"}))
    assert ("answers", "do not say what they said when they were read") in found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (update(numbers).where(numbers.c.kind == "interchange").values(next=1), "go on with 1, and the last draw leads to "),
        (update(numbers).where(numbers.c.kind == "group").values(next=numbers.c.next - 1), "the last draw leads to "),
        (update(numbers).where(numbers.c.kind == "interchange").values(next=0), "go on with 0, "),
        (update(addresses).values(receiver="SOMEBODY"), "SOMEBODY (T) were taken down by no event"),
        (update(addresses).values(partner="other"), "(T) are gone"),
        (update(chains).values(standing=None), "are not counted any more"),
        (update(chains).values(standing="{"), "are not counted any more"),
        (update(requests).where(requests.c.trace.is_not(None)).values(partner="other"), "is not what its events tell: partner"),
        (update(answers).values(partner="other"), "do not say what they said"),
    ],
)
def test_numbers_addresses_counts_and_partners_that_somebody_changed_show(attacked, change, told):
    found = faults(attacked, change)
    assert any(told in what for _, what in found), found


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_next_number_that_is_none_is_told_by_verify_and_by_the_next_run(answered):
    for wrong in ("abc", 0, -5, 10**9):
        ledger = open_ledger(load_config(answered.config).ledger)
        with ledger.engine.begin() as connection:
            connection.execute(text("update numbers set next = :next where kind = 'interchange'").bindparams(next=wrong))
        found = faults(ledger)
        assert len(found) == 1
        assert f"go on with {wrong}" in found[0][1]
        ledger.close()
        answered.drop(1)
        with suppress(SystemFailure):
            answered.run()
        assert any("the next interchange number of summit-ridge, and it is none" in told for _, told in answered.told)
        answered.told.clear()


def test_numbers_that_were_drawn_twice_show(attacked):
    """Somebody lowered the next one, and a run went on from there."""

    def attack(connection):
        connection.execute(update(files).where(files.c.direction == "out").values(isa13=None))
        connection.execute(update(numbers).where(numbers.c.kind == "interchange").values(next=1))
        change = Change(connection, "summit-ridge", "somebody", datetime.now(UTC))
        assert change.draw("interchange") == 1
        change.flush()

    assert "drew interchange numbers that were drawn before" in {what for _, what in after(attacked, attack)}


def test_numbers_that_begin_anew_and_those_that_are_passed_by_are_no_fault(address):
    ledger = open_ledger(address)
    with ledger.engine.begin() as connection:  # where the old ledger was lost, as docs/deliver.md says
        connection.execute(insert(numbers).values(partner="p", kind="interchange", next=999_999_990))
    with ledger.change("p") as change:
        assert [change.draw("interchange", 5) for _ in range(3)] == [999_999_990, 999_999_995, 1]
        change.add_file(NewFile(direction="out", kind="request", name="a", sha256="a", size=1, state="staged", isa13="000000007"))
        assert change.draw("interchange", 2) == 8
    with ledger.look() as connection:
        assert list(verify(connection)) == []
    ledger.close()


def test_a_next_number_that_is_none_shows_before_anything_was_drawn(attacked):
    row = insert(numbers).values(partner="new", kind="group", next=0)
    assert after(attacked, lambda connection: connection.execute(row)) == [("numbers group", "go on with 0, which is none")]


def test_whatever_the_ledger_itself_writes_is_told(address):
    """Each of these writes alone, after which everything must add up, with no column left that no event tells."""
    ledger = open_ledger(address)
    told = NewFile(direction="drop", kind="encounters", name="a", sha256="a", size=1, state="taken", path="taken/a")
    ours = replace(told, direction="out", kind="request", isa13="000000001", state="staged", sha256="b")
    asked = NewRequest(encounter_id="E", digest="d", event="validated", trace="T", closes="2027-01-01", cents=7)

    def held(change):
        change.add_requests([NewRequest(encounter_id="H", digest="h", event="held", drop_id=1, next_do="correct_and_drop_again")])

    def wait_again(change):
        change.wait_again([2], "2027-02-01")
        assert change.connection.execute(select(requests.c.due).where(requests.c.id == 2)).scalar_one() == "2027-02-01"

    def document(change):
        (row,) = change.connection.execute(select(documents)).all()
        change.document(row, "given", source="given/E", note=None, seen="1 2")

    of_two = [(2, "validated")]
    writes = [
        lambda change: change.add_files([told, ours]),
        held,
        lambda change: change.file(1, "held", counts={"records": 1}, note="n", path="held/a"),
        lambda change: change.give_back(1),
        lambda change: change.renew(1, NewRequest(encounter_id="H", digest="h", event="held", drop_id=1, verdict="unknown", cents=3)),
        lambda change: change.renew(1, replace(asked, encounter_id="H", digest="h2", trace="T2", drop_id=1, file_id=2)),
        lambda change: change.add_requests([replace(asked, file_id=2)]),
        lambda change: change.place(2, path="archive/b", plain="archive/p"),
        lambda change: change.batch(2, "B-17"),
        lambda change: change.file(2, "delivered", due_at="2026-12-01"),  # out of turn
        lambda change: change.file(2, "sending"),
        lambda change: change.requests(of_two, "sent", sent_at=change.at, due="2026-12-24"),
        lambda change: change.requests([(2, "sent")], "validated", due="never"),  # out of turn
        lambda change: change.settle(2, "why"),
        lambda change: change.add_documents([(2, [NewDocument(place=None, code="M1", way="EL", state="asked", asked=True, note="n")])]),
        document,
        lambda change: change.requests_each([Told(2, "sent", "pended", 2, {}, {"outcome": "pended", "next_do": "follow_up"})]),
        wait_again,
        lambda change: change.ask_later({2: "2026-12-01"}),
        lambda change: change.requests_each([Told(2, "pended", "validated", 2, {}, {"outcome": "x", "next_do": "x"})]),  # out of turn
        lambda change: change.requests([(2, "pended")], "closed", detail={"why": "w"}, next_do=None, contradiction=False),
    ]
    for write in writes:
        with ledger.change("p") as change:
            write(change)
        with ledger.look() as connection:
            unheld = Counter()
            assert list(verify(connection, unheld)) == []
            assert unheld.total() == 0
    assert len(purge.hold(ledger, "E", "a dispute")) == len(purge.hold(ledger, "H", "one more")) == len(purge.hold(ledger, "H", None)) == 1
    with ledger.look() as connection:
        gone = connection.execute(select(files)).all()
    purge.deleted(ledger, "p", gone)
    with ledger.look() as connection:
        unheld = Counter()
        assert list(verify(connection, unheld)) == []
        assert unheld.total() == 0
        assert set(connection.execute(select(files.c.path, files.c.plain)).all()) == {(None, None)}
        assert connection.execute(select(requests.c.hold).order_by(requests.c.id)).scalars().all() == [None, "a dispute"]
    ledger.close()


def as_earlier_versions_wrote(connection, version_of):
    """Write the events anew as another version would have: 0 told no number, digest or answer, 1 did; neither told what it wrote."""
    rows = connection.execute(select(events).order_by(events.c.n)).all()
    connection.execute(delete(events))
    n, before, fresh = 0, START, []
    for row in rows:
        version, detail = version_of(row.at), msgspec.json.decode(row.detail)
        if version < 2:
            if row.kind in ("given_back", "file_numbered") or (row.kind == "answers_read" and version == 0):
                continue
            left = {"row", "set", "order", *(("number",) if version == 0 else ())}
            detail = {key: value for key, value in detail.items() if key not in left}
        n += 1
        told = msgspec.json.encode(detail, order="sorted").decode()
        before = hash_of(before, n, row.at, row.actor, row.kind, row.request_id, row.file_id, told)
        fresh.append({**row._mapping, "n": n, "detail": told, "hash": before})
    connection.execute(insert(events), fresh)
    connection.execute(update(chains).values(n=n, hash=before))


@pytest.mark.parametrize("version", [0, 1])
def test_a_ledger_of_before_is_not_held_to_what_it_did_not_tell_and_its_rows_are_counted(attacked, version):
    unheld = Counter()
    assert after(attacked, lambda connection: as_earlier_versions_wrote(connection, lambda _: version), unheld) == []
    with attacked.look() as connection:
        tables = [requests, files, documents, *(() if version else (answers,))]
        counted = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    assert +unheld == {**counted, **({} if version else {"counts": 1})}  # fewer events there than were counted after


def test_a_chain_that_was_written_anew_shows_as_long_as_the_last_one_is_kept(answered, x12retro, tmp_path):
    """All of it is as if an earlier version had written it; nobody who has the database alone can see that."""
    ledger = open_ledger(load_config(answered.config).ledger)
    kept = tmp_path / "kept.txt"
    kept.write_bytes(x12retro("ledger", "verify", "--config", answered.config).stderr)
    assert x12retro("ledger", "verify", "--config", answered.config, "--kept", kept).returncode == 0
    with ledger.engine.begin() as connection:
        as_earlier_versions_wrote(connection, lambda _: 1)
    with ledger.look() as connection:
        assert list(verify(connection)) == []
    ledger.close()
    done = x12retro("ledger", "verify", "--config", answered.config)
    assert done.returncode == 1
    assert b"is not the one that was kept" in done.stdout
    assert b"1 fault" in done.stderr
    assert (tmp_path / "house" / "ledger-head-summit-ridge.json").unlink() is None  # somebody writes there too
    assert x12retro("ledger", "verify", "--config", answered.config).returncode == 0
    done = x12retro("ledger", "verify", "--config", answered.config, "--kept", kept)
    assert done.returncode == 1
    assert b"is not the one that was kept" in done.stdout
    kept.write_text("nothing\n")
    assert x12retro("ledger", "verify", "--config", answered.config, "--kept", kept).returncode == 2


def test_what_is_printed_of_a_chain_is_read_again_however_long_it_is(tmp_path):
    kept, digest = tmp_path / "kept.txt", "0123456789abcdef" * 4
    told = {f"p{n}": n for n in (1, 2, 999, 1000, 60_681, 12_345_678)}
    kept.write_text("everything adds up\n".join(f"{_head(partner, n, digest)}\n" for partner, n in told.items()))
    assert dict(_kept(kept)) == {partner: Head(n, digest[:16]) for partner, n in told.items()}


def test_the_command_counts_what_is_from_before(answered, x12retro):
    ledger = open_ledger(load_config(answered.config).ledger)
    with ledger.engine.begin() as connection:
        as_earlier_versions_wrote(connection, lambda _: 1)
    ledger.close()
    (answered.work / "house" / "ledger-head-summit-ridge.json").unlink()  # as if it had always been so
    done = x12retro("ledger", "verify", "--config", answered.config)
    assert done.returncode == 0
    assert b"requests: 30 rows are from before events told all of a row, and held to what they told" in done.stderr
    assert b"answers:" not in done.stderr


@pytest.mark.parametrize("seed", range(20))
def test_a_ledger_in_which_versions_wrote_in_turns_adds_up(attacked, seed):
    dice = Random(seed)
    versions: defaultdict[str, int] = defaultdict(lambda: dice.randint(0, 2))
    assert after(attacked, lambda connection: as_earlier_versions_wrote(connection, versions.__getitem__)) == []
