"""Which request an answer belongs to, and which service of it.

Kept of a request is what an answer is compared with: numbers, procedures, quantities, dates, and which providers were named by
which number. Nothing of the patient is kept but a key that means nothing outside this run (`likeness`).

An event is matched by its trace (TRN02 with TRN03), then by TRN02 alone where only one request carries it, then by the trace of
one of its services, then by BHT03 where that names one event only. An answer that returns no trace at all is then matched by member,
days and procedures, where one request alone is like it. A service is matched by its trace, then by its procedure code
where that is unique on both sides. Order is never trusted: payers reorder lines. The number of an inquiry leads to the request that it
asks after (`x12.traces`); inquiries themselves are no requests.

Guide: 005010X217 2000E and 2000F TRN, BHT03
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

import msgspec

from x12retro.decide.facts import Facts
from x12retro.decide.levels import EVENT, SERVICE, Level, is_of_inquiry, read_levels
from x12retro.decide.likeness import Care, care_of, only_like, subject_of
from x12retro.decide.plain import NO_REQUESTS, plain_request
from x12retro.decide.record import NOTHING, Confidence, Extent, MatchedBy, Trace
from x12retro.decide.values import day
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.x12 import Frame, Transaction
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.segment import Segment
from x12retro.x12.traces import asks_after, request_key

_Key = TypeVar("_Key", str, tuple[str, str])


class AskedService(msgspec.Struct, frozen=True, kw_only=True):
    """One service that was requested: its traces, and what, how much and when."""

    traces: tuple[Trace, ...] = ()
    extent: Extent

    def __repr__(self) -> str:
        return "<AskedService>"


class AskedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One patient event that was requested. `providers` are pairs of NM101 and NM109, `sent_on` BHT04,
    `certification` UM02; `care` is what it is like.
    """

    bht03: str = ""
    traces: tuple[Trace, ...] = ()
    extent: Extent = NOTHING
    services: tuple[AskedService, ...] = ()
    providers: frozenset[tuple[str, str]] = frozenset()
    sent_on: date | None = None
    care: Care | None = None
    certification: str = ""

    def __repr__(self) -> str:
        return f"<AskedEvent, {len(self.services)} services>"

    @property
    def care_began(self) -> date | None:
        """The first day of care that the request names."""
        days = [d for e in (self.extent, *(s.extent for s in self.services)) for d in (e.service_from, e.admission_from) if d]
        return min(days, default=None)


_Kept = tuple[str | int, AskedEvent | None]
"""An event, None where two meet that differ; before it what they must have in common."""
_NONE: _Kept = ("", None)


class Requests:
    """The requests that answers can be matched to; grows with `add`, holds one small record per event."""

    def __init__(self) -> None:
        self.events = 0
        self._by_trace: dict[tuple[str, str], AskedEvent] = {}
        self._by_number: dict[str, _Kept] = {}
        self._by_service: dict[tuple[str, str], _Kept] = {}
        self._by_bht03: dict[str, _Kept] = {}
        self._by_member: dict[bytes, dict[tuple[Trace, ...], tuple[Care, AskedEvent]]] = {}
        self._same: dict[tuple[Trace, ...], int] = {}

    @classmethod
    def read(cls, frames: Iterable[Frame | Finding]) -> Requests:
        """Gather every 278 request of a frame stream; other sets are passed over."""
        requests = cls()
        requests.read_more(frames)
        return requests

    def read_more(self, frames: Iterable[Frame | Finding]) -> None:
        for frame in frames:
            if isinstance(frame, Transaction):
                plain = plain_request(frame)
                events = (
                    _events(plain.levels, plain.bht, frame.delimiters)
                    if plain is not None
                    else asked_events(frame.segments(), frame.delimiters)
                )
                for event in events:
                    self.add(event)

    def add(self, event: AskedEvent) -> None:
        """Keep an event. The same trace again replaces what it named before; the same BHT03 on another event makes it ambiguous."""
        self.events += 1
        # events are the same when their traces are; numbered, so that long lists of traces are compared once
        which = self._same.setdefault(event.traces, self.events)
        for trace in event.traces:
            _keep(self._by_number, trace.number, trace.company, event)
            if (key := request_key(trace.number)) != trace.number:
                _keep(self._by_number, key, trace.company, event)
            self._by_trace[trace.number, trace.company] = event
        for service in event.services:
            for trace in service.traces:
                _keep(self._by_service, (trace.number, trace.company), which, event)
        if event.bht03:
            _keep(self._by_bht03, event.bht03, which, event)
        if event.care is not None and event.care.subject is not None:
            self._by_member.setdefault(event.care.subject.member, {})[event.traces] = (event.care, event)

    def find(self, traces: Sequence[Trace], service_traces: Sequence[Trace], bht03: str) -> tuple[AskedEvent, MatchedBy] | None:
        """The event that an answer with these numbers belongs to and by what it was found, or None."""
        for trace in traces:
            if event := self._by_trace.get((trace.number, trace.company)):
                return event, "event_trace"
        for trace in traces:
            if event := self._by_number.get(trace.number, _NONE)[1]:
                return event, "trace_number"
        for trace in traces:
            if (asked := asks_after(trace.number)) and (event := self._by_number.get(asked, _NONE)[1]):
                return event, "event_trace" if any(trace.company == own.company for own in event.traces) else "trace_number"
        for trace in service_traces:
            if event := self._by_service.get((trace.number, trace.company), _NONE)[1]:
                return event, "service_trace"
        # an answer that names another trace than ours answers something else
        if not traces and (event := self._by_bht03.get(bht03, _NONE)[1] or self._by_number.get(asks_after(bht03) or "", _NONE)[1]):
            return event, "bht03"
        return None

    def like(self, care: Care) -> tuple[AskedEvent, Confidence] | None:
        """The one event that is about this care, and how surely; None where there is none or more than one."""
        if care.subject is None:
            return None
        return only_like(care, list(self._by_member.get(care.subject.member, {}).values()))


