"""A mailbox that is a folder of this machine, or one that another machine has mounted here."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from x12retro.deliver.errors import MailboxRefused, MailboxUnreachable, begun
from x12retro.deliver.mailbox import Entry
from x12retro.deliver.renaming import renamed
from x12retro.errors import SystemFailure
from x12retro.regular import opened

_CHUNK = 1 << 20


class FolderMailbox:
    """The mailbox in the folder `root`, which must exist."""

    def __init__(self, root: Path) -> None:
        self._root = root
        if not root.is_dir():
            raise MailboxUnreachable(f"{root}: is no folder (is it mounted?)")

    def entries(self, folder: str) -> list[Entry]:
        found = []
        with _told(self._root / folder), os.scandir(self._root / folder) as names:
            for one in names:
                try:
                    about = one.stat(follow_symlinks=False)
                except FileNotFoundError:  # somebody took it in between
                    continue
                if stat.S_ISREG(about.st_mode):
                    found.append(Entry(one.name, about.st_size, about.st_mtime))
        return sorted(found)

    def names(self, folder: str) -> set[str]:
        with _told(self._root / folder):
            return {path.name for path in (self._root / folder).iterdir()}

    def put(self, folder: str, name: str, source: Path) -> int:
        target = self._root / folder / name
        with to_read(source) as reading:
            with _told(self._root / folder):
                writing = _opened(target)
            with begun(), _told(self._root / folder), writing:
                shutil.copyfileobj(reading, writing, _CHUNK)
                writing.flush()
                os.fsync(writing.fileno())
                return os.fstat(writing.fileno()).st_size  # by now somebody may have taken it

    def rename(self, folder: str, old: str, new: str) -> None:
        here = self._root / folder
        with _told(self._root / folder):
            renamed(here / old, here / new)
            synced(here)

    def get(self, folder: str, name: str, target: Path, limit: int) -> int:
        path = self._root / folder / name
        with _told(path), opened(path, follow=False) as reading:
            return written(reading, target, limit, name)

    def remove(self, folder: str, name: str) -> bool:
        with _told(self._root / folder):
            try:
                (self._root / folder / name).unlink()
            except FileNotFoundError:
                return False
        return True

    def close(self) -> None:
        pass


def _opened(target: Path) -> BinaryIO:
    """A file to be written, over what had its name; never through a link, and never into a pipe, which others may have put there."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    stream = os.fdopen(descriptor, "wb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        stream.close()
        raise MailboxRefused(f"{target.name}: what has that name there is no file")
    stream.truncate()
    return stream


def written(reading, target: Path, limit: int, name: str) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001 - anything that can be read from
    """Copy a stream into a new file for our eyes only, and make sure that it is on the disk; its size."""
    size = 0
    with ours(target):
        writing = os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 0)
    with writing:
        while chunk := reading.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise MailboxRefused(f"{name}: is longer than {limit:,} bytes")
            with ours(target):
                left = memoryview(chunk)
                while left:
                    left = left[writing.write(left) :]
        with ours(target):
            os.fsync(writing.fileno())
    return size


def to_read(source: Path) -> BufferedReader:
    """A file of ours, opened to be read. Raises SystemFailure."""
    with ours(source):
        return source.open("rb")


@contextmanager
def ours(path: Path) -> Iterator[None]:
    """Tell a failure of the block as one of our own disk: SystemFailure, not the mailbox's."""
    try:
        yield
    except OSError as problem:
        raise SystemFailure(f"{path}: {problem.strerror or type(problem).__name__}") from problem


def synced(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        if not path.is_dir():  # not every file system does that for folders
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _told(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN):
            raise MailboxUnreachable(f"{where}: {problem.strerror}") from problem
        raise MailboxRefused(f"{where}: {problem.strerror or type(problem).__name__}") from problem
