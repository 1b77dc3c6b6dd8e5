"""`x12retro decide`: turn payers' 278 responses into decision records."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import click

from x12retro.cli import options
from x12retro.cli.decisions import Table
from x12retro.cli.inputs import Inputs
from x12retro.decide import History, Requests, decide_stream, read_build_report, to_json
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.x12 import Source, read


@click.command()
@click.argument("responses", nargs=-1, required=True, metavar="RESPONSES...")
@click.option("--requests", multiple=True, metavar="FILES", help="The 278 requests that were sent, to match answers with; repeatable.")
@click.option("--report", multiple=True, metavar="FILE", help="Report of `x12retro build`, to name the encounters; repeatable.")
@click.option("--format", "form", type=click.Choice(["jsonl", "table"]), default="jsonl", show_default=True, help="Form of the result.")
@options.output
@options.as_of
def decide(
    responses: tuple[str, ...], requests: tuple[str, ...], report: tuple[str, ...], form: str, output: str, as_of: date | None
) -> int:
    """Turn payers' 278 responses into decision records: what was decided, and what to do by when.

    RESPONSES are files, directories, globs, or - for standard input. A rejection (AAA) is never read as a denial, and a service that
    the payer left out is never read as approved. Due dates run from the day of the answer. Where several answers speak of one event,
    the older ones are marked as superseded, and copies as duplicates (not from standard input and pipes, which can be read but
    once). Exit code 1: something could not be read as a response.

    \b
    Example:
      x12retro decide inbox/ --requests sent.edi --report sent.report.jsonl --format table
    """
    inputs = Inputs(responses)
    asked = _gather(requests)
    encounters = _encounters(report)
    day = options.today(as_of)
    troubles = _Troubles()
    history = _history(inputs.names)
    table = Table() if form == "table" else None
    unreadable = strangers = 0
    with options.writing(output) as out:
        for name in inputs.names:
            troubles.begin(name)
            source: Source = sys.stdin.buffer if name == "-" else Path(name)
            try:
                for decision in decide_stream(
                    source, asked, day, encounters=encounters, history=history, file=Path(name).name, on_finding=troubles.tell
                ):
                    troubles.decided += 1
                    strangers += asked is not None and decision.matched_by is None
                    if table is not None:
                        table.add(decision)
                    else:
                        out.write(to_json(decision) + b"\n")
            except UsageError as failure:
                click.echo(f"x12retro: {failure}", err=True)
                unreadable += 1
                continue
            troubles.end()
        if table is not None:
            out.write(table.text(colour=output == "-").encode("utf-8"))
    if strangers:
        click.echo(f"x12retro: {strangers} {'answers match' if strangers != 1 else 'answer matches'} no request", err=True)
    if inputs.unreadable or unreadable:
        return 2
    return 1 if troubles.errors else 0


class _Troubles:
    """What was seen on the way, told on stderr; a file without any decision and without an error of its own is one."""

    def __init__(self) -> None:
        self.errors = self.decided = 0
        self._name = ""
        self._here = 0

    def begin(self, name: str) -> None:
        self._name, self._here, self.decided = name, 0, 0

    def tell(self, finding: Finding) -> None:
        self._here += finding.is_error
        self.errors += finding.is_error
        if finding.severity != "info":
            where = f", set {finding.transaction}" if finding.transaction else ""
            click.echo(f"{self._name}{where}: {finding.severity}: {finding.message}", err=True)

    def end(self) -> None:
        if not self.decided and not self._here:
            click.echo(f"{self._name}: error: there is no 278 response in it", err=True)
            self.errors += 1


def _history(names: tuple[str, ...]) -> History:
    """What the files say of one another. One that cannot be read is told about when it is decided."""
    history = History()
    for name in names:
        if name != "-":
            with suppress(UsageError):
                history.look(name)
    return history


def _gather(names: tuple[str, ...]) -> Requests | None:
    if not names:
        return None
    inputs = Inputs(names)
    found = Requests()
    for _, stream in inputs.streams():
        found.read_more(read(stream))
    if inputs.unreadable:
        raise UsageError("not every file of --requests could be read")
    return found


def _encounters(names: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        try:
            found.update(read_build_report(Path(name).read_bytes()))
        except OSError as failure:
            raise UsageError(f"{name}: {failure.strerror or 'cannot be read'}") from None
    return found
