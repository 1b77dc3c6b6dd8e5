"""Read X12 from bytes, a path or a stream, liberally: the level of the file, where nothing is open yet.

What opens a message is an ISA, at the start of the file, after the end of another interchange, or somewhere behind text that
is no X12 (mail headers, log lines). A file without ISA may still hold a GS or an ST; it is read with guessed delimiters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.findings import Finding
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.frames import Frame, InterchangeStart
from x12retro.x12.interchange import InterchangeReader
from x12retro.x12.isa import (
    BREAK_REACH,
    ISA_REACH,
    ISA_SIGNATURE,
    ISA_START,
    OPENING,
    IsaRead,
    IsaRefused,
    guess_delimiters,
    line_break,
    read_isa,
)
from x12retro.x12.kinds import looks_like
from x12retro.x12.lane import Lane
from x12retro.x12.rules import wire_finding
from x12retro.x12.segment import Segment
from x12retro.x12.window import Source, Window, open_window

__all__ = ["Source", "read"]

_UTF8_BOM = b"\xef\xbb\xbf"
_WIDE_TEXT = re.compile(rb"\xff\xfe|\xfe\xff|\0\0\xfe\xff|[\t\n\r -~]\0(?:\0\0)?[\t\n\r -~]\0|\0(?:\0\0)?[\t\n\r -~]\0(?:\0\0)?[\t\n\r -~]")
_WHITE = re.compile(rb"[ \t\n\r\x0b\x0c]*+")
_OVERLAP = 16  # bytes that stay in view between two looks for an opening; none is longer
_GUESS_REACH = 1 << 14
_GUESSES = 50  # so many openings without an ISA are tried; text that looks like more of them is no message


def read(
    source: Source,
    *,
    chunk: int = 1 << 18,
    max_segment: int = 1 << 20,
    max_transaction: int = 1 << 24,
    lane: Lane | None = None,
    begin: int = 0,
) -> Iterator[Frame | Finding]:
    """Yield the frames of `source` in file order, with findings where the wire is crooked; one transaction in memory at a time.

    Frames nest always: a missing envelope is filled in by frames whose segment is None. A finding about a frame follows it.
    `chunk` is how many bytes are read at once; a longer segment or set than the two limits is reported and cut off. Sets that `lane`
    takes come as a `Run` of many; without one there is none. `begin` is the offset of the first byte, where it is a piece of a file.
    Raises UsageError when a path cannot be opened, SystemFailure when reading breaks off.
    """
    with open_window(source, max(chunk, 1), begin) as window:
        yield from _FileReader(window, max_segment, max_transaction, fast=True, lane=lane).frames()


def read_carefully(
    source: Source, *, chunk: int = 1 << 18, max_segment: int = 1 << 20, max_transaction: int = 1 << 24
) -> Iterator[Frame | Finding]:
    """The same without the fast lane: what `read` is tested against."""
    with open_window(source, max(chunk, 1)) as window:
        yield from _FileReader(window, max_segment, max_transaction, fast=False).frames()


class _FileReader:
    """Looks for what opens a message and hands over to InterchangeReader."""

    def __init__(self, window: Window, max_segment: int, max_transaction: int, *, fast: bool, lane: Lane | None = None) -> None:
        self._window = window
        self._max_segment = max_segment
        self._max_transaction = max_transaction
        self._fast = fast
        self._lane = lane
        self._seen = 0  # interchanges read or refused
        self._guesses = _GUESSES
        self._refused = False  # after a refused ISA all is skipped up to the next one: it was told

    def frames(self) -> Iterator[Frame | Finding]:
        window = self._window
        head = window.at(0, 64)
        if _WIDE_TEXT.match(head):
            yield wire_finding("X12-FILE-003", "the text looks like UTF-16 (two bytes a character); X12 has one byte a character", offset=0)
            return
        if head.startswith(_UTF8_BOM):
            window.skip(len(_UTF8_BOM))
            yield wire_finding("X12-FILE-004", "a byte order mark stands before the ISA; it was skipped", offset=0)
        if not self._skip_white():
            yield wire_finding("X12-FILE-001", "the file is empty", offset=0)
            return
        head = window.at(0, 64)
        while self._skip_white():
            yield from self._message()
        if not self._seen:
            kind = looks_like(head)
            looks = f": the file looks like {kind}" if kind is not None else ""
            yield wire_finding("X12-FILE-002", f"no X12 interchange found{looks}", offset=0)

    def _message(self) -> Iterator[Frame | Finding]:
        """Read the next message, or move to the end of the file."""
        window = self._window
        begin = window.offset
        if ISA_START.match(window.at(0, _OVERLAP)):
            isa = read_isa(window.at(0, ISA_REACH))
            if isinstance(isa, IsaRead):
                yield from self._interchange(isa, None)
            else:
                yield self._refuse(isa)
            return
        while (kind := self._next_opening()) is not None:
            if kind == "isa":
                isa = read_isa(window.at(0, ISA_REACH))
                if isinstance(isa, IsaRead):
                    yield from self._interchange(isa, begin if not self._refused else None)
                    return
                if ISA_SIGNATURE.match(window.buf, window.pos):
                    yield self._refuse(isa)
                    return
            elif not self._refused and self._guesses:
                self._guesses -= 1
                if (guess := guess_delimiters(window.at(0, _GUESS_REACH))) is not None:
                    yield from self._fragment(guess, kind.upper())
                    return
            window.skip(1)
        if self._seen and not self._refused:
            yield wire_finding("X12-FILE-006", "text that is no X12 follows the end of the interchange; it was skipped", offset=begin)

    def _interchange(self, isa: IsaRead, junk: int | None) -> Iterator[Frame | Finding]:
        window = self._window
        start = InterchangeStart(Segment(isa.fields, window.offset), isa.delimiters, window.offset)
        if junk is not None and self._seen:
            yield wire_finding("X12-FILE-006", "text that is no X12 stands between two interchanges; it was skipped", offset=junk)
        elif junk is not None:
            yield wire_finding("X12-FILE-005", "text that is no X12 stands before the ISA; it was skipped", offset=junk)
        window.skip(isa.size)
        start.line_break = self._line_break(0)
        self._seen += 1
        self._refused = False
        yield start
        if isa.widths:
            element = isa.widths[0][0] if len(isa.widths) == 1 else None
            yield wire_finding(
                "X12-ISA-101", isa.about_widths(), interchange=start.control, segment_id="ISA", element=element, offset=start.offset
            )
        rest = InterchangeReader(window, start, self._max_segment, self._max_transaction, fast=self._fast, lane=self._lane)
        if isa.wrapped:
            rest.told.add("X12-SEG-002")
            message = "line breaks inside the ISA were taken out"
            yield wire_finding("X12-SEG-002", message, interchange=start.control, segment_id="ISA", offset=start.offset)
        yield from rest.frames()

    def _fragment(self, guess: Delimiters, first: str) -> Iterator[Frame | Finding]:
        window = self._window
        start = InterchangeStart(None, guess, window.offset)
        terminator = window.find(guess.segment.encode("latin-1"), 0, _GUESS_REACH)
        start.line_break = self._line_break(terminator + 1) if terminator >= 0 else ""
        self._seen += 1
        yield start
        message = f"there is no ISA before this {first}; it was read with guessed delimiters"
        yield wire_finding("X12-ISA-107", message, segment_id=first, offset=start.offset)
        yield from InterchangeReader(window, start, self._max_segment, self._max_transaction, fast=self._fast, lane=self._lane).frames()

    def _refuse(self, isa: IsaRefused) -> Finding:
        finding = wire_finding(isa.rule, isa.why, segment_id="ISA", offset=self._window.offset)
        self._window.skip(3)
        self._seen += 1
        self._refused = True
        return finding

    def _next_opening(self) -> str | None:
        """Move the window to what may open a message and name it; None (and the end of the file) when nothing does."""
        window = self._window
        seen = 0  # the one byte kept before the first that is not looked at yet: an ISA right behind a letter is none
        while True:
            match = OPENING.search(window.buf, window.pos + seen)
            if match is not None:
                window.pos = match.start()
                return match.lastgroup
            if window.eof:
                window.pos = len(window.buf)
                return None
            if window.held > _OVERLAP:
                window.pos = len(window.buf) - _OVERLAP
                seen = 1
            window.fill()

    def _skip_white(self) -> bool:
        """Move to the next byte that is no white space; False at the end of the file."""
        window = self._window
        while window.need(1):
            window.pos = _WHITE.match(window.buf, window.pos).end()  # type: ignore[union-attr]  # it matches the empty text
            if window.pos < len(window.buf):
                return True
        return False

    def _line_break(self, rel: int) -> str:
        """The white space after a terminator, less the indentation of the next line."""
        return line_break(self._window.at(rel, BREAK_REACH))
