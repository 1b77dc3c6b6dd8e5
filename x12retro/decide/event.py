"""One patient event, all its facts together, becomes one Decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from x12retro.decide.barred import bar, held_to
from x12retro.decide.compare import NO_DAY, OTHER_UNIT, Difference, days_of_care, differences, doubt, uncovered
from x12retro.decide.facts import Facts
from x12retro.decide.inquiry import IN_BHT03, NO_DECISION, OTHER_CARE, WHICH_OF_THEM, is_other_care, request_named
from x12retro.decide.likeness import Care, care_of, is_other, subject_of
from x12retro.decide.match import CONFIDENCE, AskedEvent, AskedService, Requests, encounter_of, match_services
from x12retro.decide.next_step import next_steps
from x12retro.decide.outcome import ACTION_OUTCOMES, APPROVALS, outcome_in_inquiry, outcome_of_event, outcome_of_level
from x12retro.decide.record import (
    NOTHING,
    Confidence,
    Decision,
    DocumentRequest,
    Extent,
    MatchedBy,
    Origin,
    Outcome,
    PayerNamed,
    Place,
    Places,
    Provider,
    Rejection,
    ServiceDecision,
    ServiceOutcome,
    Traces,
)
from x12retro.decide.terms import Known
from x12retro.decide.trouble import trouble
from x12retro.findings import Finding
from x12retro.x12.segment import Segment
from x12retro.x12.traces import asks_after


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every event of one set. `inquiry`: it answers an inquiry; `several`: it has more than one event."""

    bht: Segment | None
    interim: bool
    answered_on: date | None
    origin: Origin
    as_of: date
    requests: Requests | None
    encounters: Mapping[str, str] | None
    known: Known
    findings: tuple[Finding, ...]
    answered_time: str | None = None
    payer: PayerNamed | None = None
    inquiry: bool = False
    several: bool = False


