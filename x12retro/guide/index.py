"""A loop prepared for walking: for each segment id, where in the loop it may lead. Built once per loop and kept.

A *candidate* is one way for a segment to go on from a loop: to a segment of the loop itself (`path` empty) or to the first
segment of a loop below it (`path` names the loops to enter, outermost first; wrapper loops make it longer than one).
"""

from __future__ import annotations

from typing import NamedTuple

from x12retro.guide.model import LoopRule, SegmentRule
from x12retro.x12 import Delimiters, Segment

Child = SegmentRule | LoopRule


class Candidate(NamedTuple):
    """A way from a loop to a segment rule; `child` is the direct child of the loop that leads there, at `pos`, `order`-th of all."""

    pos: int
    order: int
    child: Child
    path: tuple[LoopRule, ...]
    rule: SegmentRule


class LoopIndex(NamedTuple):
    """`by_id`: segment id -> candidates in map order. `required`: (order, pos, child) of what must be there.

    `unused`: candidates of segments and loops that the guide does not use. `entry`: the first segment, None for a wrapper.
    `own_ids`: the ids of the loop's own segments.
    """

    loop: LoopRule
    by_id: dict[str, tuple[Candidate, ...]]
    unused: dict[str, tuple[Candidate, ...]]
    required: tuple[tuple[int, int, Child], ...]
    entry: SegmentRule | None
    own_ids: frozenset[str]


_MOST_KEPT = 10_000
_kept: dict[int, LoopIndex] = {}
"""By the identity of the loop, which its index holds on to: hashing a whole subtree would be slow."""


def index(loop: LoopRule) -> LoopIndex:
    """The index of `loop`, made once."""
    found = _kept.get(id(loop))
    if found is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        found = _kept[id(loop)] = _made(loop)
    return found


def _made(loop: LoopRule) -> LoopIndex:
    by_id: dict[str, list[Candidate]] = {}
    unused: dict[str, list[Candidate]] = {}
    required: list[tuple[int, int, Child]] = []
    own: set[str] = set()
    for order, child in enumerate(loop.children):
        if isinstance(child, SegmentRule):
            own.add(child.xid)
            ways: list[tuple[tuple[LoopRule, ...], SegmentRule]] = [((), child)]
        else:
            ways = _entries(child)
        for path, rule in ways:
            never = any(node.usage == "N" for node in (child, *path, rule))
            (unused if never else by_id).setdefault(rule.xid, []).append(Candidate(child.pos, order, child, path, rule))
        if child.usage == "R":
            required.append((order, child.pos, child))
    first = loop.children[0] if loop.children else None
    return LoopIndex(
        loop,
        {k: tuple(sorted(v, key=lambda c: c.pos)) for k, v in by_id.items()},
        {k: tuple(sorted(v, key=lambda c: c.pos)) for k, v in unused.items()},
        tuple(required),
        first if isinstance(first, SegmentRule) else None,
        frozenset(own),
    )


def _is_wrapper(loop: LoopRule) -> bool:
    return not loop.children or isinstance(loop.children[0], LoopRule)


def _entries(loop: LoopRule) -> list[tuple[tuple[LoopRule, ...], SegmentRule]]:
    """The ways into a loop: its first segment; for a wrapper, the ways into each loop below it."""
    if not _is_wrapper(loop):
        first = loop.children[0]
        assert isinstance(first, SegmentRule)
        return [((loop,), first)]
    return [((loop, *path), rule) for child in loop.children if isinstance(child, LoopRule) for path, rule in _entries(child)]


def entry_rule(child: Child) -> tuple[SegmentRule, str | None]:
    """The segment whose absence shows that `child` is missing, and the id of the loop it begins (None for a plain segment)."""
    loop: str | None = None
    while isinstance(child, LoopRule):
        loop = child.xid if child.kind != "wrapper" else None
        child = next((c for c in child.children if c.usage == "R"), child.children[0])
    return child, loop


def matches(rule: SegmentRule, seg: Segment, delimiters: Delimiters) -> bool:
    """True when `seg` has the id of `rule` and, where the rule has a qualifier, one of its codes."""
    if seg.fields[0] != rule.xid:
        return False
    qualifier = rule.qualifier
    if qualifier is None:
        return True
    element, component, codes = qualifier
    if not component:
        return (seg.fields[element] if element < len(seg.fields) else "") in codes
    return qualifier_text(seg, element, component, delimiters) in codes


def qualifier_text(seg: Segment, element: int, component: int, delimiters: Delimiters) -> str:
    """The value at a qualifier's place; where a composite is repeated the first one tells (CTX01)."""
    text = seg[element]
    if component and text:
        parts = delimiters.components(delimiters.repeats(text)[0])
        text = parts[component - 1] if component <= len(parts) else ""
    return text
