"""Take off what is around a document, in one pass: base64 of the data element, MIME, a CDA around a file, base64 once more.

Nothing is trusted that is said of it but how it is encoded: the kind of what comes out is told from its octets. Depth, parts and headers
are bounded; what passes the bounds, or is encoded in a way that is not known, comes out as it is, with the reason. An archive comes out as
it is, always.

Source: the shapes in use, see docs/attachments.md
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

import pybase64

from x12retro.attach.kinds import REACH, Kind, kind_of
from x12retro.attach.stream import Broken, Octets

_DEEPEST = 6
_MOST_PARTS = 50
_HEADERS = 1 << 14
_CDA_HEAD = 1 << 17
_END_OF_HEADERS = re.compile(rb"\r?\n[ \t]*\r?\n")
_BODY = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?nonXMLBody\b[^>]*>\s*<((?:[A-Za-z_][\w.-]*:)?text)\b([^>]*)>", re.DOTALL)
_B64 = re.compile(rb"""\brepresentation\s*=\s*["']B64["']""")
_BASE64_TEXT = re.compile(rb"[A-Za-z0-9+/\r\n]{64,}+={0,2}+\s*+")
_WHITE = b" \t\r\n\v\f"


class Leaf(NamedTuple):
    """A document with nothing around it; its octets are taken before the next one is asked for. `why`: it could not be opened further."""

    kind: Kind
    layers: tuple[str, ...]
    pieces: Iterator[bytes]
    why: str = ""


def unwrap(pieces: Iterator[bytes], filter_: str) -> Iterator[Leaf]:
    """Yield the documents in the data of a BDS or BIN; `filter_` is BDS01, "" for a BIN.

    Raises Broken, while octets are taken, for base64 that is none.
    """
    if filter_ == "B64":
        yield from _open(Octets(from_base64(pieces)), ("B64",), 1)
    elif filter_ in ("", "ASC", "NOF"):
        yield from _open(Octets(pieces), (filter_,) if filter_ else (), 0)
    else:
        yield Leaf("unknown", (), pieces, "the filter that BDS01 names is none that is known; known are B64 and ASC")


def _open(octets: Octets, layers: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    head = octets.peek(REACH)
    kind = kind_of(head)
    if depth >= _DEEPEST:
        yield Leaf(kind, layers, octets.rest(), "" if kind not in ("mime", "cda") else "there are too many layers around it")
    elif kind == "mime":
        yield from _open_mime(octets, layers, depth)
    elif kind == "cda" and (body := _body_of(octets)) is not None:
        start, mark = body
        octets.skip(start)
        yield from _open(Octets(from_base64(octets.until(mark))), (*layers, "CDA"), depth + 1)
        _pass_over(octets.rest())
    elif kind == "text" and _is_base64_of_something(head):
        yield from _open(Octets(from_base64(octets.rest())), (*layers, "base64"), depth + 1)
    else:
        yield Leaf(kind, layers, octets.rest())


def _open_mime(octets: Octets, layers: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    head = octets.peek(_HEADERS)
    end = _END_OF_HEADERS.search(head)
    if end is None:
        yield Leaf("mime", layers, octets.rest(), "its MIME headers do not end")
        return
    headers = _headers(head[: end.start()])
    octets.skip(end.end())
    layers = (*layers, "MIME")
    content = headers.get(b"content-type", b"")
    boundary = re.search(rb'boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', content, re.IGNORECASE)
    if content.lower().startswith(b"multipart/") and boundary is not None:
        newline = b"\r\n" if b"\r\n" in end[0] else b"\n"
        yield from _open_parts(octets, boundary[1] or boundary[2], newline, layers, depth)
        return
    encoding = headers.get(b"content-transfer-encoding", b"binary").lower()
    if encoding == b"base64":
        yield from _open(Octets(from_base64(octets.rest())), layers, depth + 1)
    elif encoding == b"quoted-printable":
        yield from _open(Octets(_from_quoted(octets.rest())), layers, depth + 1)
    elif encoding in (b"7bit", b"8bit", b"binary"):
        yield from _open(octets, layers, depth + 1)
    else:
        yield Leaf("mime", layers, octets.rest(), "its Content-Transfer-Encoding is none that is known")


def _open_parts(octets: Octets, boundary: bytes, newline: bytes, layers: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    """The parts of a multipart; what is before the first and behind the last is no document."""
    mark = b"--" + boundary
    _pass_over(octets.until(mark))
    for _ in range(_MOST_PARTS):
        line = octets.peek(len(mark) + 2)
        if not line.startswith(mark) or line.endswith(b"--"):
            break
        octets.skip(len(mark))
        head = octets.peek(128)
        octets.skip(len(head) - len(head.lstrip(b" \t").removeprefix(b"\r").removeprefix(b"\n")))
        part = Octets(octets.until(newline + mark))
        if part.peek(len(newline)) == newline:  # a part without headers
            part.skip(len(newline))
        yield from _open(part, layers, depth + 1)
        _pass_over(part.rest())
        octets.skip(len(newline))
    else:
        if octets.peek(1):
            yield Leaf("mime", layers, octets.rest(), f"it has more than {_MOST_PARTS} parts; these are the others")
    _pass_over(octets.rest())


def _pass_over(pieces: Iterator[bytes]) -> None:
    for _ in pieces:
        pass


def _headers(text: bytes) -> dict[bytes, bytes]:
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", text)
    fields = (line.partition(b":") for line in re.split(rb"\r?\n", unfolded))
    return {name.strip().lower(): value.strip() for name, colon, value in fields if colon}


def _body_of(octets: Octets) -> tuple[int, bytes] | None:
    """Where in a CDA the base64 of its body starts, and the mark that ends it; None where the CDA is a document of its own."""
    found = _BODY.search(octets.peek(_CDA_HEAD))
    if found is None or _B64.search(found[2]) is None or found[2].endswith(b"/"):
        return None
    return found.end(), b"</" + found[1]


def _is_base64_of_something(head: bytes) -> bool:
    """True for text that is base64 of a document whose kind is known: as some send it where the data element should not be encoded."""
    if _BASE64_TEXT.fullmatch(head) is None:
        return False
    sample = head.translate(None, _WHITE).rstrip(b"=")
    try:
        return kind_of(binascii.a2b_base64(sample[: len(sample) // 4 * 4])) not in ("text", "unknown", "empty", "hl7v2")
    except binascii.Error:
        return False


def from_base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decode base64 that comes in pieces; white space is passed over. Raises Broken for anything else that is no base64."""
    held = b""
    ended = False
    for piece in pieces:
        spaced = b"\n" in piece or b"\r" in piece or b" " in piece or b"\t" in piece
        text = piece.translate(None, _WHITE) if spaced else piece
        if held:
            text = held + text
        if ended and text:
            raise Broken("there is more behind the end of its base64")
        whole = len(text) // 4 * 4
        held = text[whole:]
        if whole:
            text = text[:whole] if held else text
            ended = text.endswith(b"=")
            try:
                yield pybase64.b64decode(text, validate=True)
            except binascii.Error:
                raise Broken("its base64 is broken: it holds other characters, or padding in the middle") from None
    if held:
        raise Broken("its base64 ends in the middle of a group of four")


def _from_quoted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decode quoted-printable that comes in pieces; a piece is held back from its last line on, up to what a line may have."""
    held = b""
    for piece in pieces:
        text = held + piece
        cut = text.rfind(b"\n") + 1
        if not cut and len(text) > REACH:
            cut = len(text) - 3
        held = text[cut:]
        if cut:
            yield binascii.a2b_qp(text[:cut])
    if held:
        yield binascii.a2b_qp(held)
