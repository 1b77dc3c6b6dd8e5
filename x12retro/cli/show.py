"""`x12retro show`: a message as an indented tree in plain words. It prints the message's data: that is what it is for."""

from __future__ import annotations

from collections.abc import Iterator

import click

from x12retro.cli.inputs import Inputs
from x12retro.findings import Finding
from x12retro.guide.outline import Line, outline
from x12retro.x12 import GroupStart, InterchangeStart, Stray, Ta1, Transaction, read


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--codes-only", is_flag=True, help="Leave out what is not a code: names, ids, dates, text.")
def show(files: tuple[str, ...], codes_only: bool) -> int:
    """Print a message as an indented tree in plain words.

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
            for text in _frame(frame, codes_only):
                click.echo(text)
    return 2 if inputs.unreadable else 1 if problems else 0


def _frame(frame: object, codes_only: bool) -> Iterator[str]:
    match frame:
        case InterchangeStart(isa=isa) if isa is not None:
            kind = {"T": "test", "P": "production"}.get(isa[15].strip(), "")
            yield click.style(f"interchange {isa[13]} from {isa[6].strip()} to {isa[8].strip()} {kind}".rstrip(), bold=True)
        case GroupStart(gs=gs) if gs is not None:
            yield click.style(f"group {gs[6]} ({gs[1]}) from {gs[2]} to {gs[3]}, guide {gs[8]}", bold=True)
        case Ta1(segment=ta1):
            yield f"TA1 about interchange {ta1[1]}: {ta1[4]}, note {ta1[5]}"
        case Transaction():
            for line in outline(frame):
                yield from _line(line, codes_only)
        case Stray():
            yield "a segment outside any transaction"


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
