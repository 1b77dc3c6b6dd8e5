"""275s -> records: whose they are, the numbers they go by, and of each document its kind, size and digest; and the documents, if wanted.

Reading is tolerant: what stands where is told by segment ids, so that a 275 that does not follow its guide is read as well (what is wrong
with it is the guide's to say). One pass: the octets are taken off the file as they are decoded, digested and put away.

Guide: 006020X316, 005010X211
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

import msgspec

from x12retro.attach.kinds import REFUSED, Kind
from x12retro.attach.records import Carried, Found, Received
from x12retro.attach.stream import Broken
from x12retro.attach.unwrap import Leaf, unwrap
from x12retro.findings import Finding
from x12retro.x12 import BinarySegment, Segment, Source, Transaction, read


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken out at most: octets of one document, octets in all, and documents in all."""

    document: int = 200_000_000
    total: int = 4_000_000_000
    documents: int = 10_000


class Shelf(Protocol):
    """Where documents are put: each under a name of the shelf's own."""

    def begin(self, kind: Kind) -> str:
        """Open a place for a document; its name."""

    def put(self, piece: bytes) -> None: ...

    def end(self, *, keep: bool) -> None:
        """Close the place, and clear it when the document is not to be kept."""


class _Passed(Exception):
    """A limit was passed."""


def read_275(source: Source, shelf: Shelf | None = None, limits: Limits = Limits()) -> Iterator[Received | Finding]:  # noqa: B008 - frozen
    """Yield a record for each 275 of `source`, and what the reader finds about the wire; other sets are passed over.

    With a `shelf` the documents are put there, up to `limits`. Raises UsageError when a path cannot be opened, SystemFailure when reading
    or writing breaks off.
    """
    reader = _Reader(shelf, limits)
    for frame in read(source):
        if isinstance(frame, Finding):
            yield frame
        elif isinstance(frame, Transaction) and frame.raw.startswith(b"ST" + frame.interchange.element + b"275"):
            yield reader.received(frame)


class _Reader:
    """Reads sets one after the other, under limits that hold for all of them."""

    def __init__(self, shelf: Shelf | None, limits: Limits) -> None:
        self._shelf = shelf
        self._limits = limits
        self._total = self._documents = 0

    def received(self, set_: Transaction) -> Received:
        segments = set_.segments()
        first = next((n for n, one in enumerate(segments) if one.id == "LX"), len(segments))
        head, body = segments[:first], segments[first:]
        start = set_.group.gs
        st = head[0] if head else Segment(["ST"])
        record = _head_of(head)
        return Received(
            interchange=set_.interchange.control,
            group=set_.group.control,
            transaction=st[2].strip(),
            guide=st[3].strip() or (start[8].strip() if start is not None else ""),
            offset=set_.offset,
            complete=set_.complete,
            carried=tuple(self._carried(part, set_) for part in _loops(body)),
            **record,  # type: ignore[arg-type]  # its keys are those of the record
        )

    def _carried(self, segments: list[Segment], set_: Transaction) -> Carried:
        by_id: dict[str, Segment] = {}
        for segment in segments:
            by_id.setdefault(segment.id, segment)
        nothing = Segment([""])
        trn, cat, stc = by_id.get("TRN", nothing), by_id.get("CAT", nothing), by_id.get("STC", nothing)
        asked = set_.delimiters.components(stc[1])
        data = [one for one in segments if isinstance(one, BinarySegment)]
        first = data[0] if data else None
        return Carried(
            number=segments[0][1].strip() if segments[0].id == "LX" else "",
            trace_kind=trn[1].strip(),
            control_number=trn[2].strip(),
            submitted=by_id.get("DTP", nothing)[3].strip(),
            report_type=cat[1].strip(),
            format=cat[2].strip(),
            loinc=asked[1].strip() if len(asked) > 1 else "",
            service_trace=by_id.get("REF", nothing)[2].strip(),
            segment_id=first.id if first is not None else "",
            filter=_filter(first),
            offset=first.payload.offset if first is not None else 0,
            octets=sum(one.payload.size for one in data),
            declared=first.payload.declared if first is not None else None,
            complete=all(one.payload.complete for one in data),
            documents=tuple(found for one in data for found in self._found(one)),
        )

    def _found(self, segment: BinarySegment) -> Iterator[Found]:
        leaves = unwrap(segment.payload.pieces(), _filter(segment))
        while True:
            try:
                leaf = next(leaves, None)
            except Broken as broken:  # behind a document, or before the first
                yield Found(kind="unknown", layers=(), size=0, sha256="", why=str(broken))
                return
            if leaf is None:
                return
            yield self._taken(leaf)

    def _taken(self, leaf: Leaf) -> Found:
        """Digest a document, and put it on the shelf where that may be."""
        shelf, why = self._shelf, leaf.why
        if leaf.kind in REFUSED:
            shelf, why = None, why or f"it is an {leaf.kind}, which is not taken out of a message"
        if shelf is not None and self._documents >= self._limits.documents:
            shelf, why = None, f"more than {self._limits.documents:,} documents are not taken out at once"
        name = shelf.begin(leaf.kind) if shelf is not None else ""
        digest, size, whole = hashlib.sha256(), 0, False
        try:
            for piece in leaf.pieces:
                digest.update(piece)
                size += len(piece)
                if shelf is not None:
                    self._count(size, len(piece))
                    shelf.put(piece)
            whole = True
            self._documents += shelf is not None
        except (Broken, _Passed) as reason:
            why = str(reason)
        finally:
            if shelf is not None:
                shelf.end(keep=whole)
        return Found(
            kind=leaf.kind,
            layers=leaf.layers,
            size=size,
            sha256=digest.hexdigest() if whole else "",
            file=name if whole else "",
            why=why,
        )

    def _count(self, size: int, piece: int) -> None:
        self._total += piece
        if size > self._limits.document:
            raise _Passed(f"it has more than {self._limits.document:,} octets, which is the most that is taken out")
        if self._total > self._limits.total:
            raise _Passed(f"more than {self._limits.total:,} octets are not taken out at once")


def _filter(segment: Segment | None) -> str:
    return segment[1].strip() if segment is not None and segment.id == "BDS" else ""


def _loops(segments: list[Segment]) -> Iterator[list[Segment]]:
    """The segments of each LX; SE ends the last."""
    loop: list[Segment] = []
    for segment in segments:
        if segment.id in ("LX", "SE"):
            if loop:
                yield loop
            loop = []
        if segment.id != "SE":
            loop.append(segment)
    if loop:
        yield loop


def _head_of(segments: list[Segment]) -> dict[str, object]:
    """What stands before the documents, as keys of `Received`."""
    said: dict[str, object] = {}
    references: list[tuple[str, str]] = []
    name = ""
    for segment in segments:
        if segment.id == "BGN":
            said |= {"purpose": segment[1].strip(), "reference": segment[2].strip(), "date": segment[3].strip()}
        elif segment.id == "NM1":
            name, id_ = segment[1].strip(), segment[9].strip()
            key = {"ACV": "source_id", "1P": "source_id", "FA": "source_id", "40": "receiver_id", "PR": "receiver_id"}.get(name)
            key = "member_id" if name in ("IL", "QC", "74") else key
            if key is not None and id_:
                said.setdefault(key, id_)
        elif segment.id == "REF" and name in ("IL", "QC", "74"):
            references.append((segment[1].strip(), segment[2].strip()))
    by_code = dict(reversed(references))
    return {**said, "references": tuple(references), "account": by_code.get("EJ", ""), "event_trace": by_code.get("2I", "")}
