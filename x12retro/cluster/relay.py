"""The workers that share a ledger: each step of each partner is a job in the ledger's own PostgreSQL (Procrastinate).

    every so often   go_round ─> collect ─> build ─> deliver        for each partner, one step at a time, wherever a worker is free

The steps are those of one run (x12retro.flow.steps), under the lock that a run takes. A partner's jobs have one `lock`, so that one of
them is at work at a time: its control numbers and its mailbox have one user. They have a `queueing_lock` too, so that a slow partner does
not pile up jobs. A step that fails is given out again, behind the others, after a while that grows. Where a login was refused no worker
tries it again for an hour (`Refusals`). The jobs of a worker that sends no sign of life are given to the others; what it left half done the
ledger knows, and `take_up` makes good.

Each partner's jobs have a queue of its name: workers that are begun for some partners only take those.

A job holds a partner's id and nothing else: what is to be done stands in the ledger and in the folders, and is the same after a retry.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from procrastinate import App, BaseConnector, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.tasks import Task
from sqlalchemy import make_url

from x12retro.cluster.tables import HOLD, Refusals, bring_up_to_date
from x12retro.deliver import Config, load_config
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import SystemFailure, UsageError, X12RetroError
from x12retro.flow.desk import desk_of, ledger_of
from x12retro.flow.steps import Balance, StepName, one_step
from x12retro.flow.watch import Alarm, alarms, expire, write_metrics
from x12retro.ledger import Ledger
from x12retro.ledger.only import Busy, only

Say = Callable[[str, str, str], None]
"""Told what happens: the partner, `error`, `warning` or `info`, and a sentence."""
_NEXT: dict[StepName, StepName] = {"collect": "build", "build": "deliver"}
_WAITS = 10
"""Seconds until a step that failed is tried again; twice as long each time."""
_LONGEST = 300
"""And no longer than that. While it waits no round gives it out anew, so that a mailbox that is down for days keeps few workers waiting."""
_CONNECTS = 2
"""How often a step opens a connection that breaks: its next try is a job of its own, and the worker is free until then."""
_BUSY_SECONDS = 5
_READ_AGAIN = 30.0
"""Seconds after which a changed partner file is read at the latest."""
_BEHIND = -1
"""Priority of what is tried again: the partner's other steps go before it."""
_KEEP_HOURS = 7 * 24
"""Jobs that failed for good are kept so long for who wants to look at them."""


