"""Cut a set into segments."""

from __future__ import annotations

from itertools import accumulate, count, repeat
from operator import add

from x12retro.x12.delimiters import Delimiters
from x12retro.x12.pieces import syntax_of
from x12retro.x12.segment import Segment

_WHITE = " \t\r\n\v\f"  # as bytes.lstrip has it; str.lstrip would take control characters that delimit
_NO_LINE_BREAKS = {ord("\r"): None, ord("\n"): None}


def cut(raw: bytes, offset: int, delimiters: Delimiters) -> list[Segment]:
    """Cut `raw`, which starts at byte `offset` of the file, into segments counted from 1.

    White space before a segment and line breaks inside one are taken out; comments and empty pieces are left out. Text is
    UTF-8 where all of `raw` is valid UTF-8, else Latin-1. Each segment's offset is the byte of its id in the file.
    """
    encoding = _encoding(raw)
    if encoding == "utf-8":
        return _cut_bytes(raw, offset, delimiters, encoding)
    element = delimiters.element
    syntax = syntax_of(delimiters)
    segments: list[Segment] = []
    position = 0
    at = offset
    for piece in raw.decode(encoding).split(delimiters.segment):
        text = piece.lstrip(_WHITE)
        start = at + len(piece) - len(text)
        at += len(piece) + 1
        fields = text.split(element)
        if "\n" in text or "\r" in text or not (len(fields) > 1 and 1 < len(fields[0]) < 4 and fields[0].isalnum() and fields[0].isascii()):
            look = syntax.look(text.encode(encoding))
            if not look.id:
                continue
            fields = text[look.start :].translate(_NO_LINE_BREAKS).split(element)
            start += look.start
        position += 1
        segments.append(Segment(fields, start, position))
    return segments


def cut_clean(raw: bytes, offset: int, delimiters: Delimiters, line_break: str) -> list[Segment]:
    """Cut a set that the reader has proven clean: segments and nothing else, each ended by the terminator and `line_break`.

    The outcome is that of `cut`; what is not plain ASCII is left to it.
    """
    if not raw.isascii():
        return cut(raw, offset, delimiters)
    texts = raw[:-1].decode("ascii").split(delimiters.segment + line_break)
    fields = map(str.split, texts, repeat(delimiters.element))
    offsets = map(add, accumulate(map(len, texts), initial=offset), count(0, len(line_break) + 1))
    return list(map(Segment, fields, offsets, count(1)))


def _cut_bytes(raw: bytes, offset: int, delimiters: Delimiters, encoding: str) -> list[Segment]:
    """The same on bytes, where a character may be more than one of them."""
    syntax = syntax_of(delimiters)
    segments: list[Segment] = []
    at = offset
    for piece in raw.split(syntax.terminator):
        text = piece.lstrip()
        look = syntax.look(text)
        if look.id:
            fields = text[look.start :].translate(None, b"\r\n").decode(encoding).split(delimiters.element)
            segments.append(Segment(fields, at + len(piece) - len(text) + look.start, len(segments) + 1))
        at += len(piece) + 1
    return segments


def _encoding(raw: bytes) -> str:
    if raw.isascii():
        return "ascii"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
