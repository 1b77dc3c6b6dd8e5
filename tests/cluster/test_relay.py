"""Workers that share a PostgreSQL ledger do what one run does, whoever of them dies."""

from __future__ import annotations

import gc
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from new_ledger import new_database
from several import Several
from sqlalchemy import create_engine, inspect, text

from x12retro.cluster import relay as relay_module
from x12retro.cluster import tables
from x12retro.cluster.relay import Relay, _cron, _look_every
from x12retro.deliver import LoginRefused, load_config
from x12retro.errors import SystemFailure, UsageError
from x12retro.flow import steps
from x12retro.flow.steps import Balance
from x12retro.ledger import open_ledger
from x12retro.ledger.only import only
from x12retro.ledger.tables import files, requests
from x12retro.payer import Behaviour

pytest.importorskip("procrastinate", reason="Procrastinate is not installed")
QUICK = ("--every", "1", "--dead-after", "3")
CERTAIN = Behaviour(answers={"certified": 1})


@pytest.fixture
def database(postgres: str, tmp_path: Path) -> str:
    """A new ledger on a real PostgreSQL server."""
    return new_database(postgres, f"relay_{tmp_path.name}")


@pytest.fixture
def several(tmp_path: Path, database: str):
    running = Several(tmp_path / "many", database, 3, behaviour=CERTAIN)
    yield running
    running.close()


def alone(x12retro, tmp_path: Path, count: int, partners: int = 3) -> Several:
    """The same by one process after the other, on SQLite."""
    one = Several(tmp_path / "alone", None, partners, behaviour=CERTAIN)
    one.drop(count)
    for _ in range(2):
        x12retro("deliver", "--config", one.config)
        one.round()
    return one


class Doing:
    """Looks at the jobs in the database."""

    def __init__(self, database: str) -> None:
        self._engine = create_engine(database, isolation_level="AUTOCOMMIT")

    def ask(self, question: str, **values: object) -> list:
        with self._engine.connect() as connection:
            return list(connection.execute(text(question), values))

    def until(self, question: str, seconds: float = 30) -> list:
        """Ask again and again until there is an answer."""
        end = time.monotonic() + seconds
        while not (found := self.ask(question)):
            assert time.monotonic() < end, question
            time.sleep(0.002)
        return found

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def doing(several: Several, database: str):
    with Relay(several.config, lambda *_: None):  # it makes the tables
        pass
    looking = Doing(database)
    yield looking
    looking.close()


def kill_in_mid_work(several: Several, doing: Doing, by_id: dict[int, subprocess.Popen[bytes]], seed: int) -> subprocess.Popen[bytes]:
    """Kill the first worker that builds, while it does."""
    several.drop(100, seed)
    ((job, worker),) = doing.until(
        "SELECT id, worker_id FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'x12retro:build' LIMIT 1"
    )
    by_id[worker].kill()
    by_id[worker].wait()
    still = doing.ask(
        "SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND id = :job AND worker_id = :worker", job=job, worker=worker
    )
    assert still, "it had ended its job before it was killed"
    return by_id.pop(worker)


def test_what_a_worker_that_is_killed_left_is_taken_up_by_another(x12retro, several: Several, doing: Doing, tmp_path: Path) -> None:
    by_id = {}
    for _ in range(2):
        worker = several.worker(*QUICK)
        known = ",".join(map(str, (0, *by_id)))
        ((id_,),) = doing.until(f"SELECT id FROM procrastinate_workers WHERE id NOT IN ({known})")
        by_id[id_] = worker
    dead = kill_in_mid_work(several, doing, by_id, 1)
    several.settle()
    assert sorted(several.end()) == [-signal.SIGKILL, 0]
    assert dead.returncode == -signal.SIGKILL
    assert several.faults() == []
    assert "a worker died over x12retro:build; another takes it up" in several.log()
    one = alone(x12retro, tmp_path, 100)
    assert several.fates() == one.fates()
    one.close()
    assert len(several.fates()) == 300


