"""A sliding view of a byte stream: the only place where the reader touches its source, and where memory is bounded.

Positions are counted from the window's own position (`rel`), so that they survive a refill. Each refill reads at least as much
as is already held, which keeps the copying linear however long a message is.

Where a message holds binary data the window leaps over it, and who wants it takes it from the `Store`: any part of the source, as long as
the source is open. A source that cannot be sought in (a pipe) is written to an unnamed temporary file for that, from its first binary data
on; others stay where they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from x12retro.errors import SystemFailure, UsageError

Source = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO


class Window:
    """The bytes from `pos` on, with more behind them until `eof`. `buf` and `pos` are public for the hot loop."""

    __slots__ = ("_base", "_chunk", "_origin", "_spooled", "_store", "_stream", "buf", "eof", "pos")

    def __init__(self, held: bytes, stream: BinaryIO | None, chunk: int, begin: int = 0) -> None:
        self.buf = held
        self.pos = 0
        self.eof = stream is None
        self._base = begin
        origin = _told(stream)  # where in the stream the first byte of the source is; None when it cannot be sought in
        self._origin = origin - begin if origin is not None else None
        self._stream = stream
        self._store: Store | None = None
        self._spooled: BinaryIO | None = None
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
        if self._store is not None:
            self._store.seek(self._base + len(self.buf))  # others may have read from it meanwhile
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

    def store(self) -> Store:
        """The source as a whole, to read any part of it that is at or behind the window's position."""
        if self._store is None:
            if self._stream is None:
                self._store = Store(BytesIO(self.buf), -self._base)  # all that is left is held
            elif self._origin is not None:
                self._store = Store(self._stream, self._origin)
            else:
                self._spool(self._stream)
        assert self._store is not None
        return self._store

    def leap(self, n: int) -> None:
        """Move on by `n` bytes, which need not be held, and read none of them; the store must have been asked for before."""
        if n <= self.held:
            self.pos += n
            return
        self._base += self.pos + n
        self.buf, self.pos = b"", 0
        if self._stream is None:
            self.eof = True

    def close(self) -> None:
        """Let go of the temporary file, if there is one."""
        if self._spooled is not None:
            self._spooled.close()

    def _spool(self, pipe: BinaryIO) -> None:
        """Write what is left of a pipe to a temporary file without a name, and go on from there."""
        from tempfile import TemporaryFile  # few messages need it

        spool = TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            spool.write(self.buf)
            while part := pipe.read(1 << 20):
                spool.write(part)
        except OSError as e:
            raise SystemFailure(f"keeping a stream for its binary data failed: {e.strerror or e}") from e
        self._stream = self._spooled = cast(BinaryIO, spool)
        self._store = Store(self._stream, -self._base)


class Store:
    """The bytes of a source by their place in it, while the source is open."""

    __slots__ = ("_origin", "_stream")

    def __init__(self, stream: BinaryIO, origin: int) -> None:
        self._stream = stream
        self._origin = origin

    def seek(self, offset: int) -> None:
        self._stream.seek(self._origin + offset)

    def read(self, offset: int, n: int) -> bytes:
        """The `n` bytes at `offset`, fewer at the end. Raises SystemFailure when reading fails, UsageError when the source is closed."""
        parts = []
        try:
            self.seek(offset)
            while n > 0 and (part := self._stream.read(n)):
                parts.append(part)
                n -= len(part)
        except OSError as e:
            raise SystemFailure(f"reading failed after {offset} bytes: {e.strerror or e}") from e
        except ValueError as e:
            raise UsageError("binary data is read while its file is open: before the reader has come to its end") from e
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _told(stream: BinaryIO | None) -> int | None:
    """Where a stream stands, if it can be sought in."""
    try:
        return stream.tell() if stream is not None and stream.seekable() else None
    except (AttributeError, OSError, ValueError):
        return None


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
            window = Window(b"", stream, chunk, begin)
            try:
                yield window
            finally:
                window.close()
    elif hasattr(source, "read"):
        window = Window(b"", source, chunk, begin)
        try:
            yield window
        finally:
            window.close()
    else:
        raise UsageError(f"cannot read X12 from a {type(source).__name__}: give bytes, a path or a binary stream")
