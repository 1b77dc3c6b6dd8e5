"""What an IK3 or IK4 tells beside its code: data element numbers, the loop of an LS, what triggered a fault, the trace number.

Guide: 005010X231A1 IK303, IK402, CTX
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from x12retro.acknowledge.record import Context
from x12retro.guide import catalog
from x12retro.guide.model import CompositeRule, LoopRule, SegmentRule
from x12retro.x12 import Segment

TRIGGER = "SITUATIONAL TRIGGER"


def data_element(guide: str, segment_id: str, element: int, component: int | None) -> str:
    """The dictionary's number of an element or component; "" for composites, and where the guide has no such element."""
    return _numbers(guide).get((segment_id, element, component or 0), "")


def loop_of_ls(segments: Sequence[Segment], position: int) -> str:
    """LS01 of the LS..LE that the segment at `position` stands in; "" outside of any."""
    loop = ""
    for seg in segments[: position - 1]:
        if seg.id == "LS":
            loop = seg[1].strip()
        elif seg.id == "LE":
            loop = ""
    return loop if 1 <= len(loop) <= 4 and loop.isascii() and loop.isalnum() else ""


def trigger(guide: str, seg: Segment, loop: str | None, element: int) -> Context | None:
    """The element of the same segment that asks for `element`, or forbids it, by a syntax note of the guide; None when there is none."""
    for rule in _segments(guide):
        if rule[0] != loop or rule[1].xid != seg.id:
            continue
        for note in rule[1].syntax:
            if element in note.elements:
                present = (n for n in note.elements if n != element and seg[n])
                if (other := next(present, None)) is not None:
                    number = data_element(guide, seg.id, other, None)
                    return Context(name=TRIGGER, segment_id=seg.id, position=seg.position, element=other, data_element=number)
    return None


def trace_number(segments: Sequence[Segment], position: int) -> Context | None:
    """TRN02 of the level (HL) that the segment at `position` stands in, or of a level above it. It may be a patient's."""
    level = _level(segments, position)
    for _ in range(len(segments)):
        if level is None:
            return None
        hl, inside = level
        trace = next((seg for seg in inside if seg.id == "TRN" and seg[2]), None)
        if trace is not None:
            return Context(name="TRN02", value=trace[2])
        above = next((seg for seg in segments[: hl.position - 1] if seg.id == "HL" and hl[2] and seg[1] == hl[2]), None)
        level = _level(segments, above.position) if above is not None else None
    return None


def _level(segments: Sequence[Segment], position: int) -> tuple[Segment, Sequence[Segment]] | None:
    """The HL at or before `position` and the segments up to the next HL."""
    begin = next((n for n in range(min(position, len(segments)) - 1, -1, -1) if segments[n].id == "HL"), None)
    if begin is None:
        return None
    end = next((n for n in range(begin + 1, len(segments)) if segments[n].id == "HL"), len(segments))
    return segments[begin], segments[begin:end]


_ST = {("ST", 1, 0): "143", ("ST", 2, 0): "329", ("ST", 3, 0): "1705", ("SE", 1, 0): "96", ("SE", 2, 0): "329"}


@lru_cache(maxsize=16)
def _numbers(guide: str) -> dict[tuple[str, int, int], str]:
    found = dict(_ST)
    for _, segment in _segments(guide):
        for rule in segment.elements:
            if isinstance(rule, CompositeRule):
                found.update({(segment.xid, rule.seq, part.seq): part.data.number for part in rule.components})
            else:
                found.setdefault((segment.xid, rule.seq, 0), rule.data.number)
    return {place: number for place, number in found.items() if number.isdigit() and len(number) <= 4}


@lru_cache(maxsize=16)
def _segments(guide: str) -> tuple[tuple[str, SegmentRule], ...]:
    return tuple(_walk(catalog.load(guide).root)) if guide else ()


def _walk(loop: LoopRule) -> Iterator[tuple[str, SegmentRule]]:
    for child in loop.children:
        if isinstance(child, LoopRule):
            yield from _walk(child)
        else:
            yield loop.xid, child
