"""`x12retro validate`: check X12 files against the implementation guide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x12retro.cli import options
from x12retro.cli.forms import Form, JsonForm, JsonLinesForm
from x12retro.cli.inputs import Inputs
from x12retro.counted import counted
from x12retro.guide.judge import Checked
from x12retro.guide.report import Report
from x12retro.guide.rules import Context

if TYPE_CHECKING:  # what few runs need is imported where it is asked for: the command must start fast
    from x12retro.cli.ack_files import AckFiles
    from x12retro.cluster.judging import Archive
    from x12retro.guide.parallel import JudgePool
    from x12retro.guide.second_opinion import SecondOpinion

_SLOW = 200_000
"""Bytes of input that pyx12 needs about a second for: then a progress bar is due."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "jsonl", "html", "sarif", "parquet"]),
    default="text",
    show_default=True,
    help="text to read; json: one line per file; jsonl: one line per finding, then one per file; html: a page to look at and to print;"
    " sarif: SARIF 2.1.0; parquet: -o names a folder, for the tables findings/ and files/.",
)
@click.option(
    "--max-findings", type=click.IntRange(min=0), default=1000, show_default=True, help="Findings listed per file; all are counted."
)
@click.option(
    "--snip", type=click.IntRange(1, 7), default=7, show_default=True, help="Highest SNIP type to check (1 syntax, 2 guide, ...)."
)
@options.as_of
@options.output
@click.option(
    "--ack-dir", metavar="DIR", help="Write the acknowledgments (999, and TA1 where due) of each file into DIR, in the same pass."
)
@click.option("--control-file", metavar="FILE", help="With --ack-dir: keep the acknowledgments' control numbers in FILE between runs.")
@click.option(
    "--code-list",
    "code_lists",
    multiple=True,
    metavar="NAME=FILE",
    help="Your own list of codes for NAME (CPT, HCPCS ...), one code a line; repeatable.",
)
@options.payer
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that judge; worth it for large files.")
@options.scheduler
@click.option(
    "--second-opinion", is_flag=True, help="Ask pyx12 about each set too and tell where the two disagree (slow; text, json and jsonl)."
)
@click.option("--show-values", is_flag=True, help="Show the values at fault. They may be a patient's data: mind where the output goes.")
def validate(
    files: tuple[str, ...],
    form: str,
    max_findings: int,
    snip: int,
    as_of: date | None,
    output: str,
    ack_dir: str | None,
    control_file: str | None,
    code_lists: tuple[str, ...],
    payer: str | None,
    payers: Path | None,
    jobs: int,
    scheduler: str | None,
    second_opinion: bool,
    show_values: bool,
) -> int:
    """Check X12 files against the implementation guide (278 005010X217, request and response).

    FILES are files, directories, globs, or - for standard input. The exit code is 1 when any file is rejected.

    \b
    Examples:
      x12retro validate outbox/
      cat message.edi | x12retro validate - --format json
      x12retro validate outbox/ --format html -o report.html
      x12retro validate outbox/ --payer harvard-pilgrim
      x12retro validate /archive/ --scheduler tcp://scheduler:8786 --format parquet -o findings/
    """
    if second_opinion and form in ("html", "sarif", "parquet"):
        raise click.UsageError("--second-opinion goes with --format text, json or jsonl")
    if form == "parquet" and (output == "-" or Path(output).is_file()):
        raise click.UsageError("--format parquet needs -o FOLDER/")
    if scheduler is not None and jobs > 1:
        raise click.UsageError("--scheduler and --jobs are two ways to have others judge: give one of them")
    inputs = Inputs(files, bar_from=_SLOW) if second_opinion else Inputs(files)
    options.refuse_overwriting({"-o": output, "--control-file": control_file}, inputs.names)
    lists = _code_lists(code_lists)
    overlay = options.overlay(payer, payers)
    moment = datetime.combine(as_of, time(12)) if as_of else datetime.now()  # noqa: DTZ005 - acknowledgments carry local time
    rejected = False
    with ExitStack() as stack:
        acks = _acks(stack, ack_dir, moment, control_file, inputs.names) if ack_dir else None
        context = Context(options.today(as_of), lists, overlay)
        pool = _pool(stack, jobs, snip, context) if jobs > 1 else None
        opinions = _opinions(stack, max_findings) if second_opinion else None
        out = _form(stack, form, output, show_values, max_findings, len(inputs))
        archive = None
        if scheduler is not None:  # who looks at the parts of a file reads it here; the crew then judges its sets
            looked_at = out.looks_at_parts or acks is not None or opinions is not None
            archive = _archive(stack, scheduler, inputs.names, (snip, context, show_values, max_findings), whole=not looked_at)
        for name, stream in inputs.streams():
            elsewhere = archive.report(name) if archive is not None else None
            out.begin(name)
            opinion = opinions() if opinions is not None else None
            with acks.of(name) if acks is not None else nullcontext() as writer:
                taps: list[Callable[[Checked], None]] = [out.checked] if out.looks_at_parts else []
                taps += [one.feed for one in (writer, opinion) if one is not None]
                report = elsewhere or Report(
                    stream,
                    name,
                    snip=snip,
                    as_of=as_of,
                    lists=lists,
                    show_values=show_values,
                    tap=_all(taps),
                    pool=archive.pool(name) if archive is not None else pool,
                    payer=overlay,
                )
                for n, finding in enumerate(report):
                    if n < max_findings:  # the others are counted
                        out.finding(finding)
            rejected |= report.summary.verdict == "rejected"
            if opinion is not None:
                out.opinion(opinion.comparison)
            out.file(report.summary)
        out.end(inputs.unreadable)
    if inputs.passed_over:
        click.echo(f"{counted(inputs.passed_over, 'file')} in the directories passed over: no X12", err=True)
    if inputs.unreadable:
        return 2
    return 1 if rejected else 0


