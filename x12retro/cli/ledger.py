"""`x12retro ledger`: where everything stands, what is to be done, and the proof that nobody changed the past."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from x12retro.cli import options
from x12retro.counted import counted
from x12retro.deliver import Config, load_config
from x12retro.errors import UsageError
from x12retro.ledger import Ledger
from x12retro.ledger.life import FileEvent
from x12retro.ledger.standing import Head

if TYPE_CHECKING:
    from x12retro.ledger.views import Story

_config = options.config
_form = click.option(
    "--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True, help="Form of the result."
)
_WIDE = 400


@click.group()
def ledger() -> None:
    """Say where everything stands: what was sent, what came back, what is to be done.

    \b
    Examples:
      x12retro ledger status --config x12retro.toml
      x12retro ledger worklist --config x12retro.toml
      x12retro ledger show ENC-2026-0001 --config x12retro.toml
    """


@contextmanager
def _opened(config: Path | Config) -> Iterator[Ledger]:
    from x12retro.flow.desk import ledger_of

    told = load_config(config) if isinstance(config, Path) else config
    found = ledger_of(told, lambda text: click.echo(text, err=True))
    try:
        yield found
    finally:
        found.close()


def _meant(opened: Ledger, wanted: str) -> list[Story]:
    from x12retro.ledger.views import meant

    with opened.look() as connection:
        return meant(connection, wanted)


@ledger.command()
@_config
@_form
def status(config: Path, form: str) -> int:
    """Count requests and files by partner and by where they stand."""
    from x12retro.ledger.views import counts

    with _opened(config) as opened, opened.look() as connection:
        found = counts(connection)
    if form == "jsonl":
        for partner, rooms in found.items():
            click.echo(msgspec.json.encode({"partner": partner, **rooms}).decode())
        return 0
    if not found:
        click.echo("nothing was sent or received yet")
    rows = [
        (p, room, state, str(n))
        for p, rooms in sorted(found.items())
        for room, states in rooms.items()
        for state, n in sorted(states.items())
    ]
    _table(("partner", "what", "stands as", "how many"), rows, right=(3,))
    return 0


@ledger.command()
@click.argument("wanted", metavar="ID")
@_config
def show(wanted: str, config: Path) -> int:
    """Print the whole story of a request as JSON: its row, its events, the decisions. ID: encounter id, trace number or request number."""
    with _opened(config) as opened:
        found = _meant(opened, wanted)
    for story in found:
        click.echo(msgspec.json.format(msgspec.json.encode(story), indent=2).decode())
    return 0


@ledger.command()
@click.argument("wanted", metavar="ID")
@_config
def events(wanted: str, config: Path) -> int:
    """Print what happened to a request, one line an event."""
    with _opened(config) as opened:
        found = _meant(opened, wanted)
    for story in found:
        for one in story.events:
            detail = ", ".join(f"{key} {value}" for key, value in one["detail"].items() if not isinstance(value, list | dict))
            click.echo(f"{one['at']}  {one['kind']:22} {one['actor']:12} {detail}".rstrip())
    return 0


@ledger.command()
@_config
@click.option("--partner", metavar="ID", help="Only this partner.")
@click.option("--rows", type=click.IntRange(min=1), default=200, show_default=True, metavar="N", help="Rows at most.")
@_form
def worklist(config: Path, partner: str | None, rows: int, form: str) -> int:
    """List what somebody has to do: what is due first in front, of equals what is worth most. Exit code 1 when something is overdue."""
    from x12retro.ledger.views import worklist as tasks_of

    told = load_config(config)
    if partner is not None:
        told.partner(partner)
    with _opened(told) as opened, opened.look() as connection:
        closed = {one.id for one in told.partners if not one.exchange.schedule.is_open(opened.clock())}
        tasks = tasks_of(connection, opened.clock(), limit=rows, partner=partner, closed=closed)
    if form == "jsonl":
        for task in tasks:
            click.echo(msgspec.json.encode(task).decode())
    elif not tasks:
        click.echo("nothing is to be done")
    else:
        head = ("due", "days left", "at risk", "what", "partner", "why", "to do")
        _table(head, [_row(task) for task in tasks], right=(1, 2))
    return 1 if any(task.due is None or (task.days_left or 0) < 0 for task in tasks) else 0


def _row(task: object) -> tuple[str, ...]:
    from x12retro.ledger.views import Task

    assert isinstance(task, Task)
    return (
        task.due or "",
        "" if task.days_left is None else str(task.days_left),
        "" if task.cents is None else f"{task.cents / 100:,.2f}",
        task.encounter_id or task.file or "",
        task.partner,
        (task.outcome or task.why).replace("_", " "),
        task.do,
    )


@ledger.command()
@_config
@options.output
def export(config: Path, output: str) -> int:
    """Write every request with where it stands, one JSON line each."""
    from x12retro.ledger.views import every_request

    with _opened(config) as opened, opened.look() as connection, options.writing(output) as out:
        for row in every_request(connection):
            out.write(msgspec.json.encode(row) + b"\n")
    return 0


@ledger.command()
@_config
@click.option(
    "--kept",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What earlier runs of this command printed on stderr: the ledger must still have these events.",
)
def verify(config: Path, kept: Path | None) -> int:
    """Prove that nobody changed the past: each event by its hash, and all else by the events. Exit code 1 when something does not add up.

    Whoever may write in the ledger can write all of it anew. The last event of each chain is printed, on stderr: keep it where such a one
    cannot write, and give it with --kept later.
    """
    from x12retro.flow.heads import remembered
    from x12retro.ledger.verify import heads, lost
    from x12retro.ledger.verify import verify as faults_of

    told = load_config(config)
    before = [*remembered(told.root).items(), *_kept(kept)]  # and then the ledger is looked at: runs go on meanwhile
    with _opened(told) as opened, opened.snapshot() as connection:
        faults, unheld = 0, Counter[str]()
        for fault in chain(faults_of(connection, unheld), lost(connection, before)):
            faults += 1
            click.echo(f"{fault.partner}: {fault.where} {fault.what}")
        for partner, (n, head) in heads(connection).items():
            click.echo(_head(partner, n, head), err=True)
    for name, count in sorted(unheld.items()):
        if count:
            rows = "1 row is" if count == 1 else f"{count} rows are"
            click.echo(f"{name}: {rows} from before events told all of a row, and held to what they told", err=True)
    click.echo("everything adds up" if not faults else counted(faults, "fault"), err=True)
    return 1 if faults else 0


_HEAD = re.compile(r"(.+): (\d[\d,]{0,19}) events?, the last ([0-9a-f]{16})\s*")


def _head(partner: str, n: int, digest: str) -> str:
    """A chain's last event, as `_kept` reads it again."""
    return f"{partner}: {counted(n, 'event')}, the last {digest[:16]}"


