"""`x12retro attach`: the documents behind a request, as 275s to the payer; and 275s read, with the documents out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from x12retro.attach import Enclosure, Folder, Limits, Obstacle, Parcel, about_encounter, answer_275, gather, listed, parcels, read_275
from x12retro.attach import write as write_275
from x12retro.build import Partner, Report, load_partner
from x12retro.cli import options, sources
from x12retro.cli.attach_inputs import coded_file, decision_about, encounters_of, reports_of
from x12retro.cli.attach_text import received_text
from x12retro.cli.control_file import ControlFile
from x12retro.cli.cover import WAYS, CoverSheets, sheet_of_encounter
from x12retro.cli.inputs import Inputs
from x12retro.counted import counted
from x12retro.encounter import Encounter, Mapping
from x12retro.findings import Finding

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def attach() -> None:
    """Send the documents behind a request as 275s (006020X316, 005010X211), answer a payer who asks for some, and read 275s.

    \b
    Examples:
      x12retro build encounters.jsonl --partner partner.toml -o requests.edi --report report.jsonl --control-file numbers.json
      x12retro attach build encounters.jsonl --report report.jsonl --partner partner.toml -o documents.edi --control-file numbers.json
      x12retro attach read inbox/ --extract documents/
    """


def _to_partner(command: F) -> F:
    """The options of what is written to a partner."""
    partner = click.option("--partner", "partner_file", required=True, metavar="FILE", help="Partner file (TOML), with its [attachments].")
    control = click.option(
        "--control-file", metavar="FILE", help="Control numbers between runs: the same file as `x12retro build --control-file`."
    )
    sent = click.option("--sent", "sent_file", metavar="FILE", help="Write one JSON line per 275: its numbers, documents and digests.")
    return partner(options.output(options.as_of(sources.mapping(control(sent(command))))))


@attach.command("build")
@click.argument("encounters", nargs=-1, required=True, metavar="ENCOUNTERS...")
@click.option("--report", "reports", multiple=True, required=True, metavar="FILE", help="The --report of `x12retro build`: the numbers.")
@click.option("--documents", type=click.Path(path_type=Path), default=".", metavar="DIR", help="Where relative paths begin; default: here.")
@click.option("--cover", metavar="FILE", help="Write cover sheets (HTML) for documents that go by fax or mail.")
@_to_partner
def build_(
    encounters: tuple[str, ...],
    reports: tuple[str, ...],
    documents: Path,
    cover: str | None,
    partner_file: str,
    output: str,
    as_of: date | None,
    mapping: tuple[str | None, Mapping],
    control_file: str | None,
    sent_file: str | None,
) -> int:
    """Send the documents of requests that were built.

    ENCOUNTERS are those of `x12retro build`, and --report what it wrote: the documents go under the control numbers that their requests
    promise (PWK06). Each lies where its `path` says. It is told by its content what a document is; archives and programs are refused, and
    what is `sensitive` is held until it is `released`. The partner file's [attachments] says how the partner takes documents: which guide,
    bare, in MIME or in a CDA, how large, how many, and whether electronically at all. Exit code 1: a promised document cannot go.

    \b
    Examples:
      x12retro attach build encounters.jsonl --report report.jsonl --partner partner.toml -o documents.edi --control-file numbers.json
      x12retro attach build encounters.jsonl --report report.jsonl --partner fax.toml --cover cover.html -o documents.edi
    """
    outputs = {"-o": output, "--cover": cover, "--control-file": control_file, "--sent": sent_file}
    options.refuse_overwriting(outputs, (*encounters, *reports, partner_file))
    partner = load_partner(partner_file)
    built = reports_of(reports)
    problems = _Problems()
    moment = _moment(as_of)
    with ExitStack() as stack:
        sheets = CoverSheets(stack.enter_context(options.writing(cover)), moment.date()) if cover else None

        def made() -> Iterator[Parcel | Obstacle]:
            for encounter in encounters_of(encounters, mapping[1], problems.tell):
                problems.of = encounter.encounter_id
                report = built.get(encounter.encounter_id)
                if report is None or report.traces is None:
                    if _has_documents(encounter):
                        yield Obstacle("$.documents", "no report says that a request was built; documents go with a request")
                    continue
                yield from _of_encounter(encounter, report, partner, documents, moment, sheets)

        sets = _write(made(), partner, moment, output, control_file, sent_file, problems)
        if sheets is not None:
            sheets.close()
    if sheets is not None:
        click.echo(f"{counted(sheets.cases, 'cover sheet')} in {cover}", err=True)
    return _told(sets, output, problems)


def _of_encounter(
    encounter: Encounter, report: Report, partner: Partner, folder: Path, moment: datetime, sheets: CoverSheets | None
) -> Iterator[Parcel | Obstacle]:
    """The 275s of one encounter; what goes on paper gets a cover sheet."""
    assert report.traces is not None
    trace = report.traces.event
    numbers, settings = report.traces.documents, partner.attachments
    ready: list[Enclosure] = []
    for one in gather(encounter, numbers, settings, folder):
        if isinstance(one, Obstacle):
            yield one
        else:
            ready.append(one)
    if ready:
        about = about_encounter(encounter, trace, partner)
        yield from parcels(about, ready, partner, now=moment) if not isinstance(about, Obstacle) else [about]
    told = listed(encounter, numbers, settings)
    if isinstance(told, Obstacle):
        return
    for way in WAYS:
        on_paper = [one for one in told if one.delivery == way]
        if sheets is not None:
            sheets.add(sheet_of_encounter(encounter, trace, way, on_paper))
        elif on_paper:
            yield Obstacle("$.documents", f"{len(on_paper)} go on paper: name --cover FILE for their cover sheet")


@attach.command()
@click.argument("encounters", nargs=-1, required=True, metavar="ENCOUNTERS...")
@click.option("--decisions", required=True, metavar="FILE", help="The records of `x12retro decide` (JSON lines).")
@click.option("--encounter", "wanted", required=True, metavar="ID", help="The encounter_id that is answered about.")
@click.option(
    "--document", "documents", multiple=True, required=True, metavar="[CODE=]FILE", help="A document, and the code it was asked by."
)
@_to_partner
def answer(
    encounters: tuple[str, ...],
    decisions: str,
    wanted: str,
    documents: tuple[str, ...],
    partner_file: str,
    output: str,
    as_of: date | None,
    mapping: tuple[str | None, Mapping],
    control_file: str | None,
    sent_file: str | None,
) -> int:
    """Answer a payer who pended a request for documents.

    The 275 bears the payer's own number and, where it asked by LOINC, its code. CODE is a LOINC code or a report type, as
    `documents_requested` of the decision has it; it may be left out where the payer asked for one thing. Exit code 1: a document answers
    nothing, or cannot go.

    \b
    Example:
      x12retro attach answer encounters.jsonl --decisions decisions.jsonl --encounter ENC-2026-0015 \\
          --document 28011-5=record.pdf --partner partner.toml -o answer.edi --control-file numbers.json
    """
    options.refuse_overwriting({"-o": output, "--control-file": control_file, "--sent": sent_file}, (*encounters, decisions, partner_file))
    partner = load_partner(partner_file)
    problems = _Problems(wanted)
    decision = decision_about(decisions, wanted)
    encounter = next((one for one in encounters_of(encounters, mapping[1], problems.tell) if one.encounter_id == wanted), None)
    if encounter is None:
        raise click.UsageError(f"no encounter is called {wanted} in what was given")
    moment = _moment(as_of)
    about = about_encounter(encounter, next(iter(decision.traces.event), decision.traces.bht03), partner)
    given = [coded_file(one) for one in documents]
    made = answer_275(decision, about, given, partner, now=moment) if not isinstance(about, Obstacle) else iter([about])
    sets = _write(made, partner, moment, output, control_file, sent_file, problems)
    return _told(sets, output, problems)


@attach.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("--extract", type=click.Path(path_type=Path), metavar="DIR", help="Put the documents there, under names of ours.")
@click.option("--max-document", type=click.IntRange(min=1), default=Limits().document, show_default=True, help="Octets of one, at most.")
@click.option("--max-total", type=click.IntRange(min=1), default=Limits().total, show_default=True, help="Octets in all, at most.")
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True, help="Form of the result.")
@options.output
def read(files: tuple[str, ...], extract: Path | None, max_document: int, max_total: int, form: str, output: str) -> int:
    """Read 275s: whose documents they hold, under which numbers, of what kind and size; and take the documents out.

    FILES are files, directories, globs, or - for standard input. What is around a document (base64, MIME, a CDA) is taken off. With
    --extract the documents are written to DIR, readable by you alone; nothing is run, no archive is opened, no name comes from the
    message, and nothing that is there is overwritten. Exit code 1: the wire is wrong, or a document could not be taken out.
    """
    inputs = Inputs(files)
    options.refuse_overwriting({"-o": output}, inputs.names)
    shelf = Folder(extract) if extract is not None else None
    limits = Limits(document=max_document, total=max_total)
    wrong = False
    with options.writing(output) as out:
        for name, stream in inputs.streams():
            found = False
            for one in read_275(stream, shelf, limits):
                if isinstance(one, Finding):
                    wrong |= one.is_error
                    click.echo(f"{name}: {one.severity}: {one.rule}: {one.message}", err=True)
                    continue
                found = True
                wrong |= any(document.why for carried in one.carried for document in carried.documents)
                out.write(msgspec.json.encode(one) + b"\n" if form == "jsonl" else received_text(name, one).encode())
            if not found:
                click.echo(f"{name}: holds no 275", err=True)
    if inputs.unreadable:
        return 2
    return 1 if wrong else 0


class _Problems:
    """Tells on stderr what stands in the way, and counts it."""

    def __init__(self, of: str = "") -> None:
        self.of = of
        self.errors = self.held = 0

    def tell(self, one: Obstacle) -> None:
        held = one.severity == "held"
        self.held += held
        self.errors += not held
        label = click.style("note", fg="blue") if held else click.style("error", fg="red")
        click.echo(f"{self.of or 'no encounter_id'}: {label}: {one.path}: {one.message}", err=True)


def _write(
    made: Iterator[Parcel | Obstacle],
    partner: Partner,
    moment: datetime,
    output: str,
    control_file: str | None,
    sent_file: str | None,
    problems: _Problems,
) -> int:
    """Write the 275s as they are made; how many."""
    sets = 0

    def fit() -> Iterator[Parcel]:
        for one in made:
            if isinstance(one, Obstacle):
                problems.tell(one)
            else:
                yield one

    with ExitStack() as stack:
        control = stack.enter_context(ControlFile(control_file))
        control.reserve()
        out = stack.enter_context(options.writing(output, keep=lambda: sets > 0))
        lines = stack.enter_context(options.writing(sent_file)) if sent_file else None
        for sent in write_275(out, fit(), partner, now=moment, control=control.numbers):
            sets += 1
            if lines is not None:
                lines.write(msgspec.json.encode(sent) + b"\n")
        control.save()
    return sets


def _told(sets: int, output: str, problems: _Problems) -> int:
    where = f" into {'standard output' if output == '-' else output}" if sets else ""
    held = f"; {problems.held} to be seen to" if problems.held else ""
    click.echo(f"built {counted(sets, '275')}{where}{held}", err=True)
    return 1 if problems.errors else 0


def _moment(as_of: date | None) -> datetime:
    """One moment for the whole run; a given day has no time of its own."""
    return datetime.now() if as_of is None else datetime(as_of.year, as_of.month, as_of.day, 12)  # noqa: DTZ001, DTZ005 - local time


def _has_documents(encounter: Encounter) -> bool:
    return bool(encounter.documents) or any(service.documents for service in encounter.services)
