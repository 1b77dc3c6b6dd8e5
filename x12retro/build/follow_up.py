"""Ask again about what was decided: an encounter and the payer's decision make a cancellation, an extension, an appeal.

Only what the decision allows: an extension speaks of care that was certified, a reconsideration of care that was not. The number comes
from the decision, what is asked now (more days, other procedures, new facts) from the encounter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from x12retro.build.numbers import line_of_trace, trace_root
from x12retro.encounter import Encounter, EncounterProblem, Slip
from x12retro.encounter.fields import Certification
from x12retro.encounter.services import Prior, Service

Ask = Literal["cancel", "extension", "renewal", "revision", "reconsideration", "appeal", "immediate-appeal"]


class EarlierLine(msgspec.Struct, frozen=True):
    """What was decided about one service: its trace number and authorization number."""

    trace: str = ""
    authorization_number: str | None = None


class EarlierTraces(msgspec.Struct, frozen=True):
    """The trace numbers that the answer gave back."""

    event: tuple[str, ...] = ()


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """What of a decision record (docs/decision.md) a follow-up goes by."""

    outcome: str
    encounter_id: str | None = None
    authorization_number: str | None = None
    reference_number: str | None = None
    traces: EarlierTraces = EarlierTraces()
    services: tuple[EarlierLine, ...] = ()
    superseded_by: dict[str, object] | None = None
    duplicate: bool = False


class _Kind(msgspec.Struct, frozen=True):
    certification: Certification
    after: frozenset[str]


def _kind(certification: Certification, after: str) -> _Kind:
    return _Kind(certification, frozenset(after.split()))


_GRANTED = "certified partially_certified modified"
_REFUSED = "denied partially_certified modified"
KINDS: dict[Ask, _Kind] = {
    "cancel": _kind("3", f"{_GRANTED} pended"),
    "extension": _kind("4", _GRANTED),
    "renewal": _kind("R", _GRANTED),
    "revision": _kind("S", f"{_GRANTED} pended"),
    "reconsideration": _kind("N", _REFUSED),
    "appeal": _kind("2", _REFUSED),
    "immediate-appeal": _kind("1", _REFUSED),
}
"""What may be asked, its code, and the outcomes that it may follow.

Guide: 005010X217 2000E UM02
"""


class FollowUps:
    """The decisions of earlier requests, found by encounter: by its id, else by the trace numbers that were made from it."""

    def __init__(self, ask: Ask, decisions: Iterable[Earlier]) -> None:
        """Take the decisions that stand; those that a later one superseded, copies, and inquiries that brought none are left out."""
        self._ask = ask
        self._by_encounter: dict[str, list[Earlier]] = {}
        self._by_root: dict[str, list[Earlier]] = {}
        for one in decisions:
            if one.superseded_by is not None or one.duplicate or one.outcome == "unanswered":
                continue
            if one.encounter_id is not None:
                self._by_encounter.setdefault(one.encounter_id, []).append(one)
            else:
                for root in {trace[:16] for trace in one.traces.event}:
                    self._by_root.setdefault(root, []).append(one)

    def turned(self, encounters: Iterable[Encounter | EncounterProblem]) -> Iterator[Encounter | EncounterProblem]:
        """Each encounter as the follow-up asks it; one that cannot be asked so is a problem that says why."""
        for index, one in enumerate(encounters, start=1):
            yield one if isinstance(one, EncounterProblem) else self._turned(one, index)

    def _turned(self, encounter: Encounter, index: int) -> Encounter | EncounterProblem:
        name, kind = encounter.encounter_id, KINDS[self._ask]
        found = self._by_encounter.get(name, []) + self._by_root.get(trace_root(name), [])
        if not found:
            why = "no decision speaks of this encounter; give the decisions of its request (--follow-up)"
        elif len(found) > 1:
            why = f"{len(found)} decisions speak of this encounter; keep the one that is meant"
        elif found[0].outcome not in kind.after:
            words = " or ".join(outcome.replace("_", " ") for outcome in sorted(kind.after))
            why = f"the decision is {found[0].outcome.replace('_', ' ')}; {_A[self._ask]} follows what was {words}"
        else:
            return follow_up(encounter, found[0], kind.certification)
        return EncounterProblem(index=index, slips=(Slip("$", why),), encounter_id=name)


def follow_up(encounter: Encounter, earlier: Earlier, certification: Certification) -> Encounter:
    """The encounter as it is asked again: the kind of review, and the numbers of the earlier one at the event and its lines.

    Numbers that the encounter itself gives stay. Guide: 005010X217 2000E UM02, REF BB, REF NT; 2000F REF BB
    """
    lines = {line_of_trace(line.trace): line.authorization_number for line in earlier.services if line.authorization_number is not None}
    numbers = set(lines.values())
    number = earlier.authorization_number or (numbers.pop() if len(numbers) == 1 else None)
    prior = encounter.prior
    if prior is None and (number is not None or earlier.reference_number is not None):
        prior = Prior(authorization=number, reference=None if number is not None else earlier.reference_number)
    services = tuple(_line(service, lines.get(n), number) for n, service in enumerate(encounter.services, start=1))
    event = msgspec.structs.replace(encounter.event, certification=certification)
    asked = msgspec.structs.replace(encounter, event=event, prior=prior, services=services)
    return _cancelled(asked) if certification == KINDS["cancel"].certification else asked


def _cancelled(encounter: Encounter) -> Encounter:
    """Without what explains a late request and proves it: nothing is asked for any more."""
    event = msgspec.structs.replace(encounter.event, delay_reason=None, level_of_service=None)
    services = tuple(msgspec.structs.replace(service, documents=(), message=None) for service in encounter.services)
    return msgspec.structs.replace(encounter, event=event, services=services, retro=None, documents=())


def _line(service: Service, number: str | None, event_number: str | None) -> Service:
    if number is None or number == event_number or service.prior is not None:
        return service
    return msgspec.structs.replace(service, prior=Prior(authorization=number))


_A: dict[Ask, str] = {
    "cancel": "a cancellation",
    "extension": "an extension",
    "renewal": "a renewal",
    "revision": "a revision",
    "reconsideration": "a reconsideration",
    "appeal": "an appeal",
    "immediate-appeal": "an appeal",
}
