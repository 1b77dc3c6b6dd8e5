"""What the mailbox itself says of our files, before what the payer says is collected.

`received` settles a delivery that was in doubt, and is no acknowledgment: TA1 and 999 are still waited for. `failed` says that nothing of
the file was taken, so all its requests are to be made anew, and its documents given again. A notice about a file that is not ours is left
where it lies; in the incoming folder it is collected like any other file, so that somebody sees it. One that names a number which none of
our files has waits, as long as an acknowledgment may take, for the notice that brings the number.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from x12retro.counted import counted
from x12retro.deliver import Entry, MailboxRefused, is_safe
from x12retro.deliver.house import digest
from x12retro.deliver.notices import Noticed, noticed
from x12retro.flow.acknowledged import sent_now
from x12retro.flow.collection import inbox_name, mark
from x12retro.flow.delivery import IN_DOUBT, is_there
from x12retro.flow.desk import Desk
from x12retro.flow.enclosing import documents_sent
from x12retro.flow.sealing import move_copies, places
from x12retro.ledger import Change, NewFile
from x12retro.ledger.queries import asked_in_file, documents_in_file, find_file, seen_in_mailbox, sent_as_batch, sent_named

_MOST_BYTES = 10_000_000


def read_notices(desk: Desk) -> set[Entry]:
    """Read every notice that lies in the mailbox; those of the incoming folder that stay there. Raises the errors of the mailbox."""
    told, incoming = desk.exchange.notices, desk.exchange.incoming.folder
    stay: set[Entry] = set()
    for folder in sorted({notice.folder for notice in told}, key=lambda folder: folder == incoming):
        found = noticed(told, folder, [entry for entry in desk.mailbox.entries(folder) if is_safe(entry.name)])
        with desk.ledger.look() as connection:
            seen = seen_in_mailbox(connection, desk.partner, [one.entry.name for one in found])
        riddles = []
        for one in found:
            row = _about(desk, one)
            if (one.entry.name, mark(one.entry)) in seen or (row is not None and not _one(desk, folder, one, row)):
                stay.add(one.entry)
            elif row is None and one.name is None:
                if _waits(desk, one.entry):
                    stay.add(one.entry)
                else:
                    riddles.append(one.entry.name)
        if riddles and folder != incoming:  # there it is collected and held
            what = "with a number that none of our files was given, or several were: find out which one is meant, then take it away"
            desk.tell("warning", f"{counted(len(riddles), 'notice')} of the mailbox, such as {riddles[0]}, {what}")
    return stay


def _waits(desk: Desk, entry: Entry) -> bool:
    """True for a notice that may have come before the one that says which file its number belongs to."""
    return desk.now.timestamp() - entry.changed < desk.exchange.watch.acknowledge_hours * 3600


def _one(desk: Desk, folder: str, one: Noticed, row: Row[Any]) -> bool:
    """Take one notice, about the file `row`; False when it stays where it lies."""
    too_large = one.entry.size > _MOST_BYTES
    if too_large or not one.notice.take:
        name = hashlib.sha256(f"{one.entry.name} {mark(one.entry)}".encode()).hexdigest()
        _take_down(desk, one, row, NewFile(sha256=name, size=0, state="processed", seen=mark(one.entry), **_kind(one)))
        if too_large and one.notice.take:
            why = f"longer than {_MOST_BYTES:,} bytes, so it was left there; what its name says was taken down"
            desk.tell("warning", f"{one.entry.name}: a notice of the mailbox, {why}")
        return False
    copy = _copied(desk, folder, one)
    if copy is None:
        return False
    sha256 = digest(copy)
    with desk.ledger.look() as connection:
        known = find_file(connection, desk.partner, "in", one.entry.name, sha256)
    if known is None:
        target = desk.house.inbox / inbox_name(sha256, one.entry.name)
        copy.replace(target)
        seen = None if desk.exchange.incoming.remove else mark(one.entry)
        path = desk.house.kept(target)
        new = NewFile(sha256=sha256, size=one.entry.size, state="collected", path=path, seen=seen, **_kind(one))
        _take_down(desk, one, row, new)
    else:
        copy.unlink()
    if not desk.exchange.incoming.remove:
        return False
    try:
        desk.mailbox.remove(folder, one.entry.name)
    except MailboxRefused as problem:
        desk.tell("warning", f"{one.entry.name}: cannot be taken away: {problem}")
        return False
    return True


def _about(desk: Desk, one: Noticed) -> Row[Any] | None:
    """The file of ours that a notice speaks of; None where it is none, or nobody can tell which of several."""
    with desk.ledger.look() as connection:
        if one.name is not None:
            return sent_named(connection, desk.partner, one.name)
        rows = sent_as_batch(connection, desk.partner, one.batch or "")
    return rows[0] if len(rows) == 1 else None


def _kind(one: Noticed) -> dict[str, Any]:
    return {"direction": "in", "kind": "notice", "name": one.entry.name}


def _copied(desk: Desk, folder: str, one: Noticed) -> Path | None:
    part = desk.house.inbox / f".{one.entry.name}.part"
    part.unlink(missing_ok=True)
    try:
        size = desk.mailbox.get(folder, one.entry.name, part, _MOST_BYTES)
    except MailboxRefused as problem:
        part.unlink(missing_ok=True)
        desk.tell("error", f"{one.entry.name}: was not collected: {problem}")
        return None
    if size != one.entry.size:  # it still grows; the next run takes it
        part.unlink()
        return None
    return part


def _take_down(desk: Desk, one: Noticed, row: Row[Any], new: NewFile) -> None:
    """Record a notice and what it says, in one change."""
    then = places(desk, row) if one.notice.says == "received" and row.state in IN_DOUBT else None
    source = target = None
    with desk.change() as change:
        id_ = change.add_file(new)
        if new.path is not None:
            source, target = desk.house.path(new.path), desk.house.archived(id_, new.name, "in", desk.now)
            change.file(id_, "processed", detail={"says": one.notice.says, "about": row.name}, path=desk.house.kept(target))
        if one.batch is not None and one.name is not None:
            twins = [other.name for other in sent_as_batch(change.connection, desk.partner, one.batch) if other.id != row.id]
            change.batch(row.id, one.batch)
            if twins:
                desk.tell(
                    "warning", f"{one.entry.name}: the mailbox gave its number to {twins[0]} too; what it says by number is for a person"
                )
        detail: dict[str, object] = {"notice": one.entry.name, "says": one.notice.says, "batch": one.batch}
        if then is not None:
            is_there(desk, change, row, then, **detail)
        elif one.notice.says == "received":
            change.note("notice", detail, file_id=row.id)
        else:
            _failed(desk, change, row, id_, detail)
    if then is not None:
        move_copies(desk, [(row, then)])
    if source is not None and target is not None:
        desk.house.move(source, target)


def _failed(desk: Desk, change: Change, row: Row[Any], notice_id: int, detail: dict[str, object]) -> None:
    change.file(row.id, "refused", detail=detail)
    asked = sent_now(change, asked_in_file(change.connection, row.id), row.id)
    change.requests(asked, "interchange_refused", file_id=notice_id, detail=detail, next_do="correct_and_resend")
    documents_sent(desk, change, row.id)
    for document in documents_in_file(change.connection, row.id):
        change.document(document, "refused", file_id=notice_id, note="the partner's mailbox took nothing of its file")
    desk.tell("warning", f"{row.name}: the partner's mailbox took nothing of it; its notice {detail['notice']} is in the archive")
