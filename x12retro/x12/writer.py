"""Write X12 strictly: what leaves here is cut again exactly as it was meant.

The writer counts SE01, GE01 and IEA01 itself, repeats the control numbers, pads the ISA to its fixed widths, leaves out empty
elements and components at the end, and refuses text that holds a delimiter or a control character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from x12retro.errors import SystemFailure, UnwritableData, UsageError
from x12retro.findings import Finding
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.frames import Frame, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Stray, Ta1, Transaction
from x12retro.x12.isa import ISA_WIDTHS
from x12retro.x12.rendering import Element, rendering_of
from x12retro.x12.rendering import Repeats as Repeats  # this is where others look for it
from x12retro.x12.segment import Segment


class Out(Protocol):
    """Where bytes go: a binary stream."""

    def write(self, data: bytes, /) -> object: ...


class Writer:
    """Writes segments to `out`, a binary stream or a bytearray; `line_break` ("", "\\n", "\\r\\n") follows each terminator.

    Use the context managers (`with w.interchange(...), w.group(...), w.transaction(...)`), or open and close by hand. Closing
    writes the trailer with its count. Raises UnwritableData, whose path names the element (`NM103`, `HI01-2`), before a byte of
    the segment is written; UsageError when things are opened or closed out of order.
    """

    def __init__(self, out: Out | bytearray, delimiters: Delimiters | None = None, line_break: str = "") -> None:
        self.delimiters = delimiters or Delimiters()
        self._rendering = rendering_of(self.delimiters, line_break)
        self._out = out
        self._end = self.delimiters.segment + line_break
        self._isa: str | None = None
        self._gs: str | None = None
        self._st: str | None = None
        self._groups = self._sets = self._segments = 0

    # envelope -------------------------------------------------------------------------------------------------------------

    def open_interchange(self, elements: Sequence[str]) -> None:
        """Write the ISA from ISA01 to ISA15; elements are padded with blanks (ISA13 with zeros), ISA11 and ISA16 follow the delimiters.

        The given ISA11 is used only where there is no repetition separator (it is `U` then unless one character is given).
        """
        self._want(self._isa is None, "an interchange is open already")
        if len(elements) != 15:
            raise UsageError(f"an ISA is written from 15 elements (ISA01 to ISA15), not {len(elements)}")
        texts = list(elements)
        texts[10] = self.delimiters.repetition or texts[10] or "U"
        texts[12] = texts[12].zfill(ISA_WIDTHS[12])
        for n, text in enumerate(texts, 1):
            if len(text) > ISA_WIDTHS[n - 1]:
                raise UnwritableData(f"ISA{n:02d}", f"is {len(text)} characters long, at most {ISA_WIDTHS[n - 1]} fit")
            if n != 11:
                self._rendering.check(text, f"ISA{n:02d}")
            if not text.isascii():
                raise UnwritableData(f"ISA{n:02d}", "holds a character beyond ASCII")
            texts[n - 1] = text.ljust(ISA_WIDTHS[n - 1])
        self._write(self.delimiters.element.join(["ISA", *texts, self.delimiters.component]) + self._end)
        self._isa = texts[12]
        self._groups = 0

    def close_interchange(self) -> None:
        """Write the IEA with the number of groups."""
        self._want(self._isa is not None and self._gs is None, "no interchange is open, or a group still is")
        self._put("IEA", str(self._groups), self._isa)
        self._isa = None

    def open_group(self, elements: Sequence[str]) -> None:
        """Write the GS from GS01 to GS08."""
        self._want(self._isa is not None and self._gs is None, "a group stands in an interchange and not in another group")
        if len(elements) != 8 or not elements[5]:
            raise UsageError("a GS is written from 8 elements (GS01 to GS08) with a control number as GS06")
        self._put("GS", *elements)
        self._gs = elements[5]
        self._groups += 1
        self._sets = 0

    def close_group(self) -> None:
        """Write the GE with the number of sets."""
        self._want(self._gs is not None and self._st is None, "no group is open, or a transaction set still is")
        self._put("GE", str(self._sets), self._gs)
        self._gs = None

    def open_transaction(self, set_id: str, control: str, guide: str | None = None) -> None:
        """Write the ST: ST01, ST02 and ST03."""
        self._want(self._gs is not None and self._st is None, "a transaction set stands in a group and not in another set")
        if not set_id or not control:
            raise UsageError("an ST needs a set id (ST01) and a control number (ST02)")
        self._put("ST", set_id, control, guide)
        self._st = control
        self._sets += 1
        self._segments = 1

    def close_transaction(self) -> None:
        """Write the SE with the number of segments, ST and SE included."""
        self._want(self._st is not None, "no transaction set is open")
        self._put("SE", str(self._segments + 1), self._st)
        self._st = None

    @contextmanager
    def interchange(self, elements: Sequence[str]) -> Iterator[Writer]:
        """Open an interchange and close it again, not after an exception: a message that broke off must not look whole."""
        self.open_interchange(elements)
        yield self
        self.close_interchange()

    @contextmanager
    def group(self, elements: Sequence[str]) -> Iterator[Writer]:
        self.open_group(elements)
        yield self
        self.close_group()

    @contextmanager
    def transaction(self, set_id: str, control: str, guide: str | None = None) -> Iterator[Writer]:
        self.open_transaction(set_id, control, guide)
        yield self
        self.close_transaction()

    # segments -------------------------------------------------------------------------------------------------------------

    def segment(self, id_: str, *elements: Element) -> None:
        """Write one segment of the open set: each element a text, None (empty), the components of a composite, or Repeats of those."""
        self._want(self._st is not None, "a segment stands in a transaction set")
        if id_ in _ENVELOPE:
            raise UsageError(f"{id_} is written by opening or closing its envelope")
        self._put(id_, *elements)
        self._segments += 1

    def binary(self, id_: str, elements: Sequence[Element], size: int, pieces: Iterable[bytes]) -> None:
        """Write a binary segment: its elements, `size` as the count of octets, and `pieces`, which are no more and no less than that.

        Nothing of the data is looked at. Raises SystemFailure when the pieces are not `size` octets: then the message is broken off.

        Guide: 006020X316 2110A BDS02 BDS03, 005010X211 2110A BIN01 BIN02
        """
        self._want(self._st is not None, "a segment stands in a transaction set")
        head = self._rendering.row(id_, (*elements, str(size))).removesuffix(self._end)
        self._write(head + self.delimiters.element)
        put = self._out.extend if isinstance(self._out, bytearray) else self._out.write
        left = size
        for piece in pieces:
            left -= len(piece)
            if left < 0:
                break
            put(piece)
        if left:
            raise SystemFailure("binary data has not the size it was said to have: the file behind it was changed meanwhile")
        self._write(self._end)
        self._segments += 1

    def set_body(self, body: bytes, segments: int) -> None:
        """Write so many segments of the open set, as a Rendering of these delimiters has written them."""
        self._want(self._st is not None, "segments stand in a transaction set")
        if isinstance(self._out, bytearray):
            self._out += body
        else:
            self._out.write(body)
        self._segments += segments

    def ta1(self, *elements: str) -> None:
        """Write a TA1; it stands in an interchange, before its groups."""
        self._want(self._isa is not None and self._gs is None and not self._groups, "a TA1 stands between ISA and the first GS")
        self._put("TA1", *elements)

    def _put(self, id_: str, *elements: Element) -> None:
        if not _ID.fullmatch(id_):
            raise UsageError("a segment id is a capital letter and one or two capital letters or digits")
        if id_ in _ENVELOPE and not all(isinstance(e, str) and e.isascii() for e in elements if e):
            raise UnwritableData(id_, "holds a character beyond ASCII, or more than plain text")
        self._write(self._rendering.row(id_, elements))

    def _write(self, text: str) -> None:
        data = text.encode("utf-8")
        if isinstance(self._out, bytearray):
            self._out += data
        else:
            self._out.write(data)

    @staticmethod
    def _want(fine: bool, why: str) -> None:
        if not fine:
            raise UsageError(f"X12 written out of order: {why}")


_ID = re.compile("[A-Z][A-Z0-9]{1,2}")
_ENVELOPE = frozenset(("ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"))


def write_frames(frames: Iterable[Frame | Finding], out: Out | bytearray) -> None:
    """Write frames as they were read: where the reader had no finding, the bytes are those of the file. Findings are passed over."""
    write = out.extend if isinstance(out, bytearray) else out.write
    for frame in frames:
        if isinstance(frame, Transaction):
            for piece in frame.pieces():
                write(piece)
            write(frame.interchange.line_break.encode("latin-1"))
        elif isinstance(frame, InterchangeStart):
            write(_again(frame.isa, frame))
        elif isinstance(frame, GroupStart):
            write(_again(frame.gs, frame.interchange))
        elif isinstance(frame, GroupEnd):
            write(_again(frame.ge, frame.group.interchange))
        elif isinstance(frame, InterchangeEnd):
            write(_again(frame.iea, frame.interchange, frame.tail))
        elif isinstance(frame, Ta1 | Stray) and frame.interchange is not None:
            write(_again(frame.segment, frame.interchange))


def _again(segment: Segment | None, interchange: InterchangeStart, tail: str | None = None) -> bytes:
    """An envelope segment, read as Latin-1, byte by byte as it was."""
    if segment is None:
        return b""
    delimiters = interchange.delimiters
    ending = delimiters.segment + (interchange.line_break if tail is None else tail)
    return (delimiters.element.join(segment.fields) + ending).encode("latin-1")
