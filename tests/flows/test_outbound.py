"""Assess, then build: what the payer's rules refuse is not asked, and what they ask for is in the request, and the report says why."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from x12retro.assess import load_rules
from x12retro.build import load_partner, scenario_faults
from x12retro.encounter import Encounter
from x12retro.flow import outbound
from x12retro.guide.judge import validate

FIXTURES = Path(__file__).parents[2] / "fixtures"
PARTNER = load_partner(FIXTURES / "partners" / "summit-ridge.toml")
CLAIMS = FIXTURES / "claims" / "denied-inside-and-outside-the-window.edi"
REMIT = FIXTURES / "remits" / "denied-inside-and-outside-the-window.edi"
AS_OF = date(2026, 11, 24)

RULE = """
[[retro]]
id = "lakeside-late"
type = "retro_auth"
permitted = "yes"
window = { count = 30, unit = "calendar_days", clock = "date_of_service" }
scenarios = ["any"]
documents = [%s]
facts = ["retro.explanation"]
channel = "278"
source = "https://example.org/late"
seen = 2026
evidence = "full"
review_by = 2027-11-24
"""
SCENARIO = """
[[scenario]]
name = "emergency"
opening = "ED CASE."
delay_reason = "3"
level_of_service = "03"
source = "https://example.org/late"
seen = 2026
"""
BASE = {
    "encounter_id": "ENC-1",
    "payer": {"name": "Lakeside Health", "id": "LAKE1"},
    "requester": {"name": "Hospital", "npi": "1900000013"},
    "subscriber": {"member_id": "M123456", "last_name": "Vandermeer", "first_name": "Callista", "birth_date": "1971-03-09", "gender": "F"},
    "event": {"category": "HS", "service_type": "2", "service_from": "2026-11-10"},
    "services": [{"procedure": "44970", "units": 1}],
    "retro": {"scenario": "emergency", "explanation": "Arrived at night."},
}


@pytest.fixture
def payers(tmp_path):
    def write(documents="", rows=""):
        text = 'id = "lakeside"\nname = "Lakeside Health"\nseen = 2026-11-24\n'
        (tmp_path / "lakeside.toml").write_text(text + RULE % documents + rows)
        return tmp_path

    return write


def one(folder, **changes):
    despite = changes.pop("despite_rules", False)
    data = {key: {**BASE.get(key, {}), **value} if isinstance(value, dict) else value for key, value in changes.items()}
    encounter = msgspec.convert({**BASE, **data}, Encounter, strict=False)
    (built,) = outbound([encounter], PARTNER, load_rules(folder), as_of=AS_OF, own_payers=folder, despite_rules=despite)
    return built


def segments(built, wanted):
    return [line.elements for line in built.lines if line.id == wanted]


def test_an_open_window_is_asked_and_the_report_says_by_which_rule(payers):
    report = one(payers()).report()
    assert (report.built, report.verdict, report.rule, report.closes) == (True, "permitted", "lakeside-late", date(2026, 12, 10))
    assert report.why[0].startswith("permitted: requests after the care are taken within 30 calendar days")


@pytest.mark.parametrize(("day", "built"), [("2026-10-25", True), ("2026-10-24", False)])
def test_the_last_day_of_the_window_is_the_border(payers, day, built):
    assert one(payers(), event={"service_from": day}).built is built


def test_a_closed_window_is_refused_with_the_next_step_and_built_when_told(payers):
    late = one(payers(), event={"service_from": "2026-10-01"})
    assert not late.built
    assert not late.lines
    assert late.report().verdict == "not_permitted"
    (problem,) = late.problems
    assert problem.severity == "error"
    assert "the window has passed. Next: send claim then appeal by 2026-12-02" in problem.message
    forced = one(payers(), event={"service_from": "2026-10-01"}, despite_rules=True)
    assert forced.built
    assert forced.report().verdict == "not_permitted"


def test_an_unknown_payer_is_asked_and_never_called_permitted(payers):
    built = one(payers(), payer={"name": "Nobody Knows It", "id": "X99"})
    assert built.built
    assert built.report().verdict == "unknown"
    assert built.report().rule is None


def test_the_payers_wishes_go_before_the_common_table_and_the_encounter_before_both(payers):
    folder = payers(rows=SCENARIO)
    built = one(folder)
    um = segments(built, "UM")[0]
    assert (um[5], um[9]) == ("03", "3")
    assert segments(built, "MSG") == [("ED CASE. Arrived at night.",)]
    assert {
        "UM10 3: scenario emergency, as the payer wants it",
        "MSG opens with the words of scenario emergency that the payer wants",
    } <= set(built.why)
    um = segments(one(folder, event={"level_of_service": "U", "delay_reason": "11"}), "UM")[0]
    assert (um[5], um[9]) == ("U", "11")


def test_level_of_service_is_never_derived_from_a_past_emergency(payers):
    assert segments(one(payers()), "UM")[0][5] is None


def test_records_that_every_provider_keeps_are_told_as_available(payers):
    built = one(payers('"clinical_records"'))
    assert segments(built, "PWK") == [("M1", "AA")]  # what usually proves an emergency, among the types that hold such records
    assert "PWK M1 AA: lakeside-late asks for records of the care" in built.why


def test_what_is_listed_already_is_not_told_twice(payers):
    built = one(payers('"clinical_records"'), documents=[{"type": "OB", "delivery": "FX"}])
    assert [pwk[:2] for pwk in segments(built, "PWK")] == [("OB", "FX")]


def test_evidence_that_is_named_is_told_as_available(payers):
    built = one(payers('"eligibility_notice"'), retro={"evidence": ["eligibility notice"]})
    assert segments(built, "PWK") == [("59", "AA")]


def test_what_nobody_has_is_a_note_and_no_promise(payers):
    built = one(payers('"proof_payer_unknown"'))
    assert built.built
    assert segments(built, "PWK") == []
    (told,) = [p for p in built.problems if p.path == "$.documents"]
    assert told.severity == "note"
    assert "the payer asks for: proof that the payer was not known" in told.message


def test_more_than_ten_documents_are_never_made(payers):
    ten = [{"type": kind, "delivery": "AA"} for kind in ("B3", "77", "P5", "P4", "DS", "AS", "59", "RR", "48", "AM")]
    built = one(payers('"operative_note"'), documents=ten)
    assert built.built, built.problems
    assert len(segments(built, "PWK")) == 10


def test_a_fact_that_the_rule_asks_for_is_noted(payers):
    built = one(payers(), retro={"explanation": None})
    assert built.built
    assert ("$.retro.explanation", "missing; the payer's rule lakeside-late asks for it") in [(p.path, p.message) for p in built.problems]


def test_from_a_claim_and_its_denial_alone(x12retro, tmp_path):
    """Inside the published window a valid request with delay reason, words and proof; outside it the way that is left, with its day."""
    out, report = tmp_path / "out.edi", tmp_path / "report.jsonl"
    partner = FIXTURES / "partners" / "summit-ridge.toml"
    done = x12retro("build", CLAIMS, "--denials", REMIT, "--partner", partner, "--as-of", "2026-11-24", "-o", out, "--report", report)
    assert done.returncode == 1
    assert b"built 1 of 2 requests" in done.stderr
    assert b"1 refused by the payer's rules" in done.stderr
    assert [checked.accepted for checked in validate(out)].count(False) == 0
    text = out.read_text()
    assert "UM*AR*I**11:A******11~" in text
    assert "PWK*M1*AA~" in text
    assert "MSG*Emergency, care could not wait. Claim denied 2026-11-09, CARC 197.~" in text
    inside, outside = map(json.loads, report.read_text().splitlines())
    assert (inside["built"], inside["rule"], inside["closes"]) == (True, "cohere-health", "2027-10-01")
    assert (outside["built"], outside["verdict"], outside["closes"]) == (False, "not_permitted", "2026-11-09")
    assert "Next: appeal by 2026-12-02: the request can no longer be made: claim, then appeal" in outside["problems"][-1]["message"]
    forced = x12retro("build", CLAIMS, "--denials", REMIT, "--partner", partner, "--as-of", "2026-11-24", "-o", out, "--despite-rules")
    assert forced.returncode == 0
    assert out.read_text().count("ST*278") == 2


def test_faulty_tables_of_scenarios_are_told_with_their_file(payers, tmp_path):
    folder = payers(rows=SCENARIO + SCENARIO)
    assert [(file.name, what) for file, what in scenario_faults(folder)] == [
        ("lakeside.toml", "scenario emergency: there are two rows of that name")
    ]
    payers(rows=SCENARIO.replace('"3"', '"99"'))
    ((_, what),) = scenario_faults(folder)
    assert "delay_reason" in what
    table = tmp_path / "scenarios.txt"
    table.write_text('[scenarios.emergency]\ndelay_reason = "11"\nlevel_of_service = "blank"\nopening = "Late."\n')
    payers()
    assert ("scenarios.urgent is missing") in [what for _, what in scenario_faults(folder, table)]
