"""An implementation guide as data: loops hold segments and loops, segments hold elements and composites.

Compiled once from a map file and kept without the XML. Names are the standard's: `xid` is the map's id (`2000E`, `UM`,
`UM10`), `pos` the position within the loop (nodes of equal `pos` may come in any order), `usage` R required, S situational,
N not used. `doubtful` holds the reason where the guide's fact could not be confirmed: a breach of it warns and never rejects.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Usage = Literal["R", "S", "N"]
UNBOUNDED = 0
"""Repeat value for `>1`."""


class DataElement(msgspec.Struct, frozen=True):
    """A data element of the dictionary: `type` is AN, ID, DT, TM, R, B or N0..N9; lengths in characters."""

    number: str
    type: str
    min: int
    max: int
    name: str


class ElementRule(msgspec.Struct, frozen=True):
    """A simple element, or a component of a composite. `seq` counts from 1 within its parent.

    `codes` is the closed list of this place (empty: open); `external` names a code set of maps/codes; `pattern` a regular
    expression of the map; `repeat` the number of repeats allowed (UNBOUNDED for any). `codes_doubtful` holds the reason where the list
    is known from samples only: another code warns.
    """

    xid: str
    seq: int
    name: str
    usage: Usage
    data: DataElement
    codes: frozenset[str] = frozenset()
    external: str | None = None
    pattern: str | None = None
    repeat: int = 1
    doubtful: str | None = None
    codes_doubtful: str | None = None


class SyntaxNote(msgspec.Struct, frozen=True):
    """A relational condition: `kind` is P, R, E, C or L, `elements` the element (or component) numbers it speaks of."""

    kind: Literal["P", "R", "E", "C", "L"]
    elements: tuple[int, ...]


class CompositeRule(msgspec.Struct, frozen=True):
    """A composite element and its components."""

    xid: str
    seq: int
    name: str
    usage: Usage
    number: str
    components: tuple[ElementRule, ...]
    syntax: tuple[SyntaxNote, ...] = ()
    repeat: int = 1
    doubtful: str | None = None


class SegmentRule(msgspec.Struct, frozen=True):
    """A segment at one place of one loop. `max_use` UNBOUNDED for any number.

    `qualifier` tells same-named segments apart: (element number, component number or 0, the codes it takes), or None.
    """

    xid: str
    pos: int
    name: str
    usage: Usage
    max_use: int
    elements: tuple[ElementRule | CompositeRule, ...]
    syntax: tuple[SyntaxNote, ...] = ()
    qualifier: tuple[int, int, frozenset[str]] | None = None
    doubtful: str | None = None


class LoopRule(msgspec.Struct, frozen=True):
    """A loop; `children` are in map order. A wrapper loop (HEADER, DETAIL) has a loop as its first child."""

    xid: str
    pos: int
    name: str
    usage: Usage
    repeat: int
    children: tuple[SegmentRule | LoopRule, ...]
    kind: str | None = None
    doubtful: str | None = None


class GuideDoubt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a whole guide is in doubt, and the segments of it that are `certain`: their elements, and that those `required` are there."""

    reason: str
    certain: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


class Guide(msgspec.Struct, frozen=True):
    """One guide, one direction. `xid` is the map's transaction id; `root` its outermost loop (ISA_LOOP > GS_LOOP > ST_LOOP).

    `elements` is the dictionary it was compiled with, `code_sets` the external sets by id. `doubt` is set where the guide could not be
    read: what is found in it warns.
    """

    xid: str
    name: str
    root: LoopRule
    elements: dict[str, DataElement]
    code_sets: dict[str, frozenset[str]]
    doubt: GuideDoubt | None = None

    def loop(self, xid: str) -> LoopRule:
        """The loop with this id, searched from the root; KeyError when the guide has none."""
        found = _find(self.root, xid)
        if found is None:
            raise KeyError(xid)
        return found


def _find(loop: LoopRule, xid: str) -> LoopRule | None:
    if loop.xid == xid:
        return loop
    for child in loop.children:
        if isinstance(child, LoopRule) and (found := _find(child, xid)) is not None:
            return found
    return None
