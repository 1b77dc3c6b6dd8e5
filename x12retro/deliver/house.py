"""Our own folders: what comes in, what waits to go out, what somebody has to look at, and the archive.

    documents/PARTNER  the house puts documents here that its encounters name
    given/PARTNER      documents that were given to answer a payer with, until they are sent
    drop/PARTNER       the house puts encounters or ready 278 files here
    taken/PARTNER      what was taken from the drop folder and is being read
    outbox/PARTNER     files that are made and wait to be delivered
    inbox/PARTNER      files that were collected and wait to be read
    held/PARTNER       what somebody has to look at, each with its findings beside it
    decisions/PARTNER  decision records, JSON lines
    archive/PARTNER/YYYY-MM/{drop,out,in}

The ledger says where a file is going to lie before it is moved there; a run that died in between is made good by the next one.
Everything is for its owner's eyes only, and a file appears under its name when it is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from x12retro.deliver.folder import ours, synced
from x12retro.errors import SystemFailure
from x12retro.private import make_private

_ROOMS = ("documents", "given", "drop", "taken", "outbox", "inbox", "held", "decisions", "archive")


class House:
    """The folders of one partner below `root`, made when they are not there."""

    def __init__(self, root: Path, partner: str) -> None:
        self.root = root
        self.partner = partner
        rooms = [root / room / partner for room in _ROOMS]
        self.documents, self.given, self.drop, self.taken, self.outbox, self.inbox, self.held, self.decisions, self._archive = rooms
        try:
            for room in rooms:
                make_private(room)
        except OSError as problem:
            raise SystemFailure(f"{problem.filename}: cannot be made ({problem.strerror})") from problem

    def path(self, kept: str) -> Path:
        """The path that the ledger keeps, below `root`, as a real one."""
        return self.root / kept

    def kept(self, path: Path) -> str:
        """A path as the ledger keeps it."""
        return path.relative_to(self.root).as_posix()

    @contextmanager
    def writing(self, target: Path) -> Iterator[BinaryIO]:
        """A stream to a file that appears under its name, and is on the disk, when the block ends well."""
        part = _part(target)
        with ours(target):
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    yield stream
                    stream.flush()
                    os.fsync(stream.fileno())
                part.replace(target)
                synced(target.parent)
            except BaseException:
                part.unlink(missing_ok=True)
                raise

    def write_all(self, files: Sequence[tuple[Path, bytes]]) -> None:
        """Write files that appear under their names when all of them are on the disk, which for many takes less time than one by one."""
        parts = [(_part(target), target) for target, _ in files]
        try:
            for (part, _), (_, content) in zip(parts, files, strict=True):
                with ours(part), os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                    stream.write(content)
            for part, _ in parts:
                with ours(part):
                    synced(part)
            for part, target in parts:
                with ours(target):
                    part.replace(target)
            for folder in {target.parent for _, target in parts}:
                synced(folder)
        except BaseException:
            for part, _ in parts:
                part.unlink(missing_ok=True)
            raise

    def archived(self, file_id: int, name: str, direction: str, now: datetime) -> Path:
        """Where a file is going to lie in the archive; no two have one place."""
        return self._archive / now.strftime("%Y-%m") / direction / f"{file_id}-{name}"

    def set_aside(self, file_id: int, name: str) -> Path:
        """Where a file is going to lie that somebody has to look at."""
        return self.held / f"{file_id}-{name}"

    def decision_file(self, made_at: str, sha256: str) -> Path:
        """Where the decision records lie that were read from a file: the same place when it is read again."""
        return self.decisions / f"{made_at[:10]}-{sha256[:12]}.jsonl"

    def move(self, path: Path, target: Path) -> None:
        """Move a file to its place. One that lies there already was moved by an earlier run: then this is a copy of it."""
        self.move_all([(path, target)])

    def move_all(self, moves: Sequence[tuple[Path, Path]]) -> None:
        """Move many files, in this order."""
        folders: set[Path] = set()
        for path, target in moves:
            with ours(path):
                if target.parent not in folders:
                    make_private(target.parent)
                path.replace(target)
            folders |= {target.parent, path.parent}
        for folder in folders:
            synced(folder)


def _part(target: Path) -> Path:
    """What a file is called while it is written."""
    return target.with_name(f".{target.name}.part")


def digest(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
