"""The levels of a 278, as a careful reader would see them even when the HL segments are crooked.

Each segment belongs to the HL before it. HL03 says which level that is, HL02 which one is above; where HL03 is none of the guide's
codes the content decides, and where HL02 is missing or points nowhere sensible the order of the levels does. Event data
that stand above the event open one; SV1, SV2 and SV3 outside a service level open a service. Within a level, NM1 opens a name
loop that only REF, N3, N4, PER, PRV, DMG, INS and AAA can belong to: an HCR behind an NM1 is still the level's own. REF*BB and
REF*NT are never a name's. In the answer to an inquiry a TRN may stand at subscriber and dependent, and is theirs.

Guide: 005010X217 2000A-2000F HL; 005010X215 2000C, 2000D TRN
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from x12retro.decide.trouble import trouble
from x12retro.findings import Finding
from x12retro.x12.segment import Segment

UMO, REQUESTER, SUBSCRIBER, DEPENDENT, EVENT, SERVICE = range(6)

_RANKS = {"20": UMO, "21": REQUESTER, "22": SUBSCRIBER, "23": DEPENDENT, "PA": DEPENDENT, "EV": EVENT, "SS": SERVICE, "19": DEPENDENT}
_GUIDE_CODES = frozenset({"20", "21", "22", "23", "EV", "SS"})
_FRAME = frozenset({"ST", "BHT", "SE"})
_NAMES = "ABCDEF"
LOOPS = tuple(f"2000{name}" for name in _NAMES)
"""The loop of each rank."""
_SERVICE_SEGMENTS = frozenset({"SV1", "SV2", "SV3"})
_EVENT_SEGMENTS = frozenset({"UM", "HCR", "HI", "HSD", "PWK", "CL1"}) | _SERVICE_SEGMENTS
NAME_MEMBERS = frozenset({"REF", "N3", "N4", "PER", "PRV", "DMG", "INS", "AAA"})
_NEVER_OPENS = NAME_MEMBERS | {"NM1", "DTP", "MSG", "TOO", "CR1", "CR2", "CR5", "CR6", "CRC"}
"""Segments that stand where they are found once an HL has opened a level: most of any message."""
NUMBERS = ("BB", "NT")
_TRANSPORT_ROLES = frozenset({"45", "FS", "ND", "PW", "R3"})
_OTHER_UMO_ROLES = frozenset({"00", "CA", "GG"})
_NAMED_LEVELS = {"X3": UMO, "PR": UMO, "2B": UMO, "36": UMO, "1P": REQUESTER, "IL": SUBSCRIBER, "QC": DEPENDENT}


_INQUIRY = "005010X215"
_INQUIRY_PURPOSES = ("28", "49")


def is_of_inquiry(segments: Sequence[Segment]) -> bool:
    """Whether a set is an inquiry or the answer to one: by ST03, and where that names no guide by BHT02.

    Guide: 005010X215 ST03, BHT02
    """
    if not segments:
        return False
    label = segments[0][3].strip()
    if label:
        return label.startswith(_INQUIRY)
    return any(s.fields[0] == "BHT" and s[2].strip() in _INQUIRY_PURPOSES for s in segments[:3])


class Level(msgspec.Struct, eq=False):
    """One level: its rank, its loop id, the level above, and its segments each with the loop it stands in.

    `findings` is what was odd about where it stands.
    """

    rank: int
    hl: Segment | None
    parent: Level | None
    loop: str
    segments: list[tuple[str, Segment]] = []
    findings: list[Finding] = []
    _firsts: dict[str, Segment] = {}
    _looked: int = 0
    """At so many segments, for `_firsts`."""

    def __repr__(self) -> str:
        return f"<Level {self.loop}, {len(self.segments)} segments>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    def above(self) -> Iterator[Level]:
        """The levels above this one, nearest first."""
        level = self.parent
        while level is not None:
            yield level
            level = level.parent

    def path(self) -> list[Level]:
        """The levels from the top down to this one."""
        path = [self]
        level = self.parent
        while level is not None:
            path.append(level)
            level = level.parent
        path.reverse()
        return path

    def first(self, segment_id: str) -> Segment | None:
        return self._by_id().get(segment_id)

    def holds(self, ids: AbstractSet[str]) -> bool:
        """Whether a segment with one of these ids stands here."""
        return not ids.isdisjoint(self._by_id())

    def _by_id(self) -> dict[str, Segment]:
        """The first segment of each id. Only those that came since the last look are looked at."""
        if self._looked < len(self.segments):
            for _, segment in self.segments[self._looked :]:
                self._firsts.setdefault(segment.fields[0], segment)
            self._looked = len(self.segments)
        return self._firsts

    def segment_of(self, ids: Collection[str], qualifiers: Collection[str] = ()) -> Segment:
        """The first segment with one of these ids, and with one of these first elements where any are given; else the level's first."""
        for _, segment in self.segments:
            if segment.id in ids and (not qualifiers or segment[1].strip() in qualifiers):
                return segment
        return self.hl or self.segments[0][1]


def read_levels(segments: Sequence[Segment]) -> tuple[list[Level], list[Finding]]:
    """Cut the segments of one set (ST, BHT and SE are passed over) into levels, in file order, each linked to the one above.

    What is odd about a level stands with it; the findings given back are about the set as a whole.
    """
    has_hl = any(segment.fields[0] == "HL" for segment in segments)
    tree = _Tree(has_hl, has_hl and is_of_inquiry(segments))
    for n, segment in enumerate(segments):
        what = segment.fields[0]
        if what == "HL":
            tree.open(segment, segments, n)
        elif what not in _FRAME:
            tree.add(what, segment)
    return tree.levels, [] if has_hl or not tree.levels else [trouble("DEC-HL-001", segments[0])]


