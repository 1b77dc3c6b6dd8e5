"""What several rules, silence, claims, denials and the unknown make of a verdict."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from x12retro.assess import assess, load_rules, verdict
from x12retro.assess.scope import lines_of
from x12retro.encounter import EncounterProblem, Slip, read_encounters

TMHP = {"payer__state": "TX", "payer__line_of_business": "medicaid_ffs", "retro__scenario": "retro_eligibility"}


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_a_payer_without_a_rule_is_unknown_with_the_shortest_window_as_a_hint(case, published):
    got = verdict(
        case("Nobody Knows Health", payer__line_of_business="medicaid_mco", event__service_from="2026-11-20"), published, day("2026-11-24")
    )
    assert (got.verdict, got.route, got.rule) == ("unknown", "none", None)
    assert got.hint is not None
    assert (got.hint.count, got.hint.unit) == (48, "hours")
    assert got.then.do == "ask_payer"


def test_without_a_line_of_business_there_is_no_hint(case, published):
    got = verdict(case("Nobody Knows Health", event__service_from="2026-11-20"), published, day("2026-11-24"))
    assert (got.verdict, got.hint) == ("unknown", None)
    assert got.then.by == day("2026-12-02")  # five business days, over Thanksgiving
    assert "our own" in got.then.why


@pytest.mark.parametrize(
    ("as_of", "expected", "do"),
    [
        ("2026-08-31", "not_permitted", "wait_until_open"),
        ("2026-09-01", "conditional", "complete_and_send"),
        ("2026-12-05", "conditional", "complete_and_send"),
        ("2026-12-06", "not_permitted", "send_claim_then_appeal"),
    ],
)
def test_texas_opens_with_the_add_date_and_closes_on_day_95(case, published, as_of, expected, do):
    care = case("TMHP", **TMHP, event__service_from="2026-07-10", retro__eligibility_added_on="2026-09-01")
    got = verdict(care, published, day(as_of))
    assert (got.rule, got.opens, got.closes) == ("tmhp-retro-elig", day("2026-09-01"), day("2026-12-05"))
    assert (got.verdict, got.then.do) == (expected, do)
    assert got.then.by == (day("2026-09-01") if do == "wait_until_open" else got.then.by)


def test_in_texas_care_after_the_add_date_has_three_business_days(case, published):
    care = case("TMHP", **TMHP, event__service_from="2026-11-24", retro__eligibility_added_on="2026-09-01")
    got = verdict(care, published, day("2026-11-25"))
    assert (got.rule, got.others) == ("tmhp-after-add", ())
    assert got.closes == day("2026-12-01")  # Thanksgiving, the Friday after it (a Texas holiday) and the week-end between
    late = verdict(care, published, day("2026-12-01"))
    assert late.verdict == "conditional"
    assert "the window is still open only where the state's holidays count as closed" in late.reasons


def test_on_the_add_date_itself_both_apply_and_the_tighter_one_governs(case, published):
    care = case("TMHP", **TMHP, event__service_from="2026-09-01", retro__eligibility_added_on="2026-09-01")
    got = verdict(care, published, day("2026-09-02"))
    assert got.rule == "tmhp-after-add"
    assert [(one.rule, one.closes) for one in got.others] == [("tmhp-retro-elig", day("2026-12-05"))]


def test_when_the_tightest_has_passed_the_payer_is_asked_about_the_other(case, published):
    care = case("TMHP", **TMHP, event__service_from="2026-09-01", retro__eligibility_added_on="2026-09-01")
    got = verdict(care, published, day("2026-10-01"))
    assert (got.verdict, got.then.do, got.then.by) == ("not_permitted", "ask_payer", day("2026-12-05"))


def test_the_verdict_is_unknown_while_a_missing_fact_decides_which_rule_holds(case, published):
    got = verdict(case("TMHP", **TMHP, event__service_from="2026-09-01"), published, day("2026-10-01"))
    assert (got.verdict, got.then.do) == ("unknown", "get_facts")
    assert "retro.eligibility_added_on" in got.missing_facts


@pytest.mark.parametrize(("payer", "line"), [("Sunflower State Health Plan", "medicaid_mco"), ("UHC", "Medicaid managed care")])
def test_a_bulletin_binds_the_plans_it_names(case, published, payer, line):
    care = case(
        payer, payer__state="KS", payer__line_of_business=line, event__service_from="2026-10-01", retro__scenario="retro_eligibility"
    )
    got = verdict(care, published, day("2026-11-24"))
    assert "kancare-mcos" in {got.rule, *(one.rule for one in got.others)}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "oh-mco"),
        ({"payer__state": "PA"}, None),
        ({"payer__state": None}, None),
        ({"payer__line_of_business": None}, None),
        ({"payer__line_of_business": "commercial"}, None),
    ],
)
def test_a_statute_binds_every_plan_of_its_state_and_line_and_silence_is_not_enough(case, published, changes, rule):
    told = {"payer__state": "OH", "payer__line_of_business": "medicaid_mco", "retro__scenario": "additional_procedure", **changes}
    got = verdict(case("Some Plan", **told, event__service_from="2026-10-01"), published, day("2026-11-24"))
    assert got.rule == rule
    assert got.verdict == ("conditional" if rule else "unknown")
    assert got.route == ("claim" if rule else "none")


def test_one_employers_plan_says_nothing_about_anothers(case, published):
    told = {
        "payer__line_of_business": "self-funded",
        "event__category": "AR",
        "event__admission_date": "2026-11-23",
        "retro__scenario": "emergency",
    }
    assert verdict(case("Aetna", **told, payer__plan="Citi Choice"), published, day("2026-11-24")).verdict == "permitted"
    assert verdict(case("Aetna", **told, payer__plan="Acme Choice"), published, day("2026-11-24")).verdict == "unknown"
    silent = verdict(case("Aetna", **told), published, day("2026-11-24"))
    assert (silent.verdict, silent.missing_facts) == ("conditional", ("payer.plan",))


def test_an_emergency_without_an_admission_asks_for_it(case, published):
    care = case("Cigna", payer__line_of_business="commercial", event__service_from="2026-11-23", retro__scenario="emergency")
    got = verdict(care, published, day("2026-11-24"))
    assert (got.verdict, got.missing_facts) == ("unknown", ("event.admission_date",))
    assert any("without admission" in reason for reason in got.reasons)


def test_medicare_advantage_is_barred_where_the_payer_says_so_and_warned_of_elsewhere(case, published):
    told = {"event__service_from": "2026-11-01", "payer__line_of_business": "Medicare Advantage", "retro__scenario": "urgent"}
    barred = verdict(case("Priority Health", payer__state="MI", **told), published, day("2026-11-24"))
    assert (barred.verdict, barred.rule, barred.route) == ("not_permitted", "priority-health-ma", "claim")
    elsewhere = verdict(case("Nobody Knows Health", **told), published, day("2026-11-24"))
    assert elsewhere.verdict == "unknown"
    assert any("Medicare Advantage" in reason for reason in elsewhere.reasons)


def test_medicare_told_too_broadly_leaves_the_bar_open(case, published):
    told = {"event__service_from": "2026-11-01", "payer__line_of_business": "medicare", "payer__state": "MI"}
    got = verdict(case("Priority Health", **told), published, day("2026-11-24"))
    assert (got.verdict, got.missing_facts, got.then.do) == ("unknown", ("payer.line_of_business",), "get_facts")


def test_a_simple_miss_is_warned_of_even_where_any_scenario_is_taken(case, published):
    care = case(
        "Carelon",
        payer__state="PA",
        payer__line_of_business="medicaid_mco",
        event__service_from="2026-11-01",
        retro__scenario="office_miss",
    )
    got = verdict(care, published, day("2026-11-24"))
    assert (got.verdict, got.route, got.channel) == ("conditional", "phone", "fax")
    assert any("simply missed" in reason for reason in got.reasons)
    assert any("claim is due within 90 calendar days" in reason for reason in got.reasons)


def test_a_missed_window_with_a_denial_has_the_day_of_the_appeal(case, published):
    told = {"payer__state": "MI", "payer__line_of_business": "commercial", "retro__scenario": "payer_unidentified"}
    stay = {
        "event__category": "AR",
        "event__facility": {"code": "21"},
        "event__admission_date": "2026-07-01",
        "event__service_from": "2026-07-01",
    }
    denied = {"retro__denial": {"date": "2026-11-10", "carc": "197"}}
    got = verdict(case("Priority Health", **told, **stay, **denied), published, day("2026-11-24"))
    assert (got.verdict, got.rule, got.route, got.then.do) == ("not_permitted", "priority-health-unknown-payer", "appeal", "appeal")
    assert got.then.by == day("2027-01-09")  # 60 days from the denial
    over = verdict(case("Priority Health", **told, **stay, **denied), published, day("2027-01-10"))
    assert (over.route, over.then.do) == ("none", "review")


def test_a_planned_service_is_no_late_request_not_even_where_late_ones_are_barred(case, published):
    got = verdict(case("Medicare", event__service_from="2026-12-24"), published, day("2026-11-24"))
    assert (got.verdict, got.route) == ("unknown", "278")


def test_what_stands_in_for_a_clock_is_said_and_never_certain(case, published):
    told = {"payer__state": "KS", "payer__line_of_business": "medicaid_mco", "retro__scenario": "retro_eligibility"}
    proof = ["completed auth form marked retro eligible", "inpatient face sheet or outpatient equivalent"]
    care = case("Sunflower", **told, event__service_from="2026-08-01", retro__eligibility_added_on="2026-10-01", retro__evidence=proof)
    got = verdict(care, published, day("2026-11-24"))
    assert (got.rule, got.verdict) == ("sunflower-retro", "conditional")
    assert all(one.have for one in got.documents_needed)
    assert any("determination" in reason for reason in got.reasons)


# what a rule that says yes without conditions still needs for "permitted"
@pytest.mark.parametrize(
    ("row", "changes", "as_of", "expected"),
    [
        ({}, {}, "2026-11-11", "permitted"),
        ({"permitted": '"conditional"'}, {}, "2026-11-11", "conditional"),
        ({"evidence": '"truncated"'}, {}, "2026-11-11", "conditional"),
        ({"evidence": '"secondary"'}, {}, "2026-11-11", "conditional"),
        ({"review_by": "2026-11-10"}, {}, "2026-11-11", "conditional"),
        ({"documents": '["operative_note"]'}, {}, "2026-11-11", "conditional"),
        ({"documents": '["operative_note"]'}, {"documents": [{"type": "OB"}]}, "2026-11-11", "permitted"),
        (
            {"documents": '["operative_note"]'},
            {"services": [{"procedure": "99213", "documents": [{"type": "OB"}]}]},
            "2026-11-11",
            "permitted",
        ),
        ({"documents": '["operative_note"]'}, {"retro__evidence": ["Operative note of 1 Nov"]}, "2026-11-11", "permitted"),
        ({"documents": '["operative_note"]'}, {"documents": [{"type": "LA"}]}, "2026-11-11", "conditional"),
        ({"documents": '["order"]'}, {"retro__evidence": ["disorder diary"]}, "2026-11-11", "conditional"),
        ({"documents": '["order"]'}, {"retro__evidence": ["signed Order, 3 Nov"]}, "2026-11-11", "permitted"),
        ({"line_of_business": '["commercial"]'}, {"payer__line_of_business": "Gold Seven"}, "2026-11-11", "conditional"),
        ({"state": '["MI"]'}, {}, "2026-11-11", "conditional"),
        ({"state": '["MI"]'}, {"payer__state": "MI"}, "2026-11-11", "permitted"),
        ({"state": '["MI"]'}, {"payer__state": "OH"}, "2026-11-11", "unknown"),
        ({"network": '"in"'}, {"requester__in_network": None}, "2026-11-11", "conditional"),
        ({"network": '"in"'}, {"requester__in_network": False}, "2026-11-11", "unknown"),
        ({"service": '["inpatient"]'}, {}, "2026-11-11", "unknown"),
        ({"service": '["outpatient"]'}, {}, "2026-11-11", "permitted"),
        ({"service": '["home_health"]'}, {"event__facility": {"code": "32", "qualifier": "A"}}, "2026-11-11", "permitted"),
        ({"service": '["post_acute"]'}, {"event__facility": {"code": "21", "qualifier": "A"}}, "2026-11-11", "permitted"),
        ({"service": '["emergency"]'}, {"event__facility": {"code": "23"}}, "2026-11-11", "permitted"),
        ({"service": '["outpatient"]'}, {"event__facility": None}, "2026-11-11", "conditional"),
        ({"facts": '["prior.authorization"]'}, {}, "2026-11-11", "conditional"),
        ({"facts": '["prior.authorization"]'}, {"prior": {"authorization": "A1"}}, "2026-11-11", "permitted"),
        ({"scenarios": '["nemt"]'}, {}, "2026-11-11", "unknown"),
        ({"scenarios": '["nemt"]'}, {"retro__scenario": "nemt"}, "2026-11-11", "permitted"),
        ({"before_claim": "true"}, {"retro__claim_sent_on": "2026-11-05"}, "2026-11-11", "not_permitted"),
        ({"before_claim": "true"}, {"retro__claim_sent_on": "2026-11-12"}, "2026-11-11", "permitted"),
        ({"window": '{ count = 240, unit = "hours", clock = "date_of_service" }'}, {}, "2026-11-11", "conditional"),
        ({"window": '{ count = 240, unit = "hours", clock = "date_of_service" }'}, {}, "2026-11-10", "permitted"),
        ({"window": None}, {}, "2026-11-11", "permitted"),
        ({"type": '"sla_only"'}, {}, "2026-11-11", "unknown"),
        ({"type": '"post_service_review"'}, {}, "2026-11-11", "conditional"),
    ],
)
def test_permitted_takes_everything_at_once(case, payers, row, changes, as_of, expected):
    care = case("Made Up Plan", event__service_from="2026-11-01", **changes) if "event__facility" not in changes else None
    if care is None:
        care = case("Made Up Plan", **changes, event__service_from="2026-11-01")
    assert verdict(care, load_rules(payers(row)), day(as_of)).verdict == expected


@pytest.mark.parametrize(
    ("channel", "route"), [("278", "278"), ("portal", "portal"), ("phone", "phone"), ("fax", "phone"), ("unknown", "278")]
)
def test_the_route_is_the_rules_channel(case, payers, channel, route):
    got = verdict(case(event__service_from="2026-11-01"), load_rules(payers({"channel": f'"{channel}"'})), day("2026-11-05"))
    assert (got.route, got.then.do, got.then.by) == (route, "send_request", day("2026-11-11"))


def test_the_payers_own_closed_days_do_not_count(case, payers):
    rules = load_rules(
        payers({"window": '{ count = 1, unit = "business_days", clock = "date_of_service" }'}, business="closed = [2026-11-24, 2026-11-25]")
    )
    assert verdict(case(event__service_from="2026-11-23"), rules, day("2026-11-24")).closes == day("2026-11-27")


def test_what_comes_after_the_cut_off_hour_comes_the_next_day(case, payers):
    rules = load_rules(payers({}, business='cut_off = 17\nzone = "America/Chicago"'))
    care = case(event__service_from="2026-11-01")
    assert verdict(care, rules, datetime.fromisoformat("2026-11-11T16:59")).verdict == "permitted"
    assert verdict(care, rules, datetime.fromisoformat("2026-11-11T17:00")).verdict == "not_permitted"
    assert verdict(care, rules, date(2026, 11, 11)).verdict == "permitted"


def test_the_earliest_day_of_care_starts_the_clock(case, payers):
    care = case(
        event__service_from="2026-11-05",
        services=[{"procedure": "99213", "from": "2026-11-03"}, {"procedure": "99214", "from": "2026-11-07"}],
    )
    got = verdict(care, load_rules(payers({})), day("2026-11-10"))
    assert got.clock is not None
    assert (got.clock.start, got.clock.basis, got.closes) == (day("2026-11-03"), "services[0].from", day("2026-11-13"))


@pytest.mark.parametrize("name", ["Priority Health", "PRIORITY HEALTH", "priority-health", "PriorityHealth", "Priority Health (Michigan)"])
def test_a_payer_is_known_by_id_name_and_alias_whatever_the_case(case, published, name):
    assert published.find(case(name).payer).id == "priority-health"


def test_the_payers_id_goes_before_its_name(case, published):
    assert published.find(case("Some Administrator", payer__id="tmhp").payer).id == "texas-medicaid-tmhp"
    assert published.find(case("Some Administrator").payer) is None


def test_reasons_and_steps_hold_no_value_of_the_encounter(case, published):
    care = case(
        "HPSJ",
        subscriber__last_name="Arden",
        subscriber__member_id="EXH123456789",
        event__service_from="2026-11-01",
        retro__explanation="Told by Rosalind",
        payer__plan="Plan Zyx",
    )
    got = verdict(care, published, day("2026-11-24"))
    text = " ".join((*got.reasons, got.then.why))
    assert not any(value in text for value in ("Arden", "EXH123456789", "Rosalind", "Zyx", "2026-11-01"))


def test_a_record_that_cannot_be_read_has_a_verdict_too(published):
    whole = b'{"encounter_id": "B", "payer": {"name": "X"}, "requester": {"name": "Y"}, "subscriber": {}, "event": {"category": "HS"}}'
    lines = b'{"encounter_id": "A", "payer": 1}\n' + whole + b"\n"
    bad, good = assess(read_encounters(lines), published, as_of=day("2026-11-24"))
    assert (bad.encounter_id, bad.verdict, bad.then.do) == ("A", "unknown", "correct_record")
    assert bad.problems[0].path.startswith("$")
    assert (good.encounter_id, good.verdict, good.problems) == ("B", "unknown", ())


@pytest.mark.parametrize("start", ["0001-01-01", "1850-02-28", "9998-12-31", "9999-12-31"])
@pytest.mark.parametrize("unit", ["calendar_days", "business_days", "months", "hours"])
def test_a_day_beyond_all_measure_does_no_harm(case, payers, start, unit):
    rules = load_rules(payers({"window": f'{{ count = 900, unit = "{unit}", clock = "date_of_service" }}'}))
    care = case(event__service_from=start, retro__denial={"date": start, "carc": "197"})
    (got,) = assess([care], rules, as_of=day("2026-11-24"))
    assert got.problems == ()
    assert got.verdict in ("not_permitted", "unknown")


def test_a_line_of_business_in_words_unknown_is_told_and_never_guessed(case, published):
    got = verdict(
        case("Cigna", payer__line_of_business="Gold Seven", event__category="AR", event__admission_date="2026-11-23"),
        published,
        day("2026-11-24"),
    )
    assert "payer.line_of_business" in got.missing_facts
    assert any("not known here" in reason for reason in got.reasons)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("medicaid_mco", {"medicaid_mco"}),
        ("Medicaid HMO", {"medicaid_mco"}),
        ("Medicaid fee-for-service", {"medicaid_ffs"}),
        ("MEDICAID", {"medicaid", "medicaid_ffs", "medicaid_mco"}),
        ("CHIP", {"medicaid", "medicaid_ffs", "medicaid_mco"}),
        ("MA", {"medicare_advantage"}),
        ("Medicare Part C", {"medicare_advantage"}),
        ("Original Medicare", {"medicare_ffs"}),
        ("Medicare", {"medicare_ffs", "medicare_advantage"}),
        ("ASO", {"self_funded"}),
        ("self-insured employer group", {"self_funded"}),
        ("Commercial PPO", {"commercial"}),
        ("QHP on the exchange", {"exchange"}),
        ("individual", {"individual", "exchange"}),
        ("TRICARE Prime", {"tricare"}),
        ("VA", {"va"}),
        ("Academic reasons", set()),
        ("non-commercial", set()),
        ("noncommercial", set()),
        ("commercial auto", set()),
        ("workers comp group", set()),
        ("student group", set()),
        ("FEHB group retiree MA", set()),
        ("hospital indemnity group", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_lines_of_business_are_read_from_the_words_of_the_trade(text, lines):
    assert lines_of(text) == lines


@pytest.mark.parametrize(("permitted", "said"), [('"yes"', False), ('"conditional"', True)])
def test_a_rule_that_is_conditional_itself_says_so(case, payers, permitted, said):
    care = case("Made Up Plan", event__service_from="2026-11-01")
    got = verdict(care, load_rules(payers({"permitted": permitted})), day("2026-11-05"))
    assert any("case by case" in reason for reason in got.reasons) is said


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"event__level_of_service": "E", "retro__scenario": "emergency"}, "$.event.level_of_service"),
        ({"event__level_of_service": "E", "retro__scenario": "urgent"}, "$.event.level_of_service"),
        ({"event__service_from": "2026-11-20", "event__service_to": "2026-11-19"}, "$.event.service_to"),
        ({"event__admission_date": "2026-11-20", "event__discharge_date": "2026-11-19"}, "$.event.discharge_date"),
    ],
)
def test_what_contradicts_itself_is_never_permitted(case, published, facts, path):
    got = verdict(case("TMHP", **{**TMHP, **facts}), published, day("2026-11-24"))
    assert (got.verdict, got.then.do) == ("unknown", "correct_record")
    assert [problem.path for problem in got.problems] == [path]


CERTAIN_SCENARIOS = {"scenarios": '["nemt"]'}
"""A row that is for certain scenarios; its window is of ten days."""


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ({}, {}),
        ({"before_claim": "true"}, {"retro__claim_sent_on": "2026-11-05"}),
        ({"opens": '{ clock = "date_of_service", count = 60 }', "window": None}, {}),
        ({"type": '"prohibited"', "permitted": '"no"', "window": None}, {}),
    ],
)
def test_a_rule_for_certain_scenarios_refuses_no_encounter_without_one(case, payers, row, changes):
    care = case(event__service_from="2026-11-01", **changes)
    got = verdict(care, load_rules(payers({**CERTAIN_SCENARIOS, **row})), day("2026-11-24"))
    assert (got.verdict, got.route, got.rule, got.days_left) == ("unknown", "none", None, None)
    assert (got.then.do, got.missing_facts) == ("get_facts", ("retro.scenario",))
    assert [(one.rule, one.verdict) for one in got.others] == [("made-up-rule", "unknown")]


def test_the_same_care_is_refused_when_it_names_the_scenario(case, payers):
    care = case(event__service_from="2026-11-01", retro__scenario="nemt")
    assert verdict(care, load_rules(payers(CERTAIN_SCENARIOS)), day("2026-11-24")).verdict == "not_permitted"


def test_a_rule_that_refuses_all_other_scenarios_refuses_without_one(case, payers):
    care = case(event__service_from="2026-11-01")
    got = verdict(care, load_rules(payers({**CERTAIN_SCENARIOS, "only_these": "true"})), day("2026-11-24"))
    assert (got.verdict, got.rule) == ("not_permitted", "made-up-rule")


@pytest.mark.parametrize(
    ("other", "expected", "rule"),
    [
        ({"window": '{ count = 5, unit = "calendar_days", clock = "date_of_service" }'}, "not_permitted", "other-rule"),
        ({"window": '{ count = 60, unit = "calendar_days", clock = "date_of_service" }'}, "permitted", "other-rule"),
        ({"type": '"post_service_review"'}, "conditional", "other-rule"),
        ({"type": '"sla_only"'}, "unknown", None),
        (
            {"window": '{ count = 60, unit = "calendar_days", clock = "date_of_service" }', "scenarios": '["disaster"]'},
            "unknown",
            "other-rule",
        ),
    ],
)
def test_beside_such_a_rule_the_one_for_any_scenario_governs(case, payers, other, expected, rule):
    rules = load_rules(payers(CERTAIN_SCENARIOS, {**other, "id": '"other-rule"'}))
    got = verdict(case(event__service_from="2026-11-01"), rules, day("2026-11-24"))
    assert (got.verdict, got.rule) == (expected, rule)
    assert "made-up-rule" in [one.rule for one in got.others]


def test_one_for_certain_scenarios_that_is_shut_opens_nothing_beside_one_that_has_closed(case, payers):
    rules = load_rules(payers(CERTAIN_SCENARIOS, {"id": '"other-rule"'}))
    got = verdict(case(event__service_from="2026-11-01"), rules, day("2026-11-24"))
    assert (got.verdict, got.then.do) == ("not_permitted", "send_claim_then_appeal")


def test_a_fracture_at_uhc_is_not_refused_by_the_rule_for_care_after_discharge(case, published):
    told = {"payer__state": "TX", "payer__line_of_business": "commercial", "event__service_from": "2026-11-18"}
    got = verdict(case("UnitedHealthcare", **told), published, day("2026-11-28"))
    assert (got.verdict, got.rule, got.missing_facts) == ("unknown", None, ("retro.scenario",))
    assert "uhc-posthospital" in [one.rule for one in got.others]


@pytest.mark.parametrize(("name", "number"), [("Aetna", "UHC"), ("Priority Health", "tmhp"), ("United Healthcare", "aetna")])
def test_a_name_and_an_id_of_two_payers_are_told_and_never_permitted(case, published, name, number):
    got = verdict(case(name, payer__id=number, event__service_from="2026-11-18"), published, day("2026-11-24"))
    assert (got.verdict, got.then.do, got.payer, got.payer_name) == ("unknown", "correct_record", None, name)
    assert [problem.path for problem in got.problems] == ["$.payer.id"]


@pytest.mark.parametrize(("name", "number"), [("UHC", "United Healthcare"), ("Some Administrator", "tmhp"), ("Aetna", "99999")])
def test_a_name_and_an_id_of_one_payer_or_of_which_one_is_not_known_are_no_contradiction(case, published, name, number):
    got = verdict(case(name, payer__id=number, event__service_from="2026-11-18"), published, day("2026-11-24"))
    assert (got.problems, got.payer is None) == ((), False)


def test_what_contradicts_itself_keeps_its_money_scenario_and_payer(case, published):
    facts = {**TMHP, "event__service_from": "2026-11-20", "event__service_to": "2026-11-19", "charges_at_risk": "120"}
    got = verdict(case("TMHP", **facts), published, day("2026-11-24"))
    assert (got.charges_at_risk, got.scenario, got.payer) == (120, "retro_eligibility", "texas-medicaid-tmhp")


@pytest.mark.parametrize(
    ("payer", "carc", "route", "do", "by", "rule"),
    [
        ("Aetna", "15", "claim", "send_claim", "2026-12-02", None),
        ("Nobody Knows Health", "288", "claim", "send_claim", "2026-12-02", None),
        ("Nobody Knows Health", "39", "appeal", "appeal", "2026-12-02", None),
        ("Humana", "39", "appeal", "appeal", "2027-01-14", "humana-ma-appeal"),
    ],
)
def test_a_denial_that_no_request_answers_has_what_answers_it(case, published, payer, carc, route, do, by, rule):
    told = {"payer__line_of_business": "medicare_advantage", "event__service_from": "2026-10-02", "charges_at_risk": "1900"}
    denied = case(payer, **told, retro__denial={"date": "2026-11-10", "carc": carc})
    problem = EncounterProblem(index=1, slips=(Slip("$.retro.denial", "no request"),), encounter_id="ENC-1", denied=denied)
    (got,) = assess([problem], published, as_of=day("2026-11-24"))
    assert (got.verdict, got.route, got.then.do, got.then.by, got.rule) == ("not_permitted", route, do, day(by), rule)
    assert (got.charges_at_risk, got.payer_name, got.problems) == (1900, payer, ())


def test_what_an_appeal_needs_is_not_wanted_before_anything_is_denied(case, published):
    told = {"payer__line_of_business": "medicare_advantage", "event__service_from": "2026-10-02"}
    assert verdict(case("Humana", **told), published, day("2026-11-24")).documents_needed == ()
    denied = case("Humana", **told, retro__denial={"date": "2026-11-10", "carc": "197"})
    assert [one.document for one in verdict(denied, published, day("2026-11-24")).documents_needed] == ["appeal_request"]


def test_a_line_of_business_in_words_unknown_is_told_where_no_rule_applies_too(case, published):
    care = case("Nobody Knows Health", payer__line_of_business="Comercial", event__service_from="2026-11-20")
    assert any("not known here" in reason for reason in verdict(care, published, day("2026-11-24")).reasons)
