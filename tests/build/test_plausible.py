"""What is told of a record that can be read: errors only where the request would surely be wrong, notes for the unlikely."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from x12retro.build import build, load_partner
from x12retro.encounter import Encounter
from x12retro.guide.codes import known

PARTNER = load_partner(Path(__file__).parents[2] / "fixtures" / "partners" / "summit-ridge.toml")
AS_OF = date(2026, 11, 20)
BASE = {
    "encounter_id": "ENC-1",
    "payer": {"name": "Plan", "id": "PLAN1"},
    "requester": {"name": "Hospital", "npi": "1900000013"},
    "subscriber": {"member_id": "M123456", "last_name": "Vandermeer", "first_name": "Callista", "birth_date": "1971-03-09", "gender": "F"},
    "event": {"category": "HS", "service_type": "2", "service_from": "2026-10-18", "service_to": "2026-10-20"},
    "diagnoses": [{"code": "K35.80", "kind": "principal"}],
    "services": [{"procedure": "44970", "units": 1}],
    "retro": {"scenario": "emergency", "explanation": "It was so."},
}


def one(**changes):
    data = {key: {**BASE.get(key, {}), **value} if isinstance(value, dict) else value for key, value in changes.items()}
    (built,) = build([msgspec.convert({**BASE, **data}, Encounter, strict=False)], PARTNER, as_of=AS_OF)
    return built


def told(built, severity):
    return {p.path: p.message for p in built.problems if p.severity == severity}


def test_a_plain_record_gives_no_word_at_all():
    assert one().problems == ()


def service(**keys):
    return {"services": [{"procedure": "44970", **keys}]}


def contact(**keys):
    return {"requester": {"contact": keys}}


def address(**keys):
    return {"subscriber": {"address": {"city": "Larkspur Falls", **keys}}}


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (service(procedure="cath"), "$.services[0].procedure", "CPT or HCPCS"),
        (service(procedure="9345"), "$.services[0].procedure", "CPT or HCPCS"),
        (service(procedure="W1234"), "$.services[0].procedure", "CPT or HCPCS"),
        (service(procedure="44970", procedure_to="4497"), "$.services[0].procedure_to", "CPT or HCPCS"),
        (service(procedure="7140", code_set="AD", units=1), "$.services[0].procedure", "CDT"),
        (service(procedure="0093-5123-01", code_set="N4"), "$.services[0].procedure", "eleven digits"),
        (service(units=0), "$.services[0].units", "more than 0"),
        (service(charge="10.005"), "$.services[0].charge", "2 decimals"),
        (service(kind="institutional", unit="MJ", units=1), "$.services[0].unit", "an institutional line takes"),
        (service(service_type="ZZ"), "$.services[0].service_type", "42 home health"),
        ({"event": {"service_type": "ZZ"}}, "$.event.service_type", "42 home health"),
        ({"event": {"quantity": {"qualifier": "VS", "count": 0}}}, "$.event.quantity.count", "more than 0"),
        ({"event": {"conditions": [{"category": "07", "codes": ["ZZZ"]}]}}, "$.event.conditions[0].codes[0]", "CRC03"),
        ({"documents": [{"type": "OZ"}]}, "$.documents[0].type", "OB operative note"),
        (address(state="CO", postal_code="8020"), "$.subscriber.address.postal_code", "5 or 9 digits"),
        ({"subscriber": {"birth_date": "2026-10-25"}}, "$.subscriber.birth_date", "after all the care"),
        ({"subscriber": {"last_name": "Vandermeer李"}}, "$.subscriber.last_name", "Latin"),
        ({"subscriber": {"first_name": "Şəhla"}}, "$.subscriber.first_name", "Latin"),
        (contact(phone="1-800-HOSPITAL"), "$.requester.contact.phone", "in digits"),
        (contact(phone="71955501420000000"), "$.requester.contact.phone", "7 to 15 digits"),
        (contact(phone="719-555-0142 ext 12", extension="13"), "$.requester.contact.phone", "another"),
        (contact(phone="719-555-0142", extension="desk"), "$.requester.contact.extension", "digits"),
        (contact(fax="see front page"), "$.requester.contact.fax", "in digits"),
    ],
)
def test_what_would_surely_be_wrong_is_an_error_that_says_what_would_be_right(changes, path, words):
    built = one(**changes)
    assert words in told(built, "error")[path]
    assert list(told(built, "error")) == [path]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (service(**{"from": "2026-10-17"}), "$.services[0].from", "before the first day"),
        (service(**{"from": "2026-10-19", "to": "2026-10-21"}), "$.services[0].to", "after the last day"),
        ({"subscriber": {"birth_date": "2026-10-19"}}, "$.subscriber.birth_date", "newborn"),
        ({"event": {"service_from": "2023-11-19", "service_to": None}}, "$.event.service_from", "3 years"),
        ({"diagnoses": []}, "$.diagnoses", "without a diagnosis"),
        ({"diagnoses": [{"code": "I10"}, {"code": "R10.31", "kind": "admitting"}]}, "$.diagnoses", "principal"),
        ({"providers": [{"role": "72", "npi": "1710000021"}] * 2}, "$.providers[1]", "$.providers[0] again"),
        ({"retro": None}, "$.retro", "UM10"),
        ({"event": {"delay_reason": "8"}, "retro": None}, "$.retro", "without an explanation"),
        ({"retro": {"scenario": "retro_eligibility"}}, "$.retro.eligibility_added_on", "missing"),
        ({"retro": {"scenario": "other_health_coverage"}}, "$.retro.coverage_discovered_on", "missing"),
        ({"retro": {"scenario": "payer_system_down"}}, "$.retro.system_restored_on", "missing"),
        ({"retro": {"scenario": "no_reply"}}, "$.retro.claim_sent_on", "$.event.trace"),
        ({"event": {"admission": {"type": "Q"}}}, "$.event.admission.type", "1 emergency"),
        (address(state="ON", postal_code="K1A 0B1"), "$.subscriber.address.country", "Canada"),
        (contact(phone="(719) 555-0142 x12"), "$.requester.contact.phone", "EX"),
    ],
)
def test_what_is_merely_unlikely_is_one_note_and_the_request_is_made(changes, path, words):
    built = one(**changes)
    assert built.built, built.problems
    assert words in told(built, "note")[path]
    assert len(built.problems) == 1


def test_the_scenarios_that_need_a_day_are_content_with_any_of_theirs():
    assert one(retro={"scenario": "payer_unidentified", "eligibility_added_on": "2026-11-01"}).problems == ()
    assert one(retro={"scenario": "no_reply"}, prior={"reference": "N1"}).problems == ()


@pytest.mark.parametrize(
    ("phone", "written"),
    [
        ("719-555-0142", ("TE", "7195550142")),
        ("(719) 555.0142 ext. 12", ("TE", "7195550142", "EX", "12")),
        ("719 555 0142 x 7", ("TE", "7195550142", "EX", "7")),
        ("+49 30 5550142", ("TE", "49305550142")),
        ("719-555-0142, extension 204", ("TE", "7195550142", "EX", "204")),
    ],
)
def test_a_telephone_number_is_sent_as_digits_and_its_extension_apart(phone, written):
    built = one(requester={"contact": {"name": "Review", "phone": phone}})
    (per,) = [line.elements for line in built.lines if line.id == "PER"]
    assert per == ("IC", "Review", *written)


@pytest.mark.parametrize(
    ("forgetful", "key"),
    [
        ({"units": 3, "unit": "DA", "charge": "8400"}, "revenue_code"),
        ({"rate": "2800", "units": 3, "unit": "DA"}, "revenue_code"),
        ({"procedure": "44970", "units": 1}, "revenue_code"),
        ({"procedure": "44970", "units": 3, "unit": "DA"}, "unit"),
    ],
)
def test_one_forgotten_revenue_code_is_one_error(forgetful, key):
    good = {"revenue_code": "0121", "units": 3, "unit": "DA"}
    built = one(services=[good, forgetful, good])
    assert list(told(built, "error")) == [f"$.services[1].{key}"]


def test_a_wrong_service_type_is_told_once_and_not_again_for_lines_that_inherit_it():
    built = one(event={"category": "AR", "service_type": "ZZ", "admission_date": "2026-10-18"}, services=[{"procedure": "44970"}] * 3)
    assert list(told(built, "error")) == ["$.event.service_type"]


def test_what_the_guide_says_of_a_diagnosis_is_told_at_the_diagnosis_of_the_record():
    built = one(diagnoses=[{"code": "I10"}, {"code": "K35.80", "kind": "principal"}, {"code": "Q99.99"}])
    assert [p.path for p in built.problems] == ["$.diagnoses[2]"]


def test_the_documentation_lists_every_report_type_and_service_type():
    page = (Path(__file__).parents[2] / "docs" / "encounter.md").read_text(encoding="utf-8")
    for element in ("PWK01", "UM03"):
        for code, words in known(element).items():
            assert f"`{code}` {words}" in page


def test_the_command_names_file_line_record_and_path_and_warns_of_repeated_control_numbers(x12retro, tmp_path, fixtures):
    source, out = tmp_path / "in.json", tmp_path / "out.edi"
    partner = fixtures / "partners" / "summit-ridge.toml"
    source.write_text(json.dumps({**BASE, "event": {**BASE["event"], "category": "QQ"}}, indent=2))
    done = x12retro("build", source, "--partner", partner, "--as-of", "2026-11-20", "-o", out)
    line = 1 + source.read_text()[: source.read_text().index('"category"')].count("\n")
    assert done.stderr.decode().startswith(f"{source}:{line}: ENC-1: error: $.event.category: must be one of AR admission review")
    assert b"control-file" not in done.stderr
    source.write_text(json.dumps({**BASE, "diagnoses": []}, indent=2))
    report = tmp_path / "report.jsonl"
    done = x12retro("build", source, "--partner", partner, "--as-of", "2026-11-20", "-o", out, "--report", report)
    line = 1 + source.read_text()[: source.read_text().index('"diagnoses"')].count("\n")
    assert f"{source}:{line}: ENC-1: note: $.diagnoses: missing" in done.stderr.decode()
    assert done.stderr.count(b"--control-file") == 1
    assert json.loads(report.read_text())["problems"][0]["line"] == line
    done = x12retro("build", source, "--partner", partner, "--as-of", "2026-11-20", "-o", out, "--control-file", tmp_path / "numbers.json")
    assert b"--control-file" not in done.stderr


def test_what_the_guide_says_of_a_place_is_told_at_the_key_of_the_place():
    built = one(event={"facility": {"code": "97", "qualifier": "B"}})
    assert [path for path in told(built, "note") | told(built, "error") if path.startswith("$.event")] == ["$.event.facility.code"]
    line = one(services=[{"procedure": "44970", "units": 1, "facility": {"code": "97", "qualifier": "B"}}])
    assert "$.services[0].facility.code" in told(line, "note") | told(line, "error")
