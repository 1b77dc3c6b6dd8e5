"""The mailbox: what came is copied, recorded, and only then taken away there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Container
from fnmatch import fnmatchcase

import msgspec

from x12retro.deliver import Entry, MailboxRefused, is_safe
from x12retro.deliver.house import digest
from x12retro.deliver.notices import noticed
from x12retro.errors import SystemFailure
from x12retro.flow.desk import Desk
from x12retro.flow.others import is_shared, notices_of_others, whose_else
from x12retro.ledger import NewFile
from x12retro.ledger.queries import files_named, find_file, seen_in_mailbox

_DIGITS = 12


def collect(desk: Desk, stay: Container[Entry] = ()) -> int:
    """Copy what came into the inbox, each file once, but for the notices that `stay`; how many. Raises the errors of the mailbox."""
    how = desk.exchange.incoming
    _sweep(desk)
    entries = [entry for entry in desk.mailbox.entries(how.folder) if _wanted(desk, entry)]
    told = {one.entry for one in noticed(desk.exchange.notices, how.folder, entries) if not one.notice.take}
    told |= notices_of_others(desk, entries)
    entries = [entry for entry in entries if entry not in told and entry not in stay]
    if entries and how.settle:
        time.sleep(how.settle)
        still = set(desk.mailbox.entries(how.folder))
        entries = [entry for entry in entries if entry in still]
    if not how.remove:
        with desk.ledger.look() as connection:
            seen = seen_in_mailbox(connection, desk.partner, [entry.name for entry in entries])
        entries = [entry for entry in entries if (entry.name, mark(entry)) not in seen]
    fresh = 0
    ours: list[Entry] = []
    for entry in entries:
        known = _one(desk, entry)
        if known is not None:
            fresh += not known
            ours.append(entry)
    if how.remove and ours:
        _take_away(desk, ours)
    return fresh


def _take_away(desk: Desk, ours: list[Entry]) -> None:
    """Remove what is ours now from the mailbox, but for what was replaced there since we copied it: that is another file."""
    folder = desk.exchange.incoming.folder
    there = set(desk.mailbox.entries(folder))
    for entry in ours:
        if entry in there:
            try:
                desk.mailbox.remove(folder, entry.name)
            except MailboxRefused as problem:
                desk.tell("warning", f"{entry.name}: cannot be taken away: {problem}")


def _wanted(desk: Desk, entry: Entry) -> bool:
    how = desk.exchange.incoming
    if any(fnmatchcase(entry.name, pattern) for pattern in how.leave) or not any(fnmatchcase(entry.name, pattern) for pattern in how.take):
        return False
    if not is_safe(entry.name):
        desk.tell("error", "a file of the mailbox has a name that is no file's name here; it was left there")
        return False
    return True


def _one(desk: Desk, entry: Entry) -> bool | None:
    """Copy one file and take it down; whether it was taken down before. None when it could not be copied, or still grows."""
    how = desk.exchange.incoming
    part = desk.house.inbox / f".{entry.name}.part"
    part.unlink(missing_ok=True)
    try:
        size = desk.mailbox.get(how.folder, entry.name, part, how.max_bytes)
    except SystemFailure as problem:
        part.unlink(missing_ok=True)
        if not isinstance(problem, MailboxRefused):
            raise
        if is_shared(desk) and entry.name not in desk.mailbox.names(how.folder):  # its own partner has taken it
            return None
        # gone in between, too long, no right: the others are collected
        desk.tell("error", f"{entry.name}: was not collected: {problem}")
        return None
    if size != entry.size:
        part.unlink()
        desk.tell("info", f"{entry.name}: still grows; the next run takes it")
        return None
    if (whose := whose_else(desk, part)) is not None:
        part.unlink()
        _leave(desk, entry, whose)
        return None
    sha256 = digest(part)
    target = desk.house.inbox / inbox_name(sha256, entry.name)
    with desk.ledger.look() as connection:
        known = find_file(connection, desk.partner, "in", entry.name, sha256)
    if known is None:
        part.replace(target)
        with desk.change() as change:
            change.add_file(
                NewFile(
                    direction="in",
                    kind="unknown",
                    name=entry.name,
                    sha256=sha256,
                    size=size,
                    state="collected",
                    path=desk.house.kept(target),
                    seen=None if how.remove else mark(entry),
                )
            )
    else:
        part.unlink()
        with desk.change() as change:
            change.note("file_again", {"name": entry.name}, file_id=known.id)
    return known is not None


def _leave(desk: Desk, entry: Entry, whose: str) -> None:
    """Leave a file that is another partner's, for the run of that one."""
    if not whose:
        told = "it was left there, for a partner file cannot be used that it may belong to"
        desk.tell("warning", f"{entry.name}: comes from none of this partner's senders (ISA06); {told}")
    elif not desk.exchange.incoming.remove:  # it stays there for ever, and is not to be looked at again
        name = hashlib.sha256(f"{entry.name} {mark(entry)}".encode()).hexdigest()
        with desk.change() as change:
            new = NewFile(direction="in", kind="others", name=entry.name, sha256=name, size=0, state="processed", seen=mark(entry))
            change.add_file(msgspec.structs.replace(new, note=f"it is {whose}'s"))


def mark(entry: Entry) -> str:
    """What tells a file of the mailbox from a later one of its name, where it cannot be taken away."""
    return f"{entry.size} {entry.changed:.0f}"


def _sweep(desk: Desk) -> None:
    """Make good what a run left that died between the ledger and the disk.

    A file of the inbox that the ledger does not know is still in the mailbox; one that the ledger knows to lie elsewhere is put there.
    """
    paths = [path for path in desk.house.inbox.iterdir() if path.is_file()]
    with desk.ledger.look() as connection:
        rows = files_named(connection, desk.partner, "in", {path.name[_DIGITS + 1 :] for path in paths})
    known = {inbox_name(row.sha256, row.name): row.path for row in rows}
    for path in paths:
        if known.get(path.name) is None:  # never taken down, or purged since
            path.unlink()
        elif known[path.name] != desk.house.kept(path):
            desk.house.move(path, desk.house.path(known[path.name]))


def inbox_name(sha256: str, name: str) -> str:
    """The name of a file in the inbox: two of one name may come."""
    return f"{sha256[:_DIGITS]}-{name}"
