"""Options that several commands share, and the writing of their results."""

from __future__ import annotations

import errno
import math
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from x12retro.cli.inputs import once
from x12retro.cli.pipes import waited_for
from x12retro.errors import UsageError

if TYPE_CHECKING:
    from x12retro.guide.overlay import Payer

_FIRST, _LAST = 1990, 2199
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
F = TypeVar("F", bound=Callable[..., Any])


def calendar_day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    try:
        day = None if value is None else datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day
    except ValueError:
        raise click.BadParameter("a date is written YYYY-MM-DD") from None
    if day is not None and not _FIRST <= day.year <= _LAST:
        raise click.BadParameter(f"the year lies outside {_FIRST} to {_LAST}")
    return day


def words(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """A text that somebody gives for the record, without the blanks around it; never empty."""
    if value is not None and not value.strip():
        raise click.BadParameter("say something: it is kept with the event, for whoever asks later")
    return value.strip() if value is not None else None


class _Installation(click.Path):
    """The file that describes an installation."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's signature
        return "It names the installation's file, x12retro.toml (docs/deliver.md); `x12retro demo --keep DIR` lays one out to start from."


def config(command: F) -> F:
    """`--config FILE`: which installation is meant."""
    kind = _Installation(path_type=Path)
    return click.option("--config", required=True, type=kind, metavar="FILE", help="The installation (TOML): x12retro.toml.")(command)


def as_of(command: F) -> F:
    """`--as-of DATE`: what "today" is, for runs that can be repeated."""
    return click.option(
        "--as-of", callback=calendar_day, metavar="DATE", help="Take DATE (YYYY-MM-DD) for today; default: the clock's date."
    )(command)


def output(command: F) -> F:
    """`-o FILE`: where the result goes."""
    return click.option("-o", "--output", default="-", metavar="FILE", help="Write to FILE (- for standard output, the default).")(command)


def scheduler(command: F) -> F:
    """`--scheduler ADDRESS`: the workers of a Dask scheduler do the work."""
    return click.option(
        "--scheduler", metavar="ADDRESS", help="Have the workers of a Dask scheduler do the work (tcp://host:8786); docs/scale.md."
    )(command)


def _real(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter("is no number of seconds")
    return value


def wait(command: F) -> F:
    """`--wait SECONDS`: how long another run may hold the command up."""
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        callback=_real,
        default=300,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a run of deliver that is at work for the partner.",
    )(command)


def payer(command: F) -> F:
    """`--payer ID` and `--payers DIR`: whose own demands are checked besides the guide."""
    own = click.option("--payers", type=click.Path(path_type=Path), metavar="DIR", help="With --payer: your own payers' files.")
    who = click.option("--payer", metavar="ID", help="Check what this payer asks beyond the guide too; `x12retro maps payers` lists them.")
    return who(own(command))


def overlay(name: str | None, own: Path | None) -> Payer | None:
    """The payer that `--payer` names; raises UsageError when there is none."""
    if name is None:
        if own is not None:
            raise click.UsageError("--payers goes with --payer ID")
        return None
    from x12retro.guide.overlay import find_payer

    found = find_payer(name, own)
    if not found.rows:
        click.echo(f"x12retro: nothing is known of what {found.id} asks beyond the guide; its file holds rules for `assess` only", err=True)
    return found


def today(given: date | None) -> date:
    """The given date, else the clock's: the one place where a command looks at the clock for it."""
    return given or date.today()  # noqa: DTZ011 - the user's own calendar day is meant


def refuse_overwriting(outputs: Mapping[str, str | None], inputs: Iterable[str | None]) -> None:
    """Raise UsageError when an output is one of the inputs or two outputs are one file or both standard output, and when standard input is
    named twice among the inputs.

    Keys of `outputs` are the options' names.
    """
    inputs = list(inputs)
    once(inputs)
    taken = {os.path.realpath(name): f"{name} is an input too" for name in inputs if name not in (None, "-") and Path(name).is_file()}
    for option, name in outputs.items():
        if name is None:
            continue
        if name != "-" and Path(name).exists() and not Path(name).is_file():  # a device or a pipe keeps nothing that could be destroyed
            continue
        path = name if name == "-" else os.path.realpath(name)
        if path in taken:
            if name == "-":
                raise UsageError(f"{option} -: {taken[path]}; the two would be mixed")
            raise UsageError(f"{option} {name}: {taken[path]}; writing there would destroy it")
        taken[path] = f"{option} is written there"


def is_put_in_place(output: str) -> bool:
    """True when a result appears all at once at the end of the run, False when it can be read while it goes on."""
    return output != "-" and (Path(output).is_file() or not Path(output).exists())


@contextmanager
def writing(name: str, *, keep: Callable[[], bool] = lambda: True) -> Iterator[BinaryIO]:
    """A stream to `name`: a file appears under its name only when it is complete, and only if `keep()` says so then.

    It may hold patients' data: a new file is for its owner's eyes only, as in the house. A link is written through, and a file that is
    replaced leaves its permissions to the new one.
    """
    try:
        with _writing(name, keep) as stream:
            yield stream
    except OSError as failure:
        if failure.filename is None and failure.errno in _FULL:  # a write that failed does not say to what
            raise OSError(failure.errno, failure.strerror, "standard output" if name == "-" else name) from failure
        raise


@contextmanager
def _writing(name: str, keep: Callable[[], bool]) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if Path(name).is_dir():
        raise UsageError(f"{name} is a directory; name a file")
    if Path(name).exists() and not Path(name).is_file():  # a device or a pipe is written to, not replaced
        with waited_for(name):
            stream = Path(name).open("wb")  # noqa: SIM115 - closed below
        with stream:
            yield stream
        return
    target = Path(os.path.realpath(name))
    if not target.parent.exists():
        raise UsageError(f"{name}: the folder {target.parent} does not exist")
    from tempfile import mkstemp  # most results go to standard output

    try:
        handle, temporary = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as failure:  # it would name a file that the user has never heard of
        raise OSError(failure.errno, failure.strerror, name) from failure
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        if keep():
            if target.exists():
                Path(temporary).chmod(stat.S_IMODE(target.stat().st_mode))
            Path(temporary).replace(target)
        else:
            Path(temporary).unlink()
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
