"""Cut binary segments (BDS, BIN) by their octet count: their data may hold every delimiter.

The octet after the data must be the segment terminator, and a segment of the set must follow. Where that is not so the count is wrong,
and the end of the data is looked for: a terminator with the SE of this set behind it, or its next LX, another binary segment, an SE at
the end of a group, the trailer of the group or interchange, or the next 275. Failing these the first terminator will do, then the end of
the file; so nothing is lost, and the segments behind the data are read.

Guide: 006020X316 2110A BDS02 BDS03, 005010X211 2110A BIN01 BIN02
"""

from __future__ import annotations

import re
from typing import NamedTuple

from x12retro.x12.known_segments import KNOWN_SEGMENTS
from x12retro.x12.payload import Payload
from x12retro.x12.pieces import BREAKERS, Syntax
from x12retro.x12.window import Store, Window

BINARY_SETS = frozenset({"275"})
"""ST01 of the sets that hold binary segments."""
_HEAD = 256
"""Bytes that the head of a binary segment, or what follows its data, is recognised by."""
_LOOK = 1 << 20
_WHITE = rb"[ \t\r\n\v\f]{0,64}+"


class _Head(NamedTuple):
    """A binary segment, which starts at `start`, up to its data, at `data`. `declared` is None where the count is no number."""

    id: str
    element: int
    start: int
    data: int
    declared: int | None


class BinarySet:
    """The set with binary segments that is being read: its text so far, without their data, and their payloads."""

    def __init__(self, window: Window, syntax: Syntax, control: str, group: str, interchange: str) -> None:
        self.text = bytearray()
        self.payloads: list[Payload] = []
        self._window = window
        self._terminator = syntax.terminator
        self._counters = 0
        e, t = re.escape(syntax.element), re.escape(syntax.terminator)
        value = b"[^" + e + t + b"]{0,80}+"
        count = b"(" + value + b")" + e
        self._head = re.compile(_WHITE + b"(?:(BIN)" + e + count + b"|(BDS)" + e + value + e + count + b")")
        self._segment = re.compile(_WHITE + b"([A-Z][A-Z0-9]{1,2})[" + e + t + b"]")
        own, group_own, interchange_own = (re.escape(word.encode("latin-1")) for word in (control, group, interchange))
        self._before = t + _WHITE
        self._likely = (
            b"SE" + e + b"[0-9]{1,10}" + e + own + b" *" + t,
            b"SE" + e + b"[0-9]{1,10}" + e + value + t + _WHITE + b"(?:GE|ST|IEA|ISA)" + e,
            b"(?:BDS|BIN|OOI|EFI)" + e,
            b"ST" + e + b"275" + e,
            b"GE" + e + b"[0-9]{1,6}" + e + group_own + b" *" + t,
            b"IEA" + e + b"[0-9]{1,5}" + e + interchange_own + b" *(?:" + t + b"|$)",
        )
        self._counter = b"LX" + e + b"0*%d *[" + e + t + b"]"

    def counted(self) -> None:
        """Tell that an LX was read."""
        self._counters += 1

    def take(self, begin: int, end: int) -> Payload | None:
        """Move the window behind the binary segment at `end`, and the text from `begin` to there to `text`; None when none stands there."""
        window = self._window
        head = self._head_at(end)
        if head is None:
            return None
        store = window.store()
        offset = window.offset + head.data
        size, complete = self._measure(store, offset, head.declared)
        self.text += window.buf[window.pos + begin : window.pos + head.data]
        payload = Payload(head.id, head.element, len(self.text), window.offset + head.start, offset, size, head.declared, complete, store)
        self.payloads.append(payload)
        window.leap(head.data + size)
        if window.at(0) == self._terminator:
            self.text += self._terminator
            window.skip(1)
        return payload

    def _head_at(self, rel: int) -> _Head | None:
        found = self._head.match(self._window.at(rel, _HEAD))
        if found is None:
            return None
        count = (found[2] if found[1] else found[4]).translate(None, b"\r\n").strip()
        declared = int(count) if count.removeprefix(b"-").isdigit() and len(count) < 16 else None
        name, element = ("BIN", 2) if found[1] else ("BDS", 3)
        return _Head(name, element, rel + found.start(1 if found[1] else 3), rel + found.end(), declared)

    def _measure(self, store: Store, offset: int, declared: int | None) -> tuple[int, bool]:
        """How many octets the data at `offset` has, and whether the file goes on behind it."""
        ended = False
        declared = None if declared is not None and declared < 0 else declared
        if declared is not None:
            behind = store.read(offset + declared, _HEAD)
            ended = behind.startswith(self._terminator)
            if ended and self._is_segment(behind[1:]):
                return declared, True
        likely = b"|".join((*self._likely, self._counter % (self._counters + 1)))
        size, left = _find(store, offset, re.compile(self._before + b"(?:" + likely + b")"))
        if size is not None:
            return size, True
        if ended and declared is not None:
            return declared, True
        if declared is None or declared < left:
            size, left = _find(store, offset, re.compile(re.escape(self._terminator)))
            if size is not None:
                return size, True
        return left, False

    def _is_segment(self, text: bytes) -> bool:
        """True when a segment that may stand in a set begins here."""
        found = self._segment.match(text)
        return found is not None and found[1] not in BREAKERS and found[1].decode("ascii") in KNOWN_SEGMENTS


def _find(store: Store, offset: int, pattern: re.Pattern[bytes]) -> tuple[int | None, int]:
    """How far behind `offset` the pattern is found (None when it is not), and how many bytes were looked at."""
    seen = 0
    rest = b""
    while part := store.read(offset + seen, _LOOK):
        text = rest + part
        if (found := pattern.search(text)) is not None:
            return seen - len(rest) + found.start(), seen + len(part)
        seen += len(part)
        rest = text[-_HEAD:]
    return None, seen
