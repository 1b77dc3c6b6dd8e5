"""The quick way to the levels of a set: what most sets are, without cutting the segments that no record is made of.

A set that the reader has proven clean (`Transaction.clean`) is walked by its HL; only levels that speak are cut. Whatever is not as
the guide has it (a level of an unknown kind, an HL02 that names no level above, data of an event above the event, a service without an
HL) is left to `levels.read_levels`. Both give the same decisions; a test holds them to it.

Guide: 005010X217 2000A-2000F HL
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from x12retro.decide.facts import TELLING
from x12retro.decide.levels import DEPENDENT, EVENT, LOOPS, NAME_MEMBERS, NUMBERS, SERVICE, SUBSCRIBER, UMO, Level, is_of_inquiry, name_loop
from x12retro.x12 import Transaction
from x12retro.x12.segment import Segment

_RANKS = {"20": UMO, "21": 1, "22": SUBSCRIBER, "23": DEPENDENT, "EV": EVENT, "SS": SERVICE}
_SERVICES = frozenset({"SV1", "SV2", "SV3"})
_OF_AN_EVENT = ("UM", "HCR", "HI", "HSD", "PWK", "CL1", "TRN", *_SERVICES)
"""Segments that make an event of a level above one, or stand there against the guide."""
_ABOVE = ("AAA", "DTP", "MSG", "PER", "STC")
"""Segments that make a level above an event speak."""
_TELLING = (TELLING - {"HI"}) | {"DMG"}
"""Segments that something is made of: facts, or the care that an answer is about. An HI tells something where it asks for documents."""
_LOINC = "LOI"
_HEADING = 2
"""ST and BHT."""
_HL_FIELDS = (4, 5)
"""With the id; HL04 may be left out."""
_RESPONSE = "11"
NO_REQUESTS = frozenset({"11", "28", "49"})
"""BHT02 of a 278 that asks for nothing to be reviewed."""


class PlainSet(NamedTuple):
    """A set by its levels: `first` is ST, `bht` its BHT, `last` its SE, `size` the number of its segments."""

    levels: list[Level]
    first: Segment
    bht: Segment
    last: Segment
    size: int


def plain_request(transaction: Transaction) -> PlainSet | None:
    """The levels of a request that is as it should be, or None; an HI is cut only where it asks for documents."""
    found = _plain(transaction, whole=True, answers=False)
    if found is None or any(segment.fields[0] == "HCR" for level in found.levels for _, segment in level.segments):
        return None
    return found


def plain_set(transaction: Transaction, *, whole: bool) -> PlainSet | None:
    """The levels of a response that is as it should be, or None. `whole`: cut the levels above an event too, whatever they say."""
    return _plain(transaction, whole=whole, answers=True)


def _plain(transaction: Transaction, *, whole: bool, answers: bool) -> PlainSet | None:
    raw, delimiters = transaction.raw, transaction.delimiters
    if not (transaction.clean and transaction.complete and raw.isascii()):
        return None
    element, line_break = delimiters.element, transaction.interchange.line_break
    end = delimiters.segment + line_break
    announced = f"{end}HL{element}"
    head, *chunks = raw[:-1].decode("ascii").split(announced)
    heading = head.split(end)
    if not chunks or len(heading) != _HEADING:
        return None
    at, gap = transaction.offset, len(end)
    first, at = Segment(heading[0].split(element), at, 1), at + len(heading[0]) + gap
    bht, at = Segment(heading[1].split(element), at, 2), at + len(heading[1]) + gap
    if first[1] != "278" or bht.fields[0] != "BHT" or is_of_inquiry((first, bht)):
        return None
    if bht[2] != _RESPONSE if answers else bht[2] in NO_REQUESTS:
        return None
    chunks[-1], _, closing = chunks[-1].rpartition(end)
    if not closing.startswith("SE" + element):
        return None
    kinds, services = _kinds(element), f"{end}SV"
    levels: list[Level] = []
    by_id: dict[str, Level] = {}
    position = 3
    for chunk in chunks:
        hl, *body = chunk.split(end)
        fields = ["HL", *hl.split(element)]
        rank = _RANKS.get(fields[3]) if len(fields) in _HL_FIELDS else None
        if rank is None or not fields[1]:
            return None
        above = by_id.get(fields[2])
        if above is None:
            if fields[2] or levels or rank == SERVICE:
                return None
        elif above.rank >= rank or (rank == SERVICE) != (above.rank == EVENT):
            return None
        level = Level(rank, Segment(fields, at, position), above, LOOPS[rank])
        if rank >= EVENT:
            if services in chunk and (rank == EVENT or sum([text[:3] in _SERVICES for text in body]) > 1):
                return None  # a service that should have its own level
            speaks = True
        else:
            ids = {text[:3] for text in body}
            if not ids.isdisjoint(kinds.of_an_event):
                return None
            speaks = whole or not levels or not ids.isdisjoint(kinds.above)
        if speaks:
            _fill(level, body, at + len(hl) + len(element) + 2 + gap, position + 1, element, gap, kinds.telling)
        at += len(chunk) + len(announced)
        position += len(body) + 1
        levels.append(level)
        by_id[fields[1]] = level
    return PlainSet(levels, first, bht, Segment(closing.split(element), at, position), position)


class _Kinds(NamedTuple):
    """How segments begin: three letters, the element separator among them."""

    of_an_event: frozenset[str]
    above: frozenset[str]
    telling: frozenset[str]


@functools.lru_cache(maxsize=16)
def _kinds(element: str) -> _Kinds:
    return _Kinds(*(frozenset((each + element)[:3] for each in ids) for ids in (_OF_AN_EVENT, _ABOVE, _TELLING)))


def _fill(level: Level, body: list[str], at: int, first: int, element: str, gap: int, telling: frozenset[str]) -> None:
    """Cut the segments of a level that tell something, each with the loop it stands in."""
    loop = here = level.loop
    put = level.segments.append
    for position, text in enumerate(body, first):
        if text[:3] in telling or _LOINC in text:
            segment = Segment(text.split(element), at, position)
            what = segment.fields[0]
            if what == "NM1":
                here = name_loop(level, segment[1].strip())
                put((here, segment))
            elif here is not loop and what in NAME_MEMBERS and (what != "REF" or segment[1].strip() not in NUMBERS):
                put((here, segment))
            else:
                put((loop, segment))
        at += len(text) + gap
