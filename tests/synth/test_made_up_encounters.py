"""Made-up encounters: the same for a seed, of every kind, and records that a hospital could have sent."""

import io
from collections import Counter
from datetime import date
from itertools import islice
from typing import get_args

import msgspec
import pytest

from x12retro.build.names import is_npi
from x12retro.encounter import Encounter, Scenario, read_encounters
from x12retro.synth import AS_OF, encounters

MANY = list(encounters(1000, seed=11))


def test_the_same_seed_gives_the_same_records():
    assert list(encounters(300, seed=11)) == MANY[:300]


def test_another_seed_gives_others():
    assert not {one.subscriber.member_id for one in encounters(100, seed=12)} & {one.subscriber.member_id for one in MANY}


def test_a_short_run_is_the_beginning_of_a_long_one():
    assert list(islice(encounters(10**9, seed=11), 25)) == MANY[:25]


def test_ids_are_unique():
    assert len({one.encounter_id for one in MANY}) == len(MANY)


def test_every_scenario_appears_about_equally_often():
    counts = Counter(one.retro.scenario for one in MANY)
    assert set(counts) == set(get_args(Scenario))
    assert max(counts.values()) - min(counts.values()) <= 1


def test_written_as_json_they_are_read_back_the_same():
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in MANY)
    assert list(read_encounters(io.BytesIO(lines))) == MANY


def test_every_npi_has_the_right_check_digit():
    people = [p for one in MANY for p in (one.requester, *one.providers, *(p for s in one.services for p in s.providers))]
    npis = {p.npi for p in people if p.npi is not None}
    assert len(npis) > 1000
    assert all(is_npi(npi) for npi in npis)


def test_all_care_is_over_on_the_day_of_the_request():
    days = [d for one in MANY for d in (one.event.service_from, one.event.discharge_date, one.event.admission_date) if d]
    assert max(days) < AS_OF
    moved = encounters(50, seed=11, as_of=date(2024, 2, 29))
    assert all((one.event.service_from or one.event.admission_date or date.min) < date(2024, 2, 29) for one in moved)


SHAPES = {
    "admissions": lambda e: e.event.category == "AR",
    "health services": lambda e: e.event.category == "HS",
    "specialty care": lambda e: e.event.category == "SC",
    "professional lines": lambda e: any(s.line_kind == "professional" for s in e.services),
    "institutional lines": lambda e: any(s.line_kind == "institutional" for s in e.services),
    "dental lines with teeth": lambda e: any(s.teeth for s in e.services),
    "no line at all": lambda e: not e.services,
    "four lines or more": lambda e: len(e.services) >= 4,
    "a spouse": lambda e: e.patient is not None and e.patient.relationship == "01",
    "a child": lambda e: e.patient is not None and e.patient.relationship == "19",
    "another dependent": lambda e: e.patient is not None and e.patient.relationship == "G8",
    "a newborn twin": lambda e: e.patient is not None and e.patient.birth_order == 2,
    "an ambulance": lambda e: e.event.ambulance is not None,
    "a spine": lambda e: e.event.chiropractic is not None,
    "oxygen": lambda e: e.event.oxygen is not None,
    "home health": lambda e: e.event.home_health is not None,
    "a pregnancy": lambda e: e.event.last_menstrual_period is not None,
    "a facility asks": lambda e: e.requester.entity == "FA",
    "a person asks": lambda e: e.requester.first_name is not None,
    "a requester without NPI": lambda e: e.requester.npi is None,
    "an earlier number": lambda e: e.prior is not None and e.prior.authorization is not None,
    "an earlier reference": lambda e: e.prior is not None and e.prior.reference is not None,
    "ten documents": lambda e: len(e.documents) == 10,
    "eleven diagnoses": lambda e: len(e.diagnoses) == 11,
    "a drug code": lambda e: any(s.code_set == "N4" for s in e.services),
    "minutes": lambda e: any(s.unit == "MJ" for s in e.services),
    "a long text": lambda e: e.retro.explanation is not None and len(e.retro.explanation) > 190,
    "no explanation": lambda e: e.retro.explanation is None,
    "another payer's denial": lambda e: bool(e.event.other_umo),
    "a denied claim": lambda e: e.retro.denial is not None,
    "a foreign address": lambda e: e.subscriber.address is not None and e.subscriber.address.country == "CA",
    "an accented name": lambda e: not (e.subscriber.last_name or "").isascii(),
    "a military status": lambda e: e.subscriber.military_status is not None,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_there_are(shape):
    assert any(SHAPES[shape](one) for one in MANY)


def test_every_kind_of_certification_delivery_and_condition_appears():
    assert {one.event.certification for one in MANY} == set("I4RS312N")
    assert {document.delivery for one in MANY for document in one.documents} == {"AA", "BM", "EL", "EM", "FX", "VO"}
    assert {c.category for one in MANY for c in one.event.conditions} == {"07", "08", "09", "11", "75", "76", "77"}


def test_it_is_made_of_encounters():
    assert all(type(one) is Encounter for one in MANY)
