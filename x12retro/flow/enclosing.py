"""Documents on their way: put into 275s once the payer has their request, and told of when they are in its hands.

So no document goes out before its request, and what a request says of people its documents say too: they are composed from the request as
it was sent. One that cannot go is told, and is looked at again when it has changed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from x12retro.assess.clock import last_day
from x12retro.attach import About, DocumentChanged, Enclosure, Obstacle, Parcel, about_request, enclosure, parcels, write
from x12retro.build import ControlNumbers, Partner
from x12retro.deliver.house import House
from x12retro.flow.desk import Desk
from x12retro.flow.promised import outside
from x12retro.flow.requested import wait_again
from x12retro.flow.sealing import staged
from x12retro.flow.sets import sets_of
from x12retro.ledger import Change, Ledger
from x12retro.ledger.queries import Asked, asked_by_id, documents_in_file, documents_to_send, sources_needed
from x12retro.x12.traces import shortened

_DIGITS = 32
_AROUND = 4096
"""More octets than a 275 of ten documents has around these, the envelope of its file included."""


class _Ready(NamedTuple):
    """A 275 that is to be written, and the rows of its documents."""

    parcel: Parcel
    rows: list[Row[Any]]

    @property
    def octets(self) -> int:
        """About as many as it has in a file, and no fewer."""
        return _AROUND + sum(one.part.size for one in self.parcel.documents)


def enclose(desk: Desk) -> int:
    """Put the documents that may go into 275s, which wait to be delivered then; how many files."""
    with desk.ledger.glance() as connection:
        rows = documents_to_send(connection, desk.partner)
        asked = asked_by_id(connection, {row.request_id for row in rows})
    fresh: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if row.state == "waiting" or row.seen != _seen(desk, row):
            fresh[row.request_id].append(row)
    now = desk.now.astimezone().replace(tzinfo=None)  # X12 writes the sender's local time
    return sum(_stage(desk, batch, now) for batch in _batches(desk, _ready(desk, fresh, asked, now)))


def _ready(desk: Desk, fresh: dict[int, list[Row[Any]]], asked: dict[int, Asked], now: datetime) -> Iterator[_Ready]:
    """The 275s that these documents make, request by request; what stands in the way is taken down."""
    without = set(fresh)
    for request, sent in sets_of(desk.house, [asked[id_] for id_ in fresh]):
        without.discard(request.id)
        about = about_request(sent, request.encounter_id)
        if isinstance(about, Obstacle):
            _hold(desk, fresh[request.id], f"{about.path}: {about.message}")
        else:
            for to_answer in (False, True):
                yield from _of_request(desk, about, [row for row in fresh[request.id] if row.asked == to_answer], now)
    for id_ in without:
        _hold(desk, fresh[id_], "our copy of its request is gone, and a 275 says of people what the request said")


def _of_request(desk: Desk, about: About, rows: list[Row[Any]], now: datetime) -> Iterator[_Ready]:
    """`rows` are all asked for by the payer, or none."""
    by_place = {row.place: row for row in rows}
    fit = []
    for row in rows:
        made = _enclosed(desk, row)
        if isinstance(made, Obstacle):
            _hold(desk, [row], made.message)
        else:
            fit.append(made)
    if not fit:
        return
    asked = rows[0].asked
    reference = reference_of(about.trace, now, asked=asked)
    for parcel in parcels(about, fit, _within(desk), now=now, asked_by_payer=asked, reference=reference):
        if isinstance(parcel, Obstacle):
            _hold(desk, [by_place[parcel.path]] if parcel.path in by_place else [by_place[one.path] for one in fit], parcel.message)
        else:
            yield _Ready(parcel, [by_place[one.enclosure.path] for one in parcel.documents])


def reference_of(trace: str, now: datetime, *, asked: bool) -> str:
    """The beginning of BGN02, of at most 47 characters: another one for each request and moment."""
    return f"{shortened(trace, 34)}{now:%y%m%d%H%M%S}{'S' if asked else 'U'}"


def _within(desk: Desk) -> Partner:
    """The partner, whose 275s are no longer than a file may be."""
    partner, most = desk.partnership.partner, desk.exchange.outgoing.max_bytes - _AROUND
    settings = partner.attachments
    return msgspec.structs.replace(partner, attachments=msgspec.structs.replace(settings, max_set=min(settings.max_set, most)))


def _enclosed(desk: Desk, row: Row[Any]) -> Enclosure | Obstacle:
    file = _file(desk, row)
    if file is None:
        return Obstacle(row.place, outside(desk.house))
    is_loinc = row.asked and "-" in row.code
    settings = desk.partnership.partner.attachments
    return enclosure(
        file, row.number, settings, path=row.place, report_type="" if is_loinc else row.code, loinc=row.code if is_loinc else ""
    )


def _file(desk: Desk, row: Row[Any]) -> Path | None:
    """Where a document lies; None for a place that is not ours to read, wherever a path or a link leads."""
    kept = desk.house.path(row.source or "")
    room = desk.house.given if kept.parent == desk.house.given else desk.house.documents  # what was given is given for one request
    try:
        path, room = kept.resolve(), room.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        return None
    return path if path.is_relative_to(room) else None


def _seen(desk: Desk, row: Row[Any]) -> str:
    """A digest of all that decides whether a document can go: its file (size, times, whose it is), and what the partner takes."""
    file, settings = _file(desk, row), desk.partnership.partner.attachments
    try:
        about = file.stat() if file is not None else None
    except OSError:
        about = None
    told = (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_mode) if about is not None else ()
    return hashlib.sha256(msgspec.json.encode((told, settings, desk.exchange.outgoing.max_bytes))).hexdigest()[:_DIGITS]


def _hold(desk: Desk, rows: list[Row[Any]], why: str, *, for_now: bool = False) -> None:
    """Take down why documents cannot go. They are looked at again when their files, or the partner's settings, have changed; `for_now`: by
    the next run.
    """
    with desk.change() as change:
        for row in rows:
            change.document(row, "held", note=why, seen=None if for_now else _seen(desk, row))
    desk.tell("warning", f"{_count(rows)} cannot go: {why}")


def _count(rows: list[Row[Any]]) -> str:
    one = rows[0]
    return f"{one.encounter_id}: {f'document {one.number} ({one.place})' if len(rows) == 1 else f'{len(rows)} documents'}"


def _batches(desk: Desk, ready: Iterator[_Ready]) -> Iterator[list[_Ready]]:
    """As many as one file may hold."""
    how = desk.exchange.outgoing
    batch: list[_Ready] = []
    taken = 0
    for one in ready:
        if batch and (len(batch) == how.max_sets or taken + one.octets > how.max_bytes):
            yield batch
            batch, taken = [], 0
        batch.append(one)
        taken += one.octets
    if batch:
        yield batch


def _stage(desk: Desk, batch: list[_Ready], now: datetime) -> int:
    """Write 275s into a file that waits to be delivered, and take it down with what it carries; how many files."""
    partner = desk.partnership.partner
    with desk.change() as change:
        isa, group = change.draw("interchange"), change.draw("group")
    target = desk.waiting_as(f"{isa:09d}", "275")
    try:
        with desk.house.writing(target) as out:
            sent = list(write(out, [one.parcel for one in batch], partner, now=now, control=ControlNumbers(isa, group)))
    except DocumentChanged as problem:
        if len(batch) == 1:
            _hold(desk, batch[0].rows, str(problem), for_now=True)
            return 0
        return sum(_stage(desk, [one], now) for one in batch)
    waits = staged(desk, target, "documents", f"{isa:09d}", str(group), {"documents": sum(len(one.rows) for one in batch)})
    if waits.size > desk.exchange.outgoing.max_bytes:
        for name in {target.name, waits.name}:
            target.with_name(name).unlink()
        if len(batch) > 1:
            return sum(_stage(desk, [one], now) for one in batch)
        limit = f"{desk.exchange.outgoing.max_bytes:,} ($.exchange.outgoing.max_bytes)"
        _hold(desk, batch[0].rows, f"its file has {waits.size:,} octets, the partner takes {limit}")
        return 0
    with desk.change() as change:
        file_id = change.add_file(waits)
        for one, told in zip(batch, sent, strict=True):
            for row, document in zip(one.rows, told.documents, strict=True):
                about = {"sha256": document.sha256, "size": document.size, "st02": told.transaction}
                change.document(row, "filed", file_id=file_id, note=None, seen=None, **about)
    return 1


def documents_sent(desk: Desk, change: Change, file_id: int) -> None:
    """Take down that a file with documents is in the payer's hands: their requests wait for the payer again."""
    rows = [row for row in documents_in_file(change.connection, file_id) if row.state == "filed"]
    for row in rows:
        change.document(row, "sent", sent_at=change.at)
    due = last_day(desk.now.date(), desk.exchange.watch.decide_days, "business_days").isoformat()
    wait_again(change, {row.request_id for row in rows if row.asked}, due)


def clear_given(house: House, ledger: Ledger) -> None:
    """Delete our copies of documents that were given and are in a 275 now, and those that no run will look for."""
    copies = {house.kept(path): path for path in house.given.iterdir()}
    if copies:
        with ledger.look() as connection:
            needed = sources_needed(connection, house.partner)
        for kept in copies.keys() - needed:
            copies[kept].unlink(missing_ok=True)
