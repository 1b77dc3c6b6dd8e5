"""The patient event, in the order the guide writes it: trace, review, numbers, dates, diagnoses, the rest."""

from __future__ import annotations

from datetime import date

from x12retro.build.attachments import Attachments
from x12retro.build.certifications import add_ambulance, add_chiropractic, add_conditions, add_home_health, add_oxygen
from x12retro.build.codes import check_code
from x12retro.build.diagnoses import add_diagnoses
from x12retro.build.draft import Draft, d8, period
from x12retro.build.message import add_message
from x12retro.build.partner import Partner
from x12retro.build.providers import add_event_providers, add_other_umo, add_places
from x12retro.build.quantity import add_quantity
from x12retro.build.scenarios import Reason
from x12retro.encounter import Encounter, Event
from x12retro.encounter.services import Prior

_CAUSES = ("AA", "EM", "AP")
_NEEDS_PRIOR = {
    "S": "a revision",
    "4": "an extension",
    "R": "a renewal",
    "3": "a cancellation",
    "1": "an appeal",
    "2": "an appeal",
    "N": "a reconsideration",
}


def add_event(
    draft: Draft,
    encounter: Encounter,
    partner: Partner,
    reason: Reason | None,
    parent: int,
    trace: str,
    documents: Attachments,
    today: date,
) -> tuple[int, dict[int, int]]:
    """Add the event; return its level and where each diagnosis went. `reason` says why it is late.

    Guide: 005010X217 2000E
    """
    event = encounter.event
    level = draft.hl("$.event", "EV", parent, children=bool(encounter.services))
    draft.add("$.event.trace", "TRN", "1", trace, partner.trace.company_id)
    if event.trace is not None:
        draft.add("$.event.trace", "TRN", "1", draft.id("$.event.trace", event.trace), partner.trace.company_id)
    _add_review(draft, encounter, reason)
    _check_prior(draft, event, encounter.prior)
    add_prior(draft, "$.prior", encounter.prior)
    _add_dates(draft, encounter, today)
    places = add_diagnoses(draft, "$.diagnoses", encounter.diagnoses, event.drg)
    add_quantity(draft, "$.event.quantity", event.quantity)
    add_conditions(draft, "$.event.conditions", event.conditions)
    _add_admission(draft, event)
    add_ambulance(draft, "$.event.ambulance", event.ambulance)
    add_chiropractic(draft, "$.event.chiropractic", event.chiropractic)
    add_oxygen(draft, "$.event.oxygen", event.oxygen)
    add_home_health(draft, "$.event.home_health", event.home_health)
    documents.add(draft, "$.documents", encounter.documents)
    documents.add_wanted(draft, reason)
    add_message(draft, encounter.retro, reason, partner)
    add_event_providers(draft, "$.providers", encounter.providers)
    if event.ambulance is not None:
        add_places(draft, "$.event.ambulance.places", event.ambulance.places)
    add_other_umo(draft, "$.event.other_umo", event.other_umo)
    return level, places


def _add_review(draft: Draft, encounter: Encounter, reason: Reason | None) -> None:
    """Say what kind of review is asked, how urgent the care was, and why the request is late.

    Guide: 005010X217 2000E UM01-UM10
    """
    event = encounter.event
    check_code(draft, "$.event.service_type", event.service_type, "UM03")
    if encounter.retro is not None:
        draft.need("$.retro.scenario", encounter.retro.scenario, "a late request says why nobody asked first")
    if event.certification == "1" and event.level_of_service is None:
        draft.problem("$.event.level_of_service", "missing; an immediate appeal states how urgent the care was")
    if reason is not None and reason.rule.level_of_service == "blank" and event.level_of_service is not None:
        draft.note("$.event.level_of_service", "sent as stated, but this scenario usually leaves it out")
    if reason is not None and reason.rule.usually_refused:
        draft.note("$.retro.scenario", "most payers refuse a request that is late for no reason outside the office")
    draft.add(
        "$.event",
        "UM",
        event.category,
        event.certification,
        event.service_type,
        None if event.facility is None else (event.facility.code, event.facility.qualifier),
        _causes(draft, event),
        event.level_of_service or (None if reason is None else _wished_level(draft, reason)),
        event.health_condition,
        event.prognosis,
        event.release_of_information,
        event.delay_reason or (None if reason is None else _delay_reason(draft, reason)),
    )


def _wished_level(draft: Draft, reason: Reason) -> str | None:
    level = reason.level_of_service
    if level is not None:
        draft.why.append(f"UM06 {level}: the payer has care in scenario {reason.scenario} described so")
    return level


def _delay_reason(draft: Draft, reason: Reason) -> str:
    wished = reason.wish is not None and reason.wish.delay_reason is not None
    draft.why.append(f"UM10 {reason.delay_reason}: scenario {reason.scenario}" + (", as the payer wants it" if wished else ""))
    return reason.delay_reason


