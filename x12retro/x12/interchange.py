"""Read one interchange: what stands between ISA and IEA, as nested frames.

Two lanes lead through a transaction set. The fast one (see `fastlane`) matches a whole well-formed set at the speed of C.
Whatever it does not match goes the careful way, piece by piece (see `pieces`), which says what is odd. Both give the same
frames for a well-formed set; a test holds them to it.

One fault gives one finding: where several trailers are missing at one place, the outermost is reported and names the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.findings import Ack, Finding
from x12retro.x12.binary import BINARY_SETS, BinarySet
from x12retro.x12.fastlane import FastLane
from x12retro.x12.frames import Frame, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Stray, Ta1, Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS
from x12retro.x12.lane import Lane
from x12retro.x12.payload import Payload
from x12retro.x12.pieces import BREAKERS, Piece, next_piece, skip_long, syntax_of
from x12retro.x12.rules import wire_finding
from x12retro.x12.segment import Segment
from x12retro.x12.window import Window

_WHITE = re.compile(rb"[ \t\n\r\x0b\x0c]*+")
_TAIL_LIMIT = 1 << 16
_MISSING = {"SE": "X12-SE-003", "GE": "X12-GE-003", "IEA": "X12-IEA-001"}


class InterchangeReader:
    """The state of one interchange while it is read. `frames()` is used once; the window then stands behind the interchange."""

    def __init__(
        self,
        window: Window,
        start: InterchangeStart,
        max_segment: int,
        max_transaction: int,
        *,
        fast: bool = True,
        lane: Lane | None = None,
    ) -> None:
        self._window = window
        self._start = start
        self._syntax = syntax_of(start.delimiters)
        self._line_break = start.line_break.encode("latin-1")
        self._fast = FastLane(start.delimiters, start.line_break, min(max_segment, max_transaction)) if fast else None
        self._lane = lane if fast else None
        self._max_segment = max_segment
        self._max_set = max_transaction
        self._group: GroupStart | None = None
        self._groups = 0
        self._sets = 0
        self._open_set: str | None = None  # ST02 of a set whose SE never came, until that is told
        self._in_stray_run = False  # one finding tells of a whole run of segments that stand nowhere
        self._swallowed = False  # a cut-off reached the end of the file: missing trailers are no fault of their own
        self._uneven = False  # white space: told once, be it inside sets or between them
        self.told: set[str] = set()  # the oddities that were told for this interchange

    def frames(self) -> Iterator[Frame | Finding]:
        """Yield the frames after the InterchangeStart, through the InterchangeEnd."""
        while True:
            piece = self._next(0)
            if piece is None or piece.look.id == b"ISA":
                yield from self._close(None, "the file ends" if piece is None else "the next ISA comes")
                return
            if piece.look.id == b"ST":
                yield from self._run_of_sets()
                continue
            if piece.too_long:
                yield self._too_long(piece, None, None)
                self._skip_long(piece)
                continue
            yield from self._oddities(piece, self.told)
            segment = self._segment(piece)
            self._window.skip(piece.next)
            if piece.look.id == b"IEA":
                yield from self._close(segment, "the IEA comes")
                return
            if piece.look.id:
                yield from self._envelope(segment)

    def _envelope(self, segment: Segment) -> Iterator[Frame | Finding]:
        """Act on a segment outside any set."""
        if segment.id == "GS":
            yield from self._close_group(None, "the next GS comes")
            self._in_stray_run = False
            self._group = GroupStart(segment, self._start, segment.offset)
            self._groups += 1
            yield self._group
        elif segment.id == "GE" and self._group is not None:
            yield from self._close_group(segment, "the GE comes")
        elif segment.id == "TA1":
            self._in_stray_run = False
            yield Ta1(segment, self._start)
            if self._groups:
                yield self._tell("X12-TA1-001", "TA1 follows a GS; it belongs between ISA and the first GS", at=segment)
        else:
            yield Stray(segment, self._start)
            if not self._in_stray_run:
                self._in_stray_run = True
                place = "outside any transaction set" if self._group else "outside any group"
                yield self._tell("X12-SEG-004", f"a segment stands {place}; it and those that follow it are not judged", at=segment)

    # transaction sets -----------------------------------------------------------------------------------------------------

    def _run_of_sets(self) -> Iterator[Frame | Finding]:
        """Read the set at the window's position and the well-formed ones behind it."""
        if self._open_set is not None:
            yield from self._missing("the next ST comes", ge=False, iea=False)
        self._in_stray_run = False
        if self._group is None:
            self._group = GroupStart(None, self._start, self._window.offset)
            self._groups += 1
            yield self._group
            if self._start.isa is not None:
                yield self._tell("X12-GS-101", "a transaction set stands outside any group: there is no GS before its ST", segment_id="ST")
        group = self._group
        if self._fast is not None:
            yield from self._fast_sets(group, self._fast)
        piece = self._next(0)
        if piece is not None and piece.look.id == b"ST":
            yield from self._careful_set(group, piece)

    def _fast_sets(self, group: GroupStart, fast: FastLane) -> Iterator[Frame]:
        """Read the well-formed sets at the window's position: in runs where the caller's lane takes them, else one by one."""
        window, lane = self._window, self._lane
        while True:
            if lane is not None:
                if window.held < lane.wants and not window.eof:
                    window.fill()
                if (run := lane.take(window, group, fast.reach(window))) is not None:
                    self._sets += len(run)
                    yield run
                    continue
            found = fast.set(window)
            if found is None:
                return
            self._sets += 1
            offset, raw = found
            yield Transaction(raw, offset, group, True, True)

    def _careful_set(self, group: GroupStart, first: Piece) -> Iterator[Frame | Finding]:
        """Read one set piece by piece; the window keeps it whole until its frame is made, or up to the last of its binary segments."""
        window, begin = self._window, first.start
        st = self._segment(first)
        control = st[2].strip()
        offset = st.offset
        binary = self._binary_set(group, control) if st[1] in BINARY_SETS else None
        findings: list[Finding] = []
        told: set[str] = set()
        complete = cut_off = False
        end, count = begin, 0
        piece: Piece | None = first
        while piece is not None and not complete:
            if piece.too_long:
                findings.append(self._too_long(piece, control, count + 1))
                cut_off = True
            elif piece.next - begin + (len(binary.text) if binary else 0) > self._max_set:
                message = f"the transaction set is longer than {self._max_set:,} bytes; it was cut off after {count} segments"
                findings.append(self._tell("X12-SET-001", message, offset=offset, transaction=control, segment_id="ST"))
                cut_off = True
            if cut_off or (count and piece.look.id in BREAKERS):
                break
            count += bool(piece.look.id)
            if not piece.plain or (piece.gap != self._line_break and not self._uneven):
                findings.extend(self._oddities(piece, told, control, count))
            complete = piece.look.id == b"SE"
            end = piece.next if piece.terminated else piece.end
            if binary and not complete:
                if piece.look.id == b"LX":
                    binary.counted()
                while (payload := binary.take(begin, end)) is not None:
                    begin, end, count = 0, 0, count + 1
                    findings.extend(self._miscounted(payload, control, count))
            if not complete:
                piece = self._next(end)
        raw = window.buf[window.pos + begin : window.pos + end]
        self._sets += 1
        window.skip(end)
        if binary:
            yield Transaction(bytes(binary.text) + raw, offset, group, complete, payloads=tuple(binary.payloads))
        else:
            yield Transaction(raw, offset, group, complete)
        yield from findings
        if cut_off:
            self._skip_set(binary)
        elif not complete:
            self._open_set = control

    def _binary_set(self, group: GroupStart, control: str) -> BinarySet:
        return BinarySet(self._window, self._syntax, control, group.control, self._start.control)

    def _miscounted(self, payload: Payload, control: str, position: int) -> Iterator[Finding]:
        """Tell of a count of octets that is wrong. One that is no number is the guide's to tell, the end of the file the trailers'."""
        said, size = payload.declared, payload.size
        if said is None or said == size or not payload.complete:
            return
        count = f"{payload.segment_id}{payload.element - 1:02d} says {said:,} octets, the data has {size:,}"
        yield wire_finding(
            "X12-BIN-001",
            f"{count}; its end was found by what follows it",
            interchange=self._start.control,
            group=self._group.control if self._group else None,
            transaction=control,
            segment=position,
            segment_id=payload.segment_id,
            element=payload.element,
            offset=payload.start,
            ack=Ack("IK4", "4" if size < said else "5"),
        )

    def _skip_set(self, binary: BinarySet | None) -> None:
        """Move behind the SE of a set that was cut off, or before what else ends it."""
        while binary and binary.take(0, 0) is not None:
            binary.text.clear()
        while (piece := self._next(0)) is not None and piece.look.id not in BREAKERS:
            if piece.too_long:
                self._skip_long(piece)
                continue
            self._window.skip(piece.next)
            if piece.look.id == b"SE":
                return
            while binary and binary.take(0, 0) is not None:
                binary.text.clear()
        self._swallowed = piece is None

    def _skip_long(self, piece: Piece) -> None:
        self._window.skip(piece.end)
        skip_long(self._window, self._syntax)
        self._swallowed = not self._window.need(1)

    # trailers -------------------------------------------------------------------------------------------------------------

    def _close(self, iea: Segment | None, where: str) -> Iterator[Frame | Finding]:
        """End the interchange, and the group and the set that are still open."""
        yield from self._missing(where, ge=self._group is not None, iea=iea is None)
        if self._group is not None:
            yield GroupEnd(None, self._group, self._sets)
            self._group = None
        yield InterchangeEnd(iea, self._start, self._groups, self._tail() if iea is not None else "")

    def _close_group(self, ge: Segment | None, where: str) -> Iterator[Frame | Finding]:
        if self._group is None:
            return
        yield from self._missing(where, ge=ge is None, iea=False)
        yield GroupEnd(ge, self._group, self._sets)
        self._group = None
        self._sets = 0
        self._in_stray_run = False

    def _missing(self, where: str, *, ge: bool, iea: bool) -> Iterator[Finding]:
        """Tell of the trailers that are missing at this place: one finding, under the rule of the outermost."""
        names = ["SE"] if self._open_set is not None else []
        if ge and self._group is not None and self._group.gs is not None:
            names.append("GE")
        if iea and self._start.isa is not None:
            names.append("IEA")
        control, self._open_set = self._open_set, None
        if not names or self._swallowed:
            return
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        message = f"{listed} {'is' if len(names) == 1 else 'are'} missing: {where}"
        yield self._tell(_MISSING[names[-1]], message, transaction=control, segment_id=names[-1])

    def _tail(self) -> str:
        window = self._window
        while (end := _white_end(window)) == len(window.buf) and not window.eof and window.held < _TAIL_LIMIT:
            window.fill()
        size = end - window.pos
        tail = window.at(0, size).decode("latin-1")
        window.skip(size)
        return tail

    # words ----------------------------------------------------------------------------------------------------------------

    def _next(self, rel: int) -> Piece | None:
        return next_piece(self._window, rel, self._syntax, self._max_segment)

    def _segment(self, piece: Piece) -> Segment:
        """An envelope segment; Latin-1, so that it is written again byte by byte as it was."""
        text = self._window.at(piece.start, piece.end - piece.start).translate(None, b"\r\n")
        return Segment(text.decode("latin-1").split(self._start.delimiters.element), self._window.offset + piece.start)

    def _oddities(self, piece: Piece, told: set[str], transaction: str | None = None, position: int | None = None) -> Iterator[Finding]:
        """Say what is crooked about a piece, each kind once for the set or the envelope it belongs to."""
        look, inner = piece.look, transaction is not None
        found: list[tuple[str, str]] = []
        if piece.gap != self._line_break and not self._uneven and self._window.offset + piece.start > self._start.offset:
            self._uneven = True
            found.append(("X12-SEG-005", "white space between the segments is uneven; it was skipped"))
        if look.wrapped:
            found.append(("X12-SEG-002", "line breaks inside segments were taken out; a segment ends at its terminator only"))
        if look.comment:
            found.append(("X12-SEG-003", "text that is no segment was skipped"))
        if not look.id and not look.comment:
            found.append(("X12-SEG-007", "an empty segment was skipped: a terminator follows a terminator"))
        last = look.id == b"IEA" or (self._start.isa is None and look.id in (b"SE", b"GE"))
        if not piece.terminated and last:  # elsewhere a missing trailer tells the same
            found.append(("X12-SEG-006", f"{look.id.decode()} has no segment terminator after it"))
        for rule, message in found:
            if rule not in told:
                told.add(rule)
                offset = self._window.offset + piece.start
                segment_id = _plain(look.id.decode("latin-1"))
                yield self._tell(
                    rule, message, offset=offset, transaction=transaction, segment=position if inner else None, segment_id=segment_id
                )

    def _too_long(self, piece: Piece, transaction: str | None, position: int | None) -> Finding:
        message = f"a segment is longer than {self._max_segment:,} bytes; it was skipped, its terminator is probably missing"
        return self._tell("X12-SEG-001", message, offset=self._window.offset + piece.start, transaction=transaction, segment=position)

    def _tell(
        self,
        rule: str,
        message: str,
        *,
        at: Segment | None = None,
        offset: int | None = None,
        transaction: str | None = None,
        segment: int | None = None,
        segment_id: str | None = None,
    ) -> Finding:
        if at is not None:
            offset, segment_id = at.offset, _plain(at.id)
        return wire_finding(
            rule,
            message,
            interchange=self._start.control,
            group=self._group.control if self._group else None,
            transaction=transaction,
            segment=segment,
            segment_id=segment_id,
            offset=self._window.offset if offset is None else offset,
        )


def _white_end(window: Window) -> int:
    """Where in the buffer the white space at the window's position ends."""
    white = _WHITE.match(window.buf, window.pos)
    assert white is not None, "it matches the empty text"
    return white.end()


def _plain(id_: str) -> str | None:
    """A segment id fit for a report; None for text that only stands where an id should (it may be data)."""
    return id_ if id_ in KNOWN_SEGMENTS else None
