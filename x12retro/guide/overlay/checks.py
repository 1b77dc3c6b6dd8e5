"""Rows as rules: judge a set that is laid out by loops.

Each row about sets becomes a `Rule` of SNIP type 7, so that a payer's findings are made, placed and acknowledged as all others are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from x12retro.guide.overlay.demand import Demand
from x12retro.guide.overlay.spot import Spot, first_codes
from x12retro.guide.rules.base import Breach, Context, Rule
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Delimiters, Segment

_ELEMENT_CODES = {
    "require": "I9",
    "forbid": "I13",
    "allow_values": "I6",
    "response_subset": "I6",
    "format": "I12",
    "text_required": "I12",
    "max_length": "5",
    "max_repeat": "12",
    "advise": "I6",
}
_Check = Callable[[Demand, Sheet], Iterator[Breach]]


def as_rule(demand: Demand) -> Rule:
    """The rule of a row. Its codes are those of IK3 and IK4 for demands that depend on the partner."""
    row = demand.row
    look = _LOOKS.get((row.op, demand.spot.kind)) or _each_value

    def check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
        yield from look(demand, sheet)

    return Rule(demand.id, 7, row.severity, (sheet_name(demand),), _ELEMENT_CODES.get(row.op, "I9"), check)


def sheet_name(demand: Demand) -> str:
    """The name of the guide that a row speaks of."""
    return f"278-{demand.row.direction}"


# each looks at one kind of place -------------------------------------------------------------------------------------------


def _each_value(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    spot = demand.spot
    for loop in _loops(demand, sheet):
        for seg in _segments(loop, spot, sheet.delimiters):
            if demand.is_wrong(seg, sheet.delimiters):
                yield Breach(seg, demand.text, spot.element, spot.component)


def _text(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    """A loop says the phrase in one of its segments; it may say it in several texts."""
    spot = demand.spot
    for loop in _loops(demand, sheet):
        segments = _segments(loop, spot, sheet.delimiters)
        if not segments:
            yield Breach(loop.segments[0], demand.text, code="I6", segment_id=spot.segment)
        elif all(demand.is_wrong(seg, sheet.delimiters) for seg in segments):
            yield Breach(segments[0], demand.text, spot.element, spot.component)


def _missing_segment(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    for loop in _loops(demand, sheet):
        if not _segments(loop, demand.spot, sheet.delimiters):
            yield Breach(loop.segments[0], demand.text, code="I6", segment_id=demand.spot.segment)


def _missing_loop(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    for above in _holders(demand, sheet):
        if next(above.loops(demand.spot.loop.xid), None) is None:
            yield Breach(above.segments[0], demand.text, code="I7", segment_id=first_codes(demand.spot.loop)[0])


def _barred_segment(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    for loop in _loops(demand, sheet):
        yield from (Breach(seg, demand.text, code="I9") for seg in _segments(loop, demand.spot, sheet.delimiters))


def _barred_loop(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    yield from (Breach(loop.segments[0], demand.text, code="I9") for loop in _loops(demand, sheet))


def _segment_too_often(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    for loop in _loops(demand, sheet):
        surplus = _segments(loop, demand.spot, sheet.delimiters)[demand.row.limit :]
        yield from (Breach(seg, demand.text, code="5") for seg in surplus[:1])


def _loop_too_often(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    for above in _holders(demand, sheet):
        surplus = [child for child in above.children if child.xid == demand.spot.loop.xid][demand.row.limit :]
        yield from (Breach(child.segments[0], demand.text, code="4") for child in surplus[:1])


def _second_segment(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    found = [seg for loop in _loops(demand, sheet) for seg in _segments(loop, demand.spot, sheet.delimiters)]
    yield from (Breach(seg, demand.text, code="5") for seg in found[1:2])


def _second_loop(demand: Demand, sheet: Sheet) -> Iterator[Breach]:
    yield from (Breach(loop.segments[0], demand.text, code="4") for loop in list(_loops(demand, sheet))[1:2])


_LOOKS: dict[tuple[str, str], _Check] = {
    ("text_required", "element"): _text,
    ("require", "segment"): _missing_segment,
    ("require", "loop"): _missing_loop,
    ("forbid", "segment"): _barred_segment,
    ("advise", "segment"): _barred_segment,
    ("forbid", "loop"): _barred_loop,
    ("advise", "loop"): _barred_loop,
    ("max_repeat", "segment"): _segment_too_often,
    ("max_repeat", "loop"): _loop_too_often,
    ("one_per", "segment"): _second_segment,
    ("one_per", "loop"): _second_loop,
}


# where it looks ---------------------------------------------------------------------------------------------------------------


def _loops(demand: Demand, sheet: Sheet) -> Iterator[Loop]:
    """The occurrences of the row's loop for which its condition holds."""
    for loop in _occurrences(demand.spot, sheet):
        if loop.segments and _holds(demand, loop, sheet):
            yield loop


def _holders(demand: Demand, sheet: Sheet) -> Iterator[Loop]:
    """The loops in which the row's loop may stand, where the condition holds."""
    for above in sheet.loops(*demand.spot.above):
        if above.segments and _holds(demand, above, sheet):
            yield above


def _occurrences(spot: Spot, sheet: Sheet) -> Iterator[Loop]:
    if spot.loop.xid == sheet.root.xid:
        return iter((sheet.root,))
    return sheet.loops(spot.loop.xid)


def _segments(loop: Loop, spot: Spot, delimiters: Delimiters) -> list[Segment]:
    return [seg for seg in loop.segments if seg.fields[0] == spot.segment and spot.fits(seg, delimiters)]


def _holds(demand: Demand, loop: Loop, sheet: Sheet) -> bool:
    """The condition is looked for within the nearest loop that may hold both places: of two services, in the one in question."""
    spot = demand.condition
    if spot is None:
        return True
    at: Loop | None = loop
    while at is not None and at.xid != spot.loop.xid and at.xid not in spot.around:
        at = at.parent
    if at is None:
        return False
    found = [at] if at.xid == spot.loop.xid else list(at.loops(spot.loop.xid))
    return any(_has(one, demand, spot, sheet.delimiters) for one in found)


def _has(loop: Loop, demand: Demand, spot: Spot, delimiters: Delimiters) -> bool:
    if spot.segment is None:
        return True
    return any(demand.met(seg, delimiters) for seg in loop.segments if seg.fields[0] == spot.segment)
