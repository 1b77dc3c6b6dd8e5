"""Documents that prove what was asked: taken down with their request, and sent as 275s once the payer has that request.

So no document goes out before its request, and what a request says of people its documents say too: they are composed from the request as
it was sent. Files are looked for where the encounter says, below our own folder for documents; one that is missing or cannot go holds
nothing up, is told, and is looked at again when it has changed.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from x12retro.assess.clock import last_day
from x12retro.attach import (
    LONGEST_NUMBER,
    About,
    DocumentChanged,
    Enclosure,
    Listed,
    Obstacle,
    Parcel,
    about_request,
    documents_named,
    enclosure,
    listed,
    number_of,
    parcels,
    write,
)
from x12retro.build import AttachmentSettings, ControlNumbers, Partner
from x12retro.build.attachments import TRAVELS
from x12retro.build.text import fault_of_id
from x12retro.decide import Decision
from x12retro.decide.record import DocumentRequest
from x12retro.deliver.house import House
from x12retro.encounter import Encounter
from x12retro.flow.desk import Desk
from x12retro.flow.sealing import staged
from x12retro.flow.sets import sets_of
from x12retro.ledger import Change, Ledger, NewDocument
from x12retro.ledger.queries import (
    Asked,
    asked_and_not_taken_down,
    asked_by_id,
    documents_in_file,
    documents_of,
    documents_to_send,
    sources_needed,
)
from x12retro.x12 import Delimiters, Transaction
from x12retro.x12.traces import shortened

_ELECTRONIC = "EL"
_LONGEST_PATH = 400
_CODE = re.compile(r"[A-Za-z0-9.-]{1,20}")
_DIGITS = 32
_AROUND = 4096
"""More octets than a 275 of ten documents has around these, the envelope of its file included."""
_OPEN = ("asked", "waiting", "held", "filed", "refused")
"""Where a document stands that the payer asked for and does not have."""


# taken down ---------------------------------------------------------------------------------------------------------------


def promised(encounter: Encounter, numbers: tuple[str, ...], settings: AttachmentSettings, house: House) -> list[NewDocument]:
    """The documents of an encounter whose request was built: what the request promises under `numbers`, and what is held back."""
    told = listed(encounter, numbers, settings)
    assert not isinstance(told, Obstacle), told
    found = [_promised(one, one.number, house) for one in told if one.number and one.delivery in TRAVELS]
    why = "it is sensitive, and nothing says that it was released"
    for place, document in documents_named(encounter):
        if document.held:
            found.append(NewDocument(place=place, code=document.type, way=document.delivery, state="held", note=why))
    return found


def numbers_told(encounter: Encounter) -> Iterator[tuple[str, str]]:
    """The control numbers that an encounter itself gives to its documents, each with the document's place."""
    for place, document in documents_named(encounter):
        if document.control_number is not None and not document.held:
            yield place, document.control_number.strip()


def _promised(one: Listed, number: str, house: House) -> NewDocument:
    """One that goes on paper is somebody's to send; one that is to go as a 275 waits, or is held when nothing says where it lies."""
    source = house.documents / one.document.path if one.document.path is not None else None
    new = NewDocument(place=one.path, code=one.document.type, way=one.delivery, number=number, state="held")
    if one.delivery != _ELECTRONIC:
        return msgspec.structs.replace(new, state="on_paper")
    if source is None:
        return msgspec.structs.replace(new, note="nothing says where it lies")
    if not source.is_relative_to(house.root):
        return msgspec.structs.replace(new, note=_outside(house))
    if len(kept := house.kept(source)) > _LONGEST_PATH:
        return msgspec.structs.replace(new, note=f"its path is longer than {_LONGEST_PATH} characters: give it by `x12retro answer`")
    return msgspec.structs.replace(new, state="waiting", source=kept)


