"""Documents -> 275s: one LX a document, as many sets as the partner's limits ask for, written as they are read.

What a set says beside its documents is small and composed first; the documents are read when they are written, in pieces, each under the
number of octets that follows from its size. So a set is never in memory, and nothing is written that was not planned.

Guide: 006020X316, 005010X211
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from x12retro.attach.about import About
from x12retro.attach.cda import in_cda
from x12retro.attach.encode import Part, in_base64, in_mime, of_bytes, of_file
from x12retro.attach.kinds import MEDIA, format_of
from x12retro.attach.proof import STAND_IN, prove
from x12retro.attach.records import Enclosure, Obstacle, Sent, SentDocument
from x12retro.build import ControlNumbers, Partner, text
from x12retro.errors import UnwritableData
from x12retro.x12 import Writer
from x12retro.x12.rendering import Rendering
from x12retro.x12.writer import Out

X316 = "006020X316"
_VERSIONS = {"006020X316": "00602", "005010X211": "00501"}
Row = tuple[str, tuple["str | list[str] | None", ...]]


class Wrapped(NamedTuple):
    """A document and the octets that it is in the message."""

    enclosure: Enclosure
    part: Part
    format: str


class Parcel(NamedTuple):
    """One 275 that is to be written: its own reference, the rows before its documents, and these. `asked_by_payer`: an answer (TRN01 2)."""

    encounter_id: str
    reference: str
    rows: tuple[Row, ...]
    documents: tuple[Wrapped, ...]
    asked_by_payer: bool = False


def parcels(
    about: About,
    enclosures: Sequence[Enclosure],
    partner: Partner,
    *,
    now: datetime,
    asked_by_payer: bool = False,
    reference: str | None = None,
) -> Iterator[Parcel | Obstacle]:
    """Yield the 275s that these documents make, each proven against its guide, and an Obstacle for what stands in the way of others.

    `reference` begins BGN02, the request's trace number when None. Fewer than `max_documents` share a set where `max_set` octets would
    be passed.
    """
    settings = partner.attachments
    if obstacle := _unwritable(_rows(about, about.trace, partner, now, asked_by_payer), partner):
        yield obstacle
        return
    numbers: set[str] = set()
    waiting: list[Wrapped] = []
    sets = 0

    def closed() -> Parcel | Obstacle:
        nonlocal sets
        sets += 1
        name = f"{reference or about.trace}A{sets:02d}"
        rows = tuple(_rows(about, name, partner, now, asked_by_payer))
        made = Parcel(about.encounter_id, name, rows, tuple(waiting), asked_by_payer)
        waiting.clear()
        return _proven(made, partner, now)

    for one in enclosures:
        if one.control_number in numbers and not asked_by_payer:
            yield Obstacle(one.path, "goes under the number of another document; each needs its own")
            continue
        if one.control_number in partner.delimiters:
            yield Obstacle(one.path, "its control number holds a character that the partner uses as a delimiter")
            continue
        numbers.add(one.control_number)
        wrapped = wrap(one, about, partner, now)
        if wrapped.part.size > settings.max_set:
            size = wrapped.part.size
            yield Obstacle(one.path, f"takes {size:,} octets as it is sent, the partner takes {settings.max_set:,} in one 275")
            continue
        taken = sum(other.part.size for other in waiting)
        if waiting and (len(waiting) == settings.max_documents or taken + wrapped.part.size > settings.max_set):
            yield closed()
        waiting.append(wrapped)
    if waiting:
        yield closed()


def wrap(one: Enclosure, about: About, partner: Partner, now: datetime) -> Wrapped:
    """The document as this partner takes it: bare, in MIME or in a CDA, and in base64 where the data element wants that."""
    settings = partner.attachments
    part, format_ = of_file(one.file, one.size, one.sha256), format_of(one.kind)
    raw = settings.encoding == "raw"
    if settings.wrapping == "mime":
        part = in_mime(part, MEDIA[one.kind], raw=raw)
    elif settings.wrapping == "cda" and one.kind != "cda":
        part, format_ = in_cda(part, one, about, now), "HL"
    return Wrapped(one, in_base64(part) if settings.guide == X316 and not raw else part, format_)


def write(out: Out | bytearray, made: Iterable[Parcel], partner: Partner, *, now: datetime, control: ControlNumbers) -> Iterator[Sent]:
    """Write 275s into one interchange on `out`; yield what was written, set by set. Where there is none nothing is written.

    Consume it to the end to have the trailers. Raises DocumentChanged when a document is not what it was when it was looked at: the message
    is then broken off and must not be sent.
    """
    settings = partner.attachments
    writer: Writer | None = None
    for one in made:
        numbers = control.propose()
        if writer is None:
            writer = _opened(out, partner, numbers.interchange, numbers.group, now)
        writer.open_transaction("275", numbers.transaction, settings.guide)
        for id_, elements in one.rows:
            writer.segment(id_, *elements)
        for n, wrapped in enumerate(one.documents, 1):
            _write_document(writer, n, wrapped, one.asked_by_payer, partner, now)
        writer.close_transaction()
        control.keep()
        yield Sent(
            encounter_id=one.encounter_id,
            reference=one.reference,
            interchange=numbers.interchange,
            group=numbers.group,
            transaction=numbers.transaction,
            guide=settings.guide,
            documents=tuple(
                SentDocument(
                    control_number=each.enclosure.control_number,
                    path=each.enclosure.path,
                    kind=each.enclosure.kind,
                    size=each.enclosure.size,
                    octets=each.part.size,
                    sha256=each.enclosure.sha256,
                )
                for each in one.documents
            ),
        )
    if writer is not None:
        writer.close_group()
        writer.close_interchange()
        control.next_interchange()


def _proven(made: Parcel, partner: Partner, now: datetime) -> Parcel | Obstacle:
    """The 275 if its guide has nothing against it."""
    stand_in = of_bytes(STAND_IN)
    light = made._replace(documents=tuple(one._replace(part=stand_in) for one in made.documents))
    found = prove(lambda out: list(write(out, [light], partner, now=now, control=ControlNumbers())), now)
    if not found:
        return made
    return Obstacle("$", f"the 275 would be wrong: {'; '.join(dict.fromkeys(f'{one.rule} {one.message}' for one in found[:5]))}")


def _opened(out: Out | bytearray, partner: Partner, interchange: str, group: str, now: datetime) -> Writer:
    ids, codes, guide = partner.interchange, partner.group, partner.attachments.guide
    writer = Writer(out, partner.delimiters, partner.characters.line_break)
    writer.open_interchange(
        [
            "00",
            "",
            "00",
            "",
            ids.sender_qualifier,
            ids.sender_id,
            ids.receiver_qualifier,
            ids.receiver_id,
            f"{now:%y%m%d}",
            f"{now:%H%M}",
            partner.characters.repetition,
            _VERSIONS[guide],
            interchange,
            "1" if ids.ack_requested else "0",
            ids.usage,
        ]
    )
    writer.open_group(["PI", codes.sender_code, codes.receiver_code, f"{now:%Y%m%d}", f"{now:%H%M}", group, "X", guide])
    return writer


def _write_document(writer: Writer, n: int, wrapped: Wrapped, asked_by_payer: bool, partner: Partner, now: datetime) -> None:
    """Guide: 006020X316 2000A to 2110A, 005010X211 2110A EFI BIN."""
    one, settings = wrapped.enclosure, partner.attachments
    writer.segment("LX", str(n))
    writer.segment("TRN", "2" if asked_by_payer else "1", one.control_number)
    if one.loinc:
        writer.segment("STC", [settings.status_category, one.loinc, None, "LOI"])
    writer.segment("DTP", "368", "D8", f"{now:%Y%m%d}")
    writer.segment("CAT", "AE", wrapped.format)
    if settings.guide == X316:
        writer.segment("OOI", "1", "47", "ATTACHMENT")
        writer.binary("BDS", ["B64" if settings.encoding == "B64" else "ASC"], wrapped.part.size, wrapped.part.pieces())
    else:
        writer.segment("EFI", "05")
        writer.binary("BIN", [], wrapped.part.size, wrapped.part.pieces())


def _unwritable(rows: Iterable[Row], partner: Partner) -> Obstacle | None:
    """What of the rows cannot be written by the partner's delimiters."""
    rendering = Rendering(partner.delimiters)
    try:
        for id_, elements in rows:
            rendering.row(id_, elements)
    except UnwritableData as error:
        return Obstacle("$", f"{error.path} of the 275 {error.why}")
    return None


