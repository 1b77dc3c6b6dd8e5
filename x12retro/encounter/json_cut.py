"""Where one JSON record ends and the next begins, found in bytes without parsing them: memory holds one record at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from x12retro.encounter.place import offset_of

MAX_RECORD = 16 * 1024 * 1024
"""No encounter is this long; what is longer is a file of another kind, reported once and skipped."""

_BLOCK = 65536
_MARK = re.compile(rb'["\\\[\]{},]')
_TOO_LONG = f"longer than {MAX_RECORD // (1024 * 1024)} MB: not an encounter"


class Chunk:
    """The bytes of one record, the line they start at (from 1), the bytes before them on that line; or `problem` instead of bytes."""

    __slots__ = ("column", "data", "line", "problem")

    def __init__(self, data: bytes, line: int, column: int = 0, problem: str | None = None) -> None:
        self.data = data
        self.line = line
        self.column = column
        self.problem = problem

    def line_of(self, path: str, key: str | None = None) -> int:
        """The line of the source in which what the JSON path names stands, or a `key` of it that no path can name.

        The record's first line when that cannot be told.
        """
        if b"\n" not in self.data:
            return self.line
        text = self.data.decode("utf-8", "replace")
        return self.line + text.count("\n", 0, offset_of(text, path, key))


def whole(head: bytes, stream: BinaryIO) -> Iterator[Chunk]:
    """The one record that the source is."""
    data = head + stream.read(MAX_RECORD + 1 - len(head))
    yield Chunk(data, 1) if len(data) <= MAX_RECORD else Chunk(b"", 1, problem=_TOO_LONG)


def cut_lines(head: bytes, stream: BinaryIO) -> Iterator[Chunk]:
    """One record a line; blank lines are passed over."""
    for number, line in enumerate(lines_of(head, stream), start=1):
        if line is None:
            yield Chunk(b"", number, problem=_TOO_LONG)
        elif line.strip():
            yield Chunk(line.rstrip(b"\r"), number)


def lines_of(head: bytes, stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines of the source without their ends; None for one that is too long."""
    pending = bytearray()
    too_long = False
    block = head
    while block:
        first, *others = block.split(b"\n")
        pending += first
        if others:
            yield None if too_long or len(pending) > MAX_RECORD else bytes(pending)
            *whole_lines, last = others
            yield from whole_lines
            too_long = False
            pending = bytearray(last)
        if len(pending) > MAX_RECORD:
            too_long = True
            pending.clear()
        block = stream.read(_BLOCK)
    if too_long:
        yield None
    elif pending:
        yield bytes(pending)


def cut_array(head: bytes, stream: BinaryIO) -> Iterator[Chunk]:
    """The elements of the outermost array, cut at its own commas: brackets and quotes are counted, nothing else is looked at."""
    cutter = _ArrayCutter()
    block = head
    while block:
        yield from cutter.feed(block)
        block = stream.read(_BLOCK)
    yield from cutter.end()


class _ArrayCutter:
    """The state of a cut between two blocks: how deep, inside text or not, and the element so far."""

    def __init__(self) -> None:
        self.depth = 0
        self.in_text = False
        self.skip = False  # the last byte of the block before was a backslash: its next byte is text
        self.closed = False
        self.elements = 0
        self.pending = bytearray()
        self.too_long = False
        self.line = 1
        self.column = 0

    def feed(self, block: bytes) -> Iterator[Chunk]:
        start = 0
        position = 1 if self.skip else 0
        self.skip = False
        while (match := _MARK.search(block, position)) is not None:
            at = match.start()
            position = at + 1
            mark = block[at : at + 1]
            if self.in_text:
                if mark == b"\\":
                    self.skip = position == len(block)
                    position += 1
                elif mark == b'"':
                    self.in_text = False
                continue
            if mark == b'"':
                self.in_text = True
            elif mark in (b"[", b"{"):
                self.depth += 1
                if self.depth == 1 and not self.closed:
                    self._move(block[start : at + 1])
                    start = at + 1
            elif mark in (b"]", b"}"):
                self.depth -= 1
                if self.depth == 0 and not self.closed:
                    yield from self._element(block[start:at], last=True)
                    start = at
                    self.closed = True
            elif mark == b"," and self.depth == 1:
                yield from self._element(block[start:at])
                self._move(b",")
                start = at + 1
        self._keep(block[start:])

    def end(self) -> Iterator[Chunk]:
        if not self.closed:
            yield Chunk(b"", self.line, self.column, "not valid JSON: the list breaks off before its closing ]")
        elif bytes(self.pending.strip()) not in (b"]", b"}"):
            yield Chunk(b"", self.line, self.column, "not valid JSON: something stands after the closing ] of the list")

    def _keep(self, data: bytes) -> None:
        self.pending += data
        if len(self.pending) > MAX_RECORD:
            self.too_long = True
            self._move(bytes(self.pending))
            self.pending.clear()

    def _element(self, data: bytes, last: bool = False) -> Iterator[Chunk]:
        self._keep(data)
        raw = bytes(self.pending)
        self.pending.clear()
        text = raw.lstrip()
        self._move(raw[: len(raw) - len(text)])
        if self.too_long:
            yield Chunk(b"", self.line, self.column, _TOO_LONG)
        elif text or not last or self.elements:
            yield Chunk(text.rstrip(), self.line, self.column)
        else:
            yield Chunk(b"", self.line, self.column, "the list is empty: it holds no encounter")
        self.elements += 1
        self.too_long = False
        self._move(text)

    def _move(self, data: bytes) -> None:
        """Advance line and column past `data`."""
        newlines = data.count(b"\n")
        self.line += newlines
        self.column = len(data) - data.rfind(b"\n") - 1 if newlines else self.column + len(data)
