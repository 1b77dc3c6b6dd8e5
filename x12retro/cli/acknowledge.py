"""`x12retro acknowledge`: write TA1 and 999 for what was received, or read those that came back, 824s among them."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from x12retro.acknowledge import Acknowledgment, AckOptions, AckTally, GroupAck, SentIndex, read_acknowledgments
from x12retro.cli import options
from x12retro.cli.ack_files import AckFiles
from x12retro.cli.ack_text import AckText
from x12retro.cli.inputs import Inputs
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.guide.judge import validate


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("-o", "--output", metavar="DIR", help="Directory for the acknowledgments. With --read: the file for the result.")
@click.option("--read", "reading", is_flag=True, help="Read and explain TA1, 999, 997 and 824 that were received.")
@click.option("--sent", multiple=True, metavar="FILES", help="With --read: what was sent, to join them with; repeatable.")
@click.option(
    "--report", multiple=True, metavar="FILE", help="With --read: report of `x12retro build`, to name the encounters; repeatable."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="With --read: text, or a JSON line each.",
)
@click.option(
    "--control-file",
    metavar="FILE",
    help="Keep control numbers in FILE between runs, so that none is used twice. Without it every run begins at 1.",
)
@click.option("--snip", type=click.IntRange(1, 7), default=7, show_default=True, help="Highest SNIP type to check.")
@click.option("--ta1-before-gs", is_flag=True, help="Put the TA1 into the interchange of the 999, before its GS.")
@click.option("--warnings", is_flag=True, help="Tell warnings too: sets that have only those are accepted with errors (E).")
@click.option("--show-values", is_flag=True, help="Copy (or show) bad values and trace numbers. They may be a patient's data.")
@options.as_of
def acknowledge(
    files: tuple[str, ...],
    output: str | None,
    reading: bool,
    sent: tuple[str, ...],
    report: tuple[str, ...],
    form: str,
    control_file: str | None,
    snip: int,
    ta1_before_gs: bool,
    warnings: bool,
    show_values: bool,
    as_of: date | None,
) -> int:
    """Acknowledge X12 files: writes NAME.999.edi and, where one is due, NAME.ta1.edi for each file. With --read, explain received ones.

    FILES are files, directories, globs, or - for standard input. A TA1 is written when ISA14 asks for it or the envelope is at fault.
    Exit code 1: something was rejected, be it by us or by the partner.

    \b
    Examples:
      x12retro acknowledge inbox/ -o outbox/ --control-file numbers.json
      x12retro acknowledge --read mailbox/ --sent requests.edi --report report.jsonl
    """
    inputs = Inputs(files)
    options.refuse_overwriting(
        {"-o": (output or "-") if reading else None, "--control-file": None if reading else control_file}, (*inputs.names, *sent, *report)
    )
    if reading:
        rejected = _read(inputs, output or "-", form, _gather(sent, report), show_values)
    else:
        if output is None:
            raise UsageError("name a directory for the acknowledgments with -o (or read received ones with --read)")
        if sent or report or form != "text":
            raise UsageError("--sent, --report and --format go with --read")
        wanted = AckOptions(ta1_before_gs=ta1_before_gs, warnings=warnings, values=show_values)
        moment = datetime.combine(as_of, time()) if as_of is not None else datetime.now()  # noqa: DTZ005 - X12 writes the sender's local time
        with AckFiles(output, moment, control=control_file, ack_options=wanted, inputs=inputs.names) as acks:
            rejected = _write(inputs, acks, snip, as_of)
    if inputs.unreadable:
        return 2
    return 1 if rejected else 0


def _write(inputs: Inputs, files: AckFiles, snip: int, as_of: date | None) -> bool:
    rejected = False
    for name, stream in inputs.streams():
        errors = 0
        unplaced: list[str] = []
        with files.of(name) as writer:
            for checked in validate(stream, snip=snip, as_of=as_of):
                writer.feed(checked)
                errors += any(f.is_error for f in checked.findings)
                if checked.part is None:  # about the file or an envelope that cannot be read: no acknowledgment may come to tell it
                    unplaced += (f.message for f in checked.findings if f.is_error and f.interchange is None)
        _tell(name, writer.findings)
        for message in unplaced[:5]:
            click.echo(f"{name}: error: {message}", err=True)
        click.echo(f"{name}: {_said(writer.tally)}: {', '.join(files.written) or 'nothing is written'}", err=True)
        for left in files.left:
            click.echo(f"{left} was left as it was: it is from an earlier run", err=True)
        rejected |= writer.tally.rejected or bool(errors)
    return rejected


def _said(tally: AckTally) -> str:
    parts = [
        _count(tally.interchanges, tally.interchanges_rejected, "interchange"),
        _count(tally.groups, tally.groups_rejected, "group"),
        _count(tally.sets, tally.sets_rejected, "set"),
    ]
    return ", ".join(parts)


def _count(n: int, rejected: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}" + (f" ({rejected:,} rejected)" if rejected else "")


def _read(inputs: Inputs, output: str, form: str, sent: SentIndex | None, show_values: bool) -> bool:
    text = AckText()
    bad = False
    with options.writing(output) as out:
        for name, stream in inputs.streams():
            found = 0
            wire: list[Finding] = []
            shown = Path(name).name if name != "-" else name
            for ack in read_acknowledgments(stream, sent, file=shown, values=show_values, on_finding=wire.append):
                found += 1
                bad |= _is_bad(ack)
                if form == "json":
                    out.write(msgspec.json.encode(ack) + b"\n")
                else:
                    _echo(out, output, *text.lines(ack))
            _tell(name, [f for f in wire if f.severity != "info"])
            if not found:
                click.echo(f"{name}: error: there is no TA1, 999, 997 or 824 in it", err=True)
                bad = True
        if form == "text":
            _echo(out, output, text.end())
    return bad


def _echo(out: BinaryIO, output: str, *lines: str) -> None:
    """To the terminal in colour; to a pipe or file without (click takes it off)."""
    for line in lines:
        if output == "-":
            click.echo(line)
        else:
            out.write((click.unstyle(line) + "\n").encode("utf-8"))


def _is_bad(ack: Acknowledgment) -> bool:
    """True when anything that it speaks of was not accepted."""
    if ack.verdict not in ("accepted", "accepted_with_errors", "accepted_with_change"):
        return True
    return isinstance(ack, GroupAck) and not all(one.accepted for one in ack.sets)


def _gather(sent: tuple[str, ...], reports: tuple[str, ...]) -> SentIndex | None:
    if not sent and not reports:
        return None
    index = SentIndex()
    inputs = Inputs(sent)
    for name, stream in inputs.streams():
        index.read_more(stream, file=Path(name).name)
    if inputs.unreadable:
        raise UsageError("not every file of --sent could be read")
    for name in reports:
        try:
            index.read_build_report(Path(name).read_bytes(), file=Path(name).name)
        except OSError as failure:
            raise UsageError(f"{name}: {failure.strerror or 'cannot be read'}") from None
    return index


def _tell(name: str, findings: list[Finding]) -> None:
    for finding in findings:
        where = f", set {finding.transaction}" if finding.transaction else f", group {finding.group}" if finding.group else ""
        click.echo(f"{name}{where}: {finding.severity}: {finding.message}", err=True)
