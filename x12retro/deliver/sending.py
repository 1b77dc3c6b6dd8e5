"""Put a file into a mailbox so that it is there once and whole, and find out after a failure whether it got there."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from x12retro.deliver.errors import MailboxRefused, begun
from x12retro.deliver.exchange import Outgoing
from x12retro.deliver.folder import ours, to_read
from x12retro.deliver.mailbox import Mailbox

_CHUNK = 1 << 20
Arrived = Literal["whole", "almost", "no", "unknown", "foreign"]
"""whole: it is there, or was and has been taken; almost: all of it is there and only the finish is missing; no: it is not there, or a
part that nobody takes; unknown: it, or a part of it, may have been taken; foreign: something of that name is there, and it is not ours."""


def put(mailbox: Mailbox, how: Outgoing, source: Path, name: str) -> None:
    """Put all of `source` there, to become `name`: only the `finish` is missing then, which is recorded before it is done.

    Raises the errors of the mailbox; MailboxRefused also when what is there is not as long as what was sent.
    """
    with ours(source):
        size = source.stat().st_size
    first = name + how.temporary if how.finish == "rename" else name
    there = mailbox.put(how.folder, first, source)
    if there != size:
        with begun():
            raise MailboxRefused(f"{first}: {there:,} of {size:,} bytes are there; is the mailbox full?")


def finish(mailbox: Mailbox, how: Outgoing, source: Path, name: str) -> None:
    """Do the last step for a file that is there as a whole."""
    if how.finish == "rename":
        mailbox.rename(how.folder, name + how.temporary, name)
    elif how.finish == "manifest":
        with _manifest(source, name) as manifest:
            mailbox.put(how.folder, name + how.manifest, manifest)


@contextmanager
def _manifest(source: Path, name: str) -> Iterator[Path]:
    """What the second file says, in a file of ours for as long as the block lasts."""
    with ours(source):
        with source.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        written = tempfile.NamedTemporaryFile("w", encoding="ascii", dir=source.parent)  # noqa: SIM115 - closed below
    with written:
        with ours(source):
            written.write(f"{digest}  {name}\n")
            written.flush()
        yield Path(written.name)


def reserved(how: Outgoing, name: str) -> set[str]:
    """The names that a file of ours takes in the mailbox, one after the other."""
    return {name, name + {"rename": how.temporary, "manifest": how.manifest, "direct": ""}[how.finish]}


def tells_whole(how: Outgoing, name: str) -> str:
    """The name whose being there tells the partner that a file of ours is whole."""
    return name + how.manifest if how.finish == "manifest" else name


def what_arrived(mailbox: Mailbox, how: Outgoing, source: Path, name: str, *, finishing: bool) -> Arrived:
    """What is there of `source` after a failure. `finishing` tells that `put` came to its end: only the finish was in doubt.

    A part that lies there under the name by which a file is taken is removed: so nobody takes it any more.
    """
    with ours(source):
        size = source.stat().st_size
    there = {entry.name: entry.size for entry in mailbox.entries(how.folder)}
    if (mailbox.names(how.folder) - there.keys()) & reserved(how, name):
        return "foreign"
    if how.finish == "rename":
        if name in there:
            if there[name] != size or not _begins(mailbox, how, source, name, size):
                return "foreign"
            mailbox.remove(how.folder, name + how.temporary)  # where a rename is a link and an unlink, the second may be missing
            return "whole"
        if not finishing:
            return "no"
        if name + how.temporary in there:
            return "almost" if there[name + how.temporary] == size else "no"
        return "whole"  # nobody but us renames it, and then they took it
    if how.finish == "manifest":
        if (second := name + how.manifest) in there:
            with _manifest(source, name) as manifest:
                if there[second] > manifest.stat().st_size or not _begins(mailbox, how, manifest, second, there[second]):
                    return "foreign"
                if there[second] == manifest.stat().st_size:
                    return "whole"
        if name not in there:
            return "whole" if finishing else "no"
        if there[name] > size or not _begins(mailbox, how, source, name, there[name]):
            return "foreign"
        return "almost" if there[name] == size else _taken_back(mailbox, how, name)
    if name not in there:
        return "whole" if finishing else "unknown"  # it may have been renamed or taken, or never have come
    if (there[name] != size and finishing) or there[name] > size or not _begins(mailbox, how, source, name, there[name]):
        return "foreign"
    return "whole" if there[name] == size else _taken_back(mailbox, how, name)


def _taken_back(mailbox: Mailbox, how: Outgoing, name: str) -> Arrived:
    """Remove a part; where somebody else took it, or does not let us, nobody can tell what becomes of it."""
    try:
        return "no" if mailbox.remove(how.folder, name) else "unknown"
    except MailboxRefused:
        return "unknown"


def _begins(mailbox: Mailbox, how: Outgoing, source: Path, name: str, there: int) -> bool:
    """True when the `there` bytes that are there under the name are what `source` begins with: another file may be as long."""
    copy = source.with_name(f".{source.name}.there")  # a run that dies leaves it, and the next one removes what nobody knows there
    with ours(copy):
        copy.unlink(missing_ok=True)
    try:
        mailbox.get(how.folder, name, copy, there)
        with to_read(copy) as one, to_read(source) as other:
            while chunk := one.read(_CHUNK):
                if chunk != other.read(len(chunk)):
                    return False
        return copy.stat().st_size == there
    finally:
        copy.unlink(missing_ok=True)
