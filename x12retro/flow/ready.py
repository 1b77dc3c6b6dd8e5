"""Ready 278 files of the drop folder: requests that another system made are looked through and passed on, byte for byte, under their own
numbers.

A file goes on as a whole or not at all: it must be one interchange from and to the ids of the partner file, for its usage, with requests
that the judge finds no error in, numbers that no file of ours had, and trace numbers that nothing was asked under. Its delimiters are its
own. Each set is taken down as a request, known by its trace number, with the documents that it promises. One that was passed on before is
passed over. A ready 275 is held: documents go behind their requests.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from x12retro.counted import counted
from x12retro.deliver.house import digest
from x12retro.encounter.sources import format_of
from x12retro.findings import Finding
from x12retro.flow.desk import Desk
from x12retro.flow.drop import begun, hold_whole
from x12retro.flow.promised import promised_in
from x12retro.flow.sealing import sealed
from x12retro.guide.judge import validate
from x12retro.ledger import NewDocument, NewFile, NewRequest
from x12retro.ledger.queries import asked_by_trace, digests_by_trace, groups_used, is_numbered
from x12retro.x12 import GroupStart, InterchangeStart, Segment, Transaction, read

_GUIDE = "005010X217"
_REQUEST = "278-request"
_DOCUMENTS = "PI"
_WITH_THEIR_REQUEST = (
    "it holds documents (275), and these go behind their requests: name them in the encounter (documents[].path), or give them by "
    "`x12retro answer`, and they are sent from there"
)
PASSED_ON = "passed on as it was made:"
"""How the note of such a file begins."""
_HEAD = 4096
_MOST_TOLD = 1000
"""Findings that are written out; a file with more of them has one cause."""


class _Set(NamedTuple):
    """One request: its numbers, its place in the file, the digest of its bytes, its trace number ("" for none), and its documents."""

    gs06: str
    st02: str
    at: int
    length: int
    digest: str
    trace: str
    documents: list[NewDocument]


class _Look(msgspec.Struct):
    """What a file holds, and all that is wrong with it: findings about the data (the first of `errors`), sentences about the rest."""

    isa13: str = ""
    interchanges: int = 0
    groups: list[str] = []
    sets: list[_Set] = []
    findings: list[Finding] = []
    errors: int = 0
    faults: list[str] = []


def is_ready(path: Path) -> bool:
    """True for X12 whose first group holds requests or answers of the 278 (GS01 HI, or GS08 005010X217) or documents (PI), not claims."""
    gs = _first_group(path)
    return gs is not None and (gs[1] in ("HI", _DOCUMENTS) or gs[8].startswith(_GUIDE))


def _first_group(path: Path) -> Segment | None:
    """The first GS of a file; None where it is no X12, or has none."""
    with path.open("rb") as stream:
        if format_of(stream.read(_HEAD)) != "x12":
            return None
    group = next((frame for frame in read(path) if isinstance(frame, GroupStart)), None)
    return group.gs if group is not None else None


def pass_on(desk: Desk, path: Path) -> None:
    """Take one ready file: it waits in the outbox and its sets are requests, or it is held with all that is wrong beside it."""
    drop_id, _ = begun(desk, path, "request")
    gs = _first_group(path)
    if gs is not None and gs[1] == _DOCUMENTS:
        _hold(desk, path, drop_id, _Look(faults=[_WITH_THEIR_REQUEST]))
        return
    look = _looked(desk, path)
    with desk.ledger.look() as connection:
        before = digests_by_trace(connection, desk.partner, [one.trace for one in look.sets])
        again = bool(look.sets) and all(before.get(one.trace) == one.digest for one in look.sets)
        if not again:
            look.faults += _used(connection, desk.partner, look)
    if again:
        _over(desk, path, drop_id, look)
    elif look.findings or look.faults:
        _hold(desk, path, drop_id, look)
    else:
        _stage(desk, path, drop_id, look)


def _looked(desk: Desk, path: Path) -> _Look:
    """Look through a file, one set in memory at a time."""
    found = _Look()
    sets: list[_Set] = []
    guides: Counter[str] = Counter()
    for checked in validate(path, as_of=desk.now.astimezone().date()):
        wrong = [finding for finding in checked.findings if finding.is_error]
        found.errors += len(wrong)
        found.findings += wrong[: _MOST_TOLD - len(found.findings)]
        part = checked.part
        if isinstance(part, InterchangeStart):
            found.interchanges += 1
            found.isa13 = part.control
            found.faults += _address(desk, part)
        elif isinstance(part, GroupStart):
            found.groups.append(part.control)
            found.faults += _group(desk, part)
        elif isinstance(part, Transaction):
            guides[checked.guide] += 1
            digest_of_it = hashlib.sha256(part.raw).hexdigest()
            documents = promised_in(part, desk.partnership.partner.delimiters)
            sets.append(_Set(part.group.control, part.control, part.offset, len(part.raw), digest_of_it, _trace(part), documents))
    found.sets = sets
    found.faults = [*dict.fromkeys(found.faults), *_as_a_whole(desk, path, found, guides)]
    return found


def _address(desk: Desk, start: InterchangeStart) -> Iterator[str]:
    """What of an ISA is not the partner's."""
    isa, told = start.isa, desk.partnership.partner.interchange
    if isa is None:
        return
    for at, name, expected in (
        (5, "ISA05 (sender's qualifier)", told.sender_qualifier),
        (6, "ISA06 (sender)", told.sender_id),
        (7, "ISA07 (receiver's qualifier)", told.receiver_qualifier),
        (8, "ISA08 (receiver)", told.receiver_id),
    ):
        if isa[at].strip() != expected.strip():
            yield f"{name} is not that of the partner file ([interchange])"
    if isa[15].strip() != told.usage:
        yield f"ISA15 is not {told.usage}, which the mailbox is for; test and production are kept apart"


