"""What the reader yields, in file order. Each frame keeps its byte offset; only `Transaction` holds more than one segment."""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.x12.delimiters import Delimiters
from x12retro.x12.payload import Payload, with_payloads
from x12retro.x12.segment import Segment


class InterchangeStart:
    """An ISA. `control` is ISA13; `delimiters` hold until the next ISA. `isa` is None for a file without ISA (a bare ST..SE or GS..GE).

    `line_break` is what follows each terminator in this file ("", "\\n" or "\\r\\n"), learnt from what follows the ISA.
    """

    __slots__ = ("control", "delimiters", "element", "isa", "line_break", "offset", "terminator")

    def __init__(self, isa: Segment | None, delimiters: Delimiters, offset: int, line_break: str = "") -> None:
        self.isa = isa
        self.control = isa[13].strip() if isa is not None else ""
        self.delimiters = delimiters
        self.offset = offset
        self.line_break = line_break
        self.element = delimiters.element.encode("latin-1")  # as bytes, for those who look at `Transaction.raw`
        self.terminator = delimiters.segment.encode("latin-1")


class Ta1:
    """A TA1 segment; it may stand before GS, after GE or alone."""

    __slots__ = ("interchange", "segment")

    def __init__(self, segment: Segment, interchange: InterchangeStart) -> None:
        self.segment = segment
        self.interchange = interchange


class GroupStart:
    """A GS. `control` is GS06. `gs` is None where sets stand without a group."""

    __slots__ = ("control", "gs", "interchange", "offset")

    def __init__(self, gs: Segment | None, interchange: InterchangeStart, offset: int) -> None:
        self.gs = gs
        self.control = gs[6].strip() if gs is not None else ""
        self.interchange = interchange
        self.offset = offset


class Transaction:
    """One ST..SE: the unit of work everywhere above this room.

    `raw` holds the bytes of the file from the S of ST through the terminator of SE (or to where the set broke off).
    `segments()` cuts them; text is UTF-8 where the bytes are valid UTF-8, else Latin-1. `complete` is False when no SE was found.
    `clean` is True when the reader has proven that `raw` is segments and nothing else, each ended by the terminator and the
    interchange's `line_break`: then terminators count segments and no white space needs a second look.

    A set with binary segments (275) has `payloads`: their octets, which `raw` leaves out.
    """

    __slots__ = ("_segments", "clean", "complete", "group", "offset", "payloads", "raw")

    def __init__(
        self,
        raw: bytes,
        offset: int,
        group: GroupStart,
        complete: bool = True,
        clean: bool = False,
        payloads: tuple[Payload, ...] = (),
    ) -> None:
        self.raw = raw
        self.offset = offset
        self.group = group
        self.complete = complete
        self.clean = clean
        self.payloads = payloads
        self._segments: list[Segment] | None = None

    @property
    def size(self) -> int:
        """The bytes of the set in the file."""
        return len(self.raw) + sum(payload.size for payload in self.payloads)

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the set as they stand in the file; those with payloads while the file is open."""
        begin = 0
        for payload in self.payloads:
            yield self.raw[begin : payload.at]
            yield from payload.pieces()
            begin = payload.at
        yield self.raw[begin:] if begin else self.raw

    @property
    def control(self) -> str:
        """ST02, cut from the first segment alone."""
        raw, interchange = self.raw, self.group.interchange
        if self.clean:
            fields = raw[: raw.find(interchange.terminator)].split(interchange.element, 3)
            return fields[2].decode("latin-1").strip() if len(fields) > 2 else ""
        from x12retro.x12.cut import cut  # the cutting rules live with the reader

        segments = cut(raw[: raw.find(interchange.terminator) + 1] or raw, self.offset, interchange.delimiters)
        return segments[0][2].strip() if segments else ""

    def count(self) -> int:
        """The number of segments, ST and SE included; cheap when `clean`."""
        return self.raw.count(self.group.interchange.terminator) if self.clean else len(self.segments())

    @property
    def interchange(self) -> InterchangeStart:
        return self.group.interchange

    @property
    def delimiters(self) -> Delimiters:
        return self.group.interchange.delimiters

    def segments(self) -> list[Segment]:
        """The segments of this set, ST first, cut once and kept."""
        if self._segments is None:
            from x12retro.x12.cut import cut, cut_clean  # the cutting rules live with the reader

            start = self.group.interchange
            if self.clean:
                self._segments = cut_clean(self.raw, self.offset, start.delimiters, start.line_break)
            else:
                self._segments = cut(self.raw, self.offset, start.delimiters)
                if self.payloads:
                    self._segments = with_payloads(self._segments, self.offset, self.payloads)
        return self._segments


class Run:
    """Sets that follow each other with nothing but the line break between them, and of which a lane (`Lane`) has proven what it likes.

    Each is `clean` and complete, and its SE01 and SE02 are right. `raw` holds the bytes from the first ST through the last terminator;
    `starts` where in it each set starts, `controls` its ST02. `kind` is the lane's own word for what it took the sets for.
    """

    __slots__ = ("controls", "group", "kind", "offset", "raw", "starts")

    def __init__(self, raw: bytes, offset: int, group: GroupStart, starts: list[int], controls: list[str], kind: str) -> None:
        self.raw = raw
        self.offset = offset
        self.group = group
        self.starts = starts
        self.controls = controls
        self.kind = kind

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, begin: int, end: int) -> Run:
        """The sets from number `begin` (of 0) up to, and without, number `end`."""
        first, last = self.starts[begin], self._end(end - 1)
        starts = [start - first for start in self.starts[begin:end]]
        return Run(self.raw[first:last], self.offset + first, self.group, starts, self.controls[begin:end], self.kind)

    def transaction(self, n: int) -> Transaction:
        """Set number `n` by itself."""
        start = self.starts[n]
        return Transaction(self.raw[start : self._end(n)], self.offset + start, self.group, True, True)

    def transactions(self, begin: int = 0) -> Iterator[Transaction]:
        """The sets from number `begin` on."""
        return map(self.transaction, range(begin, len(self.starts)))

    def _end(self, n: int) -> int:
        return self.starts[n + 1] - len(self.group.interchange.line_break) if n + 1 < len(self.starts) else len(self.raw)


class GroupEnd:
    """The end of a group; `ge` is None when the GE is missing. `transactions` counts the sets seen since GS."""

    __slots__ = ("ge", "group", "transactions")

    def __init__(self, ge: Segment | None, group: GroupStart, transactions: int) -> None:
        self.ge = ge
        self.group = group
        self.transactions = transactions


class InterchangeEnd:
    """The end of an interchange; `iea` is None when the IEA is missing. `groups` counts the groups seen since ISA.

    `tail` is the white space after the terminator of the IEA, as found.
    """

    __slots__ = ("groups", "iea", "interchange", "tail")

    def __init__(self, iea: Segment | None, interchange: InterchangeStart, groups: int, tail: str = "") -> None:
        self.iea = iea
        self.interchange = interchange
        self.groups = groups
        self.tail = tail


class Stray:
    """A segment that stands where none may (between sets, between groups); it is passed on so that nothing is lost."""

    __slots__ = ("interchange", "segment")

    def __init__(self, segment: Segment, interchange: InterchangeStart | None) -> None:
        self.segment = segment
        self.interchange = interchange


Frame = InterchangeStart | Ta1 | GroupStart | Transaction | Run | GroupEnd | InterchangeEnd | Stray
