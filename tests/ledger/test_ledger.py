"""The ledger: numbers are never given twice, life goes by its table, a copy is one answer, the past cannot be changed unseen."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Thread
from typing import get_args

import pytest
from sqlalchemy import delete, event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from x12retro.errors import SystemFailure, UsageError
from x12retro.ledger import FILE_LIFE, REQUEST_LIFE, NewAnswer, NewDocument, NewFile, NewRequest, Told, open_ledger
from x12retro.ledger.life import FileEvent, FileState, RequestEvent, RequestState
from x12retro.ledger.tables import answers, chains, documents, events, files, numbers, requests
from x12retro.ledger.verify import heads, verify
from x12retro.ledger.views import counts, stories, worklist

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def faults(ledger):
    with ledger.look() as connection:
        return [(fault.where, fault.what) for fault in verify(connection)]


def sent(ledger, *names, partner="p1", **more):
    """A file with these encounters, delivered; the ids of file and requests."""
    with ledger.change(partner) as change:
        isa13 = f"{change.draw('interchange'):09d}"
        file_id = change.add_file(
            NewFile(direction="out", kind="request", name=f"{isa13}.edi", sha256=isa13 * 7, size=10, state="staged", isa13=isa13)
        )
        new = [
            NewRequest(
                encounter_id=name,
                digest=f"{name}-{n}",
                event="validated",
                trace=f"T{isa13}{n}",
                isa13=isa13,
                gs06="1",
                st02=f"{n:04d}",
                file_id=file_id,
                **more,
            )
            for n, name in enumerate(names, start=1)
        ]
        ids = change.add_requests(new)
    with ledger.change(partner) as change:
        for event in ("sending", "finishing", "delivered"):
            change.file(file_id, event)
        change.requests([(id_, "validated") for id_ in ids], "sent", file_id=file_id, sent_at=change.at)
    return file_id, ids


def received(ledger, partner="p1", name="a.edi"):
    with ledger.change(partner) as change:
        return change.add_file(NewFile(direction="in", kind="response", name=name, sha256=name * 8, size=1, state="collected"))


def state_of(ledger, id_, table=requests):
    with ledger.look() as connection:
        return connection.execute(select(table.c.state).where(table.c.id == id_)).scalar_one()


def test_the_tables_of_life_speak_of_every_state_and_event():
    assert {state for pair, then in REQUEST_LIFE.items() for state in (pair[0], then)} == set(get_args(RequestState))
    assert {event for _, event in REQUEST_LIFE} == set(get_args(RequestEvent))
    assert {state for pair, then in FILE_LIFE.items() for state in (pair[0], then)} == set(get_args(FileState))
    assert {event for _, event in FILE_LIFE} == set(get_args(FileEvent))


def test_a_decision_is_heard_wherever_a_request_stands_once_it_was_sent():
    waiting = set(get_args(RequestState)) - {"drafted", "validated", "held"}
    assert {state for state, event in REQUEST_LIFE if event == "decided"} == waiting


def test_numbers_count_up_by_partner_and_kind_and_begin_again_after_the_last(ledger):
    with ledger.change("p1") as change:
        assert [change.draw("interchange"), change.draw("interchange", 3), change.draw("interchange")] == [1, 2, 5]
        assert change.draw("group") == 1
    with ledger.change("p2") as change:
        assert change.draw("interchange") == 1
    with ledger.change("p1") as change:
        change.connection.execute(text("UPDATE numbers SET next = 999999999 WHERE partner = 'p1' AND kind = 'interchange'"))
        assert [change.draw("interchange"), change.draw("interchange")] == [999_999_999, 1]


def test_two_that_draw_at_once_get_different_numbers(bare_address):
    taken, troubles = [], []

    def draw():
        try:
            mine = open_ledger(bare_address)
        except Exception as trouble:  # noqa: BLE001 - told below
            troubles.append(trouble)
            return
        try:
            for _ in range(25):
                with mine.change("p1") as change:
                    number = change.draw("interchange")
                taken.append(number)
        except Exception as trouble:  # noqa: BLE001 - told below
            troubles.append(trouble)
        finally:
            mine.close()

    workers = [Thread(target=draw) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not troubles
    assert sorted(taken) == list(range(1, 101))
    opened = open_ledger(bare_address)
    assert faults(opened) == []
    opened.close()


def test_what_fails_in_the_middle_leaves_nothing(ledger):
    with pytest.raises(RuntimeError), ledger.change("p1") as change:
        change.draw("interchange")
        change.add_file(NewFile(direction="drop", kind="encounters", name="x", sha256="0", size=1, state="taken"))
        raise RuntimeError
    with ledger.look() as connection:
        assert counts(connection) == {}
        assert heads(connection) == {}


def test_a_request_from_drop_to_decision(ledger):
    file_id, (id_,) = sent(ledger, "E1")
    in_id = received(ledger)
    with ledger.change("p1") as change:
        change.requests([(id_, "sent")], "interchange_accepted", file_id=in_id)
        change.requests([(id_, "interchange_accepted")], "set_accepted", file_id=in_id)
        change.file(file_id, "acknowledged")
        told = {"trace": "T", "outcome": "certified", "answered": "202611240900", "record": '{"a":1}'}
        change.add_answers([NewAnswer(request_id=id_, file_id=in_id, content="c1", **told)])
        change.requests(
            [(id_, "accepted")], "decided", file_id=in_id, outcome="certified", authorization="A7", next_do="attach_number_to_claim"
        )
        change.file(in_id, "processed", counts={"decisions": 1})
    with ledger.look() as connection:
        (story,) = stories(connection, "E1")
        assert counts(connection) == {"p1": {"requests": {"decided": 1}, "out": {"acknowledged": 1}, "in": {"processed": 1}}}
    assert [one["kind"] for one in story.events] == ["validated", "sent", "interchange_accepted", "set_accepted", "decided"]
    assert {one["actor"] for one in story.events} == {"tester"}
    assert [one["record"] for one in story.answers] == [{"a": 1}]
    assert faults(ledger) == []


def test_the_same_answer_is_taken_down_once(ledger):
    _, (id_,) = sent(ledger, "E1")
    new = NewAnswer(request_id=id_, file_id=received(ledger), content="c1", trace="T", outcome="pended", answered="2", record="{}")
    with ledger.change("p1") as change:
        assert change.known_answers(["c1", "c2"]) == set()
        change.add_answers([new])
        assert change.known_answers(["c1", "c2"]) == {"c1"}
    with pytest.raises(IntegrityError), ledger.change("p1") as change:
        change.add_answers([new])
    with ledger.look() as connection:
        assert len(connection.execute(select(answers)).all()) == 1


def test_many_requests_are_told_of_at_once_each_by_its_own_life(ledger):
    _, ids = sent(ledger, "E1", "E2", "E3")
    columns = {"outcome": "certified", "due": None}
    with ledger.change("p1") as change:
        change.requests([(ids[2], "sent")], "decided")
    with ledger.change("p1") as change:
        change.requests_each(
            [
                Told(ids[0], "sent", "decided", None, {"a": 1}, columns),
                Told(ids[1], "sent", "pended", None, {}, {**columns, "outcome": "pended"}),
                Told(ids[2], "decided", "set_refused", None, {}, columns),
            ]
        )
        change.requests_each([])
    with ledger.look() as connection:
        rows = connection.execute(select(requests).order_by(requests.c.id)).all()
    assert [(row.state, row.outcome, row.contradiction) for row in rows] == [
        ("decided", "certified", False),
        ("pended", "pended", False),
        ("decided", None, True),  # what stands is not touched
    ]
    assert faults(ledger) == []


def test_the_same_encounter_file_and_number_cannot_be_taken_down_twice(ledger):
    sent(ledger, "E1")
    with pytest.raises(IntegrityError), ledger.change("p1") as change:
        change.add_requests([NewRequest(encounter_id="E1", digest="E1-1", event="held")])
    same = NewFile(direction="out", kind="request", name="other", sha256="1", size=1, state="staged", isa13="000000001")
    with pytest.raises(IntegrityError), ledger.change("p1") as change:
        change.add_file(same)
    with ledger.change("p2") as change:
        change.add_file(same)


def test_what_the_table_does_not_know_changes_nothing_and_is_a_contradiction(ledger):
    file_id, (id_,) = sent(ledger, "E1")
    with ledger.change("p1") as change:
        change.requests([(id_, "sent")], "decided")
        change.requests([(id_, "decided")], "set_refused")
        assert change.file(file_id, "sending") == "delivered"
    assert (state_of(ledger, id_), state_of(ledger, file_id, files)) == ("decided", "delivered")
    with ledger.look() as connection:
        assert [task.why for task in worklist(connection, NOW)] == ["contradiction"]
        (story,) = stories(connection, str(id_))
    assert story.events[-1]["detail"] == {"unexpected_in": "decided", "set": {"contradiction": True}}
    assert faults(ledger) == []


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (update(events).where(events.c.n == 3).values(detail='{"name":"other"}'), "was changed"),
        (update(events).where(events.c.n == 3).values(at="2020-01-01T00:00:00.000000Z"), "was changed"),
        (delete(events).where(events.c.n == 3), "is missing"),
        (delete(events).where(events.c.n == 7), "is not the chain's last one"),
        (delete(events), "is missing, and all behind it"),
        (update(requests).values(state="closed"), "stands as closed, its events lead to sent"),
        (update(files).values(state="held"), "stands as held, its events lead to delivered"),
        (update(chains).values(n=9), "is not the chain's last one"),
    ],
)
def test_a_changed_past_shows(ledger, tamper, told):
    sent(ledger, "E1")
    assert faults(ledger) == []
    with ledger.engine.begin() as connection:
        connection.execute(tamper)
    assert any(told in what for _, what in faults(ledger)), faults(ledger)


def test_an_inserted_event_shows(ledger):
    sent(ledger, "E1")
    with ledger.engine.begin() as connection:
        row = dict(connection.execute(select(events).order_by(events.c.n.desc())).mappings().first())
        row |= {"id": None, "n": row["n"] + 1, "kind": "decided"}
        row.pop("id")
        connection.execute(insert(events).values(row))
    assert faults(ledger)


def test_the_worklist_is_sorted_by_what_runs_out_and_then_by_what_is_worth_most(ledger):
    _, ids = sent(ledger, "E1", "E2", "E3", "E4")
    due = {ids[0]: ("2026-12-03", 5), ids[1]: ("2026-12-01", 5), ids[2]: ("2026-12-01", 900), ids[3]: ("2026-12-02", None)}
    with ledger.change("p1") as change:
        for id_, (day, cents) in due.items():
            change.requests([(id_, "sent")], "pended", due=day, cents=cents, next_do="send_documents")
    with ledger.look() as connection:
        tasks = worklist(connection, NOW)
        assert [task.encounter_id for task in tasks] == ["E3", "E2", "E4", "E1"]
        assert (tasks[0].do, tasks[0].days_left, tasks[0].cents) == ("send documents", 7, 900)
        assert len(worklist(connection, NOW, limit=2)) == 2
        assert worklist(connection, NOW, partner="p2") == []


def test_the_worklist_tells_of_what_did_not_come(ledger):
    file_id, ids = sent(ledger, "E1", due="2026-11-20")
    with ledger.change("p1") as change:
        change.connection.execute(update(files).where(files.c.id == file_id).values(due_at="2026-11-23T00:00:00.000000Z"))
    with ledger.look() as connection:
        assert {task.why for task in worklist(connection, NOW)} == {"no_acknowledgment", "no_decision"}
    with ledger.change("p1") as change:
        change.file(file_id, "acknowledged")
        change.requests([(ids[0], "sent")], "decided", next_do=None)
    with ledger.look() as connection:
        assert worklist(connection, NOW) == []


def test_opening_again_keeps_everything(address, clock):
    first = open_ledger(address, clock=clock)
    sent(first, "E1")
    first.close()
    second = open_ledger(address, clock=clock)
    assert faults(second) == []
    sent(second, "E2")
    assert faults(second) == []
    second.close()


def test_a_newer_ledger_is_not_touched(ledger, address):
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer version"):
        open_ledger(address)


def test_a_ledger_of_sqlite_is_for_its_owner_alone(tmp_path):
    opened = open_ledger(tmp_path / "new" / "ledger.db")
    with opened.change("p1") as change:
        change.draw("group")
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()} == {0o600}
    opened.close()


def test_what_is_no_address_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"a ledger is a file, or a database in PostgreSQL .*, not in nosuch"):
        open_ledger("nosuch://x/y")
    with pytest.raises(SystemFailure, match="database failed"):
        open_ledger("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    (tmp_path / "text.db").write_text("this is no database, but it is long enough to look at " * 20)
    with pytest.raises((SystemFailure, UsageError)):
        open_ledger(tmp_path / "text.db")


def test_the_tables_of_the_steps_are_those_of_the_code(ledger):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from x12retro.ledger.tables import metadata

    with ledger.look() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def by_state(ledger):
    """How many requests stand where: as `counts` says, and counted one by one."""
    with ledger.look() as connection:
        kept = {partner: rooms["requests"] for partner, rooms in counts(connection).items() if "requests" in rooms}
        real = {}
        for partner, state in connection.execute(select(requests.c.partner, requests.c.state)):
            states = real.setdefault(partner, {})
            states[state] = states.get(state, 0) + 1
    return kept, real


def wandering(ledger, dice, ids):
    """Whatever may happen to requests, in one change: what does not go where it stands, the same twice, a state that is no longer true."""
    with ledger.change("p1") as change:
        for _ in range(dice.randint(1, 4)):
            those = [(dice.choice(ids), dice.choice(get_args(RequestState))) for _ in range(dice.randint(0, 6))]
            event_ = dice.choice(get_args(RequestEvent))
            if dice.random() < 0.5:
                change.requests(those, event_)
            else:
                change.requests_each([Told(id_, state, event_, None, {}, {"outcome": "x"}) for id_, state in those])
            if dice.random() < 0.3:
                change.flush()
        if dice.random() < 0.3:
            change.add_requests([NewRequest(encounter_id=f"N{dice.random()}", digest="d", event="held")])
        if dice.random() < 0.3:
            change.renew(dice.choice(ids), NewRequest(encounter_id=f"R{dice.random()}", digest="d", event="validated"))


def test_what_stands_where_is_counted_with_every_change(ledger):
    dice = Random(7)
    _, ids = sent(ledger, *(f"E{n}" for n in range(12)))
    sent(ledger, "F1", partner="p2")
    for _ in range(60):
        wandering(ledger, dice, ids)
        kept, real = by_state(ledger)
        assert kept == real


def test_counts_of_a_ledger_that_an_older_version_wrote_in_are_counted_anew(ledger):
    _, ids = sent(ledger, "E1", "E2", "E3")
    with ledger.engine.begin() as connection:  # it moves a request and adds its event, and knows of no counts
        connection.execute(update(requests).where(requests.c.id == ids[0]).values(state="decided"))
        connection.execute(update(chains).values(n=chains.c.n + 1))
    kept, real = by_state(ledger)
    assert kept == real == {"p1": {"decided": 1, "sent": 2}}
    with ledger.change("p1") as change:
        change.requests([(ids[1], "sent")], "decided")
    with ledger.look() as connection:
        assert connection.execute(select(chains.c.standing)).scalar_one() == '{"decided":2,"sent":1}'


def test_two_that_move_one_request_at_once_are_counted_right(ledger):
    _, ids = sent(ledger, "E1", "E2")
    begun, done = [], []

    def move(event_: str) -> None:
        with ledger.change("p1") as change:
            begun.append(event_)
            while len(begun) < 2 and ledger.engine.dialect.name == "postgresql":
                time.sleep(0.01)
            change.requests([(ids[0], "sent")], event_)
        done.append(event_)

    threads = [Thread(target=move, args=(event_,)) for event_ in ("pended", "decided")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["decided", "pended"]
    kept, real = by_state(ledger)
    assert kept == real


def test_requests_that_contradict_themselves_are_found_by_an_index(tmp_path):
    ledger = open_ledger(tmp_path / "ledger.db")
    with ledger.look() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN " + str(select(requests).where(requests.c.contradiction).compile(ledger.engine))
        )
        assert "ix_requests_contradiction" in str(plan.all())
    ledger.close()


def test_requests_of_an_older_ledger_are_counted_when_it_is_brought_up_to_date(bare_address):
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from x12retro.ledger import upgrade

    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    engine = create_engine(bare_address if "://" in bare_address else f"sqlite:///{bare_address}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.execute(text("INSERT INTO chains (partner, n, hash) VALUES ('p1', 7, 'h')"))
        columns = "partner, encounter_id, digest, state, contradiction, made_at, changed_at"
        put = f"INSERT INTO requests ({columns}) VALUES ('p1', :id, 'd', :state, :no, '2026', '2026')"
        for n, state in enumerate(("sent", "decided", "decided")):
            connection.execute(text(put), {"id": f"E{n}", "state": state, "no": False})
    engine.dispose()
    ledger = open_ledger(bare_address)
    with ledger.look() as connection:
        assert connection.execute(select(chains.c.standing, chains.c.counted)).one() == ('{"decided": 2, "sent": 1}', 7)
    assert by_state(ledger)[0] == {"p1": {"decided": 2, "sent": 1}}
    ledger.close()


def test_a_ledger_that_is_up_to_date_is_opened_without_alembic(bare_address):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from x12retro.ledger import upgrade

    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    assert upgrade.newest() == ScriptDirectory.from_config(config).get_current_head()
    open_ledger(bare_address).close()
    code = "import sys; from x12retro.ledger import open_ledger; open_ledger(sys.argv[1]).close(); assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, bare_address], check=True)


def test_documents_and_reminders_of_many_requests_are_taken_down_in_a_few_statements(ledger):
    _, ids = sent(ledger, *(f"E{n}" for n in range(20)))
    asked = NewDocument(place=None, code="M1", way="EL", state="asked", asked=True)
    statements = []
    for round_ in (1, 2):
        with ledger.change("p1") as change:
            listener = lambda *call: statements.append(call[2])  # noqa: E731
            event.listen(ledger.engine, "before_cursor_execute", listener)
            change.add_documents((id_, [asked, asked]) for id_ in ids)
            change.ask_later(dict.fromkeys(ids, f"2026-12-0{round_}"))
            event.remove(ledger.engine, "before_cursor_execute", listener)
    assert len(statements) == 2 * 3
    with ledger.look() as connection:
        places = connection.execute(select(documents.c.place).where(documents.c.request_id == ids[7]).order_by(documents.c.id)).scalars()
        assert list(places) == ["asked 1", "asked 2", "asked 3", "asked 4"]
        assert set(connection.execute(select(requests.c.ask_at)).scalars()) == {"2026-12-02"}
    assert faults(ledger) == []


def test_an_older_ledger_is_brought_up_to_date(tmp_path):
    import sqlite3

    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    import x12retro.ledger.upgrade

    place = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(Path(x12retro.ledger.upgrade.__file__).parent / "migrations"))
    with create_engine(f"sqlite:///{place}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    old = sqlite3.connect(place)
    old.execute(
        "INSERT INTO files (partner, direction, kind, name, sha256, size, state, made_at, changed_at) "
        "VALUES ('p', 'out', 'request', 'a', 'x', 1, 'delivered', '2026', '2026')"
    )
    old.commit()
    old.close()
    opened = open_ledger(place)
    with opened.look() as connection:
        (row,) = connection.execute(select(files)).all()
    assert (row.name, row.batch) == ("a", None)
    assert opened.upgraded == ("0001", x12retro.ledger.upgrade.newest())
    opened.close()
    for there in (place, tmp_path / "new.db"):  # there is nothing to tell
        opened = open_ledger(there)
        assert opened.upgraded is None
        opened.close()


def test_a_snapshot_sees_one_moment_whoever_writes_meanwhile(ledger):
    sent(ledger, "E1")
    with ledger.snapshot() as connection:
        found = verify(connection)
        connection.execute(select(chains)).all()
        sent(ledger, "E2")
        assert list(found) == []
        assert connection.execute(select(func.count()).select_from(requests)).scalar_one() == 1


def test_numbers_are_drawn_for_as_many_as_one_file_may_hold(ledger):
    """130,000 in one question are more than any database takes; those that were used, with zeros in front or not, are passed by."""
    with ledger.change("p") as change:
        assert change.draw("interchange", 260_000) == 1
        assert change.draw("group", 130_000) == 1
        used = NewFile(direction="out", kind="request", name="a", sha256="a", size=1, state="staged", isa13="000300000")
        file = change.add_file(used)
        rows = [("1", "000200000"), ("2", "250000"), ("3", "99"), ("4", "9999999")]
        change.add_requests([NewRequest(encounter_id=a, digest=a, event="validated", trace=a, gs06=b, file_id=file) for a, b in rows])
    with ledger.change("p") as change:
        assert change.draw("interchange", 130_000) == 300_001
        assert change.draw("group", 130_000) == 250_001


def test_numbers_in_a_row_do_not_go_over_the_last_one(ledger):
    with ledger.change("p") as change:
        change.draw("group")
        change.connection.execute(update(numbers).values(next=999_999_998))
        assert change.draw("group", 3) == 1


def test_a_connection_that_dies_prints_no_traceback(tmp_path):
    code = (
        "from x12retro.ledger import open_ledger\n"
        f"ledger = open_ledger({str(tmp_path / 'ledger.db')!r})\n"
        "connection = ledger.engine.raw_connection()\n"
        "connection.driver_connection.close()\n"
        "connection.close()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_who_only_looks_waits_for_no_writer(address):
    writer, began = open_ledger(address), time.monotonic()
    with writer.change("p"):
        looker = open_ledger(address)
        with looker.look() as connection:
            assert counts(connection) == {}
        looker.close()
    writer.close()
    assert time.monotonic() - began < 5  # a writer is waited for a minute
