"""The quick way through well-formed transaction sets: one possessive regular expression a set, no segment cut.

It matches ST..SE where every piece is a segment id, elements and the terminator, followed by the interchange's line break, and
where no other envelope segment comes in between. About 350 MB/s on one core; the careful way takes what it refuses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from x12retro.x12.binary import BINARY_SETS
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.window import Window


class FastLane:
    """The pattern of one interchange's well-formed sets; `largest` is the size in bytes up to which it may decide."""

    __slots__ = ("_begun", "_cr", "_gap", "_isa", "_largest", "_lf", "_match", "_next_isa", "_one_line", "_seen", "_terminator")

    def __init__(self, delimiters: Delimiters, line_break: str, largest: int) -> None:
        lead, self._terminator = line_break.encode("latin-1"), delimiters.segment.encode("latin-1")
        element = delimiters.element.encode("latin-1")
        begun, whole = _patterns(element, self._terminator, lead)
        self._begun, self._match = begun.match, whole.match
        self._gap = len(lead)
        self._isa = b"ISA" + element  # may be a set that broke off in a segment, with the next interchange behind it
        self._largest = largest
        self._seen, self._next_isa = b"", -1
        segment = self._terminator + lead
        self._cr = segment.count(b"\r"), lead.count(b"\r")
        self._one_line = b"\r" not in segment and b"\n" not in segment
        self._lf = segment.count(b"\n"), lead.count(b"\n")

    def set(self, window: Window) -> tuple[int, bytes] | None:
        """Move the window behind the well-formed set at its position; the set's offset and bytes. None when it is not well-formed."""
        while True:
            buf = window.buf
            found = self._match(buf, window.pos)
            if found is not None:
                break
            if not self._may_come(window):
                return None
            window.fill()
        end = found.end()
        raw = buf[window.pos + self._gap : end]
        if end > self.reach(window) or not self._line_breaks_fit(raw):
            return None
        offset = window.offset + self._gap
        window.pos = end
        return offset, raw

    def reach(self, window: Window) -> int:
        """Where in the buffer the set at the window's position ends at the latest: it is no larger than allowed, and holds no ISA."""
        if self._seen is not window.buf or 0 <= self._next_isa < window.pos:
            self._seen = window.buf
            self._next_isa = window.buf.find(self._isa, window.pos)
        furthest = window.pos + self._gap + self._largest
        return furthest if self._next_isa < 0 else min(furthest, self._next_isa)

    def _may_come(self, window: Window) -> bool:
        """True when the set is not all in the window yet; False when something else comes, or a crooked set."""
        if window.eof:
            return False
        if window.held <= self._gap + 2:
            return True
        begun = self._begun(window.buf, window.pos)
        if begun is None or window.held > self._largest:
            return False
        return window.buf.find(self._terminator, begun.end() + 1) < 0  # else what stopped the pattern is here to its end

    def _line_breaks_fit(self, raw: bytes) -> bool:
        """True when each line break in `raw` is one that follows a terminator: none is left to stand inside a segment."""
        if self._one_line:
            return b"\n" not in raw and b"\r" not in raw
        count = raw.count(self._terminator)
        return _fits(raw, b"\r", *self._cr, count) and _fits(raw, b"\n", *self._lf, count)


def _fits(raw: bytes, mark: bytes, each: int, last: int, count: int) -> bool:
    """Whether a mark that each of `count` segments ends with, all but the last of them, stands nowhere else."""
    return raw.count(mark) == each * count - last if each else mark not in raw


@lru_cache(maxsize=64)
def _patterns(element: bytes, terminator: bytes, lead: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """The pattern of a set without its SE, and that of a whole set."""
    e, t, lead = re.escape(element), re.escape(terminator), re.escape(lead)
    not_t = b"[^" + t + b"]*+"
    not_te = b"[^" + t + e + b"]*+"
    breaker = b"(?!S[ET]" + e + b"|G[SE]" + e + b"|I(?:SA|EA)" + e + b")"
    inner = b"(?:" + t + lead + breaker + b"[A-Z][A-Z0-9]{1,2}" + e + not_t + b")*+"
    # binary segments are not for a pattern: their data may hold anything
    begun = lead + b"ST" + e + b"(?!(?:" + b"|".join(map(str.encode, BINARY_SETS)) + b")" + e + b")" + not_t + inner
    return re.compile(begun), re.compile(begun + t + lead + b"SE" + e + not_te + e + not_te + t)
