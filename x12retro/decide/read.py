"""One 278 response -> one Decision per patient event, and one for each answer that only rejects.

Facts are gathered level by level (`levels`, `facts`), judged by the tables of `outcome` and `next_step`, and laid beside the
request where that is known (`match`). Nothing here raises for what a message holds.

Numbers: HCR02 is the authorization number; where it is missing REF*BB is, save beside a denial, where it can only be the earlier
one. Dates: DTP 007 and 036 bound the certification; where neither stands, an approval's event date (AAH) does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from x12retro.decide.event import Answer, EventAnswer
from x12retro.decide.facts import Facts
from x12retro.decide.levels import DEPENDENT, EVENT, SERVICE, SUBSCRIBER, Level, read_levels
from x12retro.decide.match import Requests
from x12retro.decide.record import Decision, Origin
from x12retro.decide.trouble import trouble
from x12retro.decide.values import day, today
from x12retro.findings import Finding
from x12retro.x12 import Transaction
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.segment import Segment

_RESPONSE = "11"
_REQUESTS = frozenset({"01", "13", "36"})
_INTERIM = "19"


def decide(
    transaction: Transaction,
    requests: Requests | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    origin: Origin | None = None,
) -> Iterator[Decision]:
    """Yield the decisions of one transaction; none when it is no 278 response (`why_not` says why).

    `as_of` is today: it tells which steps are overdue, and due dates count from it where the answer has no date; `encounters` says
    which encounter a trace number belongs to; `origin` is where the set was read, completed here with its control numbers.
    """
    segments = transaction.segments()
    if why_not(segments) is not None:
        return
    origin = origin or Origin()
    place = Origin(
        file=origin.file,
        sha256=origin.sha256,
        interchange=transaction.interchange.control,
        group=transaction.group.control,
        transaction=segments[0][2].strip() if segments else "",
        received=origin.received,
    )
    yield from decide_segments(
        segments,
        transaction.delimiters,
        requests,
        as_of,
        encounters=encounters,
        origin=place,
        complete=transaction.complete,
    )


def why_not(segments: Sequence[Segment]) -> Finding | None:
    """Say why a set holds no decision: it is no 278, or it is a request; None when it is to be decided."""
    first = segments[0] if segments else None
    if first is None or first.id != "ST" or first[1].strip() != "278":
        return trouble("DEC-SET-001", first)
    bht = _header(segments, "BHT")
    if bht is not None and bht[2].strip() in _REQUESTS and not any(s.id in ("HCR", "AAA") for s in segments):
        return trouble("DEC-SET-002", bht, element=2)
    return None


def decide_segments(
    segments: Sequence[Segment],
    delimiters: Delimiters,
    requests: Requests | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    origin: Origin | None = None,
    complete: bool = True,
) -> Iterator[Decision]:
    """Yield the decisions of one response given as segments. `complete` is False for a set that broke off before its SE."""
    bht = _header(segments, "BHT")
    levels, findings = read_levels(segments)
    if bht is None or bht[2].strip() != _RESPONSE:
        findings.append(trouble("DEC-SET-003", bht, element=2))
    interim = bht is not None and bht[6].strip() == _INTERIM
    if interim:
        findings.append(trouble("DEC-SET-005", bht, element=6))
    if not complete:
        findings.append(trouble("DEC-SET-004", segments[-1] if segments else None))
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
        origin=origin or Origin(),
        as_of=today_is,
        requests=requests,
        encounters=encounters,
        findings=tuple(findings),
    )
    facts = {id(level): Facts(level, delimiters) for level in levels}
    events = [level for level in levels if level.rank == EVENT]
    for event in events:
        lines = [facts[id(level)] for level in levels if level.rank == SERVICE and level.parent is event]
        above = [facts[id(level)] for level in event.above()]
        broken = not complete and event is events[-1]
        yield EventAnswer(answer, facts[id(event)], above[::-1], lines, broken).decision()
    for level in _rejected_without_event(levels, events, facts):
        above = [facts[id(up)] for up in level.above()]
        yield EventAnswer(answer, None, [*above[::-1], facts[id(level)]], [], broken=False).decision()
    if not events and not any(f.rejections for f in facts.values()):
        yield EventAnswer(answer, None, list(facts.values()), [], broken=False).decision()


def _rejected_without_event(levels: Sequence[Level], events: Sequence[Level], facts: Mapping[int, Facts]) -> Iterator[Level]:
    """The lowest levels of an answer that rejects and goes no further: each stands for one patient, or for the whole set."""
    covered = {id(up) for event in events for up in event.above()}
    parents = {id(level.parent) for level in levels if level.parent is not None}
    for level in levels:
        if level.rank >= EVENT or id(level) in covered or id(level) in parents:
            continue
        if events and (level.rank not in (SUBSCRIBER, DEPENDENT) or not facts[id(level)].rejections):
            continue
        if any(facts[id(each)].rejections for each in (level, *level.above())):
            yield level


def _header(segments: Sequence[Segment], segment_id: str) -> Segment | None:
    return next((s for s in segments[:3] if s.id == segment_id), None)
