"""The hierarchy that HL01 and HL02 describe, built whatever they say.

Real trees are crooked (no HL02, a parent that isn't there, a parent that comes later, numbers used twice). Nothing is refused
here: what cannot be placed by number is placed by order, and the guide's rules tell what is wrong.

Guide: 005010X217 HL01 HL02 HL03 HL04
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from x12retro.x12.segment import Segment


class HLNode:
    """One level: its HL and the segments up to the next HL.

    `id`, `parent_id`, `level` and `child_flag` are HL01 to HL04 as they stand, without blanks around. `position` is that of the
    HL in the set (ST = 1); `segments` starts with the HL; `parent` is None at the top; `parent_found` is False where HL02 names
    no level above and order decided.
    """

    __slots__ = ("child_flag", "children", "id", "level", "parent", "parent_found", "parent_id", "position", "segments")

    def __init__(self, hl: Segment) -> None:
        self.id = hl[1].strip()
        self.parent_id = hl[2].strip()
        self.level = hl[3].strip()
        self.child_flag = hl[4].strip()
        self.position = hl.position
        self.segments: list[Segment] = [hl]
        self.children: list[HLNode] = []
        self.parent: HLNode | None = None
        self.parent_found = True

    def __repr__(self) -> str:
        return f"<HLNode {self.level} #{self.position}, {len(self.segments)} segments, {len(self.children)} children>"

    def walk(self) -> Iterator[HLNode]:
        """Yield this level and all below it, in file order, without recursion."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def ancestors(self) -> Iterator[HLNode]:
        """Yield the levels above, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


def hl_tree(segments: Iterable[Segment]) -> list[HLNode]:
    """Build the tree of a set's segments; the result is the levels at the top, mostly one. SE and what precedes the first HL is left out.

    A parent is the last level before with that HL01, so that numbers may start again. HL02 that is empty starts a new top only
    for the first level or one whose kind stands at the top already; otherwise, and where the parent is not there, the level
    hangs under the nearest level before that says it has children (HL04 `1`), else under the parent of the level before.
    """
    tops: list[HLNode] = []
    by_id: dict[str, HLNode] = {}
    last: HLNode | None = None
    for segment in segments:
        if segment.id == "HL":
            node = HLNode(segment)
            _attach(node, tops, by_id, last)
            by_id[node.id] = node
            last = node
        elif last is not None and segment.id != "SE":
            last.segments.append(segment)
    return tops


def _attach(node: HLNode, tops: list[HLNode], by_id: dict[str, HLNode], last: HLNode | None) -> None:
    parent = by_id.get(node.parent_id) if node.parent_id else None
    if parent is None and last is not None and (node.parent_id or all(top.level != node.level for top in tops)):
        node.parent_found = False
        parent = _by_order(node, last)
    elif parent is None:
        node.parent_found = not node.parent_id
    node.parent = parent
    (tops if parent is None else parent.children).append(node)


def _by_order(node: HLNode, last: HLNode) -> HLNode | None:
    """The nearest open place: beside a level of the same kind, else below the nearest one that announces children."""
    for above in (last, *last.ancestors()):
        if above.level == node.level:
            return above.parent
        if above.child_flag == "1":
            return above
    return last.parent
