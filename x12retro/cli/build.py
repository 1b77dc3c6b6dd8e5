"""`x12retro build`: turn encounters into 278 requests."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from x12retro.assess import load_rules
from x12retro.build import Ask, Built, FollowUps, Problem, load_partner
from x12retro.build import write as write_interchanges
from x12retro.build.follow_up import KINDS
from x12retro.cli import options, sources
from x12retro.cli.control_file import NO_CONTROL_FILE, ControlFile
from x12retro.cli.earlier import earlier_decisions
from x12retro.cli.inputs import Inputs
from x12retro.cli.packet import Packet
from x12retro.counted import counted
from x12retro.encounter import (
    Denials,
    Encounter,
    EncounterProblem,
    Located,
    Mapping,
    Slip,
    read_any,
    schema,
    told_unmatched,
)
from x12retro.flow import outbound

_INDEX = re.compile(r"\[\d+\]")
_TOLD_EACH = 5
"""Notes of one kind that are told one by one."""


def _print_schema(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())
        ctx.exit(0)


@click.command()
@click.argument("encounters", nargs=-1, required=True, metavar="ENCOUNTERS...")
@click.option("--partner", required=True, metavar="FILE", help="Partner file (TOML): ids, delimiters, habits of the payer.")
@options.output
@options.as_of
@sources.mapping
@sources.denials
@sources.payers
@click.option(
    "--despite-rules",
    is_flag=True,
    help="Build also what the payer's rules refuse (too late, barred, after the claim); without it that is an error with the next step.",
)
@click.option(
    "--follow-up",
    "decisions",
    multiple=True,
    metavar="DECISIONS",
    help="Ask again about what was decided: the records of `x12retro decide` (JSON lines), with --ask. May be given several times.",
)
@click.option("--ask", type=click.Choice(list(KINDS)), help="With --follow-up: what is asked now. The numbers come from the decision.")
@click.option(
    "--packet",
    metavar="FILE",
    help="Write a page (HTML) for each case whose payer takes it by telephone, fax or portal, to fax or read from (patients' data).",
)
@click.option(
    "--report",
    metavar="FILE",
    help="Write one JSON line per encounter: built or not, the verdict and why, traces, control numbers, problems.",
)
@click.option(
    "--control-file",
    metavar="FILE",
    help="Keep control numbers in FILE between runs, so that none is used twice. Without it every run begins at 1 (and says so).",
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of an encounter and exit.",
)
def build(
    encounters: tuple[str, ...],
    partner: str,
    output: str,
    as_of: date | None,
    mapping: tuple[str | None, Mapping],
    denials: tuple[str, ...],
    payers: Path | None,
    despite_rules: bool,
    decisions: tuple[str, ...],
    ask: Ask | None,
    packet: str | None,
    report: str | None,
    control_file: str | None,
) -> int:
    """Turn encounters into 278 (005010X217) requests for retroactive review.

    ENCOUNTERS are JSON (one object, an array, or one object a line), 837P or 837I claims, tables (CSV) or FHIR bundles: files,
    directories, globs, or - for standard input; which of them is told from their content. Each is assessed by the payer's published rules
    first (see `x12retro assess`): what they refuse is not built, and what they ask for goes into the request. What is written has been
    read back and held against the guide. An encounter that cannot make a valid request is reported with the path of what is missing, the
    others go on, and the exit code is 1. With --denials, an encounter is asked for when a remittance denies its claim for want of
    authorization.

    \b
    Examples:
      x12retro build encounters.jsonl --partner partner.toml -o requests.edi --report report.jsonl --control-file numbers.json
      x12retro build claims.837 --denials remits.835 --partner partner.toml -o requests.edi
      x12retro build longer-stays.jsonl --follow-up decisions.jsonl --ask extension --partner partner.toml -o requests.edi
    """
    if bool(decisions) != (ask is not None):
        raise click.UsageError("--follow-up and --ask go together: whose decisions, and what is asked now")
    inputs, remits = Inputs(encounters, sources.SUFFIXES), Inputs(denials, sources.REMITTANCES)
    read = (*inputs.names, *remits.names, partner, *decisions, *filter(None, mapping[:1]))
    options.refuse_overwriting({"-o": output, "--report": report, "--packet": packet, "--control-file": control_file}, read)
    to = load_partner(partner)
    source = _Source(inputs, mapping[1], remits)
    rules = load_rules(payers)
    follow_ups = FollowUps(ask, earlier_decisions(decisions)) if ask is not None else None
    tally = {True: 0, False: 0}
    refused = 0
    teller = _Teller()
    # one moment for the whole run, so that BHT and the envelope agree; a given date has no time of its own
    moment = as_of or datetime.now()  # noqa: DTZ005 - X12 writes the sender's local time
    with ExitStack() as stack:
        control = stack.enter_context(ControlFile(control_file))
        out = stack.enter_context(options.writing(output, keep=lambda: tally[True] > 0))
        lines = stack.enter_context(options.writing(report)) if report else None
        pages = (
            Packet(stack.enter_context(options.writing(packet)), moment.date() if isinstance(moment, datetime) else moment)
            if packet
            else None
        )
        built = outbound(
            source.records(),
            to,
            rules,
            as_of=moment,
            control=control.numbers,
            own_payers=payers,
            despite_rules=despite_rules,
            follow_ups=follow_ups,
            on_verdict=pages.add if pages is not None else None,
            read_ahead=True,
        )
        if not options.is_put_in_place(output):
            built = control.reserving(built)
        for one in write_interchanges(out, built, to, as_of=moment):
            tally[one.built] += 1
            refused += not one.built and one.leave is not None and one.leave.verdict == "not_permitted"
            one, name = source.placed(one)
            teller.tell(one, name)
            if lines is not None:
                lines.write(msgspec.json.encode(one.report()) + b"\n")
        teller.close()
        control.save()
        if pages is not None:
            pages.close()
    if tally[True] and not control_file:
        click.echo(NO_CONTROL_FILE, err=True)
    where = "standard output" if output == "-" else output
    barred = f"; {refused} refused by the payer's rules" if refused else ""
    into = f" into {where}" if tally[True] else ""
    click.echo(f"built {tally[True]} of {counted(sum(tally.values()), 'request')}{into}{barred}", err=True)
    if not tally[True] and options.is_put_in_place(output) and Path(output).is_file():
        click.echo(f"{output} was left as it was: it is from an earlier run", err=True)
    if source.denials is not None:
        sources.tell_denials(source.denials)
    if inputs.unreadable or remits.unreadable:
        return 2
    return 1 if tally[False] else 0


class _Origin(NamedTuple):
    """Where a record came from: its input, its text there (for the lines its problems stand in), and what its reader noted."""

    name: str
    record: Located | None
    notes: tuple[Slip, ...]


class _Source:
    """The records of all inputs, and the origin of each until its outcome is told."""

    def __init__(self, inputs: Inputs, mapping: Mapping, remits: Inputs) -> None:
        self._inputs = inputs
        self._mapping = mapping
        self._remits = remits
        self.denials: Denials | None = None
        self._latest: Located | None = None
        self._notes: list[Slip] = []
        self._origins: deque[_Origin] = deque()

    def records(self) -> Iterator[Encounter | EncounterProblem]:
        """Every record in order; `placed` is to be asked once for the outcome of each."""
        for name, one in self._records():
            self._origins.append(_Origin(name, self._latest, tuple(self._notes)))
            self._notes.clear()
            yield one

    def _records(self) -> Iterator[tuple[str, Encounter | EncounterProblem]]:
        seen: set[bytes] = set()
        if len(self._remits) or self._remits.unreadable:
            problems: list[tuple[str, EncounterProblem]] = []
            self.denials = sources.denials_of(self._remits, problems)
            yield from problems
        for name, stream in self._inputs.streams():
            self._latest = None
            read = read_any(
                stream, mapping=self._mapping, denials=self.denials, seen=seen, on_record=self._keep, on_note=self._notes.append
            )
            yield from ((name, one) for one in read)
        if self.denials is not None:
            self._latest = None
            yield from (("--denials", problem) for problem in told_unmatched(self.denials))

    def placed(self, one: Built) -> tuple[Built, str]:
        """The outcome of the next record with what its reader noted, each problem with the line of the source it speaks of; its input."""
        origin, problems = self._origins.popleft(), one.problems
        if origin.notes:
            problems = (*(Problem(note.path, note.message, "note", note.line) for note in origin.notes), *problems)
        if problems and (record := origin.record) is not None:
            problems = tuple(p if p.line is not None else msgspec.structs.replace(p, line=record.line_of(p.path)) for p in problems)
        return one if problems is one.problems else msgspec.structs.replace(one, problems=problems), origin.name

    def _keep(self, record: Located) -> None:
        self._latest = record


class _Teller:
    """Tells on stderr what stands in the way of encounters, all of it, and each kind of note a few times."""

    def __init__(self) -> None:
        self._notes: Counter[tuple[str, str]] = Counter()

    def tell(self, one: Built, source: str) -> None:
        for problem in one.problems:
            if problem.severity == "note":
                kind = (_INDEX.sub("[*]", problem.path), problem.message)
                self._notes[kind] += 1
                if self._notes[kind] > _TOLD_EACH:
                    continue
            label = click.style("error", fg="red") if problem.severity == "error" else click.style("note", fg="blue")
            where = source if problem.line is None else f"{source}:{problem.line}"
            click.echo(f"{where}: {one.encounter_id or 'no encounter_id'}: {label}: {problem.path}: {problem.message}", err=True)

    def close(self) -> None:
        """Say how often what was told a few times was to be told."""
        label = click.style("note", fg="blue")
        for (path, message), count in self._notes.items():
            if count > _TOLD_EACH:
                click.echo(f"{count - _TOLD_EACH} more: {label}: {path}: {message} (--report tells them all)", err=True)
