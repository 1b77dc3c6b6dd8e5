"""Octets that come in pieces: looked at ahead, taken up to a mark, and passed on; never more of them in memory than was asked for."""

from __future__ import annotations

from collections.abc import Iterator


class Broken(Exception):
    """What is encoded is not encoded as it says; the text is fit to be shown."""


class Octets:
    """A stream of pieces with a look ahead. What was taken does not come again.

    Where the pieces are Broken, that is raised when what came before was taken, and not while it is looked at.
    """

    __slots__ = ("_broken", "_ended", "_held", "_pieces")

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self._ended = False
        self._broken: Broken | None = None

    def peek(self, n: int) -> bytes:
        """The next `n` octets, fewer at the end."""
        while len(self._held) < n and self._more():
            pass
        return self._held[:n]

    def skip(self, n: int) -> None:
        """Pass over octets that were looked at."""
        self._held = self._held[n:]

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        if self._held:
            held, self._held = self._held, b""
            yield held
        if not self._ended:
            yield from self._pieces
            self._ended = True
        self._whole()

    def until(self, mark: bytes) -> Iterator[bytes]:
        """What comes before `mark`, which is then next; all that is left when it does not come."""
        while True:
            found = self._held.find(mark)
            if found >= 0:
                if found:
                    yield self._held[:found]
                self._held = self._held[found:]
                return
            if len(self._held) >= len(mark):
                safe = len(self._held) - len(mark) + 1
                yield self._held[:safe]
                self._held = self._held[safe:]
            if not self._more():
                if self._held:
                    yield self._held
                    self._held = b""
                self._whole()
                return

    def _whole(self) -> None:
        """Raise what the pieces raised, once."""
        broken, self._broken = self._broken, None
        if broken is not None:
            raise broken

    def _more(self) -> bool:
        try:
            piece = next(self._pieces, None)
        except Broken as broken:
            self._broken, piece = broken, None
        if piece is None:
            self._ended = True
            return False
        self._held = self._held + piece if self._held else piece
        return True
