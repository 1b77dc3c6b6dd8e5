"""What the user names as input: files, directories, globs and `-`; and the progress of reading them."""

from __future__ import annotations

import glob
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from x12retro.cli.pipes import waited_for
from x12retro.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_X12_SUFFIXES = frozenset({".edi", ".x12", ".278", ".275", ".999", ".997", ".824", ".ta1", ".277", ".835", ".837", ".txt", ".dat"})
_ISA = re.compile(rb"(?:^|[\s~])ISA[^A-Za-z0-9\s][0-9]{2}[^A-Za-z0-9\s]")
_WORTH_A_BAR = 8 << 20
"""Bytes of input from which a progress bar is shown."""


class Inputs:
    """The files behind the arguments of a command, in order. `unreadable` counts those that could not be opened (exit code 2)."""

    def __init__(self, names: Sequence[str], suffixes: frozenset[str] = frozenset(), *, bar_from: int = _WORTH_A_BAR) -> None:
        """`suffixes`: which files of a directory are meant (`{".json"}`); when empty, those that may be X12.

        `bar_from`: bytes of input from which progress is shown.
        """
        self._bar_from = bar_from
        self.unreadable = 0
        self.passed_over = 0
        self._suffixes = suffixes
        self._paths: list[str] = []
        for name in names:
            self._paths.extend(self._expand(name))
        once(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def names(self) -> tuple[str, ...]:
        """The files by name, `-` for standard input."""
        return tuple(self._paths)

    def _expand(self, name: str) -> list[str]:
        if name == "-":
            return [name]
        if not name:
            return self._refuse("an empty name", "name a file, a directory, a glob or -")
        path = Path(name)
        try:
            if path.is_dir():
                return self._inside(path)
            if not path.exists() and glob.has_magic(name):
                found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - the pattern may be absolute, which Path.glob refuses
                return found or self._refuse(name, "no file matches")
        except OSError as failure:
            return self._refuse(name, failure.strerror or "cannot be read")
        return [name]

    def _inside(self, folder: Path) -> list[str]:
        """The files in a directory and below that are meant; hidden ones are not."""
        found, others = [], 0
        for here, folders, files in os.walk(folder, onerror=self._cannot_list):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            for file in sorted(files):
                path = Path(here, file)
                if file.startswith(".") or not path.is_file():
                    continue
                if self._is_meant(path):
                    found.append(str(path))
                else:
                    others += 1
        self.passed_over += others
        if not found and not self.unreadable:
            kinds = " or ".join(sorted(self._suffixes)) or "X12"
            self._refuse(str(folder), f"the directory holds no {kinds} files")
        return found

    def _cannot_list(self, failure: OSError) -> None:
        self._refuse(str(failure.filename), failure.strerror or "cannot be read")

    def _is_meant(self, path: Path) -> bool:
        if self._suffixes:
            return path.suffix.lower() in self._suffixes
        return path.suffix.lower() in _X12_SUFFIXES or _begins_like_x12(path)

    def _refuse(self, name: str, why: str) -> list[str]:
        """Tell on stderr that a name gives nothing to read; the others go on."""
        click.echo(f"x12retro: {name}: {why}", err=True)
        self.unreadable += 1
        return []

    def streams(self) -> Iterator[tuple[str, BinaryIO]]:
        """Open one file after the other; an unreadable one is told on stderr and passed over."""
        with _bar(self._paths, self._bar_from) as advance:
            for name in self._paths:
                if name == "-":
                    yield name, cast(BinaryIO, _Watched(sys.stdin.buffer, advance))
                    continue
                try:
                    with waited_for(name):
                        handle = Path(name).open("rb")  # noqa: SIM115 - closed below; only opening may fail here
                except OSError as failure:
                    self._refuse(name, failure.strerror or "cannot be read")
                    continue
                with handle:
                    yield name, cast(BinaryIO, _Watched(handle, advance))


def once(names: Sequence[str | None]) -> None:
    """Raise UsageError where standard input is named twice among inputs."""
    if names.count("-") > 1:
        raise UsageError("- is given twice: standard input can be read but once")


def _begins_like_x12(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _ISA.search(stream.read(4096)) is not None
    except OSError:
        return True  # let it be reported as unreadable rather than passed over


class _Watched(io.RawIOBase):
    """A stream that tells how much was read of it."""

    def __init__(self, stream: BinaryIO, advance: _Advance | None) -> None:
        self._stream = stream
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        if self._advance is not None:
            self._advance(len(data))
        return data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Advance:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def __call__(self, n: int) -> None:
        self._progress.advance(self._task, n)


@contextmanager
def _bar(paths: Sequence[str], bar_from: int) -> Iterator[_Advance | None]:
    """A progress bar on stderr, when it is a terminal and the input is large."""
    total = sum(os.path.getsize(p) for p in paths if p != "-" and os.path.isfile(p))  # noqa: PTH113, PTH202 - names, not Paths
    if not sys.stderr.isatty() or (total < bar_from and len(paths) < 200):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    progress = Progress(BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True))
    with progress:
        yield _Advance(progress, progress.add_task("reading", total=total))
