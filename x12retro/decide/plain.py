"""The quick way to the levels of a set: what most sets are, without a look at each segment.

A set that the reader has proven clean (`Transaction.clean`) is walked by its HL; only levels that speak are filled. Whatever is not as
the guide has it (a level of an unknown kind, an HL02 that names no level above, data of an event above the event, a service without an
HL) is left to `levels.read_levels`. Both give the same decisions; a test holds them to it.

Guide: 005010X217 2000A-2000F HL
"""

from __future__ import annotations

from itertools import compress, repeat
from typing import NamedTuple

from x12retro.decide.levels import DEPENDENT, EVENT, LOOPS, NAME_MEMBERS, NUMBERS, SERVICE, SUBSCRIBER, UMO, Level, is_of_inquiry, name_loop
from x12retro.x12 import Transaction
from x12retro.x12.segment import Segment

_RANKS = {"20": UMO, "21": 1, "22": SUBSCRIBER, "23": DEPENDENT, "EV": EVENT, "SS": SERVICE}
_SERVICES = frozenset({"SV1", "SV2", "SV3"})
_OF_AN_EVENT = frozenset({"UM", "HCR", "HI", "HSD", "PWK", "CL1", "TRN"}) | _SERVICES
"""Segments that make an event of a level above one, or stand there against the guide."""
_ABOVE = frozenset({"AAA", "DTP", "MSG", "PER", "STC"})
"""Segments that make a level above an event speak."""
_FIRST_HL = 2
"""Behind ST and BHT."""
_HL_FIELDS = (4, 5)
"""With the id; HL04 may be left out."""
_RESPONSE = "11"


class PlainSet(NamedTuple):
    """A set by its levels: `first` is ST, `bht` its BHT, `last` its SE, `size` the number of its segments."""

    levels: list[Level]
    first: Segment
    bht: Segment
    last: Segment
    size: int


def plain_set(transaction: Transaction, *, whole: bool) -> PlainSet | None:
    """The levels of a set that is as it should be, or None. `whole`: fill the levels above an event too, whatever they say."""
    if not (transaction.clean and transaction.complete and transaction.raw.isascii()):
        return None
    segments = transaction.segments()
    ids = [segment.fields[0] for segment in segments]
    places = list(compress(range(len(ids)), map("HL".__eq__, ids)))
    if not places or places[0] != _FIRST_HL or ids[1] != "BHT":
        return None
    first, bht, last = segments[0], segments[1], segments[-1]
    if first[1] != "278" or bht[2] != _RESPONSE or is_of_inquiry((first, bht)):
        return None
    levels: list[Level] = []
    by_id: dict[str, Level] = {}
    for place, end in zip(places, [*places[1:], len(ids) - 1], strict=True):
        hl = segments[place]
        fields = hl.fields
        rank = _RANKS.get(fields[3]) if len(fields) in _HL_FIELDS else None
        if rank is None or not fields[1]:
            return None
        above = by_id.get(fields[2])
        if above is None:
            if fields[2] or levels or rank == SERVICE:
                return None
        elif above.rank >= rank or (rank == SERVICE) != (above.rank == EVENT):
            return None
        body = ids[place + 1 : end]
        if not _stands_right(rank, body):
            return None
        level = Level(rank, hl, above, LOOPS[rank])
        if whole or rank >= EVENT or not levels or not _ABOVE.isdisjoint(body):
            _fill(level, segments[place + 1 : end], body)
        levels.append(level)
        by_id[fields[1]] = level
    return PlainSet(levels, first, bht, last, len(ids))


def _stands_right(rank: int, ids: list[str]) -> bool:
    """Whether a level has no segment that should stand at another, or open one of its own."""
    if rank < EVENT:
        return _OF_AN_EVENT.isdisjoint(ids)
    return _SERVICES.isdisjoint(ids) or (rank == SERVICE and sum(map(_SERVICES.__contains__, ids)) == 1)


def _fill(level: Level, segments: list[Segment], ids: list[str]) -> None:
    """Give a level its segments, each with the loop it stands in: the level's own up to the first name."""
    loop = here = level.loop
    names = ids.index("NM1") if "NM1" in ids else len(ids)
    placed = level.segments = list(zip(repeat(loop), segments[:names], strict=False))
    for segment in segments[names:]:
        what = segment.fields[0]
        if what == "NM1":
            here = name_loop(level, segment[1].strip())
            placed.append((here, segment))
        elif what in NAME_MEMBERS and (what != "REF" or segment[1].strip() not in NUMBERS):
            placed.append((here, segment))
        else:
            placed.append((loop, segment))