def test_told_to_end_a_worker_ends_the_step_at_hand(several: Several) -> None:
    several.drop(1200, only="p0")
    worker = several.worker("--every", "60", "--dead-after", "30", "--partner", "p0")
    give_out(several, "p0")
    end = time.monotonic() + 30
    while not list((several.work / "house" / "taken" / "p0").glob("*") if (several.work / "house" / "taken" / "p0").is_dir() else []):
        assert time.monotonic() < end, several.log()
        time.sleep(0.002)
    for _ in range(3):  # as a service manager does, which tells a whole group of processes, whose first tells the others
        worker.terminate()
        time.sleep(0.1)
    assert worker.wait(timeout=60) == 0
    assert len(several.rows(requests)) == 1200  # the step of building was ended; what comes behind it waits
    assert [row["state"] for row in several.rows(files) if row["direction"] == "drop"] == ["done"]
    assert [job for job in several.jobs() if job["status"] == "doing"] == []
    assert "x12retro:deliver" in {job["task_name"] for job in several.jobs() if job["status"] == "todo"}


def test_a_partner_that_another_run_has_is_left_alone_and_tried_again(several: Several) -> None:
    said: list[tuple[str, str, str]] = []
    several.drop(5)
    assert give_out(several) == 3
    assert give_out(several) == 0  # they are given out already
    ledger = open_ledger(load_config(several.config).ledger)
    with only(ledger, several.work / "house", "p1"), Relay(several.config, lambda *what: said.append(what)) as relay:
        relay.work(wait=False)
    ledger.close()
    assert {row["partner"] for row in several.rows(requests)} == {"p0", "p2"}
    (waits,) = [job for job in several.jobs() if job["args"].get("partner") == "p1"]
    assert (waits["status"], waits["args"]["tries"], waits["priority"]) == ("todo", 0, -1)


def give_out(several: Several, *partners: str) -> int:
    with Relay(several.config, lambda *_: None, partners=partners) as relay:
        return relay.go_round()


def test_workers_for_some_partners_take_only_those(several: Several) -> None:
    several.drop(5)
    assert give_out(several) == 3
    with Relay(several.config, lambda *_: None, partners=("p1",)) as relay:
        relay.work(wait=False)
    assert {row["partner"] for row in several.rows(requests)} == {"p1"}
    assert {job["queue_name"] for job in several.jobs() if job["lock"] is not None} == {"p0", "p2"}


def test_a_mailbox_that_fails_is_tried_again_behind_the_other_steps(several: Several, monkeypatch) -> None:
    monkeypatch.setattr(relay_module, "_CONNECTS", 1)
    said: list[tuple[str, str, str]] = []
    several.drop(5)
    box = several.work / "boxes" / "p0"
    box.rename(box.with_name("gone"))
    give_out(several, "p0")
    with Relay(several.config, lambda *what: said.append(what), partners=("p0",)) as relay:
        relay.work(wait=False)
    assert any(level == "error" for _, level, _ in said)
    jobs = [job for job in several.jobs() if job["args"].get("partner") == "p0"]
    assert {job["task_name"] for job in jobs} == {"x12retro:collect", "x12retro:deliver"}  # what was built between them is built
    assert {(job["status"], job["args"]["tries"], job["priority"]) for job in jobs} == {("todo", 1, -1)}
    assert [row["state"] for row in several.rows(requests)] == ["validated"] * 5


def work(several: Several, *partners: str) -> list[tuple[str, str, str]]:
    """Give out the first steps and do what there is to do; what was said."""
    said: list[tuple[str, str, str]] = []
    give_out(several, *partners)
    with Relay(several.config, lambda *what: said.append(what), partners=partners) as relay:
        relay.work(wait=False)
    return said


