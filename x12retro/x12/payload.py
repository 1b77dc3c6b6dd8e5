"""Binary data of a message: the octets of a BDS03 or BIN02, which stay where they are until somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.errors import UsageError
from x12retro.x12.segment import Segment
from x12retro.x12.window import Store

PIECE = 1 << 18
"""Octets that are handed out at once, unless asked otherwise: many, but no more than a processor's cache holds."""


class Payload:
    """The octets of one BDS03 or BIN02. They may be read (`pieces`) while the source of the message is open.

    `segment_id` and `element` name the place, `offset` is the byte in the file, `size` the octets found there and `declared` what the
    segment says of itself (BDS02, BIN01; None where it says no number). `at` is where in the `raw` of its set they belong, which leaves
    them out, `start` the byte in the file at which its segment begins. `complete` is False where the file ends among them.
    """

    __slots__ = ("_store", "at", "complete", "declared", "element", "offset", "segment_id", "size", "start")

    def __init__(
        self,
        segment_id: str,
        element: int,
        at: int,
        start: int,
        offset: int,
        size: int,
        declared: int | None,
        complete: bool,
        store: Store | None,
    ) -> None:
        self.segment_id = segment_id
        self.element = element
        self.at = at
        self.start = start
        self.offset = offset
        self.size = size
        self.declared = declared
        self.complete = complete
        self._store = store

    def pieces(self, n: int = PIECE) -> Iterator[bytes]:
        """The octets, `n` at a time. Raises UsageError when the source is closed, SystemFailure when reading fails or it has shrunk."""
        if self._store is None:
            raise UsageError("this payload came without its file: it is read in the process that read the message")
        place, end = self.offset, self.offset + self.size
        while place < end:
            piece = self._store.read(place, min(n, end - place))
            if not piece:
                raise UsageError("the file has become shorter since it was read")
            place += len(piece)
            yield piece

    def __reduce__(self) -> tuple[type[Payload], tuple[str, int, int, int, int, int, int | None, bool, None]]:
        """What another process may know of it: not the file."""
        known = (self.segment_id, self.element, self.at, self.start, self.offset, self.size, self.declared, self.complete)
        return Payload, (*known, None)

    def __repr__(self) -> str:
        return f"<Payload {self.segment_id} at byte {self.offset}, {self.size} octets>"


class BinarySegment(Segment, eq=False, kw_only=True):
    """A BDS or BIN. The element of its data holds words that say how many octets it has; the octets are in `payload`."""

    payload: Payload

    @classmethod
    def of(cls, segment: Segment, payload: Payload) -> BinarySegment:
        """The segment with the payload that stood in it."""
        fields = segment.fields + [""] * (payload.element + 1 - len(segment.fields))
        fields[payload.element] = f"({payload.size} octets)" if payload.size else ""
        return cls(fields, segment.offset, segment.position, payload=payload)


def with_payloads(segments: list[Segment], offset: int, payloads: tuple[Payload, ...]) -> list[Segment]:
    """The segments of a set whose text, which starts at byte `offset`, leaves its payloads out: each payload with its segment, and each
    segment with its place in the file.
    """
    placed: list[Segment] = []
    passed = 0  # octets of the payloads before
    waiting = iter(payloads)
    payload = next(waiting, None)
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        end = following.offset - offset if following is not None else None
        segment.offset += passed
        if payload is not None and (end is None or payload.at < end):
            segment = BinarySegment.of(segment, payload)
            passed += payload.size
            payload = next(waiting, None)
        placed.append(segment)
    return placed
