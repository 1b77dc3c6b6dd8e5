"""`x12retro show`: a message as an indented tree in plain words. It prints the message's data: that is what it is for."""

from __future__ import annotations

from collections.abc import Iterator

import click

from x12retro.cli.inputs import Inputs
from x12retro.findings import Finding
from x12retro.guide.outline import Line, Value, outline
from x12retro.x12 import GroupStart, InterchangeStart, Stray, Ta1, Transaction, read


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--full", is_flag=True, help="One line a value, with its place (UM04-1), name, code and meaning.")
@click.option("--codes-only", is_flag=True, help="With --full: leave out what is not a code: names, ids, dates, text.")
def show(files: tuple[str, ...], full: bool, codes_only: bool) -> int:
    """Print a message as an indented tree in plain words: one line a segment.

    The output holds the data of the message, patients' names included, unless --codes-only is given.

    \b
    Example:
      x12retro show response.edi | less
    """
    inputs = Inputs(files)
    problems = 0
    for name, stream in inputs.streams():
        if len(inputs) > 1:
            click.secho(f"== {name}", bold=True)
        for frame in read(stream):
            if isinstance(frame, Finding):
                click.echo(f"{name}: {frame.severity}: {frame.message}", err=True)
                problems += frame.is_error
                continue
            for text in _frame(frame, full or codes_only, codes_only):
                click.echo(text)
    return 2 if inputs.unreadable else 1 if problems else 0


def _frame(frame: object, full: bool, codes_only: bool) -> Iterator[str]:
    match frame:
        case InterchangeStart(isa=isa) if isa is not None and codes_only:
            yield click.style(f"interchange {isa[13]}", bold=True)
        case GroupStart(gs=gs) if gs is not None and codes_only:
            yield click.style(f"group {gs[6]} ({gs[1]}), guide {gs[8]}", bold=True)
        case InterchangeStart(isa=isa) if isa is not None:
            kind = {"T": "test", "P": "production"}.get(isa[15].strip(), "")
            yield click.style(f"interchange {isa[13]} from {isa[6].strip()} to {isa[8].strip()} {kind}".rstrip(), bold=True)
        case GroupStart(gs=gs) if gs is not None:
            yield click.style(f"group {gs[6]} ({gs[1]}) from {gs[2]} to {gs[3]}, guide {gs[8]}", bold=True)
        case Ta1(segment=ta1):
            yield f"TA1 about interchange {ta1[1]}: {ta1[4]}, note {ta1[5]}"
        case Transaction():
            for line in outline(frame):
                yield from _line(line, codes_only) if full else _short(line)
        case Stray():
            yield "a segment outside any transaction"


def _short(line: Line) -> Iterator[str]:
    """A segment in one line; levels, separators of meaning and counts are left to --full."""
    indent = "  " * line.depth
    if line.loop:
        yield indent + click.style(f"{line.loop} {line.loop_name}", fg="cyan", bold=True)
    if line.segment in ("HL", "SE"):
        return
    words = ", ".join(text for value in line.values if (text := _plain(value)))
    name = line.name or click.style("not known here", fg="red")
    yield f"{indent}  {click.style(f'{line.segment:<4}', bold=True)}{name}: {click.style(words, fg='green')}"


_PLUMBING = frozenset(
    {"NM102", "REF01", "DTP01", "DTP02", "DMG01", "PRV02", "TRN01", "ST01", "BHT01", "PER01", "INS01", "PWK05", "TOO01", "CRC01"}
)
"""Values that only say how to read the next one, or repeat the segment's name."""


def _plain(value: Value) -> str:
    if value.place in _PLUMBING or value.data == "1250":
        return ""
    if value.meaning:
        return value.meaning if value.place in ("NM108", "PER03", "PER05", "PER07") else f"{value.meaning} ({value.text})"
    return _dates(value.text) if value.data in ("373", "1251") else value.text


def _dates(text: str) -> str:
    return " to ".join(f"{d[:4]}-{d[4:6]}-{d[6:]}" if len(d) == 8 and d.isdecimal() else d for d in text.split("-"))


def _line(line: Line, codes_only: bool) -> Iterator[str]:
    indent = "  " * (line.depth + 1)
    if line.loop:
        yield indent[:-2] + click.style(f"{line.loop} {line.loop_name}", fg="cyan", bold=True)
    yield indent + click.style(f"{line.segment:<4}", bold=True) + line.name
    for value in line.values:
        if codes_only and value.meaning is None:
            continue
        meaning = f"  {value.meaning}" if value.meaning else ""
        yield f"{indent}    {value.place:<9} {value.name:<28} {click.style(value.text, fg='green')}{meaning}"
