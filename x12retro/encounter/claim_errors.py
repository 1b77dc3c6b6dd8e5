"""Which errors of a set concern which claim, and which of them make it unusable.

A set is blocks: one begins with every HL and every CLM. A claim is made from its own block and those of the levels above it. An error in
an element that the record is made of costs the claim; so does a needed segment that found no place. An error in the levels
themselves (HL, SBR, PAT, a party's NM1 out of place) costs every claim near it, because a claim that is laid at another person's
door is worse than none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from x12retro.encounter.json_source import Slip
from x12retro.encounter.x12_source import JudgedSet, told
from x12retro.findings import Finding
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Segment

_PARTIES = ("2010AA", "2010BA", "2010BB", "2010CA")
_PARTY_CODES = ("85", "IL", "QC", "PR")
_OTHER_PARTIES = ("2330A", "2330B", "2010AC")
_LEVELS = ("HL", "SBR", "PAT")
_PIECES = ("N3", "N4", "DMG")
_NEEDED: dict[str, frozenset[int]] = {
    "CLM": frozenset((1, 2, 5)),
    "NM1": frozenset((1, 2, 3, 8, 9)),
    "DMG": frozenset((2,)),
    "HI": frozenset(range(1, 13)),
    "SV1": frozenset((1, 2, 4)),
    "SV2": frozenset((1, 2, 3, 5)),
    "DTP": frozenset((2, 3)),
}
"""Elements that a record is made of: a claim with an error there cannot be trusted. NM1 counts in the parties' loops only."""


class SetErrors:
    """The errors of one set, by claim; `outside` are those that concern none."""

    def __init__(self, a_set: JudgedSet, sheet: Sheet) -> None:
        self._errors = a_set.errors
        self._placed = sheet.loop_of
        self._told: set[int] = set()
        segments = a_set.transaction.segments() if self._errors else []
        self._levels = [segment.position for segment in segments if segment.id == "HL"]
        self._blocks = [segment.position for segment in segments if segment.id in ("HL", "CLM", "SE")]
        self._parties = {segment.position for segment in segments if segment.id == "NM1" and segment[1] in _PARTY_CODES}
        self._broken = [(index, finding) for index, finding in enumerate(self._errors) if self._breaks_levels(finding)]
        self._lost = any(finding.rule == "X12-SE-001" for finding in self._errors) and _says_more(a_set)

    def of(self, claim: Loop, position: int) -> tuple[list[Slip], list[Slip]]:
        """What makes the claim with its CLM at `position` unusable, and what is only to be noted."""
        fatal: list[Slip] = []
        noted: list[Slip] = []
        for index, finding in self._broken:
            if self._is_near(finding, position):
                self._told.add(index)
                fatal.append(Slip("$", "whose claim this is cannot be told, because the levels of the set are broken"))
                fatal.append(told(finding))
                break
        if self._lost:
            fatal.append(Slip("$", "whose claim this is cannot be told, because segments of the set are lost (SE01)"))
        starts = [position, *(hl.position for hl in _levels_above(claim))]
        for index, finding in enumerate(self._errors):
            if finding.segment is not None and self._block(finding.segment) in starts:
                self._told.add(index)
                (fatal if self._is_needed(finding) else noted).append(told(finding))
        return fatal, noted

    def outside(self) -> tuple[Slip, ...]:
        """The errors that `of` has given out for no claim."""
        return tuple(told(finding) for index, finding in enumerate(self._errors) if index not in self._told)

    def _block(self, position: int) -> int:
        at = bisect_right(self._blocks, position)
        return self._blocks[at - 1] if at else 0

    def _breaks_levels(self, finding: Finding) -> bool:
        """True for an error that may lay a claim at another person's door: in a level, or a piece of one that stands elsewhere."""
        if finding.segment_id == "HL":
            return True
        loop = None if finding.segment is None else self._placed.get(finding.segment)
        if finding.segment in self._parties and (loop is None or loop.xid not in _PARTIES + _OTHER_PARTIES):
            return True
        if finding.element is not None:
            return False
        return finding.segment_id in _LEVELS or finding.segment in self._parties or (loop is None and finding.segment_id in _PIECES)

    def _is_near(self, finding: Finding, position: int) -> bool:
        """True for a claim between the level before the broken one (or, out of place, the segment itself) and the level after it."""
        if finding.segment is None:
            return True
        at = bisect_right(self._levels, finding.segment)
        level_before = self._levels[at - 2] if at > 1 else 0
        start = level_before if finding.segment_id == "HL" else finding.segment
        return start <= position and (at == len(self._levels) or position < self._levels[at])

    def _is_needed(self, finding: Finding) -> bool:
        needed = _NEEDED.get(finding.segment_id or "", frozenset())
        if finding.element is None:
            return bool(needed) and finding.segment not in self._placed
        if finding.segment_id == "NM1" and finding.loop not in _PARTIES:
            return False
        return finding.element in needed


def _levels_above(claim: Loop) -> Iterator[Segment]:
    level = claim.parent
    while level is not None:
        if (hl := level.first("HL")) is not None:
            yield hl
        level = level.parent


def _says_more(a_set: JudgedSet) -> bool:
    """True when the set holds fewer segments than its SE01 says."""
    said = a_set.transaction.segments()[-1][1]
    return said.isdecimal() and int(said[:12]) > a_set.transaction.count()