def _rows(about: About, reference: str, partner: Partner, now: datetime, asked_by_payer: bool) -> Iterator[Row]:
    """Guide: 006020X316 BGN, 1000A, 1000B, 1000C."""

    def plain(names: Sequence[str | None]) -> list[str | None]:
        last, first, middle, suffix = (name and text.plain(name, partner.delimiters)[0] for name in names)
        return [last, first, middle, None, suffix]

    yield "BGN", ("11" if asked_by_payer else "02", reference, f"{now:%Y%m%d}", f"{now:%H%M}")
    sender, to, whose = about.sender, about.receiver, about.patient
    kind = "1" if sender.is_person else "2"
    yield "NM1", ("ACV", kind, *plain(sender.names), sender.qualifier, sender.id, "67", about.entity)
    if about.contact is not None:
        name, way, number = about.contact
        yield "PER", ("IC", text.plain(name, partner.delimiters)[0], way, number)
    yield "NM1", ("40", "2", *plain(to.names), to.qualifier, to.id, "67", "X3")
    yield "NM1", ("IL" if about.is_subscriber else "QC", "1", *plain(whose.names), whose.qualifier, whose.id)
    if about.account is not None:
        yield "REF", ("EJ", about.account)
    if about.trace:
        yield "REF", ("2I", about.trace)
