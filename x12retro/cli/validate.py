"""`x12retro validate`: check X12 files against the implementation guide."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path

import click
import msgspec

from x12retro.cli import options
from x12retro.cli.ack_files import AckFiles
from x12retro.cli.inputs import Inputs
from x12retro.cli.text_report import TextReport
from x12retro.guide.report import Report


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "jsonl"]),
    default="text",
    show_default=True,
    help="text to read; json: one line per file; jsonl: one line per finding, then one per file.",
)
@click.option(
    "--max-findings", type=click.IntRange(min=0), default=1000, show_default=True, help="Findings listed per file; all are counted."
)
@click.option(
    "--snip", type=click.IntRange(1, 7), default=7, show_default=True, help="Highest SNIP type to check (1 syntax, 2 guide, ...)."
)
@options.as_of
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
@click.option("--show-values", is_flag=True, help="Show the values at fault. They may be a patient's data: mind where the output goes.")
def validate(
    files: tuple[str, ...],
    form: str,
    max_findings: int,
    snip: int,
    as_of: date | None,
    ack_dir: str | None,
    control_file: str | None,
    code_lists: tuple[str, ...],
    show_values: bool,
) -> int:
    """Check X12 files against the implementation guide (278 005010X217, request and response).

    FILES are files, directories, globs, or - for standard input. The exit code is 1 when any file is rejected.

    \b
    Examples:
      x12retro validate outbox/
      cat message.edi | x12retro validate - --format json
    """
    inputs = Inputs(files)
    text = TextReport(show_values, len(inputs)) if form == "text" else None
    lists = _code_lists(code_lists)
    moment = datetime.combine(as_of, time(12)) if as_of else datetime.now()  # noqa: DTZ005 - acknowledgments carry local time
    acks = AckFiles(ack_dir, moment, control=control_file) if ack_dir else None
    rejected = False
    for name, stream in inputs.streams():
        with acks.of(name) if acks is not None else nullcontext() as writer:
            tap = writer.feed if writer is not None else None
            report = Report(stream, name, snip=snip, as_of=as_of, lists=lists, show_values=show_values, tap=tap)
            findings = iter(report)
            if form == "jsonl":
                for finding in islice(findings, max_findings):
                    click.echo(msgspec.json.encode({"file": name, **msgspec.to_builtins(finding)}))
            else:
                report.summary.findings.extend(islice(findings, max_findings))
            for _ in findings:  # counted, not listed
                pass
        rejected |= report.summary.verdict == "rejected"
        if text is not None:
            text.file(report.summary)
        else:
            click.echo(msgspec.json.encode(report.summary))
    if text is not None:
        text.end(inputs.unreadable)
    if inputs.passed_over:
        click.echo(f"{inputs.passed_over} files in the directories were passed over: they are no X12", err=True)
    if inputs.unreadable:
        return 2
    return 1 if rejected else 0


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
