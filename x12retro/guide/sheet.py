"""A transaction laid out by loops, for rules that look across segments.

`Loop` nodes hold the segments that stand in them, in order, and the loops below. A rule asks for loops by id and for segments by id
and qualifier; what the walk could not place is not in the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.model import Guide, LoopRule, SegmentRule
from x12retro.guide.place import Reporter
from x12retro.guide.walk import Walk
from x12retro.x12 import Delimiters, Segment, Transaction


class Loop:
    """One occurrence of a loop. `parent` is None for the whole set (ST_LOOP)."""

    __slots__ = ("children", "parent", "segments", "xid")

    def __init__(self, xid: str, parent: Loop | None) -> None:
        self.xid = xid
        self.parent = parent
        self.segments: list[Segment] = []
        self.children: list[Loop] = []

    def loops(self, *xids: str) -> Iterator[Loop]:
        """The loops below, at any depth, that have one of these ids, in order."""
        for child in self.children:
            if child.xid in xids:
                yield child
            yield from child.loops(*xids)

    def all(self, segment_id: str, *codes: str, element: int = 1) -> list[Segment]:
        """The loop's own segments of this id; with `codes`, those that have one of them at `element`."""
        return [s for s in self.segments if s.fields[0] == segment_id and (not codes or s[element] in codes)]

    def first(self, segment_id: str, *codes: str, element: int = 1) -> Segment | None:
        """The first of `all`, or None."""
        return next(iter(self.all(segment_id, *codes, element=element)), None)

    def has(self, segment_id: str, *codes: str, element: int = 1) -> bool:
        return self.first(segment_id, *codes, element=element) is not None

    def above(self, xid: str) -> Loop | None:
        """The nearest loop around this one that has this id."""
        loop = self.parent
        while loop is not None and loop.xid != xid:
            loop = loop.parent
        return loop


class Sheet:
    """The loops of one transaction under `root`, and how its text is cut. `direction` is the guide's name (`278-request`)."""

    __slots__ = ("delimiters", "direction", "loop_of", "root", "transaction")

    def __init__(self, transaction: Transaction, guide: Guide, direction: str) -> None:
        self.transaction = transaction
        self.delimiters: Delimiters = transaction.delimiters
        self.direction = direction
        self.root = Loop("ST_LOOP", None)
        self.loop_of: dict[int, Loop] = {}
        stack = [self.root]

        def place(seg: Segment, rule: SegmentRule, loops: list[LoopRule]) -> None:
            common = 0
            while common < min(len(stack), len(loops)) and stack[common].xid == loops[common].xid:
                common += 1
            if len(loops) > 1 and rule is loops[-1].children[0]:
                common = min(common, len(loops) - 1)  # its first segment: another occurrence begins
            del stack[common:]
            for loop in loops[common:]:
                stack.append(_below(stack[-1], loop.xid))
            stack[-1].segments.append(seg)
            self.loop_of[seg.position] = stack[-1]

        walk = Walk(guide.loop("ST_LOOP"), transaction, Reporter("", transaction), lambda *_: set())
        walk.on_place = place
        walk.run()

    def loops(self, *xids: str) -> Iterator[Loop]:
        """All loops of these ids, in order."""
        return self.root.loops(*xids)

    def header(self, segment_id: str) -> list[Segment]:
        """The segments of this id in the heading of the set (BHT)."""
        return [seg for loop in (self.root, *self.root.children) if loop.xid in ("ST_LOOP", "HEADER") for seg in loop.all(segment_id)]

    def components(self, text: str) -> list[str]:
        return self.delimiters.components(text)


def _below(parent: Loop, xid: str) -> Loop:
    loop = Loop(xid, parent)
    parent.children.append(loop)
    return loop
