"""The file in which control numbers are kept between runs: `{"interchange": 1, "group": 1}`, the next numbers to use.

A run holds a lock from the moment it reads the numbers until it is done, so that no other run draws the same ones. Numbers are saved
before anything that bears them is put where a partner may find it: one may be lost, none is used twice.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self, TypeVar

import click
import msgspec

from x12retro.build import Built
from x12retro.cli import options
from x12retro.errors import SystemFailure, UsageError
from x12retro.x12.control import ControlNumbers

NO_CONTROL_FILE = (
    "note: control numbers begin at 1 in every run without --control-file; a payer may take a second file for a duplicate of the first"
)
AnyBuilt = TypeVar("AnyBuilt", bound=Built)
_POLL = 0.05
_PATIENCE = 1.0
"""Seconds between two looks at the lock, and until the user is told of the wait."""


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    interchange: int = 1
    group: int = 1


class ControlFile:
    """The control numbers of one run, `numbers`; without a name they begin at 1 and are kept nowhere.

    Waits while another run has the file. Raises UsageError for a file that holds no numbers, and UsageError or OSError when they
    could not be saved: better before the run than after it.
    """

    def __init__(self, name: str | None) -> None:
        self._lock: int | None = None
        self._name = name
        self.numbers = ControlNumbers()
        self._saved: tuple[int, int] | None = None
        if name is None:
            return
        if name == "-":
            raise UsageError("--control-file names a file: the numbers are kept for the next run")
        if Path(name).exists() and not Path(name).is_file():
            raise UsageError(f"{name} is no file: the numbers are kept for the next run")
        with options.writing(name, keep=lambda: False):  # it can be written, or this raises
            pass
        self._lock = _locked(name)
        try:
            self.numbers = _load(name)
        except BaseException:
            self.close()
            raise
        self._saved = self._now()

    def save(self) -> None:
        """Keep the numbers that the next run begins with."""
        self._write(self._now())

    def reserve(self) -> None:
        """Keep them as they will be after the interchange that is open: what is written from now on can be taken by a partner."""
        ahead = ControlNumbers(self.numbers.interchange, self.numbers.group)
        ahead.next_interchange()
        self._write((ahead.interchange, ahead.group))

    def reserving(self, built: Iterable[AnyBuilt]) -> Iterator[AnyBuilt]:
        """Pass on what was built; the numbers of an interchange are saved before its first set leaves."""
        for one in built:
            if one.built:
                self.reserve()
            yield one

    def close(self) -> None:
        """Let the next run have the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _now(self) -> tuple[int, int]:
        return self.numbers.interchange, self.numbers.group

    def _write(self, kept: tuple[int, int]) -> None:
        if self._name is None or kept == self._saved:
            return
        with options.writing(self._name) as stream:
            stream.write(msgspec.json.encode(_Kept(*kept)) + b"\n")
        self._saved = kept


def _load(name: str) -> ControlNumbers:
    if not Path(name).exists():
        return ControlNumbers()
    try:
        kept = msgspec.json.decode(Path(name).read_bytes(), type=_Kept)
        return ControlNumbers(kept.interchange, kept.group)
    except (msgspec.DecodeError, UnicodeDecodeError, UsageError) as failure:
        why = str(failure)
    raise UsageError(f'{name} is no control file ({why}); it holds {{"interchange": 1, "group": 1}}, the next numbers to use')


def _locked(name: str) -> int:
    """A lock on `name` that is let go when the descriptor is closed, at the latest when the process ends.

    It lies on a file beside it, because the file itself is replaced by each save; that one stays: to remove it would let two runs in.
    """
    side = os.path.realpath(name) + ".lock"
    try:
        lock = os.open(side, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as failure:
        raise SystemFailure(f"{side}: {failure.strerror or 'cannot be opened'} (two runs would take the same numbers without it)") from None
    began, told = time.monotonic(), False
    try:
        while not _try_lock(lock):
            if not told and time.monotonic() - began >= _PATIENCE:
                click.echo(f"waiting for another run to be done with {name}", err=True)
                told = True
            time.sleep(_POLL)
    except OSError as failure:
        os.close(lock)
        raise SystemFailure(f"{side}: cannot be locked ({failure.strerror or type(failure).__name__})") from None
    except BaseException:
        os.close(lock)
        raise
    return lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(lock: int) -> bool:
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _try_lock(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