def _acks(stack: ExitStack, folder: str, moment: datetime, control: str | None, inputs: Sequence[str]) -> AckFiles:
    from x12retro.cli.ack_files import AckFiles

    return stack.enter_context(AckFiles(folder, moment, control=control, inputs=inputs))


def _pool(stack: ExitStack, jobs: int, snip: int, context: Context) -> JudgePool:
    from x12retro.guide.parallel import JudgePool

    return stack.enter_context(JudgePool(jobs, snip, context))


def _archive(stack: ExitStack, scheduler: str, names: Sequence[str], judging: tuple[int, Context, bool, int], *, whole: bool) -> Archive:
    import uuid

    from x12retro.cluster.dask_crew import DaskCrew
    from x12retro.cluster.judging import Archive, Judging

    snip, context, show_values, most = judging
    crew = stack.enter_context(DaskCrew(scheduler))
    how = Judging(uuid.uuid4().hex, snip, context.as_of, context.lists, context.payer, show_values, most)
    return Archive(crew, names, how, lambda text: click.echo(f"x12retro: {text}", err=True), whole=whole)


def _opinions(stack: ExitStack, most: int) -> Callable[[], SecondOpinion]:
    """What makes a second opinion for each file; they share one pyx12."""
    from x12retro.guide.pyx12_judge import Pyx12Judge
    from x12retro.guide.second_opinion import SecondOpinion

    judge = stack.enter_context(Pyx12Judge())
    return lambda: SecondOpinion(judge, most)


def _form(stack: ExitStack, form: str, output: str, show_values: bool, most: int, files: int) -> Form:
    if form == "parquet":
        from x12retro.cli.parquet_parts import ParquetForm

        return ParquetForm(output)
    out = stack.enter_context(options.writing(output))
    if form == "json":
        return JsonForm(out)
    if form == "jsonl":
        return JsonLinesForm(out)
    if form == "html":
        from x12retro.cli.html_report import HtmlReport

        return HtmlReport(out, show_values, most)
    if form == "sarif":
        from x12retro.cli.sarif_report import SarifReport

        return SarifReport(out, show_values, most)
    from x12retro.cli.text_report import TextReport

    return TextReport(None if output == "-" else out, show_values, files)


def _all(taps: list[Callable[[Checked], None]]) -> Callable[[Checked], None] | None:
    """One tap for several; None for none, which costs nothing."""
    if len(taps) < 2:
        return taps[0] if taps else None

    def feed(checked: Checked) -> None:
        for tap in taps:
            tap(checked)

    return feed


def _code_lists(given: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """NAME=FILE -> the codes of FILE: the first word of each line; # begins a comment."""
    lists: dict[str, frozenset[str]] = {}
    for one in given:
        name, equals, file = one.partition("=")
        if not equals or not name or not file:
            raise click.UsageError(f"--code-list {one}: write NAME=FILE, for example CPT=cpt-2026.txt")
        try:
            lines = Path(file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as failure:
            why = failure.strerror if isinstance(failure, OSError) else "is no UTF-8 text"
            raise click.UsageError(f"--code-list {name}: {file}: {why}") from None
        words = (line.split("#")[0].split() for line in lines)
        lists[name.upper()] = frozenset(word[0].upper() for word in words if word)
    return lists
