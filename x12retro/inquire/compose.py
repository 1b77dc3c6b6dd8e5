"""One pended request -> the segments of the inquiry after it, in the guide's order: BHT, then levels 20, 21, 22, [23], EV.

What names payer, requester and patient is taken over from the request as it was sent: by that the payer has it on file. Left out is
what the guide is not known to use (addresses and relationship of the patient, gender), and what an inquiry has no need of: diagnoses,
providers, services, documents. The care is named by the payer's reference or number, and by its days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from x12retro.build import Element, Partner
from x12retro.build.draft import Draft, d8, period
from x12retro.decide.levels import EVENT, SERVICE, Level, read_levels
from x12retro.decide.values import span
from x12retro.inquire.pended import Pended, numbers_of
from x12retro.x12 import Delimiters, Segment, Transaction
from x12retro.x12.traces import inquiry_trace
from x12retro.x12.writer import Repeats

GUIDE_VERSION = "005010X215"
_CODES = ("20", "21", "22", "23", "EV")
_KEPT = (("NM1",), ("NM1", "REF", "N3", "N4", "PER", "PRV"), ("NM1", "REF", "DMG"), ("NM1", "REF", "DMG"))
"""What each level above the event takes over from the request."""
_ELEMENTS = {"UM": 4, "DMG": 2, "TRN": 4}
"""Segment -> how many of its elements an inquiry takes."""
_REQUESTS = frozenset({"01", "13", "36"})


def compose(request: Transaction, pended: Pended, partner: Partner, now: datetime, run: str) -> tuple[Draft, str, str]:
    """The inquiry after a request: its draft, its trace number and the request's.

    `draft.problems` says what stands in its way: a request to another partner, one without an event. `run` tells one inquiry
    after a request from the next.

    Guide: 005010X215 structure
    """
    draft = Draft(partner.delimiters)
    number = next(numbers_of(request), "")
    trace = inquiry_trace(number, run)
    segments = request.segments()
    levels, _ = read_levels(segments)
    event = next((level for level in levels if level.rank == EVENT), None)
    if (why := _why_not(request, segments, event, number, partner)) is not None:
        draft.problem("$", why)
        return draft, trace, number
    assert event is not None
    draft.add("$", "BHT", "0007", "28", trace, d8(now.date()), f"{now:%H%M}")
    parent: int | None = None
    for level in event.path()[:-1]:
        parent = draft.hl(_path(level.hl), _CODES[level.rank], parent, children=True)
        for loop, segment in level.segments:
            if segment.id in _KEPT[level.rank] and loop != level.loop:
                draft.add(_path(segment), segment.id, *_elements(segment, request.delimiters))
    draft.hl(_path(event.hl), "EV", parent, children=False)
    draft.add("$.traces", "TRN", "1", trace, partner.trace.company_id)
    _add_event(draft, event, [level for level in levels if level.rank == SERVICE and level.parent is event], pended, request.delimiters)
    return draft, trace, number


def _why_not(request: Transaction, segments: Sequence[Segment], event: Level | None, number: str, partner: Partner) -> str | None:
    """Why nothing can be asked after this set, or None."""
    purpose = next((segment[2].strip() for segment in segments[:3] if segment.id == "BHT"), "")
    if event is None or purpose not in _REQUESTS:
        return "what was sent is no 278 request with a patient event"
    if not number:
        return "the request has no number (2000E TRN02, BHT03) by which its answer could be known"
    isa, exchange = request.interchange.isa, partner.interchange
    if isa is None or (isa[6].strip(), isa[8].strip()) != (exchange.sender_id, exchange.receiver_id):
        return (
            f"the request went to another partner: this one is {exchange.receiver_id} and knows us as {exchange.sender_id} "
            "($.interchange of the partner file)"
        )
    return None


def _add_event(draft: Draft, event: Level, services: Sequence[Level], pended: Pended, delimiters: Delimiters) -> None:
    """What is looked for: the kind of review, its number, its days.

    Guide: 005010X215 2000E UM, REF NT, REF BB, DTP AAH, 435, 096
    """
    own = [segment for loop, segment in event.segments if loop == event.loop]
    if (review := next((segment for segment in own if segment.id == "UM"), None)) is not None:
        draft.add(_path(review), "UM", *_elements(review, delimiters))
    # one of the two, as writers do; the number of an earlier review that this one followed would find that
    if pended.reference_number is not None:
        draft.add("$.reference_number", "REF", "NT", draft.id("$.reference_number", pended.reference_number))
    elif pended.authorization_number is not None:
        draft.add("$.authorization_number", "REF", "BB", draft.id("$.authorization_number", pended.authorization_number))
    dates = {segment[1]: segment for segment in reversed(own) if segment.id == "DTP"}
    kept = [dates[kind] for kind in ("AAH", "435", "096") if kind in dates]
    for segment in kept:
        draft.add(_path(segment), "DTP", *_elements(segment, delimiters))
    days = _days_of(services) if not kept else None
    if days is not None:
        draft.add("$.services", "DTP", "AAH", *period(*days))


def _days_of(services: Sequence[Level]) -> tuple[date, date] | None:
    """First and last day of the services, for a request that dates them alone."""
    found = [
        days
        for level in services
        for loop, segment in level.segments
        if loop == level.loop and segment.id == "DTP" and segment[1] == "472" and (days := span(segment[3])) is not None
    ]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def _elements(segment: Segment, delimiters: Delimiters) -> list[Element]:
    """The elements of a segment of the request, cut at its delimiters."""
    fields = segment.fields[1:]
    kept = [_element(text, delimiters) for text in fields[: _ELEMENTS.get(segment.id, len(fields))]]
    while kept and kept[-1] is None:
        kept.pop()
    return kept


def _element(text: str, delimiters: Delimiters) -> Element:
    repeats = delimiters.repeats(text)
    if len(repeats) > 1:
        return Repeats([parts if len(parts := delimiters.components(one)) > 1 else one for one in repeats])
    parts = delimiters.components(text)
    return tuple(part or None for part in parts) if len(parts) > 1 else text or None


def _path(segment: Segment | None) -> str:
    """Where a segment of the inquiry came from."""
    return f"request, segment {segment.position} ({segment.id})" if segment is not None else "request"
