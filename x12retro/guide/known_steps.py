"""Steps that walks have taken before, kept: where a walk stands, and the segment that comes, tell where it goes.

A `Stand` is where a walk stands in all that decides where the next segment belongs: the open loops, how far each has come, and how
often each child was seen that may still come. From the same stand the same segment id and qualifier always lead to the same place, so a
step that was found once, with nothing to report on the way, is looked up ever after; so is the one fault that is met most, a code that is
wrong where it tells segments apart. Stands are made as walks come to them; the outlines of messages are many, the stands in them few.
What a stand leaves out (what stands behind, and which segment made each step) is the walk's to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from x12retro.guide.guess import LEVEL_STARTERS
from x12retro.guide.index import Candidate, LoopIndex, qualifier_text
from x12retro.guide.model import UNBOUNDED, LoopRule, SegmentRule
from x12retro.guide.open_loop import OpenLoop
from x12retro.x12 import Delimiters, Segment

_MOST_STANDS = 4_000
_MOST_ROOTS = 64


class Wrong(NamedTuple):
    """What is said of a qualifier that is none of the codes which may stand there. `doubtful`: why those are not certain."""

    element: int
    component: int | None
    message: str
    loop: str
    doubtful: str | None = None


class Way(NamedTuple):
    """The way of a segment: by `candidate` of the loop at `depth`. `wrong` when it fits but for its qualifier; `counted` as seen there."""

    depth: int
    candidate: Candidate
    counted: bool = True
    wrong: Wrong | None = None


class Step(NamedTuple):
    """A way, and where it leads: the rule and the loop that the segment is judged by, and `stand`. `is_level`: it is an HL."""

    depth: int
    way: Way
    rule: SegmentRule
    loop: str
    is_level: bool
    stand: Stand


class Stand:
    """Where a walk stands. `loops` are the open ones (not to be changed), `complete` is True when they lack nothing that is required."""

    __slots__ = ("_turns", "complete", "loops")

    def __init__(self, loops: list[LoopRule], complete: bool) -> None:
        self.loops = loops
        self.complete = complete
        self._turns: dict[str, _Turns] = {}

    def step(self, seg: Segment, delimiters: Delimiters) -> Step | None:
        """The step that `seg` takes from here; None when it is not known."""
        fields = seg.fields
        turns = self._turns.get(fields[0])
        if turns is None:
            return None
        element = turns.element
        if turns.component:
            code = qualifier_text(seg, element, turns.component, delimiters)
        else:
            code = fields[element] if element < len(fields) else ""
        return turns.by_code.get(code) or (turns.other if code and code not in turns.codes else None)

    def learn(self, seg: Segment, delimiters: Delimiters, step: Step, levels: Sequence[OpenLoop]) -> None:
        """Keep the step that `seg` took from here, where `levels` were open.

        It is kept by the code that all ways of this segment id ask for, so that no data of messages is kept; where they ask for several
        it is not kept. One step serves all codes that none of the ways has.
        """
        id_ = seg.fields[0]
        ways = [way.rule.qualifier for level in levels for way in level.index.by_id.get(id_, ())]
        places = {way[:2] if way is not None else (0, 0) for way in ways}
        if len(places) != 1:
            return
        element, component = places.pop()  # element 0: the id alone decides
        if id_ not in self._turns:
            self._turns[id_] = _Turns(element, component, frozenset().union(*(way[2] for way in ways if way is not None)))
        turns = self._turns[id_]
        code = qualifier_text(seg, element, component, delimiters)
        if step.way.wrong is None:
            turns.by_code[code] = step
        elif code not in turns.codes and id_ not in LEVEL_STARTERS and not any(id_ in level.index.unused for level in levels):
            turns.other = step


class _Turns:
    """The steps of one segment id, by the code at this element (0: the id) and component; `other` for what is none of the `codes`."""

    __slots__ = ("by_code", "codes", "component", "element", "other")

    def __init__(self, element: int, component: int, codes: frozenset[str]) -> None:
        self.element = element
        self.component = component
        self.codes = codes
        self.by_code: dict[str, Step] = {}
        self.other: Step | None = None


class KnownSteps:
    """The stands of one guide."""

    __slots__ = ("_root", "_stands", "first")

    def __init__(self, root: LoopRule) -> None:
        self._root = root  # kept, so that the identities of its loops stay theirs
        self._stands: dict[tuple[object, ...], Stand] = {}
        self.first = Stand([root], complete=False)  # before the ST

    def stand(self, stack: Sequence[OpenLoop]) -> Stand | None:
        """Where a walk with these open loops stands; None where a loop has gone by something that is required."""
        key: list[object] = []
        for level in stack:
            idx, pos, counts = level.index, level.pos, level.counts
            if not level.silent and any(at < pos and order not in counts for order, at, _ in idx.required):
                return None
            key += (id(idx.loop), pos, level.silent, _ahead(idx, pos, counts))
        found = self._stands.get(known := tuple(key))
        if found is None:
            if len(self._stands) >= _MOST_STANDS:
                self._stands.clear()
                self.first = Stand([self._root], complete=False)
            complete = all(level.silent or all(order in level.counts for order, _, _ in level.index.required) for level in stack)
            found = self._stands[known] = Stand([level.index.loop for level in stack], complete)
        return found


def _ahead(idx: LoopIndex, pos: int, counts: dict[int, int]) -> tuple[tuple[int, int], ...]:
    """How often each child that may still come was seen, as far as it matters."""
    children = idx.loop.children
    return tuple(sorted((order, _counted(children[order], n)) for order, n in counts.items() if children[order].pos >= pos))


def _counted(child: LoopRule | SegmentRule, n: int) -> int:
    most = child.repeat if isinstance(child, LoopRule) else child.max_use
    return 1 if most == UNBOUNDED else min(n, most)


_kept: dict[int, KnownSteps] = {}


def known_steps(root: LoopRule) -> KnownSteps:
    """Those of walks from `root`, which learn as they are used. By its identity: hashing a whole guide would be slow."""
    found = _kept.get(id(root))
    if found is None:
        if len(_kept) >= _MOST_ROOTS:
            _kept.clear()
        found = _kept[id(root)] = KnownSteps(root)
    return found