def promised_in(request: Transaction, delimiters: Delimiters) -> list[NewDocument]:
    """The documents that a request promises to send as 275s, where only the request is at hand. They wait for somebody to give them.

    Guide: 005010X217 2000E PWK, 2000F PWK
    """
    found: list[NewDocument] = []
    for segment in request.segments():
        if segment.id == "PWK" and segment[2].strip() == _ELECTRONIC:
            number = segment[6].strip()
            fault = _fault_of(number, delimiters)
            why = "its request promised it, and nothing says where it lies" if fault is None else f"no 275 can carry it: {fault}"
            place = f"PWK {len(found) + 1}"
            found.append(
                NewDocument(
                    place=place,
                    code=segment[1].strip()[:2],
                    way=_ELECTRONIC,
                    number=number if fault is None else None,
                    state="held",
                    note=why,
                )
            )
    return found


def _outside(house: House) -> str:
    return f"it does not lie below {house.kept(house.documents)}: put it there, or give it by `x12retro answer`"


def asked_for(decision: Decision, delimiters: Delimiters) -> tuple[NewDocument, ...]:
    """The documents that an answer asks for. `delimiters` are those that we write with."""
    return tuple(_wanted(decision, one, delimiters) for one in decision.documents_requested)


def take_asked(change: Change, asked: list[tuple[int, tuple[NewDocument, ...]]]) -> None:
    """Take down what payers ask for in the answers to these requests, but for what we were asked for already and they have not yet."""
    known = documents_of(change.connection, {request_id for request_id, _ in asked})
    fresh = []
    for request_id, wanted in asked:
        open_ = {(one.number, one.code) for one in known.get(request_id, ()) if one.asked and one.state in _OPEN}
        new = {(one.number, one.code): one for one in reversed(wanted) if (one.number, one.code) not in open_}
        fresh.append((request_id, [*reversed(new.values())]))
    change.add_documents(fresh)


def take_asked_before(desk: Desk) -> None:
    """Take down what payers asked for while the ledger did not keep documents: an earlier version of it."""
    with desk.ledger.look() as connection:
        records = asked_and_not_taken_down(connection, desk.partner)
    delimiters = desk.partnership.partner.delimiters
    asked = [(id_, asked_for(msgspec.json.decode(record, type=Decision), delimiters)) for id_, record in records.items()]
    if asked:
        with desk.change() as change:
            take_asked(change, asked)


def _wanted(decision: Decision, request: DocumentRequest, delimiters: Delimiters) -> NewDocument:
    """A document that a payer asks for. One that no 275 can answer has no number, and its note says why."""
    number = number_of(decision, request)
    is_code = _CODE.fullmatch(request.code) is not None  # else it may be any text, of a patient too
    fault = _fault_of(number, delimiters) if is_code else "the code that it is asked by is none"
    words = [request.meaning, f"no 275 can answer it: {fault}" if fault is not None else None]
    return NewDocument(
        place=None,
        asked=True,
        code=request.code if is_code else "?",
        number=number if fault is None else None,
        way=_ELECTRONIC,
        state="asked",
        note="; ".join(filter(None, words)) or None,
        due=decision.next_step.due.isoformat() if decision.next_step.due is not None else None,
    )


def _fault_of(number: str, delimiters: Delimiters) -> str | None:
    """Why a number that was made elsewhere cannot be TRN02 of a 275, or None."""
    if not number:
        return "it has no number"
    if len(number) > LONGEST_NUMBER:
        return f"its number has {len(number)} characters, and {LONGEST_NUMBER} fit"
    fault = fault_of_id(number, delimiters)
    return f"its number {fault}" if fault is not None else None


# sent ---------------------------------------------------------------------------------------------------------------------


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
    for request, sent in sets_of(desk, [asked[id_] for id_ in fresh]):
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
        return Obstacle(row.place, _outside(desk.house))
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


def wait_again(change: Change, request_ids: set[int], due: str) -> None:
    """Those of the requests of which all is sent that the payer asked for wait for the payer, until the day `due`."""
    left = documents_of(change.connection, request_ids)
    change.wait_again([id_ for id_ in request_ids if not any(one.asked and one.state in _OPEN for one in left[id_])], due)


def clear_given(house: House, ledger: Ledger) -> None:
    """Delete our copies of documents that were given and are in a 275 now, and those that no run will look for."""
    copies = {house.kept(path): path for path in house.given.iterdir()}
    if copies:
        with ledger.look() as connection:
            needed = sources_needed(connection, house.partner)
        for kept in copies.keys() - needed:
            copies[kept].unlink(missing_ok=True)
