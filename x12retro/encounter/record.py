"""The Encounter: care that was given, the people in it, and why nobody asked first.

Keys are fixed by the contract (docs/encounter.md has them in a table with an example). Only what is needed to make sense of a record is
required here; what a valid request needs beyond that is for `x12retro.build` to ask for, with the path of what is missing.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from x12retro.encounter.event import Event
from x12retro.encounter.fields import (
    AMOUNT_DIGITS,
    Address,
    Contact,
    EncounterId,
    FirstName,
    Gender,
    Id80,
    MiddleName,
    Name,
    NameAffix,
    Npi,
    Record,
    Reference,
    State,
    TaxId,
    Taxonomy,
    check_amounts,
    prose,
    text,
)
from x12retro.encounter.fields import DiagnosisCode as Icd10
from x12retro.encounter.services import DependentId, Document, Prior, Provider, ProviderId, Service, SubscriberId

Day = date  # for the two records whose key is itself `date`

Scenario = Literal[
    "emergency",
    "urgent",
    "after_hours",
    "unable_to_verify_coverage",
    "member_refused_or_unable_id",
    "payer_unidentified",
    "retro_eligibility",
    "other_health_coverage",
    "additional_procedure",
    "payer_system_down",
    "payer_error",
    "disaster",
    "no_reply",
    "nemt",
    "initial_evaluation",
    "post_discharge_dme_hh",
    "office_miss",
]


class Payer(Record, frozen=True):
    """Who is asked. `id_qualifier`: PI the payer's own id, XV the plan id, 46, 24 or 34.

    Guide: 005010X217 2010A
    """

    name: Name
    id: Id80 | None = None
    id_qualifier: Literal["PI", "XV", "46", "24", "34"] = "PI"
    line_of_business: Annotated[str, text(max_length=40)] | None = None
    plan: Annotated[str, text(max_length=80)] | None = None
    state: State | None = None


class Requester(Record, frozen=True):
    """Who asks: FA a facility, 1P a provider; a person when `first_name` is given (`name` is then the last name).

    Guide: 005010X217 2010B
    """

    name: Name
    npi: Npi | None = None
    tax_id: TaxId | None = None
    entity: Literal["1P", "FA"] = "FA"
    first_name: FirstName | None = None
    middle_name: MiddleName | None = None
    suffix: NameAffix | None = None
    taxonomy: Taxonomy | None = None
    provider_role: Literal["AD", "AS", "AT", "CO", "CV", "OP", "OR", "OT", "PC", "PE", "RF"] = "PE"
    address: Address | None = None
    contact: Contact | None = None
    other_ids: Annotated[tuple[ProviderId, ...], Meta(max_length=8)] = ()
    in_network: bool | None = None


class Subscriber(Record, frozen=True):
    """The insured person.

    Guide: 005010X217 2010C
    """

    member_id: Id80 | None = None
    member_id_qualifier: Literal["MI", "II"] = "MI"
    last_name: Name | None = None
    first_name: FirstName | None = None
    middle_name: MiddleName | None = None
    prefix: NameAffix | None = None
    suffix: NameAffix | None = None
    birth_date: date | None = None
    gender: Gender | None = None
    group_number: Reference | None = None
    address: Address | None = None
    other_ids: Annotated[tuple[SubscriberId, ...], Meta(max_length=9)] = ()
    military_status: Literal["AO", "AU", "DI", "PV", "RU"] | None = None


class Patient(Record, frozen=True):
    """The patient, only when not the subscriber: `relationship` 01 spouse, 19 child, G8 other.

    Guide: 005010X217 2010D
    """

    relationship: Literal["01", "19", "G8"]
    last_name: Name | None = None
    first_name: FirstName | None = None
    middle_name: MiddleName | None = None
    suffix: NameAffix | None = None
    birth_date: date | None = None
    gender: Gender | None = None
    birth_order: Annotated[int, Meta(ge=1, le=9)] | None = None
    address: Address | None = None
    other_ids: Annotated[tuple[DependentId, ...], Meta(max_length=3)] = ()


class Diagnosis(Record, frozen=True):
    """An ICD-10-CM code: why the patient was seen (principal, admitting), the patient's reason for the visit, or another.

    Guide: 005010X217 2000E HI
    """

    code: Icd10
    kind: Literal["principal", "admitting", "other", "reason"] = "other"
    date: Day | None = None


class ClaimDenial(Record, frozen=True):
    """A claim that was already denied for want of authorization."""

    date: Day
    carc: Annotated[str, text(min_length=1, max_length=5)]


class Retro(Record, frozen=True):
    """Why the request is late. `explanation` goes into the one free text of the request; `evidence` names what proves it.

    A source such as a claim may know the days and not the `scenario`; a request cannot be made without it.
    """

    scenario: Scenario | None = None
    explanation: Annotated[str, prose(min_length=1, max_length=2000)] | None = None
    eligibility_added_on: date | None = None
    coverage_discovered_on: date | None = None
    system_restored_on: date | None = None
    denial: ClaimDenial | None = None
    claim_sent_on: date | None = None
    evidence: tuple[Annotated[str, text(max_length=200)], ...] = ()


class Encounter(Record, frozen=True):
    """One encounter: everything a retro request is made from. `encounter_id` is your token for it and appears in reports."""

    amounts: ClassVar[dict[str, int]] = {"charges_at_risk": AMOUNT_DIGITS}

    encounter_id: EncounterId
    payer: Payer
    requester: Requester
    subscriber: Subscriber
    event: Event
    patient: Patient | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    providers: tuple[Provider, ...] = ()
    services: tuple[Service, ...] = ()
    documents: tuple[Document, ...] = ()
    prior: Prior | None = None
    retro: Retro | None = None
    charges_at_risk: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(self)