CONFIDENCE: dict[MatchedBy, Confidence] = {
    "event_trace": "exact",
    "trace_number": "high",
    "service_trace": "exact",
    "bht03": "high",
}


def match_services(asked: Sequence[AskedService], answered: Sequence[Facts]) -> list[AskedService | None]:
    """For each answered service the one that was asked for, or None; none is used twice."""
    found: list[AskedService | None] = [None] * len(answered)
    left = dict(enumerate(asked))
    for by_company in (True, False):
        named: dict[tuple[str, str], set[int]] = defaultdict(set)
        for n, service in left.items():
            for key in _keys(service.traces, by_company):
                named[key].add(n)
        for m, facts in enumerate(answered):
            if found[m] is None and (hit := _only(named, _keys(facts.traces, by_company))) is not None:
                found[m] = service = left.pop(hit)
                for key in _keys(service.traces, by_company):
                    named[key].remove(hit)
    by_code: dict[tuple[str, str], list[AskedService]] = defaultdict(list)
    for service in left.values():
        by_code[_what(service.extent)].append(service)
    untraced = {m: _what(facts.extent()) for m, facts in enumerate(answered) if found[m] is None and not facts.traces}
    times = Counter(untraced.values())
    for m, what in untraced.items():
        if what[1] and times[what] == 1 and len(by_code[what]) == 1:
            found[m] = by_code[what][0]
    return found


def asked_events(segments: Sequence[Segment], delimiters: Delimiters) -> list[AskedEvent]:
    """The patient events of one set when it is a 278 request; none otherwise."""
    header = {s.id: s for s in segments[:3]}
    if "ST" not in header or header["ST"][1].strip() != "278" or "BHT" not in header:
        return []
    if header["BHT"][2].strip() in NO_REQUESTS or is_of_inquiry(segments) or any(s.fields[0] == "HCR" for s in segments):
        return []
    return _events(read_levels(segments)[0], header["BHT"], delimiters)


def _events(levels: Sequence[Level], bht: Segment, delimiters: Delimiters) -> list[AskedEvent]:
    asked: list[AskedEvent] = []
    services: dict[int, list[Level]] = defaultdict(list)
    for level in levels:
        if level.rank == SERVICE:
            services[id(level.parent)].append(level)
    for level in levels:
        if level.rank != EVENT:
            continue
        facts = Facts.of(level, delimiters)
        lines = [Facts.of(line, delimiters) for line in services[id(level)]]
        extents = [line.extent() for line in lines]
        asked.append(
            AskedEvent(
                bht03=bht[3].strip(),
                traces=facts.ordered_traces(),
                extent=facts.extent(),
                services=tuple(AskedService(traces=line.ordered_traces(), extent=line.extent()) for line in lines),
                providers=frozenset((p.role, p.id) for part in (facts, *lines) for p in part.providers if p.id),
                sent_on=day(bht[4]),
                care=care_of(subject_of(level.path()), facts.extent(), extents),
                certification=facts.certification,
            )
        )
    return asked


class _Report(msgspec.Struct):
    encounter_id: str | None = None
    traces: dict[str, object] | None = None


def read_build_report(lines: bytes) -> dict[str, str]:
    """Which encounter a trace number belongs to, from a build report (JSON lines with `encounter_id` and `traces`).

    Takes `{"event": ..., "services": ...}` with numbers as strings, lists, or objects that hold them.
    Raises UsageError naming the line that is no such record.
    """
    encounters: dict[str, str] = {}
    for n, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            report = msgspec.json.decode(line, type=_Report)
        except msgspec.DecodeError:
            # the decoder's own words may quote the line
            raise UsageError(f"build report, line {n}: not a JSON object with encounter_id and traces") from None
        if report.encounter_id is not None:
            for number in _strings(report.traces):
                encounters[number] = report.encounter_id
    return encounters


def encounter_of(encounters: Mapping[str, str] | None, traces: Iterable[Trace]) -> str | None:
    """The encounter that the first known of these traces belongs to."""
    if encounters is None:
        return None
    return next((encounters[number] for t in traces for number in (t.number, asks_after(t.number) or "") if number in encounters), None)


def _strings(found: object) -> Iterable[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _strings(value)
    elif isinstance(found, list):
        for value in found:
            yield from _strings(value)


def _keep(known: dict[_Key, _Kept], key: _Key, mark: str | int, event: AskedEvent) -> None:
    """Note the event under the key; where another is known there with another mark, the key means neither from now on."""
    other = known.get(key)
    known[key] = (mark, event) if other is None or (other[0] == mark and other[1] is not None) else (mark, None)


def _keys(traces: Iterable[Trace], by_company: bool) -> set[tuple[str, str]]:
    return {(t.number, t.company if by_company else "") for t in traces}


def _only(named: Mapping[tuple[str, str], set[int]], keys: Iterable[tuple[str, str]]) -> int | None:
    """The one place that these keys name; None where they name none or several."""
    hits: set[int] = set()
    for key in keys:
        there = named.get(key)
        if there and len(there) > 1:
            return None
        hits.update(there or ())
    return hits.pop() if len(hits) == 1 else None


def _what(extent: Extent) -> tuple[str, str]:
    return (extent.code_set, extent.procedure) if extent.procedure else ("revenue", extent.revenue_code)