class _Tree:
    """The levels seen so far, and the name loop that is open. Nothing here looks back over all levels: sets may be large."""

    def __init__(self, has_hl: bool, traced_above: bool) -> None:
        self.levels: list[Level] = []
        self._has_hl = has_hl
        self._traced_above = traced_above  # a TRN above an event is its level's own
        self._by_id: dict[str, Level] = {}
        self._path: list[Level] = []  # the latest level, the latest of a lower rank before it, and so on, top first
        self._latest_event: dict[int, Level] = {}  # by the level above it
        self._deepest = UMO  # of the ranks above an event
        self._odd: list[Finding] = []  # about the level that is about to begin
        self._name_loop = ""

    def open(self, hl: Segment, segments: Sequence[Segment], n: int) -> None:
        """Begin the level that the HL at `segments[n]` announces."""
        code = hl[3].strip()
        rank = _RANKS.get(code)
        if code not in _GUIDE_CODES:
            self._odd.append(trouble("DEC-HL-002", hl, element=3))
        if rank is None:
            rank = self._rank_by_content(segments, n + 1)
        level = self._new(rank, hl, self._parent(rank, hl), loop="2010EA" if code == "19" else "")
        if number := hl[1].strip():
            self._by_id[number] = level

    def add(self, what: str, segment: Segment) -> None:
        """Put a segment, whose id is `what`, where it belongs, beginning a level that no HL announced where it needs one."""
        level = self.levels[-1] if what in _NEVER_OPENS and self._has_hl and self.levels else self._level_for(segment)
        if what == "NM1":
            loop = self._name_loop = name_loop(level, segment[1].strip())
        elif self._name_loop and what in NAME_MEMBERS and (what != "REF" or segment[1].strip() not in NUMBERS):
            loop = self._name_loop
        else:
            loop = level.loop
        level.segments.append((loop, segment))

    def _level_for(self, segment: Segment) -> Level:
        current = self.levels[-1] if self.levels else None
        if not self._has_hl and segment.id == "NM1":
            named = _NAMED_LEVELS.get(segment[1].strip())
            if named is not None and (current is None or named > current.rank):
                return self._new(named, None, current)
        if current is None:
            return self._new(EVENT if segment.id in _EVENT_SEGMENTS or segment.id == "TRN" else UMO, None)
        if current.rank < EVENT:
            if segment.id in _EVENT_SEGMENTS or (segment.id == "TRN" and current.rank >= SUBSCRIBER and not self._traced_above):
                if self._has_hl:
                    self._odd.append(trouble("DEC-HL-004", segment))
                current = self._new(EVENT, None, current)
            elif segment.id == "TRN" and not self._has_hl:
                current = self._new(EVENT, None, current)
        elif current.rank == EVENT and not self._has_hl and segment.id in ("UM", "TRN") and current.first("UM") is not None:
            return self._new(SERVICE, None, current)
        if segment.id in _SERVICE_SEGMENTS and (current.rank == EVENT or current.holds(_SERVICE_SEGMENTS)):
            self._odd.append(trouble("DEC-HL-006", segment))
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
                self._odd.append(trouble("DEC-HL-005", hl))
            parent = self._standing_event(parent)
        level = Level(rank, hl, parent, loop or LOOPS[rank])
        level.findings, self._odd = self._odd, level.findings
        self._append(level)
        self._name_loop = ""
        return level

    def _append(self, level: Level) -> None:
        rank, path = level.rank, self._path
        self.levels.append(level)
        while path and path[-1].rank >= rank:
            path.pop()
        path.append(level)
        if rank == EVENT:
            self._latest_event[id(level.parent)] = level
        elif self._deepest < rank < EVENT:
            self._deepest = rank

    def _standing_event(self, above: Level | None) -> Level:
        """The event that services without one belong to: the latest beside them, or one made for them."""
        event = self._latest_event.get(id(above))
        if event is None:
            event = Level(EVENT, None, above, LOOPS[EVENT])
            self._append(event)
        return event

    def _parent(self, rank: int, hl: Segment) -> Level | None:
        named = self._by_id.get(hl[2].strip())
        while named is not None and named.rank >= rank:
            named = named.parent
        if named is not None:
            return named
        nearest = next((level for level in reversed(self._path) if level.rank < rank), None)
        if nearest is not None:
            self._odd.append(trouble("DEC-HL-003", hl, element=2))
        return nearest

    def _rank_by_content(self, segments: Sequence[Segment], first: int) -> int:
        """What the level is whose segments begin at `first`."""
        end = next((n for n in range(first, len(segments)) if segments[n].id == "HL"), len(segments))
        body = segments[first:end]
        ids = {s.id for s in body}
        if ids & _SERVICE_SEGMENTS:
            return SERVICE
        if ids & _EVENT_SEGMENTS:
            return SERVICE if self._latest_event else EVENT
        for segment in body:
            if segment.id == "NM1" and segment[1].strip() in _NAMED_LEVELS:
                return _NAMED_LEVELS[segment[1].strip()]
        return self._deepest


def name_loop(level: Level, role: str) -> str:
    if level.rank < EVENT:
        return level.loop if level.loop == "2010EA" else f"2010{_NAMES[level.rank]}"
    if role == "L5":
        return f"2010{_NAMES[level.rank]}B"
    # transport is 2010EC of a response, another organisation's denial is 2010EC of a request, which a payer may repeat
    if level.rank == EVENT and role in (_TRANSPORT_ROLES | _OTHER_UMO_ROLES):
        return "2010EC"
    return f"2010{_NAMES[level.rank]}A"