def _kept(file: Path | None) -> Iterator[tuple[str, Head]]:
    """The last events that `verify` printed into a file. Raises UsageError where there are none."""
    if file is None:
        return
    try:
        found = [line for text in file.read_text(encoding="utf-8").splitlines() if (line := _HEAD.fullmatch(text))]
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file}: cannot be read ({type(problem).__name__})") from None
    if not found:
        raise UsageError(f"{file}: holds no line that `ledger verify` prints, such as: summit-ridge: 512 events, the last 3f5a0c1d2e4b6978")
    yield from ((line[1], Head(int(line[2].replace(",", "")), line[3])) for line in found)


@ledger.command()
@click.argument("wanted", metavar="ID")
@click.option("--why", callback=options.words, required=True, metavar="TEXT", help="The reason; kept. No patient's data.")
@click.option("--appealed", is_flag=True, help="It was appealed, by letter or portal: its state is `appealed`, not `closed`.")
@_config
def close(wanted: str, why: str, appealed: bool, config: Path) -> int:
    """Close a request: nothing more is to be done. A later answer opens it again. ID: encounter id, trace or request number.

    With --appealed one that was decided stands as appealed until the answer to the appeal comes, or it is closed.
    """
    with _opened(config) as opened:
        rows = [story.request for story in _meant(opened, wanted)]
        open_rows = [row for row in rows if row["state"] != "closed"]
        if not open_rows:
            raise UsageError(f"{wanted}: is closed already")
        if len(open_rows) > 1:
            listed = "\n".join(f"  {row['id']}  {row['partner']}  {row['state']}" for row in open_rows)
            raise UsageError(f"{wanted} may mean several requests; close one of them by its number:\n{listed}")
        if open_rows[0]["state"] == "validated":
            raise UsageError(f"{wanted}: its file waits in the outbox and will still be sent, or is in doubt; close it when it was sent")
        if appealed and open_rows[0]["state"] != "decided":
            raise UsageError(f"{wanted}: only what was decided is appealed; it stands as {open_rows[0]['state'].replace('_', ' ')}")
        event: Literal["appealed", "closed"] = "appealed" if appealed else "closed"
        for row in open_rows:
            with opened.change(row["partner"]) as change:
                change.requests([(row["id"], row["state"])], event, detail={"why": why}, next_do=None, contradiction=False)
            click.echo(f"{row['partner']}: {row['encounter_id']}: {event}", err=True)
    return 0