def test_a_login_that_was_refused_is_not_tried_again_for_an_hour_by_any_worker(several: Several, doing: Doing, monkeypatch) -> None:
    asked: list[str] = []

    def refuse(desk, *_) -> int:
        asked.append(desk.partner)
        raise LoginRefused("the login was refused")

    several.drop(3)
    with monkeypatch.context() as locked:
        for step in ("collect", "deliver"):
            locked.setattr(steps, step, refuse)
        said = work(several, "p0")
        assert ("p0", "error", "the login was refused") in said
        assert any("left alone for an hour" in text for _, _, text in said)
        assert [row["state"] for row in several.rows(requests)] == ["validated"] * 3  # what needs no mailbox goes on
        assert several.jobs() == []
        work(several, "p0")
        assert asked == ["p0"]
        doing.ask("UPDATE x12retro_refusals SET at = at - interval '61 minutes' RETURNING 1")
        work(several, "p0")
        assert asked == ["p0", "p0"]
    doing.ask("UPDATE x12retro_refusals SET at = at - interval '61 minutes' RETURNING 1")
    work(several, "p0")
    assert [row["state"] for row in several.rows(requests)] == ["sent"] * 3


def test_what_waits_long_is_tried_again_every_five_minutes(several: Several, doing: Doing, monkeypatch) -> None:
    monkeypatch.setattr(relay_module, "_CONNECTS", 1)
    several.drop(1)
    (several.work / "boxes" / "p0").rename(several.work / "gone")
    give_out(several, "p0")
    doing.ask("UPDATE procrastinate_jobs SET args = jsonb_set(args, '{tries}', '40') RETURNING 1")
    work(several, "p0")
    waits = "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs WHERE args->>'tries' = '41' AND status = 'todo'"
    ((seconds,),) = doing.ask(waits)
    assert 280 < seconds <= 300


def test_a_slip_in_one_partners_file_stops_nobody_and_one_in_the_configuration_changes_nothing(several: Several) -> None:
    several.drop(2)
    said: list[tuple[str, str, str]] = []
    assert several.rows(requests) == []
    with Relay(several.config, lambda *what: said.append(what)) as relay:
        (several.work / "partners" / "p1.toml").write_text("[oops")
        several.config.write_text("[oops")
        assert relay.go_round() == 3
        assert relay.go_round() == 0
    ((who, level, text),) = said
    assert (who, level) == ("workers", "error")
    assert "hold as they were read before" in text


def test_the_job_of_a_partner_that_is_not_known_here_is_told(several: Several) -> None:
    give_out(several)
    (several.work / "partners" / "p1.toml").unlink()
    said: list[tuple[str, str, str]] = []
    with Relay(several.config, lambda *what: said.append(what)) as relay:
        relay.work(wait=False)
    assert ("p1", "error", "no partner is called p1; there are: p0, p2") in said
    assert several.jobs() == []


def test_a_job_that_fails_of_itself_is_told(several: Several, monkeypatch) -> None:
    monkeypatch.setattr(Relay, "_defer", _no_defer)
    said: list[tuple[str, str, str]] = []
    with Relay(several.config, lambda *what: said.append(what), partners=("p0",)) as relay:
        with relay.app.open():
            relay._steps["collect"].configure(queue="p0").defer(partner="p0")
        relay.work(wait=False)
    assert ("workers", "error", "a job failed: the disk is full") in said


