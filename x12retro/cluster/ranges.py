"""One large file as ranges of bytes, cut where an interchange or a set begins, and read by whoever takes them from the path itself.

The cuts are guessed: a `Scout` goes ahead of the reader and looks at bytes alone. Whatever it guesses, nothing depends on it but speed. The
one reader that keeps the order goes over the file as ever, and takes what was made of a set only if it was made of the very same set: the
same bytes (`Range.digest`) at the same place, within the same ISA and GS (`Sight`). For what is left, and for a range that others cannot
read or see other bytes in, it does the work itself.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, TypeVar

from x12retro.cluster.files import Unseen, unlike, unseen
from x12retro.crew import UNDER_WAY, Crew, Pending
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.x12 import Frame, GroupStart, Lane, Transaction, read
from x12retro.x12.isa import BREAK_REACH, ISA_REACH, ISA_SIGNATURE, IsaRead, line_break, read_isa

T = TypeVar("T")
RANGE = 4 << 20
"""Bytes of a range: a tenth of a second to validate, and a thousand times what it costs to send for them."""
_GS_REACH = 512
_NAME = re.compile(rb"[A-Za-z0-9]")


class Range(NamedTuple):
    """Bytes of a file of `size` bytes; where the ISA and the GS stand whose sets they begin with (None: they begin with an ISA).

    `digest` is the CRC-32 of that ISA and GS and of the bytes.
    """

    path: str
    size: int
    begin: int
    end: int
    within: tuple[int, int] | None
    digest: int


class Sight(NamedTuple):
    """What tells that two have seen the same set: where it stands, its length, how it was read, where its ISA and its GS stand."""

    offset: int
    length: int
    clean: bool
    complete: bool
    isa_at: int
    gs_at: int


def sight(transaction: Transaction, within: tuple[int, int] | None = None, begin: int = 0) -> Sight:
    """The sight of a set; in a range that begins at `begin` the envelope of its first sets stands where `within` says."""
    at = place(transaction.group, within, begin)
    return Sight(transaction.offset, len(transaction.raw), transaction.clean, transaction.complete, *at)


def place(group: GroupStart, within: tuple[int, int] | None = None, begin: int = 0) -> tuple[int, int]:
    """Where the ISA and the GS of a group stand in the file."""
    isa_at, gs_at = group.interchange.offset, group.offset
    if within is not None and isa_at < begin:
        isa_at = within[0]
        gs_at = within[1] if gs_at < begin else gs_at
    return isa_at, gs_at


def frames_of(range_: Range, lane: Lane | None = None) -> Iterator[Frame | Finding]:
    """Read a range, with offsets as in the file; what the reader has to say of its edges means nothing.

    Raises UsageError when the path cannot be read here, or another file lies there.
    """
    try:
        with Path(range_.path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            head = _head(stream, range_.within)
            stream.seek(range_.begin)
            text = stream.read(range_.end - range_.begin)
    except OSError as problem:
        raise UsageError(unseen(range_.path, problem)) from problem
    if size != range_.size or zlib.crc32(text, zlib.crc32(head)) != range_.digest:
        raise UsageError(unlike(range_.path))
    yield from read(head + text, lane=lane, begin=range_.begin - len(head))


def _head(stream: BinaryIO, within: tuple[int, int] | None) -> bytes:
    """The ISA with the line break behind it, and the GS; nothing where there are none."""
    if within is None:
        return b""
    isa_at, gs_at = within
    stream.seek(isa_at)
    text = stream.read(ISA_REACH + BREAK_REACH)
    isa = read_isa(text[:ISA_REACH])
    if not isinstance(isa, IsaRead):
        return b""
    break_ = line_break(text[isa.size : isa.size + BREAK_REACH]).encode("latin-1")
    stream.seek(gs_at)
    gs, terminator, _ = stream.read(_GS_REACH).partition(isa.delimiters.segment.encode("latin-1"))
    return text[: isa.size] + break_ + gs + terminator + break_


class Scout:
    """Cuts a file into ranges from `at` on, where a set of the given group stands. `at` is where the next one begins."""

    def __init__(self, path: Path, size: int, at: int, group: GroupStart, length: int = RANGE) -> None:
        self._path, self._size, self._length = path, size, length
        self.at = at
        self._within: tuple[int, int] | None = place(group)
        self._cut_by(group.interchange.delimiters.element, group.interchange.delimiters.segment, group.interchange.line_break)

    def _cut_by(self, element: str, terminator: str, break_: str) -> None:
        e, self._gap = element.encode("latin-1"), (terminator + break_).encode("latin-1")
        self._st, self._gs = self._gap + b"ST" + e, self._gap + b"GS" + e

    def next(self) -> Range | None:
        """The next range; None at the end of the file, and where it is gone or has become shorter."""
        begin, within = self.at, self._within
        if begin >= self._size:
            return None
        head, text = self._read(begin)
        if not text:
            self.at = self._size
            return None
        cut = (self._cut(text, begin) if begin + len(text) < self._size else 0) or len(text)
        self.at = begin + cut
        return Range(str(self._path), self._size, begin, self.at, within, zlib.crc32(memoryview(text)[:cut], zlib.crc32(head)))

    def _read(self, begin: int) -> tuple[bytes, bytes]:
        try:
            with self._path.open("rb") as stream:
                head = _head(stream, self._within)
                stream.seek(begin)
                return head, stream.read(self._length)
        except OSError:
            return b"", b""

    def _cut(self, text: bytes, begin: int) -> int:
        """Where in the text to cut; 0 where there is no place for it. Learns the envelope that holds from there on."""
        isa_at = _last_isa(text)
        if isa_at > len(text) // 2:
            self._within = None
            return isa_at
        if isa_at >= 0:
            isa = read_isa(text[isa_at : isa_at + ISA_REACH])
            assert isinstance(isa, IsaRead), "it was looked at"
            break_ = line_break(text[isa_at + isa.size : isa_at + isa.size + BREAK_REACH])
            self._cut_by(isa.delimiters.element, isa.delimiters.segment, break_)
        last = text.rfind(self._st, max(isa_at, 0))
        gs_at = text.rfind(self._gs, max(isa_at, 0), max(last, 0))
        if last < 0 or (isa_at >= 0 and gs_at < 0):
            self._within = None if isa_at > 0 else self._within
            return max(isa_at, 0)
        if gs_at >= 0:
            isa_at = begin + isa_at if isa_at >= 0 else self._within[0] if self._within is not None else begin
            self._within = (isa_at, begin + gs_at + len(self._gap))
        return last + len(self._gap)


def _last_isa(text: bytes) -> int:
    """Where the last ISA of a text stands, all of which is in it; -1 when there is none."""
    at = len(text)
    while (at := text.rfind(b"ISA", 0, at)) >= 0:
        if at and _NAME.match(text, at - 1):
            continue
        if ISA_SIGNATURE.match(text, at) and isinstance(read_isa(text[at : at + ISA_REACH]), IsaRead):
            return at
    return -1


class Made(NamedTuple, Generic[T]):
    """A range, and what was made of it."""

    range: Range
    found: T


class Ahead(Generic[T]):
    """What a crew makes of a file's ranges, for a reader that comes behind; `work` is given `given` and the range.

    `unseen` is told what the crew could not read.
    """

    def __init__(
        self, crew: Crew, work: Callable[..., T], given: tuple[object, ...], path: str, unseen: Unseen, *, length: int = RANGE
    ) -> None:
        self._crew, self._work, self._given, self._unseen = crew, work, given, unseen
        self._path, self._length = Path(path).absolute(), length
        self._size = self._path.stat().st_size
        self._scout: Scout | None = None
        self._sent: deque[tuple[Range, Pending[T]]] = deque()
        self._made: Made[T] | None = None
        self._nothing = 0  # of what stands before this nothing was made

    def at(self, offset: int, group: GroupStart) -> Made[T] | None:
        """What was made of the range in which the set at `offset` begins; None where there is none."""
        if self._made is not None and self._made.range.begin <= offset < self._made.range.end:
            return self._made
        if offset < self._nothing:
            return None
        while self._sent and self._sent[0][0].end <= offset:
            self._sent.popleft()[1].cancel()
        if not self._sent and (self._scout is None or self._scout.at <= offset):
            if group.gs is None or group.interchange.isa is None:
                return None
            self._scout = Scout(self._path, self._size, offset, group, self._length)
        self._send()
        if not self._sent or self._sent[0][0].begin > offset:
            return None
        range_, pending = self._sent.popleft()
        try:
            self._made = Made(range_, pending.result())
        except UsageError as problem:
            self._unseen(str(problem), str(self._path), self._size)
            self._made, self._nothing = None, range_.end
        self._send()
        return self._made

    def _send(self) -> None:
        while self._scout is not None and len(self._sent) < self._crew.size * UNDER_WAY and (range_ := self._scout.next()) is not None:
            self._sent.append((range_, self._crew.submit(self._work, *self._given, range_)))

    def close(self) -> None:
        """Nobody waits for what is still under way."""
        for _, pending in self._sent:
            pending.cancel()
        self._sent.clear()
