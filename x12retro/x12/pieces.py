"""What lies between two terminators, looked at closely: the careful way of the reader and of `cut`.

A *piece* is white space, then a segment; in crooked files it is also a comment, a comment and then a segment on a line of its
own, a segment with line breaks inside (even inside its id), or nothing at all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from x12retro.x12.delimiters import Delimiters
from x12retro.x12.isa import ISA_SIGNATURE
from x12retro.x12.window import Window

BREAKERS = frozenset((b"ST", b"GS", b"GE", b"ISA", b"IEA"))  # none of these may stand inside a set
_WHITE = re.compile(rb"[ \t\r\n\v\f]*")
_LINE_BREAKS = b"\r\n"


class Look(NamedTuple):
    """What a piece turned out to be: where its segment starts, the id ("" when it holds none), and what is odd about it."""

    start: int
    id: bytes
    wrapped: bool
    comment: bool


class Syntax:
    """The patterns of one set of delimiters."""

    __slots__ = ("_after_comment", "_lenient", "_strict", "element", "terminator")

    def __init__(self, delimiters: Delimiters) -> None:
        self.element = delimiters.element.encode("latin-1")
        self.terminator = delimiters.segment.encode("latin-1")
        sep = re.escape(self.element)
        self._strict = re.compile(rb"([A-Z][A-Z0-9]{1,2})(?:" + sep + rb"|$)")
        self._lenient = re.compile(rb"([A-Za-z0-9]{1,4})(?:" + sep + rb"|$)")
        self._after_comment = re.compile(rb"[\r\n][ \t]*(?=[A-Z][A-Z0-9]{1,2}" + sep + rb")")

    def look(self, text: bytes) -> Look:
        """Say what a piece without its leading white space and its terminator is."""
        broken = b"\n" in text or b"\r" in text
        if match := self._strict.match(text):
            return Look(0, match[1], broken, False)
        if broken:
            if match := self._strict.match(text.translate(None, _LINE_BREAKS)):
                return Look(0, match[1], True, False)
            if line := self._after_comment.search(text):
                inner = self.look(text[line.end() :])
                return Look(line.end() + inner.start, inner.id, inner.wrapped, True)
        if match := self._lenient.match(text):
            return Look(0, match[1], broken, False)
        return Look(len(text), b"", False, bool(text))


@lru_cache(maxsize=64)
def syntax_of(delimiters: Delimiters) -> Syntax:
    return Syntax(delimiters)


class Piece:
    """The next piece of the window; places count from the window's position. `gap` is the white space before it."""

    __slots__ = ("end", "gap", "look", "next", "start", "terminated", "too_long")

    def __init__(self, gap: bytes, start: int, end: int, next_: int, look: Look, terminated: bool = True, too_long: bool = False) -> None:
        self.gap = gap
        self.start = start
        self.end = end
        self.next = next_
        self.look = look
        self.terminated = terminated
        self.too_long = too_long

    @property
    def plain(self) -> bool:
        """True when nothing is odd about it but perhaps the white space before."""
        return self.terminated and bool(self.look.id) and not self.look.wrapped and not self.look.comment


_NOTHING = Look(0, b"", False, False)


def next_piece(window: Window, rel: int, syntax: Syntax, max_segment: int) -> Piece | None:
    """Find the piece that starts at `rel`; None at the end of the file. Holds at most about `max_segment` bytes for it."""
    buf, at = window.buf, window.pos
    first = at + rel
    begin = _end_of_white(buf, first)
    end = buf.find(syntax.terminator, begin, begin + max_segment)
    if end >= 0 and begin - first <= max_segment:
        text = buf[begin:end]
        if b"ISA" not in text:
            look = syntax.look(text)
            return Piece(buf[first:begin], begin - at + look.start, end - at, end - at + 1, look)
    return _far_piece(window, rel, syntax, max_segment)


def _end_of_white(buf: bytes, start: int) -> int:
    match = _WHITE.match(buf, start)
    return match.end() if match else start


def _far_piece(window: Window, rel: int, syntax: Syntax, max_segment: int) -> Piece | None:
    """The same where the piece is not all in the window yet, or is not simply ended by its terminator."""
    while True:
        begin = _end_of_white(window.buf, window.pos + rel) - window.pos
        if begin < window.held or window.eof or begin - rel > max_segment:
            break
        window.fill()
    if begin - rel > max_segment:
        return Piece(b"", rel, rel, begin, _NOTHING, False, True)
    if begin >= window.held:
        return None
    end = window.find(syntax.terminator, begin, max_segment)
    gap = window.buf[window.pos + rel : window.pos + begin]
    return _broken_piece(window, gap, begin, end, syntax, max_segment)


def _broken_piece(window: Window, gap: bytes, begin: int, end: int, syntax: Syntax, max_segment: int) -> Piece:
    """A piece that may lack its terminator (`end` is -1 when none is in reach) or hold the ISA of the next interchange."""
    terminated = end >= 0
    if not terminated:
        end = min(window.held, begin + max_segment)
    after = end + 1 if terminated else end
    text = window.buf[window.pos + begin : window.pos + end]
    other = ISA_SIGNATURE.search(text)
    if other is not None and other.start() == 0:  # it may well have another element separator than ours
        return Piece(gap, begin, end, after, Look(0, b"ISA", False, False), terminated)
    if other is not None and (other[1] == syntax.element or text.startswith(b"IEA")):
        # a segment without its terminator, and the next interchange right behind it: a plain cut would swallow its ISA
        text = text[: other.start()]
        after = begin + other.start()
        terminated = False
    elif not terminated and not (window.eof and end == window.held):
        return Piece(b"", begin, end, end, _NOTHING, False, True)
    if not terminated:
        text = text.rstrip()
        end = begin + len(text)
    look = syntax.look(text)
    return Piece(gap, begin + look.start, end, after, look, terminated)


def skip_long(window: Window, syntax: Syntax) -> None:
    """Move on behind a segment of any length, holding no more than a chunk: to the next terminator, or ST or ISA at a line's start."""
    sep = re.escape(syntax.element)
    resync = re.compile(rb"(?<=[\r\n])ST" + sep + rb"[0-9]{3}" + sep + rb"|" + ISA_SIGNATURE.pattern)
    while True:
        end = window.buf.find(syntax.terminator, window.pos)
        other = resync.search(window.buf, window.pos, end if end >= 0 else len(window.buf))
        if other:
            window.pos = other.start()
            return
        if end >= 0:
            window.pos = end + 1
            return
        if window.eof:
            window.pos = len(window.buf)
            return
        window.pos = max(window.pos, len(window.buf) - 128)  # the length of the longest pattern stays in view
        window.fill()
