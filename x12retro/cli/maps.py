"""`x12retro maps`: check the guides, write them for pyx12, or renew the tables of code sets."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from x12retro.assess import lint_rules, read_rules
from x12retro.build import scenario_faults
from x12retro.counted import counted
from x12retro.errors import SystemFailure, UsageError
from x12retro.guide.export import DIRECTIONS, export
from x12retro.guide.lint import is_maps, lint, map_files
from x12retro.guide.overlay import payer_files, payers_dir, read_payer
from x12retro.guide.places import maps_dir


@click.group()
def maps() -> None:
    """Check the guides, or write them for pyx12."""


@maps.command("lint")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_context
def lint_command(context: click.Context, folder: Path | None) -> None:
    """Check the maps, code lists and payers of DIR (default: those of this package), one problem a line; exit 1 when there is one.

    A folder of payers' files alone is checked too.
    """
    folder = folder or maps_dir()
    inside = folder / "payers" if is_maps(folder) else folder
    rules = lint_rules(inside, date.today())  # noqa: DTZ011 - the user's own calendar day is meant
    warnings = [str(one) for one in rules if one.severity == "warning"]
    known = lint(folder)
    where = inside.relative_to(folder).as_posix()
    heads = {(one.file, one.line) for one in known}
    more = [one for one in rules if one.severity == "error"]
    names = [one.file if where == "." else f"{where}/{one.file}" for one in more]
    problems = [str(one) for one in known]
    problems += [f"{name}:{one.line}: {one.message}" for name, one in zip(names, more, strict=True) if (name, one.line) not in heads]
    broken = {one.file for one in known} | set(names)
    table = folder / "scenarios.toml"
    scenarios = scenario_faults(inside, table if table.is_file() else None)
    problems += [
        f"{name}:1: {message}" for file, message in scenarios if (name := file.relative_to(folder).as_posix()) not in broken
    ]  # a file that cannot be read was told above
    for line in (*problems, *warnings):
        click.echo(line)
    payers = len(list((folder / "payers").glob("*.toml"))) or (0 if is_maps(folder) else len(list(folder.glob("*.toml"))))
    click.echo(f"{counted(len(map_files(folder)), 'map')}, {counted(payers, 'payer')}, {counted(len(problems), 'problem')}")
    context.exit(1 if problems else 0)


@maps.command("payers")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def payers_command(folder: Path | None) -> None:
    """List the payers of DIR (default: those of this package): what is known of each, how surely, of which years."""
    for file in payer_files(folder or payers_dir()):
        payer = read_payer(file)
        years = sorted({row.seen for row in payer.rows})
        sure = sorted({row.confidence for row in payer.rows})
        span = f"{years[0]}-{years[-1]}" if len(years) > 1 else f"{years[0]}" if years else "-"
        line = f"{payer.id:26} {len(payer.rows):3} rows  confidence {','.join(sure) or '-':8} {span:10}"
        click.echo(f"{line} {len(read_rules(file).rules):3} late  {payer.name}")


@maps.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def export_command(folder: Path) -> None:
    """Write DIR/request and DIR/response, which pyx12 loads with `x12valid -m`."""
    try:
        export(folder)
    except OSError as problem:
        raise SystemFailure(f"{folder}: cannot be written ({problem.strerror})") from problem
    for direction in DIRECTIONS:
        click.echo(f"x12valid -m {folder / direction} FILE")


@maps.command("tables")
@click.option("--release", "releases", multiple=True, metavar="DATE=FILE", help="A list of codes and the first day it is in force.")
@click.option("--table", default="icd-10-cm", show_default=True, help="The table that --release belongs to.")
@click.option("-o", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where the tables lie (default: this package).")
def tables_command(releases: tuple[str, ...], table: str, folder: Path | None) -> None:
    """Add releases to the tables of code sets: from lists of codes, or from the package simple-icd-10-cm where it is installed."""
    from x12retro.guide.tables.build import add_release, installed_lists, read_release

    folder = folder or maps_dir() / "tables"
    found = [(table, *read_release(text)) for text in releases] or list(installed_lists())
    if not found:
        raise UsageError("no list of codes: give --release DATE=FILE, or install simple-icd-10-cm")
    for name, day, codes in found:
        file = folder / f"{name}.z"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(add_release(file.read_bytes() if file.is_file() else None, name, day, codes))
        except OSError as problem:
            raise SystemFailure(f"{file}: cannot be written ({problem.strerror})") from problem
        click.echo(f"{file}: release of {day}, {len(codes)} codes")
