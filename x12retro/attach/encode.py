"""A document on its way into a message: in pieces, with the number of its octets known before the first of them.

Base64 is written on the fly. What stands around a document (MIME headers, a CDA) is text before and behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pybase64

from x12retro.errors import SystemFailure
from x12retro.regular import opened

PIECE = 57 * 4096
"""Octets that are encoded at once: a whole number of base64 lines, hence of threes."""
_LINE = 76


class DocumentChanged(SystemFailure):
    """A document is not what it was when it was looked at, or cannot be read any more."""


class Part(NamedTuple):
    """Octets that can be had: how many, and how."""

    size: int
    pieces: Callable[[], Iterator[bytes]]


def of_file(path: Path, size: int, sha256: str) -> Part:
    """The octets of a file of that size and digest. Raises DocumentChanged at the end when it is not what it was."""

    def pieces() -> Iterator[bytes]:
        digest = hashlib.sha256()
        try:
            with opened(path) as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    yield piece
        except OSError as e:
            raise DocumentChanged(f"a document cannot be read any more: {e.strerror or type(e).__name__}") from e
        if digest.hexdigest() != sha256:
            raise DocumentChanged("a document was changed while it was sent: its digest is another")

    return Part(size, pieces)


def of_bytes(octets: bytes) -> Part:
    return Part(len(octets), lambda: iter((octets,)))


def in_base64(part: Part) -> Part:
    """The part in base64, in one line."""
    return Part((part.size + 2) // 3 * 4, lambda: map(pybase64.b64encode, _by(part.pieces(), PIECE)))


def in_lines_of_base64(part: Part) -> Part:
    """The part in base64, in lines of 76 characters that each end with CR LF, as MIME has it."""
    encoded = (part.size + 2) // 3 * 4
    lines = -(-encoded // _LINE)
    return Part(encoded + 2 * lines, lambda: map(_lines, _by(part.pieces(), PIECE)))


def between(before: bytes, part: Part, behind: bytes = b"") -> Part:
    """The part with text around it."""

    def pieces() -> Iterator[bytes]:
        yield before
        yield from part.pieces()
        if behind:
            yield behind

    return Part(len(before) + part.size + len(behind), pieces)


def in_mime(part: Part, media: str, *, raw: bool = False) -> Part:
    """The part as the body of one MIME entity, in base64 or, when `raw`, as it is. The name it gives the file says nothing."""
    encoding = "binary" if raw else "base64"
    head = f"MIME-Version: 1.0\r\nContent-Type: {media}\r\nContent-Transfer-Encoding: {encoding}\r\nContent-Disposition: attachment\r\n\r\n"
    return between(head.encode("ascii"), part if raw else in_lines_of_base64(part))


def _by(pieces: Iterator[bytes], n: int) -> Iterator[bytes]:
    """The same octets in pieces of exactly `n`, the last one shorter."""
    held = b""
    for piece in pieces:
        held = held + piece if held else piece
        while len(held) >= n:
            yield held[:n] if len(held) > n else held
            held = held[n:]
    if held:
        yield held


def _lines(piece: bytes) -> bytes:
    return pybase64.encodebytes(piece).replace(b"\n", b"\r\n")
