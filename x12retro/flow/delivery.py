"""The outbox: every file that waits is put into the mailbox once, in the order of its ISA13.

What is about to be done is recorded before it is done. After a failure the mailbox is looked at first: a file that is there is not sent
again, one of which a part is there is sent anew under the same name, and one of which the mailbox does not tell waits for its
acknowledgment, and then for a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from x12retro.assess.clock import last_day
from x12retro.deliver import put, reserved, what_arrived
from x12retro.deliver.sending import finish
from x12retro.flow.desk import Desk
from x12retro.flow.documents import clear_given, documents_sent
from x12retro.flow.sealing import in_outbox, move_copies, places
from x12retro.ledger import Change
from x12retro.ledger.change import moment
from x12retro.ledger.queries import asked_in_file, files_in, files_kept_plain, files_named

_ACKNOWLEDGED = ("request", "documents", "inquiry")
NOBODY_KNOWS = "the connection broke, the mailbox does not tell whether it arrived, and no answer came"


def deliver(desk: Desk) -> int:
    """Put everything that waits into the mailbox; how many files. Raises the errors of the mailbox, with the rest still waiting."""
    done = 0
    with desk.ledger.glance() as connection:
        files = files_in(connection, desk.partner, "out", "staged", "sending", "finishing")
    how = desk.exchange.outgoing
    there = {entry.name for entry in desk.mailbox.entries(how.folder)} if files else set()
    no_files = desk.mailbox.names(how.folder) - there if files else set()
    for row in files:
        if row.state == "staged" and (row.name in there or reserved(how, row.name) & no_files):
            _taken_name(desk, row)
        else:
            done += _one(desk, row)
    return done


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


def _one(desk: Desk, row: Row[Any]) -> bool:
    source, how = desk.house.path(row.path), desk.exchange.outgoing
    if row.state != "staged":
        arrived = what_arrived(desk.mailbox, how, source, row.name, finishing=row.state == "finishing")
        if arrived == "unknown":
            return _wait(desk, row)
        if arrived == "foreign":
            return _taken_name(desk, row)
        if arrived == "almost":
            finish(desk.mailbox, how, source, row.name)
        if arrived != "no":
            _delivered(desk, row, found=arrived)
            return True
        with desk.change() as change:
            change.file(row.id, "put_back")
    with desk.change() as change:
        stands = change.file(row.id, "sending")
    if stands != "sending":  # another run, which took ours for dead, has delivered it meanwhile
        desk.tell("warning", f"{row.name}: was not sent again: it stands as {stands}")
        return False

    def on_whole() -> None:
        with desk.change() as change:
            change.file(row.id, "finishing")

    put(desk.mailbox, how, source, row.name, on_whole)
    _delivered(desk, row)
    return True


def _delivered(desk: Desk, row: Row[Any], **found: object) -> None:
    then = places(desk, row)
    with desk.change() as change:
        is_there(desk, change, row, then, **found)
    move_copies(desk, row, then)
    clear_given(desk.house, desk.ledger)


def is_there(desk: Desk, change: Change, row: Row[Any], then: dict[str, str], **found: object) -> None:
    """Take down that a file of ours is in the partner's hands, and `then`, where its copies are going to lie; its requests are sent."""
    watch, now = desk.exchange.watch, desk.now
    due_at = moment(now + timedelta(hours=watch.acknowledge_hours)) if row.kind in _ACKNOWLEDGED else None
    change.file(row.id, "delivered", detail=found, due_at=due_at, **then)
    waiting = [(one.id, one.state) for one in asked_in_file(change.connection, row.id) if one.state == "validated"]
    due = last_day(now.date(), watch.decide_days, "business_days").isoformat()
    change.requests(waiting, "sent", file_id=row.id, sent_at=change.at, due=due)
    documents_sent(desk, change, row.id)


def _taken_name(desk: Desk, row: Row[Any]) -> bool:
    """Something that is not ours lies there under the name of one of ours: nothing is replaced, ours is held, and the others go on."""
    with desk.change() as change:
        change.file(row.id, "held", note="a file, folder or link of that name is in the mailbox already, and it is another one")
    why = "a file, folder or link of that name is in the mailbox already, and it is not this one; have it taken away, then `ledger release`"
    desk.tell("error", f"{row.name}: is held: {why}")
    return False


def _wait(desk: Desk, row: Row[Any]) -> bool:
    """Nobody can tell whether it arrived: wait for its acknowledgment as long as for any other, then for a person."""
    if moment(desk.now - timedelta(hours=desk.exchange.watch.acknowledge_hours)) > row.changed_at:
        with desk.change() as change:
            change.file(row.id, "held", note=NOBODY_KNOWS)
        desk.tell("error", f"{row.name}: nobody can tell whether it arrived; ask the partner, then release or close it")
    return False
