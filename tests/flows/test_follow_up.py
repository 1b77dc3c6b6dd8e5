"""From an earlier decision: cancellation, extension, renewal, revision, reconsideration and appeals, with the payer's numbers."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from x12retro.assess import load_rules
from x12retro.build import Earlier, FollowUps, load_partner
from x12retro.build.follow_up import KINDS
from x12retro.build.numbers import event_trace, service_trace
from x12retro.encounter import Encounter
from x12retro.flow import outbound
from x12retro.guide.judge import validate

FIXTURES = Path(__file__).parents[2] / "fixtures"
PARTNER = load_partner(FIXTURES / "partners" / "summit-ridge.toml")
GRANTED, REFUSED = ("certified", "partially_certified", "modified"), ("denied", "partially_certified", "modified")
BASE = {
    "encounter_id": "ENC-1",
    "payer": {"name": "Plan", "id": "PLAN1"},
    "requester": {"name": "Hospital", "npi": "1900000013"},
    "subscriber": {"member_id": "M123456", "last_name": "Vandermeer", "first_name": "Callista", "birth_date": "1971-03-09", "gender": "F"},
    "event": {"category": "HS", "service_type": "2", "service_from": "2026-10-18", "level_of_service": "U"},
    "services": [{"procedure": "44970", "units": 1}, {"procedure": "44005", "units": 1}],
    "retro": {"scenario": "emergency"},
}


def asked(ask, *decisions, **changes):
    encounter = msgspec.convert({**BASE, **changes}, Encounter, strict=False)
    found = FollowUps(ask, [msgspec.convert(one, Earlier) for one in decisions])
    (built,) = outbound([encounter], PARTNER, load_rules(), as_of=date(2026, 11, 24), follow_ups=found)
    return built


def segments(built, wanted):
    return [line.elements for line in built.lines if line.id == wanted]


def decision(outcome, **more):
    return {"outcome": outcome, "encounter_id": "ENC-1", "authorization_number": "AUTH77", "superseded_by": None, **more}


@pytest.mark.parametrize(
    ("ask", "code", "outcomes"),
    [
        ("cancel", "3", (*GRANTED, "pended")),
        ("extension", "4", GRANTED),
        ("renewal", "R", GRANTED),
        ("revision", "S", (*GRANTED, "pended")),
        ("reconsideration", "N", REFUSED),
        ("appeal", "2", REFUSED),
        ("immediate-appeal", "1", REFUSED),
    ],
)
def test_each_kind_follows_what_it_can_and_names_the_number(ask, code, outcomes):
    every = (*GRANTED, "denied", "pended", "cancelled", "contact_payer", "not_required", "rejected", "manual_review")
    for outcome in every:
        built = asked(ask, decision(outcome))
        assert built.built is (outcome in outcomes), (ask, outcome, built.problems)
        if built.built:
            assert {um[1] for um in segments(built, "UM")} == {code}
            assert segments(built, "REF")[-1] == ("BB", "AUTH77")
        else:
            assert "the decision is" in built.problems[-1].message


def test_the_kinds_are_those_of_the_table():
    assert set(KINDS) == {"cancel", "extension", "renewal", "revision", "reconsideration", "appeal", "immediate-appeal"}


def test_a_pended_one_is_named_by_the_payers_reference():
    built = asked("cancel", decision("pended", authorization_number=None, reference_number="REF5"))
    assert ("NT", "REF5") in segments(built, "REF")


def test_a_decision_without_any_number_is_told():
    built = asked("extension", decision("certified", authorization_number=None))
    assert not built.built
    assert built.problems[0].path == "$.prior.authorization"


def test_it_is_found_by_the_trace_number_that_was_made_from_the_encounter():
    trace = event_trace("ENC-1", "000000012")
    built = asked("renewal", decision("certified", encounter_id=None, traces={"event": [trace]}))
    assert built.built
    assert not asked("renewal", decision("certified", encounter_id=None, traces={"event": [event_trace("ENC-2", "1")]})).built


def test_lines_keep_numbers_of_their_own():
    trace = event_trace("ENC-1", "000000012")
    lines = [{"trace": service_trace(trace, n), "authorization_number": number} for n, number in ((1, "AUTH77"), (2, "LINE2"))]
    built = asked("extension", decision("certified", services=lines))
    assert segments(built, "REF")[-2:] == [("BB", "AUTH77"), ("BB", "LINE2")]


def test_one_number_of_all_lines_is_the_events():
    trace = event_trace("ENC-1", "000000012")
    lines = [{"trace": service_trace(trace, n), "authorization_number": "SAME"} for n in (1, 2)]
    built = asked("extension", decision("certified", authorization_number=None, services=lines))
    assert [ref for ref in segments(built, "REF") if ref[0] == "BB"] == [("BB", "SAME")]


def test_numbers_of_the_encounter_go_before_the_decisions():
    built = asked("extension", decision("certified"), prior={"authorization": "MINE"})
    assert ("BB", "MINE") in segments(built, "REF")


def test_superseded_answers_and_copies_do_not_count_and_two_that_stand_are_told():
    stale = decision("pended", superseded_by={"file": "x"})
    assert asked("extension", stale, decision("certified"), decision("certified", duplicate=True)).built
    both = asked("extension", decision("certified"), decision("certified"))
    assert not both.built
    assert "2 decisions speak of this encounter" in both.problems[0].message
    assert "no decision speaks of this encounter" in asked("extension").problems[0].message


def test_an_appeal_is_not_held_against_the_rules_for_late_requests():
    late = {"name": "Priority Health", "state": "MI", "line_of_business": "medicare_advantage", "id": "PH1"}
    refused = decision("denied")
    assert asked("appeal", refused, payer=late).built
    assert not asked("revision", decision("certified"), payer=late).built  # a bar for late requests speaks of a late revision


def test_from_answer_to_follow_up_by_commands(x12retro, tmp_path):
    encounters, partner = tmp_path / "e.jsonl", FIXTURES / "partners" / "summit-ridge.toml"
    encounters.write_text(json.dumps(BASE) + "\n" + json.dumps({**BASE, "encounter_id": "ENC-2"}) + "\n")
    decisions = tmp_path / "d.jsonl"
    decisions.write_text(json.dumps(decision("certified")) + "\n" + json.dumps(decision("denied", encounter_id="ENC-2")) + "\n")
    out = tmp_path / "out.edi"
    common = ("build", encounters, "--partner", partner, "--as-of", "2026-11-24", "-o", out)
    done = x12retro(*common, "--follow-up", decisions, "--ask", "cancel")
    assert done.returncode == 1
    assert b"ENC-2: error: $: the decision is denied; a cancellation follows what was certified" in done.stderr
    assert out.read_text().count("UM*HS*3*") == 1
    assert all(checked.accepted for checked in validate(out))
    assert x12retro(*common, "--follow-up", decisions).returncode == 2
    decisions.write_text('{"outcome": 3}\n')
    broken = x12retro(*common, "--follow-up", decisions, "--ask", "cancel")
    assert broken.returncode == 2
    assert b"d.jsonl:1: is no decision record" in broken.stderr


def test_a_cancellation_explains_and_proves_nothing():
    built = asked("cancel", decision("certified"), documents=[{"type": "M1", "delivery": "EL"}])
    assert built.built
    assert {line.id for line in built.lines}.isdisjoint({"MSG", "PWK"})
    assert {um[9:10] for um in segments(built, "UM")} <= {(), (None,)}
