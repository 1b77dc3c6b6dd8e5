"""`x12retro maps`: check the guides, or write them for pyx12."""

from __future__ import annotations

from pathlib import Path

import click

from x12retro.errors import SystemFailure
from x12retro.guide.export import DIRECTIONS, export
from x12retro.guide.lint import lint, map_files
from x12retro.guide.places import maps_dir


@click.group()
def maps() -> None:
    """Check the guides, or write them for pyx12."""


@maps.command("lint")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_context
def lint_command(context: click.Context, folder: Path | None) -> None:
    """Check the maps and code lists of DIR (default: those of this package), one problem a line; exit 1 when there is one."""
    folder = folder or maps_dir()
    problems = lint(folder)
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(map_files(folder))} maps, {len(problems)} problems")
    context.exit(1 if problems else 0)


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