@ledger.command()
@click.argument("wanted", metavar="ID")
@click.option("--why", callback=options.words, required=True, metavar="TEXT", help="What was found out; kept. No patient's data.")
@options.wait
@_config
def settle(wanted: str, why: str, wait: float, config: Path) -> int:
    """Say that the contradiction of a request is cleared up, and that it stands as it should. ID: encounter id, trace or request number.

    Where it stands as it should not, close it, and drop the corrected record again. ID may also be the name of a file of ours that is in
    doubt or held: it did arrive, as the partner says. Where it did not, `ledger release` it.
    """
    from x12retro.flow.settling import settle_file
    from x12retro.ledger.views import stories

    told = load_config(config)
    with _opened(told) as opened:
        arrived = list(settle_file(told, opened, wanted, why, lambda _, text: click.echo(text, err=True), patience=wait))
        for partner in arrived:
            click.echo(f"{partner}: {wanted}: settled, it arrived", err=True)
        if arrived:
            return 0
        with opened.look() as connection:
            rows = [story.request for story in stories(connection, wanted) if story.request["contradiction"]]
        if not rows:
            raise UsageError(
                f"{wanted}: nothing contradicts itself there, and no file of ours is in doubt; `ledger worklist` names what can be settled"
            )
        for row in rows:
            with opened.change(row["partner"]) as change:
                change.settle(row["id"], why)
            click.echo(f"{row['partner']}: {row['encounter_id']}: settled, stands as {row['state']}", err=True)
    return 0


@ledger.command()
@click.argument("name", metavar="FILE")
@click.option("--why", callback=options.words, required=True, metavar="TEXT", help="What they were about; kept. No patient's data.")
@_config
def seen(name: str, why: str, config: Path) -> int:
    """Say that somebody looked at FILE: its answers answer nothing that was sent (stray_answer in the worklist), or it is an acknowledgment
    of ours that the partner refused (refused_acknowledgment).
    """
    from x12retro.ledger.queries import files_with_strays, refused_acknowledgments

    with _opened(config) as opened:
        with opened.look() as connection:
            strays, refused = files_with_strays(connection, name), refused_acknowledgments(connection, name)
        if not strays and not refused:
            raise UsageError(f"{name}: no file of that name waits to be looked at so; see `ledger worklist`")
        for row in strays:
            with opened.change(row.partner) as change:
                count = change.strays_seen(row.id, why)
            click.echo(f"{row.partner}: {name}: {counted(count, 'answer')}", err=True)
        for row in refused:
            with opened.change(row.partner) as change:
                change.refusal_seen(row.id, why)
            click.echo(f"{row.partner}: {name}: a refused acknowledgment", err=True)
    return 0


