"""HL numbering: HL01 counts up, HL02 names the level above, HL04 says truly whether levels follow below.

Source: X12.6 HL segment; 005010X217 HL01-HL04 of every 2000 loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from x12retro.guide.index import index
from x12retro.guide.model import ElementRule, LoopRule
from x12retro.guide.open_loop import HLPlace
from x12retro.guide.place import Reporter


def check_levels(levels: Sequence[HLPlace], faults: Mapping[int, AbstractSet[int]], report: Reporter) -> None:
    """Report each fault of numbering once. `faults`: segment position -> element numbers already found at fault.

    A level that is lost may have been numbered (its line got lost) or not (it was never meant): either is taken as right.
    """
    with_children = {id(place.parent) for place in levels if place.parent is not None}
    names: dict[int, set[str]] = {}  # by HL segment: the numbers by which HL02 may name it
    beside: dict[int, dict[int, LoopRule]] = {}  # by HL segment: what kinds of level stand directly below it so far
    ordinal = previous = lost = 0
    for place in levels:
        seg, above, loop = place.segment, place.parent, place.loop.xid
        if place.lost:
            lost += 1
            names[id(seg)] = {str(previous + 1)} | (names[id(above)] if above is not None else set())
            continue
        ordinal += 1
        known = faults.get(seg.position, frozenset())
        number = int(seg[1]) if seg[1].isdecimal() and seg[1].isascii() and len(seg[1]) < 13 else -1
        if 1 not in known and number not in (ordinal, ordinal + lost, previous + 1):
            text = f"HL01 must be {ordinal}: levels count up by one from the start of the set"
            report.element(seg, 1, text, "7", loop=loop, value=seg[1])
        previous = number if number > 0 else ordinal
        names[id(seg)] = {seg[1], str(ordinal)}
        if 2 not in known and place.sure and above is not None and seg[2] and seg[2] not in names[id(above)]:
            right = min(names[id(above)], key=lambda name: (len(name), name))
            must = f"must be {right}, the number of" if right.isdecimal() and len(right) < 7 else "must name"
            report.element(seg, 2, f"HL02 {must} the level above", "7", loop=loop, value=seg[2])
        elif above is not None and (other := _belongs_under(place.loop, beside.get(id(above), {}).values())) is not None:
            report.element(seg, 2, f"HL02 must name the {other.name} level: where there is one, this stands under it", "7", loop=loop)
        if above is not None:
            beside.setdefault(id(above), {}).setdefault(id(place.loop), place.loop)
        if 4 not in known and place.sure:
            _child_flag(place, id(seg) in with_children, report)


def _child_flag(place: HLPlace, has_child: bool, report: Reporter) -> None:
    seg, loop = place.segment, place.loop.xid
    if seg[4] == "0" and has_child:
        report.element(seg, 4, "HL04 is 0 but levels follow below; it must be 1", "7", loop=loop, value=seg[4])
    elif seg[4] == "1" and not has_child:
        entry = index(place.loop).entry
        rule = next((e for e in entry.elements if e.seq == 4), None) if entry else None
        must = isinstance(rule, ElementRule) and rule.codes == {"1"}
        if must and any(isinstance(child, LoopRule) and child.usage == "R" and _is_level(child) for child in place.loop.children):
            return  # the walk has told which level is missing
        text = "HL04 is 1 but no level follows below" + ("; this level needs one" if must else "; it should be 0")
        report.element(seg, 4, text, "7", loop=loop, value=seg[4], severity="error" if must else "warning")


def _belongs_under(loop: LoopRule, beside: Iterable[LoopRule]) -> LoopRule | None:
    """A level beside this one that holds the same loop: an event beside the dependent it belongs to (2000E under 2000C and 2000D)."""
    for other in beside:
        for child in other.children:
            if isinstance(child, LoopRule) and child.children is loop.children and other is not loop:
                return other
    return None


def _is_level(loop: LoopRule) -> bool:
    entry = index(loop).entry
    return entry is not None and entry.xid == "HL"