def _causes(draft: Draft, event: Event) -> tuple[str | None, ...] | None:
    """Related causes in the only order their places allow: AA, EM, AP.

    Guide: 005010X217 2000E UM05
    """
    if not event.related_causes:
        if event.accident_state is not None or event.accident_country is not None:
            draft.problem("$.event.related_causes", "missing; a place of accident is told with its cause (AA for a motor vehicle)")
        return None
    causes: list[str | None] = [cause for cause in _CAUSES if cause in event.related_causes]
    causes += [None] * (3 - len(causes))
    return (*causes, event.accident_state, event.accident_country)


def _check_prior(draft: Draft, event: Event, prior: Prior | None) -> None:
    """All but a first request speak of an earlier one.

    Guide: 005010X217 2000E REF BB, NT
    """
    what = _NEEDS_PRIOR.get(event.certification)
    if what is not None and (prior is None or (prior.authorization is None and prior.reference is None)):
        draft.problem("$.prior.authorization", f"missing; {what} names the authorization it is about (or the payer's reference)")


def add_prior(draft: Draft, path: str, prior: Prior | None) -> None:
    """The earlier authorization number; the payer's reference where there is no number yet.

    Guide: 005010X217 2000E REF BB, NT; 2000F alike
    """
    if prior is None:
        return
    if prior.authorization is not None:
        draft.add(f"{path}.authorization", "REF", "BB", draft.id(f"{path}.authorization", prior.authorization))
        if prior.reference is not None:
            draft.note(f"{path}.reference", "not sent: the authorization number says it all")
    elif prior.reference is not None:
        draft.add(f"{path}.reference", "REF", "NT", draft.id(f"{path}.reference", prior.reference))


def _add_dates(draft: Draft, encounter: Encounter, today: date) -> None:
    """Say when it happened: each date that is there, an event date for all but admissions.

    Guide: 005010X217 2000E DTP 439, 484, ABC, 431, AAH, 435, 096
    """
    event = encounter.event
    _check_dates(draft, encounter, today)
    for qualifier, key in (("439", "accident_date"), ("484", "last_menstrual_period"), ("ABC", "due_date"), ("431", "onset_date")):
        if (day := getattr(event, key)) is not None:
            draft.add(f"$.event.{key}", "DTP", qualifier, "D8", d8(day))
    if event.service_from is not None and event.category != "AR":
        draft.add("$.event.service_from", "DTP", "AAH", *period(event.service_from, event.service_to))
    if event.admission_date is not None:
        draft.add("$.event.admission_date", "DTP", "435", "D8", d8(event.admission_date))
    if event.discharge_date is not None:
        draft.add("$.event.discharge_date", "DTP", "096", "D8", d8(event.discharge_date))


def _check_dates(draft: Draft, encounter: Encounter, today: date) -> None:
    event = encounter.event
    if event.category == "AR":
        draft.need("$.event.admission_date", event.admission_date, "an admission review says when the patient was admitted")
    elif event.service_from is None and event.admission_date is None and not _every_service_dated(encounter):
        draft.problem("$.event.service_from", "missing; a request after the fact says when the care was given")
    if event.service_to is not None and event.service_from is None:
        draft.problem("$.event.service_from", "missing; there is a last day and no first")
    for first, last in (("service_from", "service_to"), ("admission_date", "discharge_date")):
        start, end = getattr(event, first), getattr(event, last)
        if start is not None and end is not None and end < start:
            draft.problem(f"$.event.{last}", f"lies before {first}")
    for key in ("accident_date", "onset_date", "last_menstrual_period", "discharge_date"):
        if (day := getattr(event, key)) is not None and day > today:
            more = "; leave it out while the patient is in" if key == "discharge_date" else ""
            draft.problem(f"$.event.{key}", f"lies after the day of the request{more}")
    for key in ("service_from", "admission_date"):
        if (day := getattr(event, key)) is not None and day > today:
            draft.problem(f"$.event.{key}", "lies after the day of the request; care that is still to come is not asked for after the fact")


def _every_service_dated(encounter: Encounter) -> bool:
    return bool(encounter.services) and all(service.from_ is not None for service in encounter.services)


def _add_admission(draft: Draft, event: Event) -> None:
    """Say how the patient came in and left.

    Guide: 005010X217 2000E CL1
    """
    admission = event.admission
    if admission is not None:
        for key, element in (("type", "CL101"), ("source", "CL102"), ("status", "CL103")):
            check_code(draft, f"$.event.admission.{key}", getattr(admission, key), element, grows=True)
    elements = (
        None if admission is None else admission.type,
        None if admission is None else admission.source,
        None if admission is None else admission.status,
        event.nursing_home_status,
    )
    if any(elements):
        draft.add("$.event.admission", "CL1", *elements)
