"""FHIR R4 bundles as encounters: what hangs together by reference, and bundles that are not whole."""

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from x12retro.encounter import Claim, EncounterProblem, read_any, read_fhir
from x12retro.encounter.mapping import Mapping

BUNDLES = Path(__file__).parents[2] / "fixtures" / "fhir"


def bundle(name):
    return json.loads((BUNDLES / f"{name}.json").read_text())


def read(tree, **options):
    raw = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return list(read_fhir(io.BytesIO(raw), **options))


def one(tree):
    found = read(tree)
    assert len(found) == 1
    assert isinstance(found[0], Claim), found[0].slips
    return found[0]


def resources(tree, kind):
    return [entry["resource"] for entry in tree["entry"] if entry["resource"]["resourceType"] == kind]


def test_a_claim_of_a_bundle_is_an_encounter_with_its_stay():
    encounter = one(bundle("inpatient-emergency")).encounter
    event = encounter.event
    assert (encounter.encounter_id, event.category, event.facility.code) == ("CB-2026-0001", "AR", "11")
    assert (event.admission_date, event.discharge_date, event.admission.type) == (date(2026, 10, 18), date(2026, 10, 21), "1")
    assert [(s.revenue_code, s.procedure, s.charge) for s in encounter.services] == [
        ("0121", None, Decimal(8400)),
        ("0360", "44970", Decimal("6150.5")),
    ]
    assert event.level_of_service is None


def test_a_visit_without_a_claim_takes_its_conditions_and_procedures():
    encounter = one(bundle("visit-without-claim")).encounter
    assert (encounter.encounter_id, encounter.event.category, encounter.retro.scenario) == ("V-2026-0200", "HS", None)
    assert [(d.code, d.kind) for d in encounter.diagnoses] == [("S89.91XA", "principal")]
    assert [(s.procedure, s.from_) for s in encounter.services] == [("73721", date(2026, 11, 2))]
    assert [(p.role, p.npi, p.taxonomy) for p in encounter.providers] == [("71", "1550000032", "207R00000X")]


def test_a_dependent_is_the_patient_and_the_coverage_names_the_subscriber():
    encounter = one(bundle("visit-without-claim")).encounter
    assert (encounter.patient.first_name, encounter.patient.relationship) == ("Teo", "19")
    assert (encounter.subscriber.first_name, encounter.subscriber.member_id) == ("Rosalind", "SRH448271550")


def test_a_bundle_without_coverage_is_told_and_the_next_goes_on():
    raw = "\n".join(json.dumps(bundle(name)) for name in ("without-coverage", "visit-without-claim")).encode()
    broken, good = read(raw)
    assert (broken.encounter_id, broken.line) == ("CB-2026-0001", 1)
    assert [slip.path for slip in broken.slips] == ["$.subscriber", "$.payer"]
    assert "the bundle holds no Coverage of the patient" in broken.message
    assert good.encounter.encounter_id == "V-2026-0200"


def test_references_may_be_absolute_or_contained():
    tree = bundle("inpatient-emergency")
    claim = resources(tree, "Claim")[0]
    claim["patient"]["reference"] = "https://ehr.example/fhir/Patient/pat"
    hospital = resources(tree, "Organization")[1]
    claim["contained"] = [{**hospital, "id": "here"}]
    claim["provider"] = {"reference": "#here"}
    encounter = one(tree).encounter
    assert (encounter.requester.npi, encounter.subscriber.last_name) == ("1900000013", "Vandermeer")


def test_an_earlier_authorization_is_kept():
    tree = bundle("inpatient-emergency")
    resources(tree, "Claim")[0]["insurance"][0]["preAuthRef"] = ["AUTH1"]
    assert one(tree).encounter.prior.authorization == "AUTH1"


def test_what_has_no_code_that_a_request_takes_is_told_as_left_out():
    tree = bundle("visit-without-claim")
    resources(tree, "Condition")[0]["code"]["coding"][0]["system"] = "http://snomed.info/sct"
    resources(tree, "Procedure")[0]["code"]["coding"][0]["system"] = "http://snomed.info/sct"
    told = one(tree).notes[-1].message
    assert told == "not carried over: diagnoses without an ICD-10-CM code, procedures without a CPT or HCPCS code"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"resourceType": "Patient"}', "is no FHIR bundle: resourceType is not Bundle"),
        (b'{"resourceType": "Bundle", "entry": []}', "the bundle holds neither a Claim nor an Encounter"),
        (b'{"resourceType": "Bundle", "entry": [', "not valid JSON"),
    ],
)
def test_what_is_no_bundle_is_told(raw, message):
    (told,) = read_any(raw)
    assert isinstance(told, EncounterProblem)
    assert told.message.startswith(message)


def test_a_mapping_fills_in_what_a_bundle_does_not_say():
    mapping = Mapping(defaults={"retro.scenario": "retro_eligibility", "event.service_type": "62"})
    (found,) = read(bundle("visit-without-claim"), mapping=mapping)
    assert (found.encounter.retro.scenario, found.encounter.event.service_type) == ("retro_eligibility", "62")


def places(tree, path=()):
    """Every path of a tree, so that each of its values can be spoilt in turn."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


@pytest.mark.parametrize("junk", [None, 7, "SECRET", [], {}, [None], True], ids=repr)
def test_no_shape_of_a_bundle_is_a_fault_of_ours(junk):
    whole = bundle("inpatient-emergency")
    for path in list(places(whole)):
        tree = json.loads(json.dumps(whole))
        at = tree
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = junk
        for found in read(tree):
            if isinstance(found, EncounterProblem):
                text = "".join(slip.message for slip in found.slips)
                assert "internal problem" not in text, path
                assert "SECRET" not in text, path


@pytest.mark.parametrize(("status", "late"), [("finished", True), ("in-progress", True), ("planned", False)])
def test_care_that_has_begun_must_say_why_nobody_asked_first(status, late):
    tree = bundle("visit-without-claim")
    for entry in tree["entry"]:
        if entry["resource"]["resourceType"] == "Encounter":
            entry["resource"]["status"] = status
    assert (one(tree).encounter.retro is not None) is late


@pytest.mark.parametrize(("use", "late"), [("claim", True), ("preauthorization", False)])
def test_a_claim_that_is_made_before_the_care_says_nothing_of_a_delay(use, late):
    tree = bundle("inpatient-emergency")
    for entry in tree["entry"]:
        if entry["resource"]["resourceType"] == "Claim":
            entry["resource"]["use"] = use
        entry["resource"].pop("priority", None)
    assert (one(tree).encounter.retro is not None) is late