def test_a_database_that_is_lost_is_told_as_what_it_is(several: Several, doing: Doing, monkeypatch) -> None:
    def cut(desk, _) -> None:
        doing.ask("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with desk.ledger.look() as connection:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    monkeypatch.setattr(relay_module, "one_step", cut)
    give_out(several, "p0")
    said: list[tuple[str, str, str]] = []
    with Relay(several.config, lambda *what: said.append(what), partners=("p0",)) as relay:
        relay.work(wait=False)
    ((_, level, why),) = [what for what in said if what[0] == "p0"]
    assert level == "error"
    assert why.startswith("the ledger's database failed: terminating connection")
    assert [(job["status"], job["args"]["tries"]) for job in several.jobs() if job["args"].get("partner")] == [("todo", 1)]


def test_the_end_of_a_job_that_another_was_given_is_told_in_a_line(several: Several, doing: Doing, monkeypatch, capfd) -> None:
    def gone(*_) -> Balance:
        doing.ask("DELETE FROM procrastinate_jobs WHERE status = 'doing' RETURNING 1")
        return Balance()

    monkeypatch.setattr(relay_module, "one_step", gone)
    give_out(several, "p0")
    said: list[tuple[str, str, str]] = []
    with Relay(several.config, lambda *what: said.append(what), partners=("p0",)) as relay:
        relay.work(wait=False)
    gc.collect()
    assert ("workers", "warning", "the end of a job could not be noted; it is done once more, and finds its work done") in said
    assert capfd.readouterr().err == ""


def _no_defer(*_, **__) -> bool:
    raise SystemFailure("the disk is full")


def test_nothing_is_kept_of_jobs_that_are_done(several: Several, doing: Doing) -> None:
    for _ in range(3):
        work(several)
    doing.ask("SELECT procrastinate_defer_periodic_job_v2('q', NULL, NULL, 't', 0, 'p', n, '{}') FROM generate_series(1, 50) n")
    left = {table: doing.ask(f"SELECT count(*) FROM procrastinate_{table}")[0][0] for table in ("events", "periodic_defers", "workers")}
    assert [job for job in several.jobs() if job["task_name"] != "t"] == []
    assert left["events"] == 50  # of the jobs that were just given out, and none of those that are done
    assert left["periodic_defers"] <= 4
    assert left["workers"] == 0


def test_the_job_of_a_dead_worker_is_dropped_where_the_same_was_given_out_meanwhile(several: Several, doing: Doing) -> None:
    give_out(several, "p0")
    doing.ask("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL RETURNING id")  # as a worker leaves it that is gone
    assert give_out(several, "p0") == 1
    several.drop(3)
    worker = several.worker(*QUICK, "--partner", "p0")  # what the dead one left bars it, until that is noticed
    doing.until("SELECT 1 FROM requests WHERE partner = 'p0' AND state = 'sent'")
    worker.terminate()
    assert worker.wait(timeout=30) == 0
    assert [row["partner"] for row in several.rows(requests)].count("p0") == 3


def test_the_tables_of_the_jobs_are_made_once_and_brought_up_to_date(database: str, monkeypatch, tmp_path) -> None:
    ran: list[str] = []
    ledger = open_ledger(database)
    tables.bring_up_to_date(ledger.engine)
    tables.bring_up_to_date(ledger.engine)
    assert inspect(ledger.engine).has_table("procrastinate_jobs")
    with ledger.engine.begin() as connection:  # as an older Procrastinate would have left it
        connection.execute(text("DELETE FROM x12retro_job_tables WHERE step = '00.12.00_01_add_foreign_key_index.sql'"))
    with monkeypatch.context() as older:
        older.setattr(tables, "_run", lambda _, statements: ran.append(statements))
        tables.bring_up_to_date(ledger.engine)
    assert len(ran) == 1
    assert "CREATE INDEX" in ran[0]
    with ledger.engine.begin() as connection:
        connection.execute(text("INSERT INTO x12retro_job_tables VALUES ('99.00.00_01_from_the_future.sql')"))
    with pytest.raises(UsageError, match="newer Procrastinate"):
        tables.bring_up_to_date(ledger.engine)
    ledger.close()


def test_workers_want_a_ledger_that_hosts_can_share(x12retro, tmp_path: Path) -> None:
    one = Several(tmp_path / "alone", None, 1)
    ran = x12retro("deliver", "--config", one.config, "--workers")
    assert ran.returncode == 2
    assert b"--workers needs a ledger in PostgreSQL" in ran.stderr
    assert x12retro("deliver", "--config", one.config, "--workers", "--watch").returncode == 2


@pytest.mark.soak
def test_workers_that_are_killed_again_and_again_lose_nothing_and_send_nothing_twice(tmp_path: Path, database: str) -> None:
    messy = Behaviour(twice=0.2, late=0.2, before_its_999=0.2)
    several = Several(tmp_path / "many", database, 3, behaviour=messy)
    with Relay(several.config, lambda *_: None):
        pass
    doing, dice, by_id = Doing(database), random.Random(7), {}
    try:
        killed = 0
        for n in range(20):
            while len(by_id) < 3:
                worker = several.worker(*QUICK)
                known = ",".join(map(str, (0, *by_id)))
                ((id_,),) = doing.until(f"SELECT id FROM procrastinate_workers WHERE id NOT IN ({known}) ORDER BY id DESC LIMIT 1")
                by_id[id_] = worker
            several.drop(60, n + 1)
            doing.until("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND lock IS NOT NULL LIMIT 1")
            time.sleep(dice.random() ** 2 * 0.5)
            one = dice.choice(sorted(by_id))
            killed += bool(doing.ask("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = :one", one=one))
            by_id.pop(one).kill()
            several.round()
        several.settle(300)
        several.end()
        assert several.faults() == []
        assert killed >= 5, "most were idle when they were killed"
        assert len(several.fates()) == 3 * 20 * 60
    finally:
        doing.close()
        several.close()


@pytest.mark.soak
def test_a_database_that_is_lost_again_and_again_loses_nothing(several: Several, doing: Doing) -> None:
    commands = [several.worker("2", *QUICK), several.worker("2", *QUICK)]
    dice, cut = random.Random(3), 0
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for n in range(6):
        several.drop(60, n + 1)
        doing.until("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND lock IS NOT NULL LIMIT 1")
        time.sleep(dice.random() ** 2)
        several.ledger.engine.dispose()
        cut += len(doing.ask(others))  # what a server does that is begun anew
        several.round()
    several.settle(300)
    assert [command.poll() for command in commands] == [None, None]
    assert several.end() == [0, 0]
    assert cut > 20
    assert "database of the jobs failed" in several.log() or "ledger's database failed" in several.log()  # whichever was at work
    assert "Traceback" not in several.log()
    assert several.faults() == []
    assert len(several.fates()) == 3 * 6 * 60


@pytest.mark.soak
def test_a_worker_that_stood_still_and_was_taken_for_dead_does_no_harm(several: Several, doing: Doing, tmp_path: Path) -> None:
    worker = several.worker("1", *QUICK)
    ((id_,),) = doing.until("SELECT id FROM procrastinate_workers")
    several.worker("2", *QUICK)
    several.drop(500)
    doing.until(f"SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'x12retro:build' AND worker_id = {id_}")
    worker.send_signal(signal.SIGSTOP)
    doing.until(f"SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM procrastinate_workers WHERE id = {id_})")  # taken for dead; its lock is its own
    worker.send_signal(signal.SIGCONT)
    several.settle(240)
    several.end()
    assert several.faults() == []
    assert len(several.fates()) == 500 * len(several.ids)


@pytest.mark.parametrize(("seconds", "cron"), [(1, "* * * * * */1"), (30, "* * * * * */30"), (60, "*/1 * * * *"), (3600, "0 * * * *")])
def test_rounds_are_kept_by_the_clock(seconds: int, cron: str) -> None:
    assert _cron(seconds) == cron


@pytest.mark.parametrize(("dead_after", "every"), [(1, 1), (3, 1), (14, 6), (30, 15), (45, 20), (3600, 30)])
def test_dead_workers_are_looked_for_twice_in_the_time_they_are_given(dead_after: int, every: int) -> None:
    assert _look_every(dead_after) == every
    assert _cron(every) == f"* * * * * */{every}"


def test_a_round_that_no_clock_keeps_is_refused() -> None:
    with pytest.raises(UsageError, match="divide a minute"):
        _cron(7)
