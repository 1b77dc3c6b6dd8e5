"""`x12retro validate`: check X12 files against the implementation guide."""

from __future__ import annotations

from datetime import date
from itertools import islice

import click
import msgspec

from x12retro.cli import options
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
@click.option("--show-values", is_flag=True, help="Show the values at fault. They may be a patient's data: mind where the output goes.")
def validate(files: tuple[str, ...], form: str, max_findings: int, snip: int, as_of: date | None, show_values: bool) -> int:
    """Check X12 files against the implementation guide (278 005010X217, request and response).

    FILES are files, directories, globs, or - for standard input. The exit code is 1 when any file is rejected.

    \b
    Examples:
      x12retro validate outbox/
      cat message.edi | x12retro validate - --format json
    """
    inputs = Inputs(files)
    text = TextReport(show_values) if form == "text" else None
    rejected = False
    for name, stream in inputs.streams():
        report = Report(stream, name, snip=snip, as_of=as_of, show_values=show_values)
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
        text.end()
    if inputs.unreadable:
        return 2
    return 1 if rejected else 0
