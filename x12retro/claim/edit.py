"""Put segments into a set and set its count right, and touch nothing else.

An edit is a place in the file, how many bytes of it go, and what comes instead. A new segment is written with the delimiters of its
interchange, and with the white space behind it that stands behind the segment it follows.
"""

from __future__ import annotations

from typing import NamedTuple

from x12retro.x12 import Segment, Transaction

_WHITE = b" \t\r\n\x0b\x0c"


class Edit(NamedTuple):
    """From byte `offset` of the file `size` bytes go, and `new` comes."""

    offset: int
    size: int
    new: bytes


class Editor:
    """The edits of one set. `problem` says why it cannot be edited, "" where it can."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._segments = transaction.segments()
        self._edits: list[Edit] = []
        self._added = 0
        self.problem = self._why_not()

    def insert(self, after: Segment, *elements: str) -> None:
        """Put a segment behind `after`."""
        end = self._end(after)
        following = self._segments[after.position]
        gap = self._raw(end, following.offset)
        tail = gap if not gap.strip(_WHITE) else self._transaction.interchange.line_break.encode("latin-1")
        self._edits.append(Edit(following.offset, 0, self._segment(elements) + tail))
        self._added += 1

    def change(self, segment: Segment, n: int, text: str) -> None:
        """Write element `n` of a segment anew."""
        self._edits.append(self._element(segment, n, text))

    def edits(self) -> list[Edit]:
        """All edits in the order of the file, that of the count among them; those at one place in the order they were asked for."""
        if not self._added:
            return sorted(self._edits, key=_place)
        return [*sorted(self._edits, key=_place), self._count()]

    def _why_not(self) -> str:
        segments = self._segments
        if not self._transaction.complete or segments[-1].id != "SE":
            return "its set has no end"
        said = segments[-1][1].strip()
        if not said.isdigit() or int(said) != len(segments):
            return "its set is not as long as it says (SE01)"
        return ""

    def _count(self) -> Edit:
        se = self._segments[-1]
        return self._element(se, 1, str(int(se[1]) + self._added).zfill(len(se[1].strip())))

    def _element(self, segment: Segment, n: int, text: str) -> Edit:
        """The edit that puts `text` in the place of element `n`, which the segment has."""
        raw = self._raw(segment.offset, self._end(segment) - 1)
        elements = raw.split(self._transaction.interchange.element)
        start = segment.offset + sum(len(each) + 1 for each in elements[:n])
        return Edit(start, len(elements[n]), text.encode())

    def _segment(self, elements: tuple[str, ...]) -> bytes:
        delimiters = self._transaction.delimiters
        return (delimiters.element.join(elements) + delimiters.segment).encode("latin-1")

    def _end(self, segment: Segment) -> int:
        """The byte behind a segment's terminator."""
        at = segment.offset - self._transaction.offset
        return self._transaction.raw.index(self._transaction.interchange.terminator, at) + 1 + self._transaction.offset

    def _raw(self, start: int, end: int) -> bytes:
        begin = self._transaction.offset
        return self._transaction.raw[start - begin : end - begin]


def _place(edit: Edit) -> int:
    return edit.offset
