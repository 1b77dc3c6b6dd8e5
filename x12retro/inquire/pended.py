"""Which decisions leave a request pended, and which request each of them is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

import msgspec

from x12retro.x12 import Transaction
from x12retro.x12.traces import request_key


class PendedLine(msgspec.Struct, frozen=True):
    """What was answered about one service."""

    outcome: str = ""


class PendedTraces(msgspec.Struct, frozen=True):
    """The numbers that the answer gave back."""

    event: tuple[str, ...] = ()
    bht03: str = ""


class Pended(msgspec.Struct, frozen=True, kw_only=True):
    """What of a decision record (docs/decision.md) an inquiry goes by. The record of any answer may be read as one; see `is_open`."""

    outcome: str
    encounter_id: str | None = None
    traces: PendedTraces = PendedTraces()
    reference_number: str | None = None
    authorization_number: str | None = None
    services: tuple[PendedLine, ...] = ()
    answered_on: date | None = None
    answered_time: str | None = None
    superseded_by: dict[str, object] | None = None
    duplicate: bool = False
    answers: str = ""

    def __repr__(self) -> str:
        return f"<Pended {self.outcome}>"

    @property
    def is_open(self) -> bool:
        """True where the payer has still to decide: the event is pended, or one of its services is."""
        return self.outcome == "pended" or any(line.outcome == "pended" for line in self.services)

    @property
    def since(self) -> datetime | None:
        """When the payer said so, by its clock; None where the answer has no day."""
        if self.answered_on is None:
            return None
        clock = (self.answered_time or "")[:4]
        if len(clock) == 4 and clock.isdecimal() and int(clock[:2]) < 24 and int(clock[2:]) < 60:
            return datetime.combine(self.answered_on, time(int(clock[:2]), int(clock[2:])))
        return datetime.combine(self.answered_on, time())

    @property
    def weight(self) -> tuple[bool, datetime, bool]:
        """Of several decisions about one request the greatest stands: the latest, at one time one that decides.

        An inquiry's "still pended" says nothing new and stands behind all others.
        """
        return not (self.is_open and self.answers == "inquiry"), self.since or datetime.combine(date.min, time()), not self.is_open

    @property
    def keys(self) -> frozenset[str]:
        """What its request is found by."""
        return frozenset(request_key(number) for number in (*self.traces.event, self.traces.bht03) if number)


class PendedRequests:
    """The decisions that leave a request pended, found by the request. `others` counts the outcomes of those that do not."""

    def __init__(self, decisions: Iterable[Pended]) -> None:
        """Take the decisions that stand; those that a later one superseded, copies, and inquiries that brought none are left out."""
        self.others: Counter[str] = Counter()
        self._waiting: list[Pended | None] = []
        self._by_key: dict[str, int] = {}
        for one in _standing(decisions):
            if not one.is_open:
                self.others[one.outcome] += 1
                continue
            for key in one.keys:
                self._by_key.setdefault(key, len(self._waiting))
            self._waiting.append(one)

    def __len__(self) -> int:
        return sum(one is not None for one in self._waiting)

    def take(self, request: Transaction) -> Pended | None:
        """The decision about this request, once; None where it is not pended, or was taken.

        Guide: 005010X217 2000E TRN02, BHT03
        """
        for number in numbers_of(request):
            place = self._by_key.get(request_key(number))
            if place is not None and (found := self._waiting[place]) is not None:
                self._waiting[place] = None
                return found
        return None

    def left(self) -> Iterator[Pended]:
        """Those whose request did not come."""
        return (one for one in self._waiting if one is not None)


def _standing(decisions: Iterable[Pended]) -> Iterator[Pended]:
    """One decision of each request, as records of several runs may hold more; one without any number stands for itself."""
    kept: dict[str, Pended] = {}
    for n, one in enumerate(decisions):
        if one.superseded_by is None and not one.duplicate and one.outcome != "unanswered":
            first = one.traces.event[0] if one.traces.event else one.traces.bht03
            key = request_key(first) if first else f" {n}"
            if key not in kept or kept[key].weight < one.weight:
                kept[key] = one
    yield from kept.values()


def numbers_of(request: Transaction) -> Iterator[str]:
    """The numbers that a request is known by: the traces of its event, then BHT03."""
    event, bht03 = False, ""
    for segment in request.segments():
        if segment.fields[0] == "HL":
            event = segment[3].strip() == "EV"
        elif event and segment.fields[0] == "TRN" and segment[2].strip():
            yield segment[2].strip()
        elif segment.fields[0] == "BHT":
            bht03 = segment[3].strip()
    if bht03:
        yield bht03
