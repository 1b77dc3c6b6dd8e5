"""Options of the commands that read encounters: `--mapping` for claims and tables, `--denials` for the remittances behind them, `--payers`
for the rules that they are held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from x12retro.cli.inputs import Inputs
from x12retro.encounter import Denial, Denials, EncounterProblem, Mapping, Paid, load_mapping, read_denials

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".837"})
"""Which files of a directory are taken for encounters; claims under another name are named one by one."""
REMITTANCES = frozenset({".835", ".edi", ".x12"})
F = TypeVar("F", bound=Callable[..., Any])


def mapping(command: F) -> F:
    """`--mapping FILE`: how a house's own columns and habits become the keys of a record."""
    return click.option(
        "--mapping",
        callback=lambda _ctx, _param, value: (value, Mapping() if value is None else load_mapping(value)),
        metavar="FILE",
        help="Mapping file (TOML) for tables, claims and FHIR bundles: which column goes where, what is the same in every record.",
    )(command)


def denials(command: F) -> F:
    """`--denials FILES`: the remittances that say what was denied."""
    return click.option(
        "--denials",
        multiple=True,
        metavar="FILES",
        help="835 remittances: only encounters that they deny for want of authorization are taken. May be given several times.",
    )(command)


def payers(command: F) -> F:
    """`--payers DIR`: the user's own payers' files, before those of the package."""
    return click.option(
        "--payers",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Your own payers' rules (TOML files); a file there stands in for ours of the same id.",
    )(command)


def denials_of(remits: Inputs, problems: list[tuple[str, EncounterProblem]]) -> Denials:
    """The denials of all remittances; what cannot be read is added to `problems` with the file it stands in."""

    def every() -> Iterator[Denial | Paid]:
        for name, stream in remits.streams():
            for one in read_denials(stream):
                if isinstance(one, EncounterProblem):
                    problems.append((name, one))
                else:
                    yield one

    return Denials(every())


def tell_denials(found: Denials) -> None:
    """Say on stderr how many denials found their claim, and how many encounters were passed over because nobody denied them."""
    unmatched = len(found.unmatched())
    passed = f"; {found.without_denial} not denied, passed over" if found.without_denial else ""
    if found.settled:
        passed += f"; {found.settled} paid since"
    click.echo(f"{len(found)} denied for want of authorization: {len(found) - unmatched} found, {unmatched} not{passed}", err=True)
