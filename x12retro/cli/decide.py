"""`x12retro decide`: turn payers' 278 responses into decision records."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date
from pathlib import Path

import click

from x12retro.cli import options
from x12retro.cli.inputs import Inputs
from x12retro.decide import Decision, Requests, decide_stream, read_build_report, to_json
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
    the payer left out is never read as approved. Exit code 1: something could not be read as a response.

    \b
    Example:
      x12retro decide inbox/ --requests sent.edi --report sent.report.jsonl --format table
    """
    inputs = Inputs(responses)
    asked = _gather(requests)
    encounters = _encounters(report)
    day = options.today(as_of)
    troubles = _Troubles()
    table = _Table() if form == "table" else None
    unreadable = 0
    with options.writing(output) as out:
        for name in inputs.names:
            troubles.begin(name)
            source: Source = sys.stdin.buffer if name == "-" else Path(name)
            try:
                for decision in decide_stream(source, asked, day, encounters=encounters, file=Path(name).name, on_finding=troubles.tell):
                    troubles.decided += 1
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


_COLOURS = {"certified": "green", "not_required": "green", "partially_certified": "yellow", "modified": "yellow", "pended": "cyan"}


class _Table:
    """Decisions as a table, one row each and a line below for its services; the counts at the end."""

    def __init__(self) -> None:
        from rich.table import Table

        self._table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("encounter", "outcome", "number", "valid", "services", "next step", "by"):
            self._table.add_column(column, overflow="fold", no_wrap=column in ("by", "valid"))
        self._outcomes: Counter[str] = Counter()

    def add(self, decision: Decision) -> None:
        from rich.text import Text

        self._outcomes[decision.outcome] += 1
        services = Counter(service.outcome for service in decision.services)
        self._table.add_row(
            Text(decision.encounter_id or (decision.traces.event[0] if decision.traces.event else decision.traces.bht03)),
            Text(decision.outcome, style=_COLOURS.get(decision.outcome, "red")),
            Text(decision.authorization_number or decision.reference_number or ""),
            f"{decision.valid_from or ''}..{decision.valid_to or ''}" if decision.valid_from or decision.valid_to else "",
            ", ".join(f"{n} {outcome}" for outcome, n in services.items()),
            Text(decision.next_step.do),
            str(decision.next_step.due),
        )

    def text(self, *, colour: bool) -> str:
        import sys
        from io import StringIO

        from rich.console import Console

        terminal = colour and sys.stdout.isatty()
        console = Console(file=StringIO(), force_terminal=terminal, width=None if terminal else 160, highlight=False)
        console.print(self._table)
        console.print(f"{sum(self._outcomes.values())} decisions: " + ", ".join(f"{n} {o}" for o, n in self._outcomes.most_common()))
        written = console.file
        assert isinstance(written, StringIO)
        return written.getvalue()
