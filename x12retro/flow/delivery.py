"""The outbox: every file that waits is put into the mailbox once, in the order of its ISA13.

What is about to be done is recorded before it is done. After a failure the mailbox is looked at first: a file that is there is not sent
again, one of which a part is there is sent anew under the same name, and one of which the mailbox does not tell is in doubt: it waits for
its acknowledgment, or for a person who has asked the partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Row

from x12retro.assess.clock import last_day
from x12retro.deliver import MailboxFailure, finish, put, reserved, tells_whole, what_arrived
from x12retro.flow.desk import Desk
from x12retro.flow.enclosing import clear_given, documents_sent
from x12retro.flow.sealing import in_outbox, move_copies, places
from x12retro.ledger import Change
from x12retro.ledger.change import moment
from x12retro.ledger.life import FileState
from x12retro.ledger.queries import asked_in_file, files_in, files_kept_plain, files_named

_AT_ONCE = 100
_MOST_BYTES = 10_000_000
"""Files and bytes that are sent together; what is longer goes alone."""
_ACKNOWLEDGED = ("request", "documents", "inquiry")
IN_DOUBT: tuple[FileState, ...] = ("sending", "finishing", "in_doubt")
"""Where a file stands of which nobody can tell whether it arrived: a run has looked already, or the next one will."""


def deliver(desk: Desk) -> int:
    """Put everything that waits into the mailbox; how many files. Raises the errors of the mailbox, with the rest still waiting."""
    with desk.ledger.glance() as connection:
        files = files_in(connection, desk.partner, "out", "staged", *IN_DOUBT)
    how = desk.exchange.outgoing
    entries = desk.mailbox.entries(how.folder) if files else []
    no_files = desk.mailbox.names(how.folder) - {entry.name for entry in entries} if files else set()
    # an empty file under a name of ours is what a connection leaves that broke before the first byte, where files have it at once
    there = {entry.name for entry in entries if entry.size or how.finish == "rename"}
    done, waits = 0, []
    for row in files:
        if row.state != "staged":
            found = _begun(desk, row)
            done += found == "there"
            waits += [row] if found == "not there" else []
        elif row.name in there or tells_whole(how, row.name) in there or reserved(how, row.name) & no_files:
            _taken_name(desk, row)
        else:
            waits.append(row)
    return done + sum(_send(desk, batch) for batch in _batches(desk, waits))


def sweep(desk: Desk) -> None:
    """Make good what a run left that died between the ledger and the disk.

    A file of the outbox that the ledger does not know was never sent, and its numbers are gone with it; a given document that is sent
    is not kept; one that the ledger knows to lie in
    the archive is put there.
    """
    paths = {path.name: path for path in desk.house.outbox.iterdir() if path.is_file()}
    with desk.ledger.look() as connection:
        rows = {row.id: row for row in files_named(connection, desk.partner, "out", paths)}
        rows |= {row.id: row for row in files_kept_plain(connection, desk.partner, map(desk.house.kept, paths.values()))}
    known: dict[str, str] = {}
    for row in rows.values():
        known |= _told(desk, row)
    for name in paths.keys() - known.keys():
        paths[name].unlink()
    clear_given(desk.house, desk.ledger)
    for name, place in known.items():
        if name in paths and place != desk.house.kept(paths[name]):
            desk.house.move(paths[name], desk.house.path(place))


def _told(desk: Desk, row: Row[Any]) -> dict[str, str]:
    """Where the copies of a file are to lie, by their names in the outbox; taken down anew when its answer has shown that it arrived."""
    found = in_outbox(desk, row)
    if row.state in ("acknowledged", "refused") and desk.house.path(row.path).parent == desk.house.outbox:
        then = places(desk, row)
        with desk.change() as change:
            change.place(row.id, **then)
        found = dict(zip(found, [then[column] for column in ("plain", "path") if column in then], strict=True))
    return found


def _begun(desk: Desk, row: Row[Any]) -> Literal["there", "not there", "open"]:
    """What became of a file over which a run died, or failed: it is there, it is to be sent, or that is left to others."""
    source, how = desk.house.path(row.path), desk.exchange.outgoing
    arrived = what_arrived(desk.mailbox, how, source, row.name, finishing=row.state == "finishing")
    match arrived:
        case "unknown":
            _doubt(desk, row)
            return "open"
        case "foreign":
            _taken_name(desk, row)
            return "open"
        case "no":
            with desk.change() as change:
                change.file(row.id, "put_back")
            return "not there"
        case "almost":
            finish(desk.mailbox, how, source, row.name)
        case "whole":
            pass
    _delivered(desk, [row], found=arrived)
    return "there"


def _batches(desk: Desk, rows: list[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """The files that are sent together: small ones, and where each may be taken as soon as it has its name one at a time, so that a failure
    leaves one in doubt.
    """
    most = 1 if desk.exchange.outgoing.finish == "direct" else _AT_ONCE
    batch: list[Row[Any]] = []
    for row in rows:
        if batch and (len(batch) == most or sum(one.size for one in batch) + row.size > _MOST_BYTES):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _send(desk: Desk, batch: list[Row[Any]]) -> int:
    """Put files into the mailbox; each step is recorded for all of them before it is done. What fails holds up those behind it alone."""
    how, house = desk.exchange.outgoing, desk.house
    with desk.change() as change:
        stands = {row.id: change.file(row.id, "sending") for row in batch}
    for row in batch:
        if stands[row.id] != "sending":  # another run, which took ours for dead, has delivered it meanwhile
            desk.tell("warning", f"{row.name}: was not sent again: it stands as {stands[row.id]}")
    whole, failure = _put(desk, [row for row in batch if stands[row.id] == "sending"])
    if whole:
        with desk.change() as change:
            for row in whole:
                change.file(row.id, "finishing")
        for row in whole:
            finish(desk.mailbox, how, house.path(row.path), row.name)
        _delivered(desk, whole)
    if failure is not None:
        raise failure
    return len(whole)


def _put(desk: Desk, rows: list[Row[Any]]) -> tuple[list[Row[Any]], MailboxFailure | None]:
    """Those that are there as a whole, and what failed; those that were not begun go back to those that wait."""
    for n, row in enumerate(rows):
        try:
            put(desk.mailbox, desk.exchange.outgoing, desk.house.path(row.path), row.name)
        except MailboxFailure as problem:
            with desk.change() as change:
                for left in rows[n + problem.began :]:
                    change.file(left.id, "put_back")
            return rows[:n], problem
    return rows, None


def _delivered(desk: Desk, rows: list[Row[Any]], **found: object) -> None:
    moves = [(row, places(desk, row)) for row in rows]
    with desk.change() as change:
        for row, then in moves:
            is_there(desk, change, row, then, **found)
    move_copies(desk, moves)
    clear_given(desk.house, desk.ledger)


def is_there(desk: Desk, change: Change, row: Row[Any], then: dict[str, str], **found: object) -> None:
    """Take down that a file of ours is in the partner's hands, and `then`, where its copies are going to lie; its requests are sent."""
    watch, now = desk.exchange.watch, desk.now
    due_at = moment(now + timedelta(hours=watch.acknowledge_hours)) if row.kind in _ACKNOWLEDGED else None
    change.file(row.id, "delivered", detail=found, due_at=due_at, **then)
    if row.kind not in _ACKNOWLEDGED:  # nothing is in it that anybody waits for
        return
    waiting = [(one.id, one.state) for one in asked_in_file(change.connection, row.id) if one.state == "validated"]
    due = last_day(now.date(), watch.decide_days, "business_days").isoformat()
    change.requests(waiting, "sent", file_id=row.id, sent_at=change.at, due=due)
    documents_sent(desk, change, row.id)


def _taken_name(desk: Desk, row: Row[Any]) -> None:
    """Something that is not ours lies there under the name of one of ours: nothing is replaced, ours is held, and the others go on."""
    with desk.change() as change:
        change.file(row.id, "held", note="a file, folder or link of that name is in the mailbox already, and it is another one")
    why = "a file, folder or link of that name is in the mailbox already, and it is not this one; have it taken away, then `ledger release`"
    desk.tell("error", f"{row.name}: is held: {why}")


def _doubt(desk: Desk, row: Row[Any]) -> None:
    """Nobody can tell whether it arrived: its acknowledgment will, or a person who asks the partner. Every run looks again."""
    if row.state != "in_doubt":
        with desk.change() as change:
            change.file(row.id, "doubted", due_at=moment(desk.now + timedelta(hours=desk.exchange.watch.acknowledge_hours)))
        desk.tell("warning", f"{row.name}: nobody can tell whether it arrived; see the worklist")
