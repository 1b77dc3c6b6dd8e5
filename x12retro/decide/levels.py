"""The levels of a 278, as a careful reader would see them even when the HL segments are crooked.

Each segment belongs to the HL before it. HL03 says which level that is, HL02 which one is above; where HL03 is none of the guide's
codes the content decides, and where HL02 is missing or points nowhere sensible the order of the levels does. Event data
that stand above the event open one; SV1, SV2 and SV3 outside a service level open a service. Within a level, NM1 opens a name
loop that only REF, N3, N4, PER, PRV, DMG, INS and AAA can belong to: an HCR behind an NM1 is still the level's own. REF*BB and
REF*NT are never a name's.

Guide: 005010X217 2000A-2000F HL
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from x12retro.decide.trouble import trouble
from x12retro.findings import Finding
from x12retro.x12.segment import Segment

UMO, REQUESTER, SUBSCRIBER, DEPENDENT, EVENT, SERVICE = range(6)

_RANKS = {"20": UMO, "21": REQUESTER, "22": SUBSCRIBER, "23": DEPENDENT, "PA": DEPENDENT, "EV": EVENT, "SS": SERVICE, "19": DEPENDENT}
_GUIDE_CODES = frozenset({"20", "21", "22", "23", "EV", "SS"})
_FRAME = frozenset({"ST", "BHT", "SE"})
_NAMES = "ABCDEF"
_SERVICE_SEGMENTS = frozenset({"SV1", "SV2", "SV3"})
_EVENT_SEGMENTS = frozenset({"UM", "HCR", "HI", "HSD", "PWK", "CL1"}) | _SERVICE_SEGMENTS
_OF_A_NAME = frozenset({"REF", "N3", "N4", "PER", "PRV", "DMG", "INS", "AAA"})
_NEVER_OPENS = _OF_A_NAME | {"NM1", "DTP", "MSG", "TOO", "CR1", "CR2", "CR5", "CR6", "CRC"}
"""Segments that stand where they are found once an HL has opened a level: most of any message."""
_NUMBERS = ("BB", "NT")
_TRANSPORT_ROLES = frozenset({"45", "FS", "ND", "PW", "R3"})
_NAMED_LEVELS = {"X3": UMO, "PR": UMO, "2B": UMO, "36": UMO, "1P": REQUESTER, "IL": SUBSCRIBER, "QC": DEPENDENT}


class Level:
    """One level: its rank, its loop id, the level above, and its segments each with the loop it stands in."""

    __slots__ = ("hl", "loop", "parent", "rank", "segments")

    def __init__(self, rank: int, hl: Segment | None, parent: Level | None = None, loop: str = "") -> None:
        self.rank = rank
        self.hl = hl
        self.parent = parent
        self.loop = loop or f"2000{_NAMES[rank]}"
        self.segments: list[tuple[str, Segment]] = []

    def above(self) -> Iterator[Level]:
        """The levels above this one, nearest first."""
        level = self.parent
        while level is not None:
            yield level
            level = level.parent

    def first(self, segment_id: str) -> Segment | None:
        for _, segment in self.segments:
            if segment.fields[0] == segment_id:
                return segment
        return None

    def segment_of(self, ids: Collection[str], qualifiers: Collection[str] = ()) -> Segment:
        """The first segment with one of these ids, and with one of these first elements where any are given; else the level's first."""
        for _, segment in self.segments:
            if segment.id in ids and (not qualifiers or segment[1].strip() in qualifiers):
                return segment
        return self.hl or self.segments[0][1]


def read_levels(segments: Sequence[Segment]) -> tuple[list[Level], list[Finding]]:
    """Cut the segments of one set (ST, BHT and SE are passed over) into levels, in file order, each linked to the one above."""
    findings: list[Finding] = []
    groups: list[tuple[Segment | None, list[Segment]]] = [(None, [])]
    body = groups[0][1]
    for segment in segments:
        what = segment.fields[0]
        if what == "HL":
            body = []
            groups.append((segment, body))
        elif what not in _FRAME:
            body.append(segment)
    if len(groups) == 1 and groups[0][1]:
        findings.append(trouble("DEC-HL-001", segments[0]))
    tree = _Tree(findings, has_hl=len(groups) > 1)
    for hl, body in groups:
        if hl is not None:
            tree.open(hl, body)
        for segment in body:
            tree.add(segment)
    return tree.levels, findings