class Relay:
    """The jobs of one installation, a context manager. `every`: seconds between rounds; `dead_after`: seconds without a sign of life."""

    def __init__(self, config: Path, say: Say, *, partners: tuple[str, ...] = (), every: int = 60, dead_after: float = 30.0) -> None:
        """Raises UsageError for a wrong configuration or a ledger that is no PostgreSQL, SystemFailure when it cannot be reached."""
        self._file, self._say, self._wanted = config, say, partners
        self._dead_after = dead_after
        self._rounds = "rounds" + "".join(f" {partner}" for partner in sorted(partners))
        """The queue of the jobs that belong to no partner: workers for other partners have rounds of their own."""
        told, self._read_at = load_config(config), time.monotonic()
        self._told, self._wrong = told, ""
        for partner in partners:
            told.partner(partner)
        self._ledger = _open(told, say)
        try:
            bring_up_to_date(self._ledger.engine)
        except BaseException:
            self._ledger.close()
            raise
        self._refusals = Refusals(self._ledger)
        self.app = App(connector=_connector(told.ledger))
        self._steps: dict[StepName, Task[Any, Any, Any]] = {name: self._step_task(name) for name in ("collect", "build", "deliver")}
        self._periodic(self._go_round, "go_round", _cron(every))
        self._periodic_async(self._take_over, "take_over", _cron(_look_every(dead_after)))
        if told.metrics is not None:
            self._periodic(self._figures, "figures", _cron(60))

    def work(self, *, wait: bool = True, name: str = "x12retro") -> None:
        """Do jobs until told to end (SIGTERM, Ctrl-C), which ends the step at hand first; with `wait` False until there is none.

        To be told again says nothing new: a service manager tells every process of a group, and whoever began it tells it too.
        Raises SystemFailure when the database is lost.
        """
        listener = _Listener(self._say)
        log = logging.getLogger("procrastinate")
        log.addHandler(listener)
        log.propagate = False  # what happens is told by us, without a job's data
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # it tells of every try to connect anew
        try:
            asyncio.run(
                self._until_told(
                    name=name,
                    queues=[self._rounds, *self._wanted] if self._wanted else None,
                    wait=wait,
                    concurrency=1,
                    delete_jobs="successful",
                    fetch_job_polling_interval=2.0,
                    update_heartbeat_interval=self._dead_after / 6,
                    stalled_worker_timeout=self._dead_after,
                    install_signal_handlers=False,  # Procrastinate's are gone after the first signal, and a second one would kill
                )
            )
        except ConnectorException as problem:
            raise _lost() from problem
        finally:
            log.removeHandler(listener)
        if listener.lost:
            raise _lost()

    async def _until_told(self, **how: Any) -> None:  # noqa: ANN401 - as the library has them
        async with self.app.open_async():
            worker = asyncio.create_task(self.app.run_worker_async(**how))
            loop, told = asyncio.get_running_loop(), False

            def end(*_: object) -> None:
                nonlocal told
                if not told:
                    loop.call_soon_threadsafe(worker.cancel)  # which it takes for: end what you have in hand
                told = True

            loop.set_exception_handler(lambda _, context: self._hear(context.get("exception")))
            before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
            try:
                with suppress(asyncio.CancelledError):
                    await worker
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _hear(self, failure: BaseException | None) -> None:
        """Of a failure that nobody waits for: the end of a job that the database did not take, being away or having given it to another."""
        if isinstance(failure, ConnectorException):
            self._say("workers", "warning", "the end of a job could not be noted; it is done once more, and finds its work done")
        elif isinstance(failure, Exception):
            self._say("workers", "error", unforeseen(failure))

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def go_round(self) -> int:
        """Give out the first step of every partner now; how many were not under way already."""
        with self.app.open():
            return self._go_round(0)

    # jobs -----------------------------------------------------------------------------------------------------------------

    def _step_task(self, name: StepName) -> Task[Any, Any, Any]:
        def step(partner: str, tries: int = 0) -> None:
            try:
                self._step(name, partner)
            except Busy:  # another run is at work for this partner, by hand or of a worker that was taken for dead
                self._defer(name, partner, tries=tries, wait=_BUSY_SECONDS)
            except SystemFailure:
                self._defer(name, partner, tries=tries + 1, wait=min(_WAITS * 2 ** min(tries, 10), _LONGEST))

        return self.app.task(name=f"x12retro:{name}")(step)

    def _periodic(self, work: Callable[[int], object], name: str, cron: str) -> None:
        def periodic(timestamp: int) -> None:
            work(timestamp)

        task = self.app.task(name=f"x12retro:{name}", queue=self._rounds, priority=1)(periodic)
        self.app.periodic(cron=cron, periodic_id=self._rounds, queueing_lock=f"x12retro/{self._rounds}/{name}")(task)

    def _periodic_async(self, work: Any, name: str, cron: str) -> None:  # noqa: ANN401 - a coroutine function
        async def periodic(timestamp: int) -> None:
            await work(timestamp)

        task = self.app.task(name=f"x12retro:{name}", queue=self._rounds, priority=2)(periodic)
        self.app.periodic(cron=cron, periodic_id=self._rounds, queueing_lock=f"x12retro/{self._rounds}/{name}")(task)

    def _go_round(self, _timestamp: int) -> int:
        told = self._config(fresh=True)
        for partner, why in told.broken.items():
            if not self._wanted or partner in self._wanted:
                self._say(partner, "error", f"left out: {why}")
        return sum(self._defer("collect", one.id) for one in told.partners if not self._wanted or one.id in self._wanted)

    def _defer(self, step: StepName, partner: str, *, tries: int = 0, wait: int = 0) -> bool:
        """Give out a step; False when it waits to be taken already."""
        how: dict[str, Any] = {"queue": partner, "lock": f"x12retro/{partner}", "queueing_lock": f"x12retro/{partner}/{step}"}
        if wait:
            how |= {"schedule_in": {"seconds": wait}, "priority": _BEHIND}
        try:
            self._steps[step].configure(**how).defer(partner=partner, tries=tries)
        except AlreadyEnqueued:
            return False
        return True

    async def _take_over(self, _timestamp: int) -> None:
        """Give the jobs of workers that are gone to the others."""
        manager = self.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._dead_after):
            self._say(str(job.task_kwargs.get("partner", "workers")), "warning", f"a worker died over {job.task_name}; another takes it up")
            try:
                await manager.retry_job(job)
            except UniqueViolation:  # the same was given out meanwhile
                await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        await manager.prune_stalled_workers(self._dead_after)
        await manager.delete_old_jobs(nb_hours=_KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)

    def _config(self, *, fresh: bool) -> Config:
        """The configuration, with its partner files: read again every so often, as hundreds of files take longer than an idle step.

        One that cannot be used is told of, and the last that could be used holds: a slip in one partner's file must not stop the others.
        """
        if fresh or time.monotonic() - self._read_at > _READ_AGAIN:
            self._read_at = time.monotonic()
            try:
                self._told, wrong = load_config(self._file), ""
            except UsageError as problem:
                wrong = str(problem)
            if wrong and wrong != self._wrong:
                self._say("workers", "error", f"{wrong}; until that is mended the files hold as they were read before")
            self._wrong = wrong
        return self._told

    def _figures(self, _timestamp: int) -> None:
        told = self._config(fresh=True)
        barking: list[Alarm] = [alarm for partnership in told.partners for alarm in alarms(self._ledger, partnership)]
        assert told.metrics is not None, "there were some when the workers began"
        write_metrics(self._ledger, barking, told.metrics, self._ledger.clock())

    def _step(self, name: StepName, partner: str) -> None:
        """One step of one partner, and what comes behind it, whether or not it failed. Raises SystemFailure where it did."""
        try:
            done = self._do(name, partner)
        except Busy:
            raise
        except UsageError as problem:
            self._say(partner, "error", str(problem))
            return
        except SystemFailure as problem:
            self._say(partner, "error", str(problem))
            raise
        except Exception as failure:
            told_of = unforeseen(failure)
            self._say(partner, "error", told_of)
            raise SystemFailure(told_of) from failure
        if name in _NEXT:
            self._defer(_NEXT[name], partner)
        if done.failed is not None and not done.refused:
            raise SystemFailure(done.failed)

    def _do(self, name: StepName, partner: str) -> Balance:
        told = self._config(fresh=False)
        if all(one.id != partner for one in told.partners):  # it has been added since
            told = self._config(fresh=True)
        partnership = told.partner(partner)
        with (
            only(self._ledger, told.root, partner),
            desk_of(told, partnership, self._ledger, lambda *what: self._say(partner, *what), tries=_CONNECTS) as desk,
        ):
            barred = name != "build" and self._refusals.stands(partner)
            done = one_step(desk, name) if not barred else Balance()
            if name == "deliver":
                expire(self._ledger, partner)
        if done.refused:
            self._refusals.note(partner)
            self._say(partner, "error", f"the mailbox is left alone for {HOLD}; when it is mended: x12retro deliver --partner {partner}")
        self._tell(name, partner, done)
        if done.delivered:
            for alarm in alarms(self._ledger, partnership):
                self._say(partner, "warning", f"{alarm.what} (x12retro ledger worklist)")
        return done

    def _tell(self, name: StepName, partner: str, done: Balance) -> None:
        if name == "deliver":
            for what in done.unaccounted:
                self._say(partner, "error", f"not accounted for: {what}")
        counts = {"collected": done.collected, "read": done.read, "picked up": done.picked_up, "delivered": done.delivered}
        if said := ", ".join(f"{count} {word}" for word, count in counts.items() if count):
            self._say(partner, "info", said + (f", {done.left} still to deliver" if done.left else ""))


