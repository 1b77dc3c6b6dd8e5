"""The documents of an encounter: which of them go, under which number, and what stands in the way of the others.

A file is read once: its digest is taken, and its kind told from its content. What is sensitive and not released is held, archives and
programs are refused, and a file is held against the partner's limits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from x12retro.attach.kinds import REACH, REFUSED, Kind, is_text, kind_of
from x12retro.attach.records import Enclosure, Obstacle
from x12retro.build import AttachmentSettings
from x12retro.build.attachments import TRAVELS, travels_by
from x12retro.encounter import Encounter
from x12retro.encounter.services import Document
from x12retro.regular import opened

LONGEST_NUMBER = 50
"""A PWK06 may have 80 characters, a TRN02 of 005010 has 50."""
_TEXTUAL: frozenset[Kind] = frozenset({"text", "hl7v2", "xml", "cda", "fhir_json", "fhir_xml"})
_READ = 1 << 20


class Listed(NamedTuple):
    """A document of an encounter: its path there, the control number that the request told of it (None: it has none), and PWK02."""

    path: str
    document: Document
    number: str | None
    delivery: str


def listed(encounter: Encounter, numbers: Sequence[str], settings: AttachmentSettings) -> list[Listed] | Obstacle:
    """The documents that may be told of, each with its number: those of `Traces.documents`, in the order in which they are given out."""
    found: list[Listed] = []
    left = list(numbers)
    for path, document in documents_named(encounter):
        if document.held:
            continue
        delivery = travels_by(document, settings.method)
        number = None
        if document.control_number is not None or delivery in TRAVELS:
            number = left.pop(0) if left else ""
            if not number or (document.control_number is not None and number != document.control_number.strip()):
                break
        found.append(Listed(path, document, number, delivery))
    else:
        if not left:
            return found
    why = "the documents are not those that the request told of: build the request again, or give the encounter as it was then"
    return Obstacle("$.documents", why)


def gather(encounter: Encounter, numbers: Sequence[str], settings: AttachmentSettings, folder: Path) -> Iterator[Enclosure | Obstacle]:
    """Yield the documents that go as a 275 (PWK02 EL), ready to be sent, and an Obstacle for each that cannot or may not go.

    `numbers` are the control numbers of the request (`Traces.documents`); relative paths are of `folder`.
    """
    yield from (
        Obstacle(path, "held: it is sensitive, and nothing says that it was released", "held")
        for path, document in documents_named(encounter)
        if document.held
    )
    told = listed(encounter, numbers, settings)
    if isinstance(told, Obstacle):
        yield told
        return
    for one in told:
        if one.delivery != "EL" or one.number is None:
            continue
        path = f"{one.path}.path"
        if one.document.path is None:
            yield Obstacle(path, "missing; the request promises the document, and nothing says where it lies")
            continue
        yield enclosure(folder / one.document.path, one.number, settings, path=path, report_type=one.document.type)


def enclosure(
    file: Path,
    number: str,
    settings: AttachmentSettings,
    *,
    path: str = "$",
    report_type: str = "",
    loinc: str = "",
) -> Enclosure | Obstacle:
    """The document in `file`, ready to be sent under `number`, or why it is not."""
    if not number or len(number) > LONGEST_NUMBER:
        return Obstacle(path, f"its control number has {len(number)} characters; 1 to {LONGEST_NUMBER} fit into every 275")
    try:
        if not file.is_file():
            return Obstacle(path, "is no file" if file.exists() else "there is no such file")
        if file.stat().st_size > settings.max_document:
            return Obstacle(path, f"has {file.stat().st_size:,} octets, the partner takes {settings.max_document:,}")
        size, digest, kind = _looked_at(file)
    except OSError as e:
        return Obstacle(path, f"cannot be read ({e.strerror or type(e).__name__})")
    if kind == "empty":
        return Obstacle(path, "is empty")
    if kind in REFUSED:
        return Obstacle(path, f"is an {kind}: what is in it cannot be told; send the documents themselves")
    if kind not in settings.kinds:
        return Obstacle(path, f"is {_in_words(kind)}; the partner takes {', '.join(settings.kinds)}")
    as_it_is = settings.guide == "006020X316" and settings.encoding == "raw" and settings.wrapping != "cda"
    if as_it_is and kind not in _TEXTUAL:
        return Obstacle(path, 'is no text, and a BDS takes nothing else as it is: let the partner file say encoding = "B64"')
    return Enclosure(
        control_number=number,
        file=file,
        size=size,
        sha256=digest,
        kind=kind,
        path=path,
        report_type=report_type,
        loinc=loinc,
    )


def documents_named(encounter: Encounter) -> Iterator[tuple[str, Document]]:
    """The documents of an encounter, each with its path there, in the order in which the request gives them their numbers: those of the
    event, then of each service.
    """
    yield from ((f"$.documents[{n}]", document) for n, document in enumerate(encounter.documents))
    for line, service in enumerate(encounter.services):
        yield from ((f"$.services[{line}].documents[{n}]", document) for n, document in enumerate(service.documents))


def _looked_at(file: Path) -> tuple[int, str, Kind]:
    """Size, digest and kind of a file."""
    digest, size = hashlib.sha256(), 0
    with opened(file) as stream:
        piece = stream.read(_READ)
        kind = kind_of(piece[:REACH])
        while piece:
            digest.update(piece)
            size += len(piece)
            if kind == "text" and not is_text(piece):
                kind = "unknown"
            piece = stream.read(_READ)
    return size, digest.hexdigest(), kind


def _in_words(kind: Kind) -> str:
    return "of no kind that is known" if kind == "unknown" else f"of the kind {kind}"