class _Tree:
    """The levels seen so far, and the name loop that is open."""

    def __init__(self, findings: list[Finding], has_hl: bool) -> None:
        self.levels: list[Level] = []
        self._findings = findings
        self._has_hl = has_hl
        self._by_id: dict[str, Level] = {}
        self._name_loop = ""

    def open(self, hl: Segment, body: list[Segment]) -> None:
        """Begin the level that an HL announces."""
        code = hl[3].strip()
        rank = _RANKS.get(code)
        if rank is None:
            rank = self._rank_by_content(body)
        if code not in _GUIDE_CODES:
            self._findings.append(trouble("DEC-HL-002", hl, element=3))
        level = self._new(rank, hl, self._parent(rank, hl), loop="2010EA" if code == "19" else "")
        if hl[1].strip():
            self._by_id[hl[1].strip()] = level

    def add(self, segment: Segment) -> None:
        """Put a segment where it belongs, beginning a level that no HL announced where it needs one."""
        what = segment.fields[0]
        level = self.levels[-1] if what in _NEVER_OPENS and self._has_hl and self.levels else self._level_for(segment)
        if what == "NM1":
            self._name_loop = _name_loop(level, segment[1].strip())
            level.segments.append((self._name_loop, segment))
        elif self._name_loop and what in _OF_A_NAME and (what != "REF" or segment[1].strip() not in _NUMBERS):
            level.segments.append((self._name_loop, segment))
        else:
            level.segments.append((level.loop, segment))

    def _level_for(self, segment: Segment) -> Level:
        current = self.levels[-1] if self.levels else None
        if not self._has_hl and segment.id == "NM1":
            named = _NAMED_LEVELS.get(segment[1].strip())
            if named is not None and (current is None or named > current.rank):
                return self._new(named, None, current)
        if current is None:
            return self._new(EVENT if segment.id in _EVENT_SEGMENTS or segment.id == "TRN" else UMO, None)
        if current.rank < EVENT:
            if segment.id in _EVENT_SEGMENTS or (segment.id == "TRN" and current.rank >= SUBSCRIBER):
                if self._has_hl:
                    self._findings.append(trouble("DEC-HL-004", segment))
                current = self._new(EVENT, None, current)
            elif segment.id == "TRN" and not self._has_hl:
                current = self._new(EVENT, None, current)
        elif current.rank == EVENT and not self._has_hl and segment.id in ("UM", "TRN") and current.first("UM") is not None:
            return self._new(SERVICE, None, current)
        if segment.id in _SERVICE_SEGMENTS and (current.rank == EVENT or any(s.id in _SERVICE_SEGMENTS for _, s in current.segments)):
            self._findings.append(trouble("DEC-HL-006", segment))
            event = current if current.rank == EVENT else current.parent
            return self._new(SERVICE, None, event)
        # a decision behind a service that no HL announced is the event's, unless the event has its own
        if current.rank == SERVICE and current.hl is None and self._has_hl and segment.id == "HCR":
            event = current.parent
            if event is not None and event.first("HCR") is None:
                return event
        return current

    def _new(self, rank: int, hl: Segment | None, parent: Level | None = None, loop: str = "") -> Level:
        if rank == SERVICE and (parent is None or parent.rank != EVENT):
            if self._has_hl:
                self._findings.append(trouble("DEC-HL-005", hl))
            parent = self._standing_event(parent)
        level = Level(rank, hl, parent, loop)
        self.levels.append(level)
        self._name_loop = ""
        return level

    def _standing_event(self, above: Level | None) -> Level:
        """The event that services without one belong to: the latest beside them, or one made for them."""
        for level in reversed(self.levels):
            if level.rank == EVENT and level.parent is above:
                return level
        event = Level(EVENT, None, above)
        self.levels.append(event)
        return event

    def _parent(self, rank: int, hl: Segment) -> Level | None:
        named = self._by_id.get(hl[2].strip())
        while named is not None and named.rank >= rank:
            named = named.parent
        if named is not None:
            return named
        nearest = next((level for level in reversed(self.levels) if level.rank < rank), None)
        if nearest is not None:
            self._findings.append(trouble("DEC-HL-003", hl, element=2))
        return nearest

    def _rank_by_content(self, body: list[Segment]) -> int:
        ids = {s.id for s in body}
        if ids & _SERVICE_SEGMENTS:
            return SERVICE
        if ids & _EVENT_SEGMENTS:
            return SERVICE if any(level.rank == EVENT for level in self.levels) else EVENT
        for segment in body:
            if segment.id == "NM1" and segment[1].strip() in _NAMED_LEVELS:
                return _NAMED_LEVELS[segment[1].strip()]
        return max((level.rank for level in self.levels if level.rank < EVENT), default=UMO)


def _name_loop(level: Level, role: str) -> str:
    if level.rank < EVENT:
        return level.loop if level.loop == "2010EA" else f"2010{_NAMES[level.rank]}"
    if role == "L5":
        return f"2010{_NAMES[level.rank]}B"
    if level.rank == EVENT and role in _TRANSPORT_ROLES:
        return "2010EC"
    return f"2010{_NAMES[level.rank]}A"
