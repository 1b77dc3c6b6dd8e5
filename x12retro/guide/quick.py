"""Say yes to single segments quickly: in a faulty set most segments are right, and the diagnoser need not look at their elements.

The same patterns as the recogniser's, one per segment rule, compiled when a rule has been used often enough to pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from x12retro.guide.model import Guide, SegmentRule
from x12retro.guide.pattern import PatternWriter
from x12retro.x12 import Delimiters, Segment, Transaction

_PAYS_AFTER = 40
"""Uses of a rule before its pattern is compiled: about what compiling costs."""

_Match = Callable[[str], re.Match[str] | None]


class QuickSegments:
    """Accepts segments of one guide written with these delimiters."""

    __slots__ = ("_blank", "_code_sets", "_delimiters", "_element", "_known", "_segment", "_uses")

    def __init__(self, delimiters: Delimiters, code_sets: dict[str, frozenset[str]]) -> None:
        self._delimiters = delimiters
        self._element, self._segment = delimiters.element, delimiters.segment
        self._code_sets = code_sets
        cuts = delimiters.element + delimiters.component + delimiters.repetition + delimiters.segment
        self._blank = re.compile(f" [{re.escape(cuts)}]").search
        self._uses: dict[int, int] = {}
        # by the identity of the rule, which is kept so that it stays the same; the number of elements from which codes are left open
        self._known: dict[int, tuple[_Match, int, SegmentRule]] = {}

    def of(self, transaction: Transaction) -> Callable[[Segment, SegmentRule], bool]:
        """What accepts the segments of a set; what no pattern can say is asked of each segment only where the set gives reason to."""
        raw = transaction.raw
        if transaction.clean and raw.isascii() and self._blank(raw.decode("ascii")) is None:
            return self.accepts_plain
        return self.accepts

    def accepts(self, seg: Segment, rule: SegmentRule) -> bool:
        """True when the elements of `seg` are right by `rule`; False when they must be looked at."""
        if not self.accepts_plain(seg, rule):
            return False
        text = self._delimiters.element.join(seg.fields) + self._delimiters.segment
        return self._blank(text) is None and text.isascii()

    def accepts_plain(self, seg: Segment, rule: SegmentRule) -> bool:
        """The same for a segment of plain ASCII without a value that ends blank."""
        known = self._known.get(id(rule))
        if known is None:
            uses = self._uses[id(rule)] = self._uses.get(id(rule), 0) + 1
            if uses < _PAYS_AFTER:
                return False
            known = self._known[id(rule)] = self._compile(rule)
        match, left_open, _ = known
        fields = seg.fields
        if len(fields) > left_open:
            return False
        text = self._element.join(fields)
        return match(text + self._segment) is not None and "RD8" not in text

    def _compile(self, rule: SegmentRule) -> tuple[_Match, int, SegmentRule]:
        writer = PatternWriter(self._delimiters, "", self._code_sets)
        pattern = re.compile(writer.segment(rule))
        return pattern.fullmatch, min((n for _, n, _ in writer.left_open), default=1 << 30), rule


class _Key:
    """A guide by the identity of its root: hashing a whole guide would be slow."""

    __slots__ = ("guide",)

    def __init__(self, guide: Guide) -> None:
        self.guide = guide

    def __hash__(self) -> int:
        return id(self.guide.root)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.guide.root is self.guide.root


def quick_segments(guide: Guide, delimiters: Delimiters) -> QuickSegments:
    """The one of this guide and these delimiters; it learns as it is used."""
    return _kept(_Key(guide), delimiters)


@lru_cache(maxsize=64)
def _kept(key: _Key, delimiters: Delimiters) -> QuickSegments:
    return QuickSegments(delimiters, key.guide.code_sets)
