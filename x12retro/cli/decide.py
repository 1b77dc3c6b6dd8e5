"""`x12retro decide`: turn payers' 278 responses into decision records, and hand their numbers to claims."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from x12retro.cli import options
from x12retro.cli.decide_elsewhere import Elsewhere, Record, knowledge, recipe
from x12retro.cli.inputs import Inputs
from x12retro.cli.parquet_parts import is_folder
from x12retro.crew import Crew, Processes
from x12retro.decide import Care, Decision, History, Standing, decide_stream, to_json
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.flow.survey import survey
from x12retro.x12 import Source

if TYPE_CHECKING:
    from x12retro.cli.decision_rows import Sink
    from x12retro.cli.summary import Summary

_RARELY = 50_000
"""Objects that come before the collector looks for cycles: records have none, and it would go over each of them."""
_SURE = ["exact", "high", "medium"]
_FORMS = ["jsonl", "csv", "table", "parquet"]


@click.command()
@click.argument("responses", nargs=-1, metavar="RESPONSES...")
@click.option("--requests", multiple=True, metavar="FILES", help="The 278 requests that were sent, to match answers with; repeatable.")
@click.option("--report", multiple=True, metavar="FILE", help="Report of `x12retro build`, to name the encounters; repeatable.")
@click.option("--verdicts", multiple=True, metavar="FILE", help="Verdicts of `x12retro assess`: payer, scenario, last day, money.")
@click.option("--payer", metavar="ID", help="Use this payer's terms for due dates; default: those of the payer that each answer names.")
@click.option("--payers", type=click.Path(path_type=Path), metavar="DIR", help="Your own payers' files, before the package's.")
@click.option("--earlier", multiple=True, metavar="FILE", help="Records of earlier runs (JSON lines), to be joined; implies --final.")
@click.option("--final", is_flag=True, help="Only the answer that stands for each event, whatever order answers came in.")
@click.option("--format", "form", type=click.Choice(_FORMS), default="jsonl", show_default=True, help="Form of the result.")
@click.option("--summary", metavar="FILE", help="Also write a page with charts (HTML): outcomes, time, money, reasons.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a record and stop.")
@click.option("--claim", type=click.Path(path_type=Path), metavar="FILE", help="Write this 837 with the authorization numbers to -o.")
@click.option("--claim-report", default=None, metavar="FILE", help="With --claim: what became of each claim, as JSON lines.")
@click.option(
    "--confidence", type=click.Choice(["exact", "high", "medium"]), default="high", show_default=True, help="With --claim: the least."
)
@click.option("--exception", "exception_code", type=click.Choice(list("1234567")), help="With --claim: REF 4N beside each number.")
@click.option("--replace", is_flag=True, help="With --claim: write over another number that a claim has.")
@click.option("--reviewed", is_flag=True, help="With --claim: also numbers of decisions whose steps say `review`.")
@click.option("--any-payer", is_flag=True, help="With --claim: also where the claim names another payer than the answer.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that decide; worth it for many answers.")
@options.scheduler
@options.output
@options.as_of
def decide(responses: tuple[str, ...], schema: bool, output: str, as_of: date | None, **chosen: Any) -> int:  # noqa: ANN401 - click's
    """Turn payers' 278 responses into decision records: what was decided, and what to do by when.

    RESPONSES are files, directories, globs, or - for standard input. A rejection (AAA) is never read as a denial, and a service that
    the payer left out is never read as approved. Due dates run from the day of the answer, by the payer's published terms where there
    are any. Where several answers speak of one event, the older ones are marked as superseded, and copies as duplicates (not from
    standard input and pipes, which can be read but once). With --claim the numbers are written into claims instead: see
    docs/decision.md. Exit code 1: something could not be read as a response, or a claim needs a person.

    \b
    Examples:
      x12retro decide inbox/ --requests sent.edi --report sent.report.jsonl --format table
      x12retro decide inbox/ --report sent.report.jsonl --claim claims.837 -o claims.numbered.837
      x12retro decide /archive/ --jobs 4 --format parquet -o decisions/
    """
    if schema:
        from x12retro.cli.decision_schema import schema_text

        with options.writing(output) as out:
            out.write(schema_text())
        return 0
    if not responses:
        raise click.UsageError("Missing argument 'RESPONSES...'.")
    gc.freeze()
    gc.set_threshold(_RARELY, 50, 100)
    run = _Run(responses, chosen, options.today(as_of))
    _refuse(run, output, chosen)
    with run.crew():
        return _write(run, output, chosen)


def _write(run: _Run, output: str, chosen: dict[str, Any]) -> int:
    if chosen["claim"] is not None:
        from x12retro.cli.claim_numbers import put_numbers

        standing = run.standing()
        status = put_numbers(chosen["claim"], standing, chosen, output, run.as_of)
        return max(status, run.exit_code())
    if chosen["form"] == "parquet" and is_folder(output):
        return _drain(run, _parts(output))
    with options.writing(output) as out:
        if chosen["form"] == "jsonl":
            for line in run.lines():
                out.write(line)
            return run.exit_code()
        return _drain(run, _sink(chosen["form"], out, colour=output == "-"))


def _drain(run: _Run, sink: Sink) -> int:
    for decision in run.decisions():
        sink.add(decision)
    sink.end()
    return run.exit_code()


def _parts(folder: str) -> Sink:
    from x12retro.cli.decision_rows import Parquet
    from x12retro.cli.parquet_parts import Parts

    return Parts(Path(folder), Parquet)


def _refuse(run: _Run, output: str, chosen: dict[str, Any]) -> None:
    claim = chosen["claim"]
    outputs = {"-o": output, "--summary": chosen["summary"], "--claim-report": chosen["claim_report"]}
    inputs = [*run.inputs.names, *chosen["requests"], *chosen["report"], *chosen["verdicts"], *chosen["earlier"]]
    options.refuse_overwriting(outputs, [*inputs, str(claim) if claim is not None else None])
    only_with_claim = ("claim_report", "exception_code", "replace", "reviewed", "any_payer")
    if claim is None and any(chosen[name] for name in only_with_claim):
        raise click.UsageError("--claim-report, --exception, --replace, --reviewed and --any-payer go with --claim FILE")
    if claim is not None and chosen["summary"] is not None:
        raise click.UsageError("--summary goes with records: leave out --claim")
    if chosen["form"] == "parquet" and output == "-" and claim is None:
        raise click.UsageError("--format parquet needs -o FILE, or -o FOLDER/ for many files")
    elsewhere = chosen["scheduler"] is not None or chosen["jobs"] > 1
    if chosen["scheduler"] is not None and chosen["jobs"] > 1:
        raise click.UsageError("--scheduler and --jobs are two ways to have others decide: give one of them")
    if claim is not None and elsewhere:
        raise click.UsageError("--claim is one process' work: leave out --jobs and --scheduler")


def _sink(form: str, out: BinaryIO, *, colour: bool) -> Sink:
    from x12retro.cli import decision_rows, decisions

    match form:
        case "table":
            return decisions.Table(out, colour=colour)
        case "csv":
            return decision_rows.Csv(out)
    return decision_rows.Parquet(out)


class _Run:
    """One run over the responses: what is known beside them, the decisions, and what went wrong."""

    def __init__(self, responses: tuple[str, ...], chosen: dict[str, Any], as_of: date) -> None:
        self.as_of = as_of
        self.inputs = Inputs(responses)
        self._chosen = chosen
        self._care: Care | None = None
        self._of = recipe(chosen, as_of)
        self._here = knowledge(self._of, self._hear if chosen["claim"] is not None else None)
        self._elsewhere: Elsewhere | None = None
        self._troubles = _Troubles()
        self._strangers = self._unreadable = 0

    @contextmanager
    def crew(self) -> Iterator[None]:
        """With the crew that --jobs or --scheduler names, for as long as the block lasts."""
        with ExitStack() as stack:
            crew: Crew | None = None
            if self._chosen["scheduler"] is not None:
                from x12retro.cluster.dask_crew import DaskCrew

                crew = stack.enter_context(DaskCrew(self._chosen["scheduler"]))
            elif self._chosen["jobs"] > 1:
                crew = stack.enter_context(Processes(self._chosen["jobs"]))
            if crew is not None:
                self._elsewhere = Elsewhere(crew, self.inputs.names, self._of, lambda text: click.echo(f"x12retro: {text}", err=True))
            yield

    def lines(self) -> Iterator[bytes]:
        """The records to be written, as lines of JSON."""
        if self._elsewhere is None or self._chosen["summary"] is not None or self._only_standing:
            for decision in self.decisions():
                yield to_json(decision) + b"\n"
            return
        for one in self._read(_history(self.inputs.names)):
            yield (one.line if isinstance(one, Record) else to_json(one)) + b"\n"
        self._tell_strangers()

    @property
    def _only_standing(self) -> bool:
        return bool(self._chosen["final"] or self._chosen["earlier"])

    def decisions(self) -> Iterator[Decision]:
        """The records to be written: all of them with their marks, or those that stand."""
        with self._summary() as summary:
            found = iter(self.standing()) if self._only_standing else map(_decision, self._read(_history(self.inputs.names)))
            for decision in found:
                if summary is not None:
                    summary.add(decision)
                yield decision
        self._tell_strangers()

    def _tell_strangers(self) -> None:
        if self._strangers:
            many = self._strangers != 1
            click.echo(f"x12retro: {self._strangers} {'answers match' if many else 'answer matches'} no request", err=True)

    def standing(self) -> Standing:
        """The answer that stands for each event, those of earlier runs among them."""
        from x12retro.cli.decide_inputs import earlier_decisions

        standing = Standing(earlier_decisions(self._chosen["earlier"]))
        for one in self._read(None):
            standing.add(_decision(one), self._care)
        return standing

    def exit_code(self) -> int:
        if self.inputs.unreadable or self._unreadable:
            return 2
        return 1 if self._troubles.errors else 0

    @contextmanager
    def _summary(self) -> Iterator[Summary | None]:
        """What the page is made of, written when all has been added; that it can be written is known before anything is read."""
        if self._chosen["summary"] is None:
            yield None
            return
        from x12retro.cli.summary import Summary

        with options.writing(self._chosen["summary"]) as out:
            summary = Summary(self.as_of)
            yield summary
            out.write(summary.page())

    def _hear(self, _: Decision, care: Care) -> None:
        self._care = care

    def _read(self, history: History | None) -> Iterator[Decision | Record]:
        """The decisions of each file: records where it was decided elsewhere."""
        troubles = self._troubles
        for name in self.inputs.names:
            troubles.begin(name)
            elsewhere = self._elsewhere.records(name, history, troubles.tell) if self._elsewhere is not None else None
            try:
                for one in elsewhere if elsewhere is not None else self._decide(name, history):
                    troubles.decided += 1
                    matched = one.matched if isinstance(one, Record) else one.matched_by is not None
                    self._strangers += self._here.asked is not None and not matched
                    yield one
            except UsageError as failure:
                click.echo(f"x12retro: {failure}", err=True)
                self._unreadable += 1
                continue
            troubles.end()

    def _decide(self, name: str, history: History | None) -> Iterator[Decision]:
        source: Source = sys.stdin.buffer if name == "-" else Path(name)
        return decide_stream(
            source,
            self._here.asked,
            self.as_of,
            encounters=self._here.encounters,
            known=self._here.known,
            history=history,
            file=Path(name).name,
            on_finding=self._troubles.tell,
        )


def _decision(one: Decision | Record) -> Decision:
    return one.decision() if isinstance(one, Record) else one


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
        if self.decided or self._here:
            return
        if self._name != "-" and survey(Path(self._name)).kind == "acknowledgment":
            click.echo(f"{self._name}: acknowledgments, passed over (x12retro acknowledge --read explains them)", err=True)
        else:
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
