"""A folder that documents out of messages are put into: under names of ours, readable by the owner alone, never over another file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from x12retro.attach.kinds import SUFFIX, Kind
from x12retro.errors import SystemFailure, UsageError


class Folder:
    """A shelf (`Shelf`) in `path`, which is made when it is not there. Names count up: `document-00001.pdf`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        self._open: tuple[BinaryIO, Path] | None = None
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as e:
            raise UsageError(f"{path}: cannot be a folder for documents ({e.strerror or type(e).__name__})") from e

    def begin(self, kind: Kind) -> str:
        """See `Shelf`. Raises SystemFailure when no file can be made."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        while True:
            self._number += 1
            file = self._path / f"document-{self._number:05d}.{SUFFIX.get(kind, 'bin')}"
            try:
                handle = os.open(file, flags, 0o600)
            except FileExistsError:
                continue
            except OSError as e:
                raise SystemFailure(f"{self._path}: a document cannot be put there ({e.strerror or type(e).__name__})") from e
            self._open = os.fdopen(handle, "wb"), file
            return file.name

    def put(self, piece: bytes) -> None:
        """See `Shelf`. Raises SystemFailure when the disk will not take it."""
        assert self._open is not None, "begin comes first"
        try:
            self._open[0].write(piece)
        except OSError as e:
            raise SystemFailure(f"{self._path}: a document cannot be written there ({e.strerror or type(e).__name__})") from e

    def end(self, *, keep: bool) -> None:
        """See `Shelf`."""
        assert self._open is not None, "begin comes first"
        stream, file = self._open
        self._open = None
        try:
            stream.close()
        finally:
            if not keep:
                file.unlink(missing_ok=True)
