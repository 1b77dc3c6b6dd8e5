"""A loop that the walk has entered, and the HL segments it has met."""

from __future__ import annotations

from typing import NamedTuple

from x12retro.guide.index import Candidate, LoopIndex
from x12retro.guide.model import UNBOUNDED, LoopRule
from x12retro.x12 import Segment


class HLPlace(NamedTuple):
    """An HL segment, the loop it opened, the HL it stands under, and whether its level code was readable.

    `lost`: the message lacks this HL; `segment` is then a stand-in that has been reported as missing.
    """

    segment: Segment
    loop: LoopRule
    parent: Segment | None
    sure: bool
    lost: bool = False


class OpenLoop:
    """An open loop: how far it has come, how often each child was seen, where a required child was first missed."""

    __slots__ = ("counts", "hl", "index", "leap", "missed", "pos", "silent")

    def __init__(self, idx: LoopIndex, hl: Segment | None, silent: bool = False) -> None:
        self.index = idx
        self.pos = 0
        self.leap: tuple[int, Segment] | None = None  # where the loop stood before its last step on, and what made it step
        self.counts: dict[int, int] = {}
        self.missed: dict[int, Segment] = {}
        self.hl = hl
        self.silent = silent

    def has_room(self, candidate: Candidate) -> bool:
        most = candidate.child.repeat if isinstance(candidate.child, LoopRule) else candidate.child.max_use
        return most == UNBOUNDED or self.counts.get(candidate.order, 0) < most

    def advance(self, pos: int, seg: Segment) -> None:
        """Come to `pos`; remember where required children before it were missed."""
        if pos > self.pos:
            for order, at, _ in self.index.required:
                if at < pos and order not in self.counts:
                    self.missed.setdefault(order, seg)
            self.leap = (self.pos, seg)
            self.pos = pos
