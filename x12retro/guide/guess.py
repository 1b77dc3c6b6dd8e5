"""What did the sender most likely do? For a segment that fits nowhere: the places it may have been meant for.

Nothing is reported and nothing moves here: the walk asks, decides, reports and goes on (walk.py). The open loops are the walk's own
list, so that every answer speaks of where the walk stands now.
"""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.guide.index import Candidate, index, matches
from x12retro.guide.model import LoopRule
from x12retro.guide.open_loop import OpenLoop
from x12retro.x12 import Delimiters, Segment

LEVEL_STARTERS = frozenset({"HL", "LX", "CLM", "CLP", "SVC", "AK2", "IK3", "IK4"})
"""Segments that open a level of their own: a missing level above them is opened rather than their content lost."""
_LOOK_AHEAD = 60
"""So many segments are looked at to tell which level they belong to; without a limit a run of strays would cost its square."""


class Guess:
    """Answers for one transaction: its open loops, its segments and how they are cut."""

    __slots__ = ("_delimiters", "_segments", "_stack")

    def __init__(self, stack: list[OpenLoop], segments: Sequence[Segment], delimiters: Delimiters) -> None:
        self._stack = stack
        self._segments = segments
        self._delimiters = delimiters

    def late(self, seg: Segment) -> tuple[int, Candidate] | None:
        """An exact match at a place the walker has already passed; one with room first."""
        found: tuple[int, Candidate] | None = None
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            for candidate in level.index.by_id.get(seg.id, ()):
                if candidate.rule is level.index.entry or candidate.pos >= level.pos:
                    continue
                if matches(candidate.rule, seg, self._delimiters):
                    if level.has_room(candidate):
                        return depth, candidate
                    found = found or (depth, candidate)
        return found

    def near(self, seg: Segment, passed: bool = False) -> tuple[int, Candidate] | None:
        """A place for a segment of this id whose qualifier does not fit; what is required and still lacking first.

        With `passed`, a place for a plain segment that the innermost levels have already gone by.
        """
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            here = [
                c
                for c in level.index.by_id.get(seg.id, ())
                if c.rule.qualifier is not None
                and c.rule is not level.index.entry
                and ((not c.path and c.pos < level.pos) if passed else c.pos >= level.pos)
            ]
            if passed and not here and level.index.entry is not None and level.index.entry.xid in LEVEL_STARTERS:
                return None
            if not here:
                continue
            if seg.id == "HL":
                if seg[2] and level.hl is not None and level.hl[1] != seg[2] and any(lv.hl and lv.hl[1] == seg[2] for lv in self._stack):
                    continue  # its parent is another open level: look there
                here.sort(key=lambda c: (not level.has_room(c), -self.score(c.path[-1], seg)))
            else:
                here.sort(key=lambda c: (c.child.usage != "R" or c.order in level.counts, not level.has_room(c)))
            return depth, here[0]
        return None

    def better_level(self, seg: Segment, full: Candidate) -> tuple[int, Candidate] | None:
        """For an HL whose level is used up: a level that its content fits better, its code then being the fault."""
        near = self.near(seg)
        if near is None or not near[1].path or near[1].path[-1] is full.path[-1]:
            return None
        return near if self.score(near[1].path[-1], seg) > self.score(full.path[-1], seg) else None

    def leapt(self, seg: Segment, level: OpenLoop, candidate: Candidate) -> Segment | None:
        """The segment before `seg` that stands too early, when it and not `seg` is out of order: what follows would be late too."""
        if level.leap is None or candidate.path or candidate.pos < level.leap[0] or seg.position >= len(self._segments):
            return None
        after = self._segments[seg.position]
        fits = [c for c in level.index.by_id.get(after.id, ()) if matches(c.rule, after, self._delimiters)]
        return level.leap[1] if fits and all(c.pos < level.pos for c in fits) else None

    def headless(self, seg: Segment) -> tuple[int, tuple[LoopRule, ...], int] | None:
        """A loop that is next, lacks its first segment, and has a place for this one: (depth, loops to open, order of the first)."""
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            for order, child in enumerate(level.index.loop.children):
                if not isinstance(child, LoopRule) or child.pos < level.pos or order in level.counts:
                    continue
                if child.usage != "R" and seg.id in level.index.own_ids:
                    continue  # more likely a stray of the loop that is open
                path = [child]
                while isinstance(path[-1].children[0], LoopRule):
                    path.append(path[-1].children[0])
                inner = index(path[-1])
                assert inner.entry is not None
                level_starts = inner.entry.xid == "HL"
                if level_starts and not self._fits_better(path[-1], seg):
                    continue
                if any(
                    c.rule is not inner.entry and (level_starts or not c.path) and matches(c.rule, seg, self._delimiters)
                    for c in inner.by_id.get(seg.id, ())
                ):
                    return depth, tuple(path), order
            if level.index.entry is not None and level.index.entry.xid == "HL":
                return None  # further out would mean that a whole level ends here: too far to guess
        return None

    def jump(self, seg: Segment) -> tuple[int, tuple[LoopRule, ...], Candidate] | None:
        """A level below an open one that this segment opens, when the level between was left out."""
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            ways = [
                found
                for child in level.index.loop.children
                if isinstance(child, LoopRule) and child.pos >= level.pos and (found := self._below(child, seg, ())) is not None
            ]
            if ways:
                return depth, *min(ways, key=lambda way: len(way[0]))  # the fewer levels are missing, the likelier
        return None

    def score(self, loop: LoopRule | None, hl: Segment) -> int:
        """How many segments up to the next HL the loop, or a loop directly in it, knows."""
        if loop is None:
            return -1
        inner = [index(loop)] + [index(c) for c in loop.children if isinstance(c, LoopRule) and c.children]
        score = 0
        for seg in self._segments[hl.position : hl.position + _LOOK_AHEAD]:  # position counts from 1: this begins after the HL
            if seg.id in ("HL", "SE"):
                break
            score += any(matches(c.rule, seg, self._delimiters) for idx in inner for c in idx.by_id.get(seg.id, ()))
        return score

    def _fits_better(self, loop: LoopRule, seg: Segment) -> bool:
        """True when the segments from `seg` to the next HL look like `loop` rather than like the level that is open."""
        open_level = next((lv for lv in reversed(self._stack) if lv.index.entry is not None and lv.index.entry.xid == "HL"), None)
        before = Segment(["HL"], position=seg.position - 1)
        return self.score(loop, before) > self.score(open_level.index.loop if open_level else None, before)

    def _below(self, loop: LoopRule, seg: Segment, path: tuple[LoopRule, ...]) -> tuple[tuple[LoopRule, ...], Candidate] | None:
        path = (*path, loop)
        for candidate in index(loop).by_id.get(seg.id, ()):
            if candidate.path and matches(candidate.rule, seg, self._delimiters):
                return path, candidate
        for child in loop.children:
            if isinstance(child, LoopRule) and (found := self._below(child, seg, path)) is not None:
                return found
        return None
