"""Made-up encounters of every reason to ask late and every kind of care, each valid and each different.

Record `i` has the scenario `i` modulo 17 and takes the kinds of care that fit it in turn, so that a few hundred records hold every
pair. Every tenth record is rare: further ids, long texts, foreign addresses, many diagnoses, appeals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Literal, get_args

import msgspec

from x12retro.build import scenario_rules
from x12retro.encounter import Encounter, Event, Scenario, Service
from x12retro.encounter.event import Denial
from x12retro.encounter.record import ClaimDenial, Retro
from x12retro.encounter.services import Document, Prior
from x12retro.synth import courses, people, stays, visits, words
from x12retro.synth.care import Care, Ground
from x12retro.synth.dice import Dice

AS_OF = date(2026, 12, 1)
"""Today, unless the caller says another: made-up records must not depend on the clock."""

_Kind = Callable[[Ground], Care]

_ANY: tuple[_Kind, ...] = (
    stays.medical, visits.hospital, stays.surgical, visits.surgery, courses.home_health, visits.imaging, stays.psychiatric, visits.dental,
    stays.delivery, courses.therapy, visits.specialist, visits.infusion, stays.newborn, courses.ambulance, stays.nursing, courses.equipment,
    courses.chiropractic, courses.oxygen,
)  # fmt: skip
_ACUTE: tuple[_Kind, ...] = (
    stays.medical, visits.hospital, stays.surgical, visits.dental, courses.ambulance, stays.psychiatric, visits.imaging, stays.newborn,
    stays.delivery, visits.surgery,
)  # fmt: skip
_KINDS: dict[Scenario, tuple[_Kind, ...]] = {
    "emergency": _ACUTE,
    "urgent": _ACUTE,
    "after_hours": _ACUTE,
    "additional_procedure": (visits.surgery, stays.surgical, visits.dental),
    "nemt": (courses.ambulance,),
    "initial_evaluation": (courses.therapy, courses.chiropractic, visits.specialist),
    "post_discharge_dme_hh": (courses.home_health, courses.oxygen, courses.equipment),
}
_SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
_DELIVERIES: tuple[Literal["AA", "EL", "FX", "BM", "EM", "VO"], ...] = ("AA", "EL", "EL", "FX", "BM", "EM", "VO")
_WITH_DENIALS = ("other_health_coverage", "payer_error")


def encounters(n: int, seed: int = 0, *, as_of: date = AS_OF) -> Iterator[Encounter]:
    """Yield `n` encounters, the same ones for the same seed; all care is over at `as_of`."""
    for i in range(n):
        yield encounter(i, seed, as_of=as_of)


def encounter(i: int, seed: int = 0, *, as_of: date = AS_OF) -> Encounter:
    """Make up record `i` (from 0) of `seed`."""
    dice = Dice(seed, "encounter", i)
    scenario = _SCENARIOS[i % len(_SCENARIOS)]
    kinds = _KINDS.get(scenario, _ANY)
    rare = i % 10 == 9
    ground = Ground(dice, as_of, scenario, rare)
    care = kinds[i // len(_SCENARIOS) % len(kinds)](ground)
    insured = people.subscriber(dice, as_of, rare=rare)
    patient = None
    if care.born is not None:
        patient = people.newborn(dice, care.born, insured)
    elif dice.chance(0.25):
        patient = people.dependent(dice, as_of, insured, rare=rare)
    event, prior = _follow_up(ground, care.event)
    return Encounter(
        encounter_id=f"SYN{seed}-{i + 1:07d}",
        payer=people.payer(dice),
        requester=care.requester,
        subscriber=insured,
        patient=patient,
        event=_unusual(ground, event) if rare else event,
        diagnoses=care.diagnoses,
        providers=care.providers,
        services=tuple(_unusual_service(ground, service, prior) for service in care.services) if rare else care.services,
        documents=_documents(ground),
        prior=prior,
        retro=_retro(ground),
        charges_at_risk=dice.maybe(0.6, ground.charge(300, 90_000)),
    )


def _follow_up(ground: Ground, event: Event) -> tuple[Event, Prior | None]:
    """A request that speaks of an earlier one: revision, extension, renewal, appeal, cancellation."""
    dice = ground.dice
    numbers = Prior(authorization=f"AUTH-{dice.digits(7)}")
    if ground.scenario == "additional_procedure" and dice.chance(0.8):
        return msgspec.structs.replace(event, certification="S"), numbers
    if ground.scenario == "no_reply" and dice.chance(0.5):
        return event, Prior(reference=f"REF{dice.digits(8)}")
    if not dice.chance(0.1):
        return event, None
    certification = dice.pick(("4", "R", "S", "3", "1", "2", "N"))
    level = event.level_of_service or ("U" if certification == "1" else None)
    if dice.chance(0.3):
        numbers = Prior(reference=f"REF{dice.digits(8)}")
    elif ground.rare:
        numbers = Prior(authorization=numbers.authorization, reference=f"REF{dice.digits(8)}")
    return msgspec.structs.replace(event, certification=certification, level_of_service=level), numbers


def _documents(ground: Ground) -> tuple[Document, ...]:
    """What usually proves the scenario; some travel apart, some are held. A rare record sends all ten it may."""
    dice = ground.dice
    proofs = scenario_rules()[ground.scenario].documents
    types = dice.some(proofs, dice.whole(0, len(proofs)))
    if ground.rare and dice.chance(0.3):
        types = ("M1", "OB", "B3", "77", "P5", "P4", "DS", "AS", "59", "RR")
    return tuple(
        Document(
            type=kind,
            delivery=(delivery := dice.pick(_DELIVERIES)),
            control_number=f"DOC-{dice.digits(6)}-{n}" if delivery == "EL" and dice.chance(0.3) else None,
            description=dice.maybe(0.2, "Signed copy"),
        )
        for n, kind in enumerate(types, start=1)
    )


def _retro(ground: Ground) -> Retro:
    """Why it is late, with the days that go with the scenario; long where the record is rare: the free text is then full."""
    dice, scenario = ground.dice, ground.scenario
    recent = ground.today - timedelta(days=dice.whole(1, 20))
    if ground.rare and dice.chance(0.6):
        room = 264 - len(scenario_rules()[scenario].opening) - 1
        return Retro(scenario=scenario, explanation=words.filling(words.FILLER, room))
    denied = ClaimDenial(date=recent, carc="197") if scenario in _WITH_DENIALS and dice.chance(0.5) else None
    found = scenario in ("unable_to_verify_coverage", "member_refused_or_unable_id", "payer_unidentified", "other_health_coverage")
    return Retro(
        scenario=scenario,
        explanation=dice.maybe(0.85, dice.pick(words.EXPLANATIONS)),
        eligibility_added_on=recent if scenario == "retro_eligibility" else None,
        coverage_discovered_on=recent if found else None,
        system_restored_on=recent if scenario == "payer_system_down" else None,
        denial=denied,
        claim_sent_on=recent - timedelta(days=30) if denied else None,
        evidence=dice.some(words.EVIDENCE, dice.whole(0, 3)),
    )


def _unusual(ground: Ground, event: Event) -> Event:
    """Parts of an event that few requests have."""
    dice = ground.dice
    denial = Denial(
        role=dice.pick(("00", "CA", "GG")),
        reasons=("0F", "0L", "0N", "10")[: dice.whole(1, 4)],
        denied_on=ground.today - timedelta(days=dice.whole(1, 9)),
        name=dice.maybe(0.5, "Old Mill Mutual"),
    )
    began = event.service_from or event.admission_date
    return msgspec.structs.replace(
        event,
        trace=f"MRX{dice.digits(6)}" if dice.chance(0.5) else None,
        other_umo=(denial,) if dice.chance(0.5) else (),
        related_causes=event.related_causes or dice.some(("EM", "AP"), dice.whole(0, 2)),
        onset_date=event.onset_date or (dice.maybe(0.4, began - timedelta(days=2)) if began else None),
        health_condition=event.health_condition or dice.maybe(0.3, "8"),
        delay_reason=dice.maybe(0.3, dice.pick(("1", "2", "3", "4", "7", "8", "10", "11", "15", "16", "17"))),
    )


def _unusual_service(ground: Ground, service: Service, prior: Prior | None) -> Service:
    """Parts of a line that few requests have."""
    dice = ground.dice
    return msgspec.structs.replace(
        service,
        trace=f"LN{dice.digits(5)}" if dice.chance(0.3) else None,
        message="Done under the same anesthesia." if dice.chance(0.4) else None,
        documents=(Document(type="OB", delivery="EL"),) if dice.chance(0.3) else (),
        prior=prior if prior is not None and dice.chance(0.3) else None,
        service_type=service.service_type or dice.maybe(0.2, "2"),
    )