class _Listener(logging.Handler):
    """Hears what the library tells the log alone: that the worker was stopped by a failure of its own, or that a job was not ended."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self.lost = False
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        action = getattr(record, "action", "")
        self.lost |= action in ("side_task_failed", "side_task_monitor_failed")
        failure = record.exc_info[1] if record.exc_info else None
        if action == "job_error" and isinstance(failure, Exception):
            known = _lost() if isinstance(failure, ConnectorException) else failure
            self._say("workers", "error", f"a job failed: {known if isinstance(known, X12RetroError) else unforeseen(failure)}")


def _lost() -> SystemFailure:
    return SystemFailure("the database of the jobs failed")


def _open(config: Config, say: Say) -> Ledger:
    host = os.uname().nodename if hasattr(os, "uname") else "host"
    if "://" not in str(config.ledger):
        raise UsageError(
            f'{config.file}: $.ledger: --workers needs a ledger in PostgreSQL: ledger = "postgresql://user@host/database" (docs/scale.md)'
        )
    return ledger_of(config, lambda text: say("ledger", "info", text), actor=f"worker on {host}")


def _connector(ledger: str) -> BaseConnector:
    url = make_url(ledger).set(drivername="postgresql")
    return PsycopgConnector(conninfo=url.render_as_string(hide_password=False), min_size=1, max_size=4)


def _look_every(dead_after: float) -> int:
    """Seconds between looks for dead workers: at least twice in the time in which one may be silent, and evenly in a minute."""
    return max((n for n in range(1, 31) if 60 % n == 0 and n <= dead_after / 2), default=1)


def _cron(seconds: int) -> str:
    """So many seconds as croniter writes them. Raises UsageError for what no clock can keep evenly."""
    if seconds < 60 and 60 % seconds == 0:
        return f"* * * * * */{seconds}"
    minutes, rest = divmod(seconds, 60)
    if seconds == 3600:
        return "0 * * * *"
    if rest or 60 % minutes:
        raise UsageError(f"--every {seconds}: with --workers seconds that divide a minute, or minutes that divide an hour")
    return f"*/{minutes} * * * *"
