"""A payer's rows about ISA and GS, and about how many interchanges, groups and sets stand together.

An ISA does not say whether requests or answers follow, and rows hold for one of them. So `ahead` looks on to the first set before it
gives the ISA; what is held meanwhile is a GS and what strays before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from x12retro.findings import Ack, AckLevel, Finding, control_number
from x12retro.guide.overlay.demand import Demand, demands
from x12retro.guide.overlay.records import Payer
from x12retro.guide.pick import pick
from x12retro.x12 import Delimiters, GroupStart, InterchangeEnd, InterchangeStart, Segment, Transaction

_T = TypeVar("_T")
_MOST_HELD = 1000
_GUIDES = ("278-request", "278-response")
_UNCUT = Delimiters(element="\0", component="\0", repetition="", segment="\0")
"""ISA11 and ISA16 hold separators: nothing in an ISA is cut further."""
# notes of TA105 by element of the ISA; 022 (the structure is wrong) stands for what has none
_ISA_NOTES = ("010", "011", "012", "013", "005", "006", "007", "008", "014", "015", "016", "017", "018", "019", "020", "027")
_CUT_NOTES = {"element": "026", "segment": "004"}
_GS_CODES = {1: "1", 6: "6", 8: "2"}


class EnvelopeRows:
    """Judges the envelopes of one stream, in order. Without a payer, or without such rows, it says nothing and costs nothing."""

    __slots__ = ("_counts", "_name", "_rows")

    def __init__(self, payer: Payer | None) -> None:
        self._rows: dict[str, tuple[Demand, ...]] = {
            name: tuple(one for one in (demands(payer, name) if payer is not None else ()) if speaks_of_envelope(one)) for name in _GUIDES
        }
        self._name = ""
        self._counts: dict[str, dict[str, int]] = {"file": {}, "interchange": {}}

    def ahead(self, items: Iterable[_T]) -> Iterator[_T]:
        """The items of a stream, each ISA once it is known what follows it."""
        if not any(self._rows.values()):
            yield from items
            return
        held: list[_T] = []
        for item in items:
            if held:
                if isinstance(item, Transaction):
                    self._name = pick(item).name
                elif not isinstance(item, InterchangeStart | InterchangeEnd) and len(held) < _MOST_HELD:
                    held.append(item)
                    continue
                yield from held
                held.clear()
            if isinstance(item, InterchangeStart):
                self._name = ""
                held.append(item)
            else:
                yield item
        yield from held

    def interchange(self, start: InterchangeStart) -> tuple[Finding, ...]:
        """What the payer says of an ISA; call it as `ahead` gives it."""
        self._counts["interchange"] = {}
        rows = self._rows.get(self._name, ())
        if not rows or start.isa is None:
            return ()
        isa = Segment([field.strip() for field in start.isa.fields], start.isa.offset)
        found = [one for one in rows if one.spot.segment == "ISA" and _breaks(one, isa, None, start)]
        found += self._surplus(rows, "ISA")
        return tuple(_finding(one, start.isa, start) for one in found)

    def group(self, group: GroupStart, name: str) -> tuple[Finding, ...]:
        """What the payer says of a GS whose first set is of the guide `name`."""
        rows = self._rows.get(name, ())
        if not rows or group.gs is None:
            return ()
        start = group.interchange
        found = [one for one in rows if one.spot.segment == "GS" and _breaks(one, start.isa, group.gs, start)]
        found += self._surplus(rows, "GS")
        return tuple(_finding(one, group.gs, start, group) for one in found)

    def set(self, transaction: Transaction, name: str) -> tuple[Finding, ...]:
        """What the payer says of yet another set in the interchange or file."""
        surplus = self._surplus(self._rows.get(name, ()), "ST")
        if not surplus:
            return ()
        st = Segment(["ST"], transaction.offset, 1)
        return tuple(_finding(one, st, transaction.interchange, transaction.group, transaction) for one in surplus)

    def _surplus(self, rows: tuple[Demand, ...], segment: str) -> list[Demand]:
        """Count one more `segment`; the rows that take one of it only and have seen it before."""
        found = []
        for one in rows:
            if one.row.per is None or one.spot.segment != segment:
                continue
            counts = self._counts[one.row.per]
            counts[one.id] = counts.get(one.id, 0) + 1
            if counts[one.id] > 1:
                found.append(one)
        return found


def speaks_of_envelope(one: Demand) -> bool:
    """True for rows that are judged here; those about the inside of a set are `checks`."""
    return one.spot.in_envelope or one.row.per in ("file", "interchange")


def _breaks(one: Demand, isa: Segment | None, gs: Segment | None, start: InterchangeStart) -> bool:
    row, spot = one.row, one.spot
    if row.op == "one_per" or not _met(one, isa, gs):
        return False
    if spot.cut is not None:
        cut = start.delimiters.element if spot.cut == "element" else start.delimiters.segment
        return one.wrong is not None and one.wrong(cut)
    seg = gs if spot.segment == "GS" else isa
    assert seg is not None
    if row.op == "same_as":
        return _field(row.other or "", isa, gs) != seg[spot.element or 0].strip()
    return one.is_wrong(seg, _UNCUT)


def _met(one: Demand, isa: Segment | None, gs: Segment | None) -> bool:
    when = one.row.when
    if when is None:
        return True
    held = _field(when.place, isa, gs)
    return held in when.values if when.values else bool(held)


def _finding(
    one: Demand, seg: Segment, start: InterchangeStart, group: GroupStart | None = None, transaction: Transaction | None = None
) -> Finding:
    spot = one.spot
    return Finding(
        rule=one.id,
        snip=7,
        severity=one.row.severity,
        message=one.text,
        interchange=control_number(start.control),
        group=control_number(group.control) if group is not None else None,
        transaction=control_number(transaction.control) if transaction is not None else None,
        segment=seg.position or None,
        segment_id=seg.id,
        loop=spot.loop.xid,
        element=spot.element,
        offset=seg.offset,
        ack=_ack(one),
        value=seg[spot.element] if spot.element is not None else None,
    )


def _field(place: str, isa: Segment | None, gs: Segment | None) -> str:
    """ISA06, GS02 ... without the blanks that fill an ISA."""
    seg = gs if place.startswith("GS") else isa
    return seg[int(place[-2:])].strip() if seg is not None else ""


def _ack(one: Demand) -> Ack:
    level: AckLevel = "TA1"
    if one.spot.cut is not None:
        return Ack(level, _CUT_NOTES[one.spot.cut])
    element = one.spot.element
    if one.spot.segment == "ISA":
        return Ack(level, _ISA_NOTES[element - 1] if element else "022")
    if one.spot.segment == "GS" and element in _GS_CODES:
        return Ack("AK9", _GS_CODES[element])
    return Ack("IK5", "I6") if one.spot.segment == "ST" else Ack(level, "022")
