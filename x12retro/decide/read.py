"""One 278 response, to a request or to an inquiry -> one Decision per patient event, and one for each answer that only rejects.

Facts are gathered level by level (`levels`, `facts`), judged by the tables of `outcome` and `next_step`, and laid beside the
request where that is known (`match`). Nothing here raises for what a message holds.

Numbers: HCR02 is the authorization number; where it is missing REF*BB is, save beside a denial, where it can only be the earlier
one. Dates: DTP 007 and 036 bound the certification; where neither stands, an approval's event date (AAH) does.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from x12retro.decide.event import Answer, EventAnswer
from x12retro.decide.facts import Facts, speaks
from x12retro.decide.levels import DEPENDENT, EVENT, SERVICE, SUBSCRIBER, UMO, Level, is_of_inquiry, read_levels
from x12retro.decide.match import Requests
from x12retro.decide.plain import plain_set
from x12retro.decide.record import Decision, Origin, PayerNamed
from x12retro.decide.terms import NOTHING_KNOWN, Known
from x12retro.decide.trouble import trouble
from x12retro.decide.values import day, today
from x12retro.findings import Finding, control_number
from x12retro.x12 import Transaction
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.segment import Segment

_RESPONSE, _INQUIRY_RESPONSE = "11", "49"
_REQUESTS = frozenset({"01", "13", "28", "36"})
_INTERIM = "19"
_PAYER_ROLES = frozenset({"X3", "PR", "2B", "36"})
_NO_COUNT = 16
"""Digits that are no count of segments any more."""


def decide(
    transaction: Transaction,
    requests: Requests | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    known: Known = NOTHING_KNOWN,
    origin: Origin | None = None,
) -> Iterator[Decision]:
    """Yield the decisions of one transaction; none when it is no 278 response (`why_not` says why).

    `as_of` is today: it tells which steps are overdue, and due dates count from it where the answer has no date; `encounters` says
    which encounter a trace number belongs to, `known` what is known of payers and encounters; `origin` is where the set was read,
    completed here with its control numbers.
    """
    if why_not(transaction.segments()) is None:
        yield from decide_response(transaction, requests, as_of, encounters=encounters, known=known, origin=origin)


def decide_response(
    transaction: Transaction,
    requests: Requests | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    known: Known = NOTHING_KNOWN,
    origin: Origin | None = None,
) -> Iterator[Decision]:
    """The same for a set of which it is known that `why_not` has nothing against it."""
    segments = transaction.segments()
    return _decided(
        _set_of(segments, complete=transaction.complete),
        transaction.delimiters,
        requests,
        as_of,
        encounters=encounters,
        known=known,
        origin=_placed(origin or Origin(), transaction, segments[0]),
    )


def decide_plain(
    transaction: Transaction,
    requests: Requests | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    known: Known = NOTHING_KNOWN,
    origin: Origin | None = None,
) -> Iterator[Decision] | None:
    """The same at once, for a set that is a response and as it should be (`plain`); None for any other."""
    found = plain_set(transaction, whole=requests is not None or known.on_care is not None)
    if found is None:
        return None
    return _decided(
        _Set(found.levels, [], found.first, found.bht, found.last, found.size, complete=True),
        transaction.delimiters,
        requests,
        as_of,
        encounters=encounters,
        known=known,
        origin=_placed(origin or Origin(), transaction, found.first),
    )


def _placed(origin: Origin, transaction: Transaction, st: Segment) -> Origin:
    return Origin(
        file=origin.file,
        sha256=origin.sha256,
        interchange=control_number(transaction.interchange.control) or "",
        group=control_number(transaction.group.control) or "",
        transaction=control_number(st[2].strip()) or "",
        received=origin.received,
    )


def why_not(segments: Sequence[Segment]) -> Finding | None:
    """Say why a set holds no decision: it is no 278, or it asks (a request, an inquiry); None when it is to be decided.

    An inquiry may hold an HCR, the decision that it looks for: there an AAA, or a trace that is given back, shows an answer.
    """
    first = segments[0] if segments else None
    if first is None or first.id != "ST" or first[1].strip() != "278":
        return trouble("DEC-SET-001", first)
    bht = _header(segments, "BHT")
    if bht is not None and bht[2].strip() in _REQUESTS and not _answers(segments):
        return trouble("DEC-SET-002", bht, element=2)
    return None


def _answers(segments: Sequence[Segment]) -> bool:
    """Whether a set that calls itself a request or an inquiry is an answer after all."""
    if is_of_inquiry(segments):
        return any(s.id == "AAA" or (s.id == "TRN" and s[1].strip() == "2") for s in segments)
    return any(s.id in ("HCR", "AAA") for s in segments)


def decide_segments(
    segments: Sequence[Segment],
    delimiters: Delimiters,
    requests: Requests | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    known: Known = NOTHING_KNOWN,
    origin: Origin | None = None,
    complete: bool = True,
) -> Iterator[Decision]:
    """Yield the decisions of one response given as segments. `complete` is False for a set that broke off before its SE.

    Where the SE shows that segments are lost, no event of the set is taken for approved.
    """
    return _decided(
        _set_of(segments, complete=complete),
        delimiters,
        requests,
        as_of,
        encounters=encounters,
        known=known,
        origin=origin or Origin(),
    )


class _Set(NamedTuple):
    """A set by its levels, and what is odd about it as a whole; `first` and `last` segment are None where it is empty."""

    levels: list[Level]
    findings: list[Finding]
    first: Segment | None
    bht: Segment | None
    last: Segment | None
    size: int
    complete: bool
    inquiry: bool = False


def _set_of(segments: Sequence[Segment], *, complete: bool) -> _Set:
    levels, findings = read_levels(segments)
    first, last = (segments[0], segments[-1]) if segments else (None, None)
    return _Set(levels, findings, first, _header(segments, "BHT"), last, len(segments), complete, is_of_inquiry(segments))


def _decided(
    a_set: _Set,
    delimiters: Delimiters,
    requests: Requests | None,
    as_of: date | None,
    *,
    encounters: Mapping[str, str] | None,
    known: Known,
    origin: Origin,
) -> Iterator[Decision]:
    levels, findings, bht = a_set.levels, a_set.findings, a_set.bht
    lost = bht is not None and bht[2].strip() in _REQUESTS
    if lost:
        findings.append(trouble("DEC-SET-014", bht, element=2))
    elif a_set.inquiry and (bht is None or bht[2].strip() != _INQUIRY_RESPONSE):
        findings.append(trouble("DEC-SET-015", bht, element=2))
    elif not a_set.inquiry and (bht is None or bht[2].strip() != _RESPONSE):
        findings.append(trouble("DEC-SET-003", bht, element=2))
    interim = bht is not None and bht[6].strip() == _INTERIM
    if interim:
        findings.append(trouble("DEC-SET-005", bht, element=6))
    if not a_set.complete:
        findings.append(trouble("DEC-SET-004", a_set.last))
    elif a_set.first is not None and a_set.last is not None:
        at_end = _at_end(a_set.first, a_set.last, a_set.size)
        if at_end is not None:
            findings.append(at_end)
            lost |= at_end.is_error
    today_is = as_of or today()
    answered_on = day(bht[4]) if bht is not None else None
    if bht is not None and answered_on is None and bht[4].strip():
        findings.append(trouble("DEC-SET-008", bht, element=4))
    elif answered_on is not None and answered_on > today_is:
        findings.append(trouble("DEC-SET-007", bht, element=4))
    answer = Answer(
        bht=bht,
        interim=interim,
        answered_on=answered_on,
        origin=origin,
        as_of=today_is,
        requests=requests,
        encounters=encounters,
        known=known,
        findings=tuple(findings),
        answered_time=time if bht is not None and (time := bht[5].strip()).isdigit() and time.isascii() else None,
        payer=_payer(levels),
        inquiry=a_set.inquiry,
        several=[level.rank for level in levels].count(EVENT) > 1,
    )
    facts = {id(level): Facts.of(level, delimiters) for level in levels if speaks(level)}
    cases = list(_cases(levels, facts))
    last = next((case.event for case in reversed(cases) if case.event is not None), None)
    said_once = _elsewhere(cases, facts)
    for event, above, lines in cases:
        broken = lost or (not a_set.complete and event is last)
        yield EventAnswer(answer, event, above, lines, broken, said_once).decision()
        said_once = []


class _Case(NamedTuple):
    """What one record is made of: an event, the levels above it (top first) and its services; or, without one, where the answer ends."""

    event: Facts | None
    above: list[Facts]
    lines: list[Facts]


def _cases(levels: Sequence[Level], facts: Mapping[int, Facts]) -> Iterator[_Case]:
    services: dict[int, list[Facts]] = defaultdict(list)
    events: list[Level] = []
    for level in levels:
        if level.rank == SERVICE:
            services[id(level.parent)].append(facts[id(level)])
        elif level.rank == EVENT:
            events.append(level)
    for event in events:
        yield _Case(facts[id(event)], _speaking(event.path()[:-1], facts), services[id(event)])
    if rejected := {key for key, found in facts.items() if found.rejections}:
        for level in _rejected_without_event(levels, events, rejected):
            yield _Case(None, _speaking(level.path(), facts), [])
    elif not events:
        yield _Case(None, list(facts.values()), [])


def _elsewhere(cases: Sequence[_Case], facts: Mapping[int, Facts]) -> list[Finding]:
    """What is odd about levels that stand in no record."""
    if not any(each.findings for each in facts.values()):
        return []
    shown = {id(each) for event, above, lines in cases for each in (event, *above, *lines)}
    return [finding for each in facts.values() if id(each) not in shown for finding in each.findings]


def _speaking(levels: Iterable[Level], facts: Mapping[int, Facts]) -> list[Facts]:
    return [facts[id(level)] for level in levels if id(level) in facts]


def _rejected_without_event(levels: Sequence[Level], events: Sequence[Level], rejected: Collection[int]) -> Iterator[Level]:
    """The lowest levels of an answer that rejects and goes no further: each stands for one patient, or for the whole set."""
    covered = {id(up) for event in events for up in event.above()}
    parents = {id(level.parent) for level in levels if level.parent is not None}
    for level in levels:
        if level.rank >= EVENT or id(level) in covered or id(level) in parents:
            continue
        if events and (level.rank not in (SUBSCRIBER, DEPENDENT) or id(level) not in rejected):
            continue
        if any(id(each) in rejected for each in (level, *level.above())):
            yield level


def _at_end(st: Segment, se: Segment, count: int) -> Finding | None:
    """What the SE says of segments that may be lost: an error where some are, a warning where it is wrong and none can be.

    SE01 is often miscounted by the sender. Too many may mean a loss; with too few, all that was sent is here. An SE02 that is not
    ST02 ends another set: then only a count that is right by it shows that nothing lies between.
    """
    if se.id != "SE":
        return None
    if se.fields[1:] == [str(count), st[2]]:
        return None
    said = se[1].strip()
    counted = int(said) if said.isascii() and said.isdigit() and len(said) < _NO_COUNT else None
    if se[2].strip() != st[2].strip():
        return trouble("DEC-SET-012" if counted == count else "DEC-SET-011", se, element=2)
    if counted == count:
        return None
    return trouble("DEC-SET-009" if counted is not None and counted > count else "DEC-SET-010", se, element=1)


def _payer(levels: Sequence[Level]) -> PayerNamed | None:
    """The organisation of the uppermost level; a person's name there is not taken.

    Guide: 005010X217 2010A NM1
    """
    name = levels[0].first("NM1") if levels and levels[0].rank == UMO else None
    return None if name is None else _payer_named(name[1], name[2], name[3], name[8], name[9])


@functools.lru_cache(maxsize=512)
def _payer_named(role: str, kind: str, name: str, id_qualifier: str, id_: str) -> PayerNamed | None:
    if role.strip() not in _PAYER_ROLES or kind.strip() != "2":
        return None
    return PayerNamed(name=name.strip(), id_qualifier=id_qualifier.strip(), id=id_.strip())


def _header(segments: Sequence[Segment], segment_id: str) -> Segment | None:
    return next((s for s in segments[:3] if s.id == segment_id), None)