def _group(desk: Desk, start: GroupStart) -> Iterator[str]:
    gs, told = start.gs, desk.partnership.partner.group
    if gs is None:
        return
    if gs[8] != _GUIDE:
        yield f"GS08 is not {_GUIDE} in every group"
    for at, name, expected in ((2, "GS02 (sender)", told.sender_code), (3, "GS03 (receiver)", told.receiver_code)):
        if gs[at].strip() != expected.strip():
            yield f"{name} is not that of the partner file ([group])"


def _as_a_whole(desk: Desk, path: Path, found: _Look, guides: Counter[str]) -> Iterator[str]:
    how = desk.exchange.outgoing
    if found.interchanges != 1:
        yield f"it holds {counted(found.interchanges, 'interchange')}; one file is one interchange"
    if not found.isa13.isdigit() or len(found.isa13) != 9 or not int(found.isa13):
        yield "ISA13 is no number of nine digits"
    if not all(group.isdigit() and int(group) for group in found.groups) or len(set(map(_plain, found.groups))) != len(found.groups):
        yield "GS06 is no number, or two groups have one"
    if not found.sets:
        yield "it holds no set"
    others = sum(count for guide, count in guides.items() if guide != _REQUEST)
    if others:
        yield f"{counted(others, 'set')} in it {'is' if others == 1 else 'are'} no 278 request"
    without = sum(not one.trace for one in found.sets)
    if without:
        so = "so that no answer could be told to be theirs"
        yield f"{counted(without, 'set has', 'sets have')} no trace number (TRN01 1 of loop 2000E), {so}"
    twice = sum(count > 1 for trace, count in Counter(one.trace for one in found.sets).items() if trace)
    if twice:
        yield f"{counted(twice, 'trace number stands', 'trace numbers stand')} in several of its sets"
    if len(found.sets) > how.max_sets:
        yield f"it holds {len(found.sets):,} sets, and the partner takes {how.max_sets:,} in a file ($.exchange.outgoing.max_sets)"
    if path.stat().st_size > how.max_bytes:
        yield f"it is longer than {how.max_bytes:,} bytes ($.exchange.outgoing.max_bytes)"


