"""What can be written and is likely wrong all the same: dates that don't fit together, and what a reviewer will miss.

Mostly notes: the request is made. An error is only what no payer can answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from x12retro.build.draft import Draft
from x12retro.encounter import Encounter, Scenario
from x12retro.encounter.record import Retro
from x12retro.encounter.services import Provider

_YEARS_BACK = 3
_FOUND = ("coverage_discovered_on", "eligibility_added_on")
_FACTS: dict[Scenario, tuple[str, ...]] = {
    "retro_eligibility": ("eligibility_added_on",),
    "other_health_coverage": ("coverage_discovered_on",),
    "unable_to_verify_coverage": _FOUND,
    "member_refused_or_unable_id": _FOUND,
    "payer_unidentified": _FOUND,
    "payer_system_down": ("system_restored_on",),
    "no_reply": ("claim_sent_on",),
}
"""Scenario -> the days of which one at least says from when the payer's clock runs."""


def check_plausible(draft: Draft, encounter: Encounter, today: date) -> None:
    """Add notes (and an error where all care was over before birth) about the record as a whole."""
    _check_stay(draft, encounter)
    _check_birth(draft, encounter, today)
    _check_age(draft, encounter, today)
    _check_diagnoses(draft, encounter)
    _check_providers(draft, "$.providers", encounter.providers)
    for i, service in enumerate(encounter.services):
        _check_providers(draft, f"$.services[{i}].providers", service.providers)
    _check_reason(draft, encounter)


def _check_stay(draft: Draft, encounter: Encounter) -> None:
    """A line's days lie within the event's.

    Guide: 005010X217 2000F DTP 472
    """
    event = encounter.event
    stay = event.admission_date is not None
    first = event.admission_date if stay else event.service_from
    last = event.discharge_date if stay else event.service_to or event.service_from
    words = ("admission", "discharge") if stay else ("first day of the event", "last day of the event")
    for i, service in enumerate(encounter.services):
        path, begins = f"$.services[{i}]", service.from_
        if begins is None:
            continue
        ends = service.to or begins
        if first is not None and begins < first:
            draft.note(f"{path}.from", f"lies before the {words[0]}; the payer may take it for care of its own")
        if last is not None and ends > last:
            draft.note(
                f"{path}.{'from' if service.to is None else 'to'}", f"lies after the {words[1]}; the payer may take it for care of its own"
            )


def _care_days(encounter: Encounter) -> list[date]:
    event = encounter.event
    days = [event.admission_date, event.discharge_date, event.service_from, event.service_to]
    days += [day for service in encounter.services for day in (service.from_, service.to)]
    return [day for day in days if day is not None]


def _check_birth(draft: Draft, encounter: Encounter, today: date) -> None:
    """Nobody is cared for before birth; a newborn's mother came in earlier.

    Guide: 005010X217 2010C DMG02, 2010D DMG02
    """
    path, person = ("$.patient", encounter.patient) if encounter.patient is not None else ("$.subscriber", encounter.subscriber)
    days = _care_days(encounter)
    if person.birth_date is None or person.birth_date > today or not days:
        return
    if max(days) < person.birth_date:
        draft.problem(f"{path}.birth_date", "lies after all the care; the payer finds no such patient")
    elif min(days) < person.birth_date:
        draft.note(
            f"{path}.birth_date", "lies after the first day of care; a newborn's care begins with birth, what was before is the mother's"
        )


def _check_age(draft: Draft, encounter: Encounter, today: date) -> None:
    event = encounter.event
    for key in ("admission_date", "service_from"):
        day = getattr(event, key)
        if day is not None and (day.year + _YEARS_BACK, day.month, day.day) < (today.year, today.month, today.day):
            draft.note(f"$.event.{key}", f"lies more than {_YEARS_BACK} years back; hardly a payer takes a request so late")
            return


def _check_diagnoses(draft: Draft, encounter: Encounter) -> None:
    """A review needs to know why: some diagnosis, and which is the principal one.

    Guide: 005010X217 2000E HI01
    """
    if not encounter.diagnoses:
        draft.note("$.diagnoses", "missing; most payers do not review care without a diagnosis")
    elif all(diagnosis.kind != "principal" for diagnosis in encounter.diagnoses):
        draft.note("$.diagnoses", "none is the principal one; give one of them `kind` principal")


def _check_providers(draft: Draft, path: str, providers: Sequence[Provider]) -> None:
    seen: dict[tuple[str | None, ...], int] = {}
    for i, provider in enumerate(providers):
        who = (
            (provider.npi,)
            if provider.npi is not None
            else (provider.tax_id, provider.last_name, provider.first_name, provider.organization)
        )
        first = seen.setdefault((provider.role, *who), i)
        if first != i:
            draft.note(f"{path}[{i}]", f"is the provider of {path}[{first}] again, in the same role")


def _check_reason(draft: Draft, encounter: Encounter) -> None:
    """A late request says why, and from when the payer's clock runs.

    Guide: 005010X217 2000E UM10, MSG01
    """
    event, retro = encounter.event, encounter.retro
    if retro is not None:
        for path, message in _missing_facts(encounter, retro):
            draft.note(path, message)
    elif event.certification in ("I", "R", "S", "4") and event.category != "IN":
        code = "the delay reason (UM10) and " if event.delay_reason is None else ""
        draft.note(
            "$.retro",
            f"missing; the request is for care in the past and does not say why: {code}the explanation (MSG) are left out"
            if code
            else "missing; the delay reason is sent without an explanation (MSG)",
        )


def _missing_facts(encounter: Encounter, retro: Retro) -> Iterator[tuple[str, str]]:
    facts = _FACTS.get(retro.scenario, ()) if retro.scenario is not None else ()
    if not facts or any(getattr(retro, fact) is not None for fact in facts):
        return
    if retro.scenario == "no_reply":
        if encounter.prior is None and encounter.event.trace is None:
            yield (
                "$.retro.claim_sent_on",
                "missing; scenario no_reply speaks of an earlier request: give its day, its trace ($.event.trace) or its number ($.prior)",
            )
    else:
        more = f" (or {facts[1]})" if len(facts) > 1 else ""
        yield f"$.retro.{facts[0]}", f"missing{more}; in scenario {retro.scenario} the payer counts its days from it"
