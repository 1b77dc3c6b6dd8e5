"""`x12retro deliver`: go over the partners' mailboxes, once or again and again."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from x12retro.cli import options
from x12retro.counted import counted
from x12retro.crew import Alone, Processes
from x12retro.deliver import Config, load_config, open_keys, open_mailbox
from x12retro.deliver.exchange import Partnership
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import SystemFailure, UsageError
from x12retro.ledger import Ledger

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}


@click.command()
@options.config
@click.option("--once", "mode", flag_value="once", default="once", help="Go over every partner once (the default).")
@click.option("--watch", "mode", flag_value="watch", help="Go on until told to end (SIGTERM, Ctrl-C): the step at hand is ended first.")
@click.option(
    "--check", "mode", flag_value="check", help="Open every mailbox, look at its folders, and say what is wrong. Nothing is sent."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    is_flag=False,
    flag_value=1,
    metavar="[N]",
    help="N workers (1) that share a PostgreSQL ledger with those of other hosts, until told to end; docs/scale.md.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that build and decide; worth it for large files."
)
@click.option("--partner", "wanted", multiple=True, metavar="ID", help="Only this partner; may be given several times.")
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="With --watch and --workers: between two rounds.",
)
@click.option(
    "--dead-after",
    type=click.IntRange(min=3),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="With --workers: one that gives no sign of life for so long is taken for dead, and others do its work.",
)
@click.option(
    "--log", "log_form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the log on stderr."
)
def deliver(
    config: Path, mode: str, workers: int | None, jobs: int, wanted: tuple[str, ...], every: int, dead_after: int, log_form: str
) -> int:
    """Send what waits in the drop folders, and read what came: the job that runs every night, or all the time.

    Each step is recorded in the ledger before the next; a run that is killed anywhere is taken up where it was, and nothing is sent
    twice. A partner file that cannot be used is told, and the other partners are worked for. Exit codes: 1 when something was held or
    rejected, or a watchdog barks; 2 when a partner file cannot be used; 3 when a mailbox, the disk or the database failed, or something is
    not accounted for.

    \b
    Examples:
      x12retro deliver --config x12retro.toml --check
      x12retro deliver --config x12retro.toml
      x12retro deliver --config x12retro.toml --jobs 2
      x12retro deliver --config x12retro.toml --workers 4
      x12retro ledger worklist --config x12retro.toml
    """
    from x12retro.flow.desk import ledger_of

    told = load_config(config)
    partners = [told.partner(id_) for id_ in wanted] or list(told.partners)
    say = _teller(log_form)
    if workers is not None:
        if mode != "once":
            raise click.UsageError("--workers go on until told to end: leave out --watch and --check")
        if jobs > 1:
            raise click.UsageError("--workers and --jobs are two ways to have more hands: give one of them")
        return _workers(workers, config, wanted, every, dead_after, say)
    if mode == "check":
        return max(_check(told, partners, say), _broken(told, wanted, say))
    with _crew(jobs) as crew, closing(ledger_of(told, lambda text: say("ledger", "info", text))) as ledger:
        stop = threading.Event()
        if mode == "watch":
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        refused: set[str] = set()
        broken = _broken(told, wanted, say)
        code = _round(told, partners, ledger, crew, say, refused)
        while mode == "watch" and not stop.wait(every):
            code = _round(told, [one for one in partners if one.id not in refused], ledger, crew, say, refused, quiet=True)
        return max(code, broken)


@contextmanager
def _crew(jobs: int) -> Iterator[Processes | Alone]:
    """The processes that take part, begun before there are mailboxes, locks and connections, which they would hold too."""
    if jobs == 1:
        yield Alone()
        return
    from x12retro.flow import run  # noqa: F401 - they begin with what this process knows

    with Processes(jobs) as crew:
        crew.begin()
        yield crew


def _broken(config: Config, wanted: tuple[str, ...], say: Callable[..., None]) -> int:
    """Tell of the partner files that cannot be used, unless others were asked for; the exit code."""
    broken = {} if wanted else config.broken
    for partner, why in broken.items():
        say(partner, "error", f"left out: {why}")
    return UsageError.exit_code if broken else 0


def _workers(count: int, config: Path, wanted: tuple[str, ...], every: int, dead_after: int, say: Callable[..., None]) -> int:
    """Do the jobs of all hosts, until told to end."""
    try:
        from x12retro.cluster.relay import Relay
    except ImportError:
        raise UsageError("--workers needs Procrastinate: pip install 'x12retro[cluster]'") from None

    def work() -> int:
        try:
            with Relay(config, say, partners=wanted, every=every, dead_after=dead_after) as relay:
                say("workers", "info", f"process {os.getpid()} is at work")
                relay.work()
        except (SystemFailure, UsageError) as problem:
            say("workers", "error", str(problem))
            return problem.exit_code
        return 0

    if count == 1:
        return work()
    from x12retro.cluster.hands import keep

    return keep(count, work, lambda text: say("workers", "warning", text))


def _round(
    config: Config,
    partners: list[Partnership],
    ledger: Ledger,
    crew: Processes | Alone,
    say: Callable[..., None],
    refused: set[str],
    *,
    quiet: bool = False,
) -> int:
    """Go over the partners; the exit code. `quiet`: a partner with whom nothing happened is not spoken of. To `refused` come those who
    refused our login or showed another host key: they are not tried again before somebody has looked and started anew.
    """
    from x12retro.flow.desk import desk_of
    from x12retro.flow.run import run
    from x12retro.flow.watch import Alarm, alarms, expire, write_metrics
    from x12retro.ledger.only import Busy, only

    worst = 0
    barking: list[Alarm] = []
    for partnership in partners:
        seen: set[str] = set()

        def tell(level: str, text: str, partner: str = partnership.id, seen: set[str] = seen) -> None:
            seen.add(level)
            say(partner, level, text)

        try:
            crew.begin()  # whoever takes the place of one that was killed must not hold a lock of ours
            with only(ledger, config.root, partnership.id), desk_of(config, partnership, ledger, tell, crew=crew) as desk:
                balance = run(desk)
                expire(ledger, partnership.id)
            if balance.refused:
                refused.add(partnership.id)
        except Busy as problem:
            say(partnership.id, "info", f"{problem}; left to it")
            continue
        except (SystemFailure, UsageError) as problem:
            say(partnership.id, "error", str(problem))
            worst = max(worst, problem.exit_code)
            continue
        except Exception as failure:  # noqa: BLE001 - a fault over one partner must not stop the others
            say(partnership.id, "error", unforeseen(failure))
            worst = SystemFailure.exit_code
            continue
        for what in balance.unaccounted:
            say(partnership.id, "error", f"not accounted for: {what}")
        idle = not (balance.collected or balance.read or balance.picked_up or balance.delivered)
        done = f"{balance.collected} collected, {balance.read} read, {balance.picked_up} picked up, {balance.delivered} delivered"
        if not (quiet and idle):
            say(partnership.id, "info", done + (f", {balance.left} still to deliver" if balance.left else ""))
        found = alarms(ledger, partnership)
        for alarm in () if quiet and idle else found:
            say(partnership.id, "warning", f"{alarm.what} (x12retro ledger worklist)")
        barking += found
        failed = balance.failed is not None or bool(balance.unaccounted)
        worst = max(worst, 3 if failed else 1 if found or seen & {"error", "warning"} else 0)
    if config.metrics is not None:
        write_metrics(ledger, barking, config.metrics, ledger.clock())
    return worst


def _check(config: Config, partners: list[Partnership], say: Callable[..., None]) -> int:
    """Every mailbox is opened and its folders are looked at; the ledger is opened."""
    from x12retro.flow.address import learn, renamed
    from x12retro.flow.desk import ledger_of

    worst = 0
    try:
        ledger = ledger_of(config, lambda text: say("ledger", "info", text))
        try:
            say("ledger", "info", "can be opened")
            learn(ledger, config.root)
            with ledger.look() as connection:
                told = [(one.id, renamed(connection, one, [other for other in config.partners if other != one])) for one in partners]
        finally:
            ledger.close()
        for id_, why in told:
            if why is not None:
                say(id_, "error", why)
                worst = UsageError.exit_code
    except (SystemFailure, UsageError) as problem:
        say("ledger", "error", str(problem))
        worst = problem.exit_code
    for partnership in partners:
        exchange = partnership.exchange
        try:
            open_keys(partnership)
            mailbox = open_mailbox(partnership)
            try:
                out, come = mailbox.entries(exchange.outgoing.folder), mailbox.entries(exchange.incoming.folder)
                for folder in {notice.folder for notice in exchange.notices}:
                    mailbox.entries(folder)
            finally:
                mailbox.close()
        except (SystemFailure, UsageError) as problem:
            say(partnership.id, "error", str(problem))
            worst = max(worst, problem.exit_code)
            continue
        use = {"T": "test", "P": "production"}[exchange.usage]
        say(
            partnership.id,
            "info",
            f"{use}; {counted(len(out), 'file')} in {_named(exchange.outgoing.folder)}, {len(come)} in {_named(exchange.incoming.folder)}",
        )
    return worst


def _named(folder: str) -> str:
    return folder or "the mailbox"


def _teller(form: str) -> Callable[..., None]:
    if form == "text":

        def say(partner: str, level: str, text: str) -> None:
            click.echo(f"{partner}: {click.style(level, fg=_COLOURS[level])}: {text}", err=True)

        return say
    import sys

    import structlog

    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    log = structlog.get_logger()

    def say_json(partner: str, level: str, text: str) -> None:
        log.msg(text, partner=partner, level=level)

    return say_json