def _used(connection: Connection, partner: str, look: _Look) -> Iterator[str]:
    """What of its numbers was used before."""
    if look.isa13 and is_numbered(connection, partner, look.isa13):
        yield f"ISA13 {look.isa13} was used before for this partner: another file went out, or waits, under it"
    groups = groups_used(connection, partner, [int(group) for group in look.groups if group.isdigit()])
    if groups:
        yield f"GS06 {', '.join(map(str, sorted(groups)))} was used before for this partner"
    known = asked_by_trace(connection, partner, [one.trace for one in look.sets if one.trace])
    if known:
        yield f"{counted(len(known), 'trace number of its (TRN02) was', 'trace numbers of its (TRN02) were')} used before for this partner"


def _trace(transaction: Transaction) -> str:
    """TRN02 of the first TRN01 = 1 of the event.

    Guide: 005010X217 2000E TRN
    """
    in_event = False
    for segment in transaction.segments():
        if segment.id == "HL":
            in_event = segment[3] == "EV"
        elif in_event and segment.id == "TRN" and segment[1] == "1":
            return segment[2].strip()[:50]
    return ""


def _plain(number: str) -> str:
    return number.lstrip("0")


def _stage(desk: Desk, path: Path, drop_id: int, look: _Look) -> None:
    """Copy the file to where it waits, and take all of it down in one change."""
    now = desk.now
    target = desk.waiting_as(look.isa13, "278")
    with desk.house.writing(target) as out, path.open("rb") as stream:
        shutil.copyfileobj(stream, out)
    waits = sealed(
        desk,
        NewFile(
            direction="out",
            kind="request",
            name=target.name,
            sha256=digest(target),
            size=target.stat().st_size,
            state="staged",
            isa13=look.isa13,
            path=desk.house.kept(target),
            counts={"requests": len(look.sets)},
            note=f"{PASSED_ON} {path.name}",
        ),
    )
    aside = desk.house.archived(drop_id, path.name, "drop", now)
    with desk.change() as change:
        file_id = change.add_file(waits)
        ids = change.add_requests([_request(one, look.isa13, drop_id, file_id) for one in look.sets])
        change.add_documents((id_, one.documents) for id_, one in zip(ids, look.sets, strict=True))
        counts = {"records": len(look.sets), "requests": len(look.sets), "again": 0}
        change.file(drop_id, "done", counts=counts, path=desk.house.kept(aside))
    desk.house.move(path, aside)
    desk.tell("info", f"{path.name}: {counted(len(look.sets), 'request is', 'requests are')} passed on as made")


def _request(one: _Set, isa13: str, drop_id: int, file_id: int) -> NewRequest:
    return NewRequest(
        encounter_id=one.trace,
        digest=one.digest,
        event="validated",
        trace=one.trace,
        isa13=isa13,
        gs06=one.gs06,
        st02=one.st02,
        at=one.at,
        length=one.length,
        drop_id=drop_id,
        file_id=file_id,
    )


def _over(desk: Desk, path: Path, drop_id: int, look: _Look) -> None:
    """The file was passed on before: by a run that died over it, or because somebody put it there once more."""
    aside = desk.house.archived(drop_id, path.name, "drop", desk.now)
    with desk.change() as change:
        change.file(drop_id, "done", detail={"again": len(look.sets)}, path=desk.house.kept(aside))
    desk.house.move(path, aside)


def _hold(desk: Desk, path: Path, drop_id: int, look: _Look) -> None:
    """Put the file aside as a whole, with what is wrong beside it: no value of the message is in there."""
    told = [
        {name: value for name, value in msgspec.structs.asdict(finding).items() if value is not None and name not in ("value", "ack")}
        for finding in look.findings
    ]
    faults = [*look.faults, *dict.fromkeys(finding.message for finding in look.findings)]
    findings = [*({"message": fault} for fault in look.faults), *told]
    hold_whole(desk, path, drop_id, faults, findings, many=len(look.faults) + look.errors, records=len(look.sets))