class EventAnswer:
    """The facts of one event: `above` those of its levels, top first; `event` is None where the answer stops above 2000E."""

    def __init__(
        self,
        answer: Answer,
        event: Facts | None,
        above: Sequence[Facts],
        lines: Sequence[Facts],
        broken: bool,
        said_once: Sequence[Finding] = (),
    ) -> None:
        self._answer = answer
        self._event = event
        self._lines = list(lines)
        self._parts = [*above, event] if event is not None else list(above)
        self._everywhere = [*self._parts, *lines]
        self._broken = broken
        self._findings: list[Finding] = []
        self._said_once = said_once
        self._stranger = False  # it gives our number back and is about other care
        self._traces = [t for part in self._parts for t in part.ordered_traces()]
        self._bht03 = answer.bht[3].strip() if answer.bht is not None else ""
        self._asked, self._matched_by, self._confidence = self._request()
        self._named = request_named(self._traces, self._bht03, self._asked) if answer.inquiry and not self._stranger else None
        if self._named is not None:
            self._traces.insert(0, self._named[1])
        self._rejections = [r for part in self._parts if part.rejections for r in part.rejections]
        by_number = self._asked if self._matched_by != "member_dates_procedure" else None
        other = is_other(by_number.care, self._care()) if by_number is not None else False
        self._barred, why = bar(by_number, other, event.certification if event is not None else "")
        if why:
            self._findings += [trouble(rule, answer.bht) for rule in why]
        if answer.inquiry and answer.several and event is not None and self._asked is None and self._returned():
            self._barred = "decisions"
            self._findings.append(trouble(WHICH_OF_THEM, answer.bht))
        own = self._own_outcome()
        self._own: Outcome | None = held_to(own, self._barred) if own is not None else None
        self._doubts: set[str] = set()

    def decision(self) -> Decision:
        """Judge the event; see `outcome` for the rules and `read` for numbers and dates."""
        answer, event = self._answer, self._event
        found: list[AskedService | None] = [None] * len(self._lines)
        left_out: list[AskedService] = []
        if self._asked:
            found = match_services(self._asked.services, self._lines)
            matched = {id(asked) for asked in found}
            left_out = [s for s in self._asked.services if id(s) not in matched]
        services = [self._service(line, asked) for line, asked in zip(self._lines, found, strict=True)]
        outcome = self._outcome(services, len(left_out))
        number, numbered_at = self._number(outcome, services)
        rejections = [*self._rejections, *[r for line in self._lines if line.rejections for r in line.rejections]]
        documents = tuple(self._documents())
        stated = event.extent() if event else NOTHING
        services += [_unanswered(asked) for asked in left_out]
        if outcome in APPROVALS:
            self._hold_against_care(services)
        numbered = _numbered(number, services)
        self._note(outcome, services, found, numbered=numbered)
        denied_on = event.dates.get("598") if event else None
        encounter, payer = self._encounter(), answer.payer
        case = answer.known.cases.get(encounter) if encounter is not None else None
        first, *further = next_steps(
            outcome,
            answer.as_of,
            answered_on=answer.answered_on,
            denied_on=denied_on[0] if denied_on else None,
            reasons=event.reasons if event else (),
            rejections=rejections,
            documents=documents,
            services=services,
            care_began=self._care_began() if rejections else None,
            numbered=numbered,
            doubt=doubt(self._doubts),
            terms=answer.known.terms(payer, case) if answer.known.terms is not None else None,
            window_closes=case.window_closes if case is not None else None,
        )
        valid_from, valid_to = self._validity(outcome)
        reasons = event.reasons if event else ()
        decision = Decision(
            outcome=outcome,
            encounter_id=encounter,
            traces=Traces(event=tuple([t.number for t in self._traces]), bht03=self._bht03, details=tuple(self._traces)),
            action=event.action if event else None,
            authorization_number=number or None,
            reference_number=(event.reference or None) if event else None,
            valid_from=valid_from,
            valid_to=valid_to,
            issued_on=event.issued() if event else None,
            reasons=reasons,
            rejections=tuple(rejections),
            documents_requested=documents,
            messages=tuple([m for part in self._parts if part.says for m in part.messages]),
            services=tuple(services),
            next_step=first,
            source=answer.origin,
            further_steps=tuple(further),
            category=event.category if event else "",
            certification=event.certification if event else "",
            interim=answer.interim,
            answered_on=answer.answered_on,
            answered_time=answer.answered_time,
            denied_on=denied_on[0] if denied_on else None,
            earlier_authorization_number=self._earlier_number(number),
            second_opinion=event.second_opinion if event else None,
            requested=self._asked.extent if self._asked else NOTHING,
            certified=stated if self._own in APPROVALS and outcome in APPROVALS else NOTHING,
            stated=stated,
            providers=tuple(self._providers()),
            contacts=tuple([c for part in self._everywhere if part.contacts for c in part.contacts]),
            payer=payer,
            case=case,
            asked_on=self._asked.sent_on if self._asked else None,
            matched_by=self._matched_by,
            match_confidence=self._confidence,
            other_denials=tuple([o for part in self._everywhere if part.other_denials for o in part.other_denials]),
            places=self._places(number, numbered_at, valid_from),
            answers="inquiry" if answer.inquiry else msgspec.UNSET,
            findings=(
                *answer.findings,
                *self._said_once,
                *[f for part in self._everywhere if part.findings for f in part.findings],
                *self._findings,
            ),
        )
        if answer.known.on_care is not None:
            answer.known.on_care(decision, self._care())
        return decision

    def _request(self) -> tuple[AskedEvent | None, MatchedBy | None, Confidence | None]:
        requests, bht = self._answer.requests, self._answer.bht
        if requests is None:
            return None, None, None
        of_services = [t for line in self._lines for t in line.ordered_traces()]
        if (found := requests.find(self._traces, of_services, self._bht03)) is not None:
            if self._answer.inquiry and is_other_care(found[0].care, self._care()):
                self._findings.append(trouble(OTHER_CARE, bht))
                self._stranger, self._traces = True, []
                return None, None, None
            return *found, CONFIDENCE[found[1]]
        # a trace that is returned to us and that we do not know answers something else
        if not any(t.kind == "2" for t in (*self._traces, *of_services)) and (alike := requests.like(self._care())) is not None:
            self._findings.append(trouble("DEC-MATCH-004", bht))
            return alike[0], "member_dates_procedure", alike[1]
        self._findings.append(trouble("DEC-MATCH-001", bht))
        return None, None, None

    def _returned(self) -> bool:
        """Whether a number of ours was given back."""
        return any(t.kind == "2" or asks_after(t.number) for t in self._traces)

    def _care(self) -> Care:
        event = self._event
        levels = event.level.path() if event else self._parts[-1].level.path() if self._parts else []
        return care_of(subject_of(levels), event.extent() if event else NOTHING, [line.extent() for line in self._lines])

    def _own_outcome(self) -> Outcome | None:
        event = self._event
        if event is None:
            return "rejected" if self._rejections and not self._answer.inquiry else None
        if event.action_disputed:
            return "manual_review"
        if event.action is not None and self._rejections:
            event.say("DEC-HCR-004", event.level.first("HCR") or event.level.segments[0][1])
        return self._of_level(event, self._rejections)

    def _of_level(self, part: Facts, rejections: Sequence[Rejection]) -> Outcome | None:
        if self._answer.inquiry:
            return outcome_in_inquiry(part.action, rejections)
        return outcome_of_level(part.action, part.reasons, rejections)

    def _outcome(self, services: Sequence[ServiceDecision], left_out: int) -> Outcome:
        votes: list[ServiceOutcome] = [service.outcome for service in services]
        if votes:
            # a payer that answers by line and skips one has not approved all; one that answers by event only may have
            votes += ["unanswered"] * left_out
        if self._answer.inquiry and self._own is None and set(votes) <= {"unanswered"}:
            return "unanswered"
        outcome = outcome_of_event(self._as_asked(), votes)
        # what is no proper answer to an inquiry may not even deny: "not found" is said in many ways
        unsure = (*APPROVALS, "not_required", "denied") if self._answer.inquiry else (*APPROVALS, "not_required")
        return "manual_review" if self._broken and outcome in unsure else outcome

    def _as_asked(self) -> Outcome | None:
        """The event's own outcome, where A1 is `modified` when the event was approved otherwise than asked."""
        if self._event is None or self._asked is None or self._own not in APPROVALS:
            return self._own
        short = self._falls_short(self._event, self._own, differences(self._asked.extent, self._event.extent()))
        return "modified" if short else self._own

    def _falls_short(self, part: Facts, outcome: ServiceOutcome, found: Iterable[Difference]) -> bool:
        """Say the differences; True for an approval that the payer calls full, and that is not: it is `modified`, and to be looked at."""
        short = False
        for difference in found:
            self._say(part, difference, doubtful=outcome == "certified")
            short |= outcome == "certified" and difference.rule != OTHER_UNIT
        return short

    def _say(self, part: Facts, difference: Difference, *, doubtful: bool) -> None:
        part.say(difference.rule, part.level.segment_of(difference.segments, difference.qualifiers))
        if doubtful:
            self._doubts.add(difference.rule)

    def _hold_against_care(self, services: Sequence[ServiceDecision]) -> None:
        """Say where an approval's days of validity do not cover the care; a line with days of its own is held against those."""
        none = (None, None)
        if (self._event is None or self._event.validity() == none) and all(line.validity() == none for line in self._lines):
            return
        of_event: list[tuple[Extent, Extent]] = []
        for n, service in enumerate(services):
            care = (service.requested, service.stated)
            valid = self._lines[n].validity() if n < len(self._lines) else none
            if service.outcome in APPROVALS and valid != none:
                if found := uncovered(*valid, days_of_care([care])):
                    self._say(self._lines[n], found, doubtful=service.outcome == "certified" or found.rule == NO_DAY)
            elif service.outcome in (*APPROVALS, "unanswered"):
                of_event.append(care)
        event = self._event
        if event is None or (valid := event.validity()) == none:
            return
        asked = self._asked.extent if self._asked else NOTHING
        if found := uncovered(*valid, days_of_care([(asked, event.extent()), *of_event])):
            self._say(event, found, doubtful=self._own in ("certified", None) or found.rule == NO_DAY)

    def _service(self, line: Facts, asked: AskedService | None) -> ServiceDecision:
        event = self._event
        own: ServiceOutcome | None = self._of_level(line, line.rejections)
        if line.action_disputed:
            own = "manual_review"
        elif line.action is not None and line.rejections:
            line.say("DEC-HCR-004", line.level.first("HCR") or line.level.segments[0][1])
        inherited = own is None and self._own is not None
        outcome: ServiceOutcome = own or self._own or "unanswered"
        outcome = held_to(outcome, self._barred)
        if outcome in APPROVALS and (self._rejections or self._broken):
            outcome = "manual_review"
        approved = outcome in APPROVALS
        stated = line.extent()
        in_part = inherited and outcome == "partially_certified"  # by the event's word: which part of this line is not said
        if approved and asked is not None and not in_part and self._falls_short(line, outcome, differences(asked.extent, stated)):
            outcome = "modified"
        number, numbered_at = _own_number(line, counts=approved)
        valid_from, valid_to = line.validity()
        places = line.places()
        if approved and event is not None:
            if not number:
                number, numbered_at = self._event_number()
            if (valid_from, valid_to) == (None, None):
                valid_from, valid_to = event.validity()
                places |= event.validity_places()
        if numbered_at:
            places["authorization_number"] = numbered_at
        if inherited and event is not None and (at := event.at.get("action")):
            places["action"] = at
        return ServiceDecision(
            trace=line.trace,
            procedure=stated.procedure or stated.revenue_code,
            outcome=outcome,
            action=line.action if not inherited or event is None else event.action,
            authorization_number=number or None,
            requested=asked.extent if asked else NOTHING,
            certified=stated if approved and not in_part else NOTHING,
            reasons=line.reasons,
            reference_number=line.reference or None,
            valid_from=valid_from,
            valid_to=valid_to,
            issued_on=line.issued(),
            stated=stated,
            rejections=tuple(line.rejections),
            messages=line.messages,
            second_opinion=line.second_opinion,
            inherited=inherited,
            places=places,
        )

    def _event_number(self) -> tuple[str, list[Place]]:
        event = self._event
        if event is None:
            return "", []
        return _own_number(event, counts=ACTION_OUTCOMES.get(event.action or "") in APPROVALS)

    def _earlier_number(self, number: str) -> str | None:
        """The REF*BB, unless it has been taken for this answer's own number."""
        event = self._event
        if event is None or (event.authorization == number and not event.number):
            return None
        return event.authorization or None

    def _number(self, outcome: Outcome, services: Sequence[ServiceDecision]) -> tuple[str, list[Place]]:
        """The event's number and where it stands; where it has none of its own, the one that all approved lines share."""
        number, at = self._event_number()
        if number or outcome not in APPROVALS or self._event is None:
            return number, at
        approved = [s for s in services if s.outcome in APPROVALS]
        shared = {s.authorization_number for s in approved}
        only = shared.pop() if len(shared) == 1 else None
        if only or self._event.action is not None or self._event.certification not in ("", "I"):
            # a follow-up's REF*BB says again which decision it was about
            return only or "", [at for s in approved for at in s.places.get("authorization_number", [])] if only else []
        return self._event.authorization, self._event.aside.get("authorization", [])

    def _places(self, number: str, numbered_at: list[Place], valid_from: date | None) -> Places:
        """Where the values of the event's record stand, those of the levels above it too."""
        event = self._event
        if event is None:
            places: Places = {}
        else:
            places = event.places()
            aside = event.aside
            if "category" in aside:
                places["category"] = aside["category"]
            if "certification" in aside:
                places["certification"] = aside["certification"]
            if self._earlier_number(number):
                places["earlier_authorization_number"] = aside["authorization"]
            if valid_from is not None and "valid_from" not in places and "stated.event_days" in places:
                places["valid_from"] = places["valid_to"] = places["stated.event_days"]
        if numbered_at:
            places["authorization_number"] = numbered_at
        if len(self._parts) > 1 or event is None:
            for key, of in (("traces", Facts.trace_places), ("messages", Facts.message_places)):
                if found := [place for part in self._parts for place in of(part)]:
                    places[key] = found
        if self._stranger:
            places.pop("traces", None)
        elif self._named is not None:
            places["traces"] = self._place_named(places.get("traces", []))
        for key in ("documents_requested", "providers", "contacts"):
            if found := [place for part in self._everywhere if key in part.aside for place in part.aside[key]]:
                places[key] = found
        return places

    def _place_named(self, traced: list[Place]) -> list[Place]:
        """Where the traces stand, that of the request with the inquiry's number from which it was read."""
        bht = self._answer.bht
        assert self._named is not None
        if self._named[0] == IN_BHT03:
            assert bht is not None  # the number was read there
            return [(bht.position, bht.offset)]
        return [traced[self._named[0]], *traced]

    def _validity(self, outcome: Outcome) -> tuple[date | None, date | None]:
        event = self._event
        if event is None:
            return None, None
        dates = event.validity()
        if dates == (None, None) and self._own in APPROVALS and outcome in APPROVALS:
            return event.dates.get("AAH", dates)
        return dates

    def _encounter(self) -> str | None:
        encounters, asked = self._answer.encounters, self._asked
        if encounters is None or self._stranger:
            return None
        traces = [t for part in self._everywhere for t in part.ordered_traces()]
        if asked is not None:
            traces += asked.traces
            traces += [t for service in asked.services for t in service.traces]
        return encounter_of(encounters, traces) or (encounters.get(self._bht03) if not traces else None)

    def _documents(self) -> Iterator[DocumentRequest]:
        for part in self._parts:
            yield from part.documents
        for line in self._lines:
            if line.documents:
                trace = line.trace
                yield from (msgspec.structs.replace(document, trace=trace) for document in line.documents)

    def _providers(self) -> Iterator[Provider]:
        for part in self._everywhere:
            for provider in part.providers:
                if self._asked is None or not provider.id:
                    yield provider
                else:
                    yield msgspec.structs.replace(provider, requested=(provider.role, provider.id) in self._asked.providers)

    def _care_began(self) -> date | None:
        extents = [part.extent() for part in ([self._event] if self._event else [])] + [line.extent() for line in self._lines]
        days = [d for e in extents for d in (e.service_from, e.admission_from) if d]
        if self._asked and self._asked.care_began:
            days.append(self._asked.care_began)
        return min(days, default=None)

    def _note(self, outcome: Outcome, services: Sequence[ServiceDecision], found: Sequence[AskedService | None], *, numbered: bool) -> None:
        """Say what is odd about the event as a whole."""
        event = self._event
        at = event.level.hl if event else self._answer.bht
        approved = [s for s in services if s.outcome in APPROVALS]
        if self._own is None and all(s.outcome == "unanswered" for s in services):
            rule = NO_DECISION if self._answer.inquiry else "DEC-HCR-006"
            self._findings.append(trouble(rule, at, "2000E" if event else None))
        if self._own is not None and self._own not in APPROVALS and approved:
            self._findings.append(trouble("DEC-HCR-005", at, "2000E"))
        if outcome in APPROVALS and not numbered:
            self._findings.append(trouble("DEC-HCR-007", at, "2000E"))
        for part in self._lines if event is None else (event, *self._lines):
            if part.traces and part.ordered_traces()[0].kind != "2":
                self._findings.append(trouble("DEC-TRN-001", part.level.first("TRN"), part.level.loop, 1))
        if self._asked is not None and event is not None:
            if len(services) > len(self._lines):
                self._findings.append(trouble("DEC-MATCH-002", at, "2000F"))
            unmatched = [line for line, asked in zip(self._lines, found, strict=True) if asked is None]
            self._findings += [trouble("DEC-MATCH-003", line.level.hl, "2000F") for line in unmatched]


def _own_number(part: Facts, *, counts: bool) -> tuple[str, list[Place]]:
    """A level's HCR02, else its REF BB where that `counts` (beside an approval), and where it stands."""
    if part.number:
        return part.number, part.aside["number"]
    return (part.authorization, part.aside["authorization"]) if counts and part.authorization else ("", [])


def _numbered(number: str, services: Sequence[ServiceDecision]) -> bool:
    """Whether all that was approved has a number to bill with."""
    approved = [s for s in services if s.outcome in APPROVALS]
    return bool(number) or (bool(approved) and all(s.authorization_number for s in approved))


def _unanswered(asked: AskedService) -> ServiceDecision:
    return ServiceDecision(
        trace=next((t.number for t in asked.traces), ""),
        procedure=asked.extent.procedure or asked.extent.revenue_code,
        outcome="unanswered",
        requested=asked.extent,
    )
