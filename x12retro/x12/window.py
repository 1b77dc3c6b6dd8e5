"""A sliding view of a byte stream: the only place where the reader touches its source, and where memory is bounded.

Positions are counted from the window's own position (`rel`), so that they survive a refill. Each refill reads at least as much
as is already held, which keeps the copying linear however long a message is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from x12retro.errors import SystemFailure, UsageError

Source = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO


class Window:
    """The bytes from `pos` on, with more behind them until `eof`. `buf` and `pos` are public for the hot loop."""

    __slots__ = ("_base", "_chunk", "_stream", "buf", "eof", "pos")

    def __init__(self, held: bytes, stream: BinaryIO | None, chunk: int, begin: int = 0) -> None:
        self.buf = held
        self.pos = 0
        self.eof = stream is None
        self._base = begin
        self._stream = stream
        self._chunk = chunk

    @property
    def offset(self) -> int:
        """The place of `pos` in the file, in bytes."""
        return self._base + self.pos

    @property
    def held(self) -> int:
        """How many bytes from `pos` on are in memory."""
        return len(self.buf) - self.pos

    def fill(self) -> None:
        """Drop what lies before `pos` and read on; sets `eof` when the source has no more."""
        stream = self._stream
        if stream is None:
            return
        rest = self.buf[self.pos :]
        wanted = max(self._chunk, len(rest))
        parts = [rest]
        while wanted > 0:
            try:
                part = stream.read(wanted)
            except OSError as e:
                raise SystemFailure(f"reading failed after {self._base + len(self.buf)} bytes: {e.strerror or e}") from e
            if not part:
                self.eof = True
                self._stream = None
                break
            parts.append(part)
            wanted -= len(part)
        self._base += self.pos
        self.buf = b"".join(parts)
        self.pos = 0

    def need(self, n: int) -> bool:
        """Hold `n` bytes from `pos` on; False when the source ends before."""
        while len(self.buf) - self.pos < n and not self.eof:
            self.fill()
        return len(self.buf) - self.pos >= n

    def at(self, rel: int, n: int = 1) -> bytes:
        """The `n` bytes at `rel`, fewer at the end of the source."""
        self.need(rel + n)
        return self.buf[self.pos + rel : self.pos + rel + n]

    def find(self, what: bytes, rel: int, limit: int) -> int:
        """Where `what` (one byte) next stands, counted from `pos`; -1 when it is not among the `limit` bytes from `rel` on."""
        while True:
            start = self.pos + rel
            hit = self.buf.find(what, start, start + limit)
            if hit >= 0:
                return hit - self.pos
            if self.eof or len(self.buf) - start >= limit:
                return -1
            self.fill()

    def skip(self, n: int) -> None:
        self.pos += n


@contextmanager
def open_window(source: Source, chunk: int, begin: int = 0) -> Iterator[Window]:
    """Open bytes, a path or a binary stream; a path is closed again, a stream is the caller's. Offsets are counted from `begin`.

    Raises UsageError when the path cannot be opened or the source is none of these.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield Window(bytes(source), None, chunk, begin)
    elif isinstance(source, str | os.PathLike):
        try:
            stream = Path(source).open("rb")  # noqa: SIM115  (closed below; only the opening is the caller's mistake)
        except OSError as e:
            raise UsageError(f"{os.fspath(source)}: {e.strerror or 'cannot be read'}") from e
        with stream:
            yield Window(b"", stream, chunk, begin)
    elif hasattr(source, "read"):
        yield Window(b"", source, chunk, begin)
    else:
        raise UsageError(f"cannot read X12 from a {type(source).__name__}: give bytes, a path or a binary stream")
