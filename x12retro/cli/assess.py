"""`x12retro assess`: say whether the payer may still be asked, until when, and with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click
import msgspec

from x12retro.assess import PayerRules, RetroRule, Rules, Verdict, load_rules, rule_schema
from x12retro.assess import assess as assess_encounters
from x12retro.cli import options, sources
from x12retro.cli.inputs import Inputs
from x12retro.cli.rule_page import page
from x12retro.cli.worklist import Worklist
from x12retro.encounter import Denials, Encounter, EncounterProblem, Mapping, read_any, told_unmatched


def _print_schema(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(msgspec.json.format(msgspec.json.encode(rule_schema()), indent=2).decode())
        ctx.exit(0)


@click.command()
@click.argument("encounters", nargs=-1, metavar="ENCOUNTERS...")
@options.as_of
@sources.mapping
@sources.denials
@sources.payers
@click.option("--format", "form", type=click.Choice(["jsonl", "table"]), default="jsonl", show_default=True, help="Form of the result.")
@click.option("--rows", type=click.IntRange(min=1), default=500, show_default=True, metavar="N", help="With --format table: rows at most.")
@options.output
@click.option("--explain", metavar="RULE", help="Print a rule, or all rules of a payer, in plain words, with the source, and exit.")
@click.option("--rules", "listing", is_flag=True, help="List the rules that are known, and exit.")
@click.option(
    "--rule-schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of rules and exit.",
)
def assess(
    encounters: tuple[str, ...],
    as_of: date | None,
    mapping: tuple[str | None, Mapping],
    denials: tuple[str, ...],
    payers: Path | None,
    form: str,
    rows: int,
    output: str,
    explain: str | None,
    listing: bool,
) -> int:
    """Say whether the payer may still be asked after the care, until when, by which route, and with what.

    ENCOUNTERS are what `x12retro build` takes: JSON, 837 claims, tables (CSV); files, directories, globs, or - for standard input.
    A payer whose rules are not known gives the verdict unknown, never permitted. A missed window is a result with a next step, not an
    error: exit code 1 means that a record could not be read. With --denials, only encounters whose claim was denied for want of
    authorization are assessed.

    \b
    Example:
      x12retro assess encounters.jsonl --format table
      x12retro assess --explain tmhp-retro-elig
    """
    rules = load_rules(payers)
    if explain is not None or listing:
        if encounters:
            raise click.UsageError("--explain and --rules take no ENCOUNTERS")
        text = "\n".join(page(*one) for one in rules.named(explain)) if explain is not None else _listed(rules)
        with options.writing(output) as out:
            out.write(text.encode())
        return 0
    if not encounters:
        raise click.UsageError("Missing argument 'ENCOUNTERS...'.")
    inputs, remits = Inputs(encounters, sources.SUFFIXES), Inputs(denials, sources.REMITTANCES)
    options.refuse_overwriting({"-o": output}, (*inputs.names, *remits.names, *filter(None, mapping[:1])))
    tally: Counter[str] = Counter()
    unread = 0
    source = _Source(inputs, mapping[1], remits)
    worklist = Worklist(rows) if form == "table" else None
    encode = msgspec.json.Encoder().encode
    with options.writing(output) as out:
        for verdict in assess_encounters(source.records(), rules, as_of=as_of or datetime.now().astimezone()):
            tally[verdict.verdict] += 1
            if verdict.problems:
                unread += 1
                _tell(verdict, source.name)
            if worklist is not None:
                worklist.add(verdict)
            else:
                out.write(encode(verdict) + b"\n")
        if worklist is not None:
            out.write(worklist.text(colour=output == "-").encode())
    if worklist is None:
        counts = ", ".join(f"{n} {word}" for word, n in tally.most_common())
        click.echo(f"assessed {tally.total()} encounter{'s' if tally.total() != 1 else ''}" + (f": {counts}" if counts else ""), err=True)
    if source.denials is not None:
        sources.tell_denials(source.denials)
    if inputs.unreadable or remits.unreadable:
        return 2
    return 1 if unread else 0


class _Source:
    """The records of all inputs; `name` is the input that the latest one came from."""

    def __init__(self, inputs: Inputs, mapping: Mapping, remits: Inputs) -> None:
        self._inputs, self._mapping, self._remits = inputs, mapping, remits
        self.name = ""
        self.denials: Denials | None = None

    def records(self) -> Iterator[Encounter | EncounterProblem]:
        if len(self._remits) or self._remits.unreadable:
            problems: list[tuple[str, EncounterProblem]] = []
            self.denials = sources.denials_of(self._remits, problems)
            for self.name, problem in problems:
                yield problem
        seen: set[bytes] = set()
        for name, stream in self._inputs.streams():
            self.name = name
            yield from read_any(stream, mapping=self._mapping, denials=self.denials, seen=seen)
        if self.denials is not None:
            self.name = "--denials"
            yield from told_unmatched(self.denials)


def _tell(verdict: Verdict, source: str) -> None:
    for problem in verdict.problems:
        where = source if problem.line is None else f"{source}:{problem.line}"
        label = click.style("error", fg="red")
        click.echo(f"{where}: {verdict.encounter_id or 'no encounter_id'}: {label}: {problem.path}: {problem.message}", err=True)


def _listed(rules: Rules) -> str:
    lines = [_line(rule, payer) for payer in rules.payers for rule in payer.rules]
    return "".join(f"{line}\n" for line in lines)


def _line(rule: RetroRule, payer: PayerRules) -> str:
    length = f"{rule.window.count} {rule.window.unit}" if rule.window is not None else "-"
    return f"{rule.id:30} {rule.type:20} {length:18} {rule.evidence:10} {rule.seen} {payer.name} ({payer.id})"