@ledger.command()
@click.argument("wanted", metavar="ID")
@click.option("--why", callback=options.words, required=True, metavar="TEXT", help="The reason; kept. No patient's data.")
@_config
def hold(wanted: str, why: str, config: Path) -> int:
    """Put a request on legal hold: neither it nor a file it is in is purged until `unhold`. ID: encounter id, trace or request number."""
    return _hold(wanted, why, config)


@ledger.command()
@click.argument("wanted", metavar="ID")
@_config
def unhold(wanted: str, config: Path) -> int:
    """Lift the legal hold of a request. ID: encounter id, trace or request number."""
    return _hold(wanted, None, config)


def _hold(wanted: str, why: str | None, config: Path) -> int:
    from x12retro.ledger.purge import hold as put_on_hold

    with _opened(config) as opened:
        for partner, encounter_id in put_on_hold(opened, wanted, why):
            click.echo(f"{partner}: {encounter_id}: {'is no longer' if why is None else 'is'} on legal hold", err=True)
    return 0


@ledger.command()
@click.option(
    "--before",
    callback=options.calendar_day,
    metavar="DATE",
    help="Only what rests since before DATE; default: $.retain_days ago.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be purged, and purge nothing.")
@_config
def purge(before: date | None, dry_run: bool, config: Path) -> int:
    """Delete what is past its retention: decision records, and files all of whose requests are past. Rows and events stay.

    A request is past when it is closed, expired or decided and nothing has happened to it for `retain_days` (2190, six years, unless the
    configuration says otherwise). What is on legal hold (`ledger hold`) is kept, with every file it is in.
    """
    from x12retro.flow.retention import last_day
    from x12retro.flow.retention import purge as purge_all

    installation = load_config(config)
    with _opened(config) as opened:
        limit = last_day(installation, opened, before)
        done = purge_all(installation, opened, limit, dry_run=dry_run)
    for partner, one in done.items():
        be = "would be " if dry_run else ""
        told = f"{counted(one.requests, 'request')} {be}purged, {counted(one.records, 'decision record')} {be}emptied"
        told += f", {counted(one.files, 'file')} {be}deleted"
        kept = f"; {counted(one.kept, 'file is', 'files are')} kept for requests that are open or on hold" if one.kept else ""
        click.echo(f"{partner}: {told}{kept}")
    click.echo(f"what has rested since before {limit}" if done else "nothing was sent or received yet", err=True)
    return 0


@ledger.command()
@click.argument("name", metavar="FILE")
@_config
def release(name: str, config: Path) -> int:
    """Release a file that is held or in doubt, by its name: one of ours is sent again, one of theirs and one of the drop folder count as
    dealt with, and nothing of them is taken or sent.
    """
    from x12retro.ledger.views import held_files

    with _opened(config) as opened:
        with opened.look() as connection:
            rows = held_files(connection, name)
        if not rows:
            raise UsageError(f"no file called {name} is held or in doubt; `x12retro ledger worklist` names those that are")
        for row in rows:
            with opened.change(row.partner) as change:
                change.file(row.id, _RELEASED[row.direction])
            click.echo(f"{row.partner}: {name}: released: {_THEN[row.direction].format(row.path)}", err=True)
    return 0


_RELEASED: dict[str, FileEvent] = {"out": "released", "in": "processed", "drop": "done"}
_THEN = {
    "out": "the next run of `x12retro deliver` sends it",
    "in": "it counts as dealt with, and nothing of it was taken; it stays in {}. Where it matters, have it sent again, put right",
    "drop": "it counts as dealt with, and nothing more of it is sent; it stays in {}. Put it right and drop it again to have it sent",
}


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for n, name in enumerate(head):
        table.add_column(name, justify="right" if n in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    written = StringIO()
    terminal = sys.stdout.isatty()
    Console(file=written, force_terminal=terminal, width=None if terminal else _WIDE, highlight=False).print(table)
    click.echo(written.getvalue(), nl=False)
