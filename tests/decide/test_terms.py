"""Due dates by the payer's own terms and by the window of the request."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from x12retro.assess import load_rules
from x12retro.cli.payer_terms import PayerTerms, terms_of
from x12retro.decide import Case, Decision, Known, NextStep, PayerNamed, Term, Terms, decide_stream, read_verdicts
from x12retro.errors import UsageError

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
ANSWERED = date(2026, 11, 23)


def term(days: int, rule: str = "some-rule") -> Term:
    return Term(lambda start: start + timedelta(days=days), f"{days} calendar days", rule)


def decision(name: str, terms: Terms | None = None, case: Case | None = None, as_of: date = AS_OF) -> Decision:
    known = Known(terms=(lambda *_: terms) if terms is not None else None, cases={"E1": case} if case is not None else {})
    (found,) = decide_stream(FOLDER / f"{name}.edi", as_of=as_of, encounters={"EV0001": "E1", "REQ-2026-0001": "E1"}, known=known)
    return found


def step(found: Decision, do: str) -> NextStep:
    return next(s for s in (found.next_step, *found.further_steps) if s.do == do)


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("event-a1-certified", "attach_number_to_claim"),
        ("event-na-not-required", "bill"),
        ("event-a4-pended", "follow_up"),
        ("documents-by-report-type-and-loinc", "send_documents"),
        ("event-a3-denied-medical-necessity", "appeal"),
    ],
)
def test_the_payers_own_term_counts_and_is_named(name: str, do: str) -> None:
    found = step(decision(name, {do: term(90)}), do)  # type: ignore[dict-item]
    assert found.due == ANSWERED + timedelta(days=90)
    assert "By the payer's rule some-rule: 90 calendar days from the day of the answer." in found.why
    assert "default" not in found.why


def test_a_step_without_a_term_keeps_the_default_and_says_so() -> None:
    found = decision("event-a3-denied-medical-necessity", {"appeal": term(60)})
    assert "No payer rule was used" in step(found, "peer_to_peer").why
    assert found.next_step.do == "peer_to_peer"


def test_a_short_time_to_appeal_puts_the_appeal_first() -> None:
    assert decision("event-a3-denied-medical-necessity", {"appeal": term(3)}).next_step.do == "appeal"


def test_a_new_request_is_due_before_the_original_window_closes() -> None:
    open_until = Case(window_closes=date(2026, 11, 24))
    found = decision("a3-with-aaa-33-is-a-rejection", case=open_until)
    assert (found.next_step.do, found.next_step.due) == ("correct_and_resend", date(2026, 11, 24))
    assert "The payer may be asked until 2026-11-24." in found.next_step.why
    assert found.case == open_until


def test_when_the_window_has_closed_the_claim_and_an_appeal_are_left() -> None:
    found = decision("a3-with-aaa-33-is-a-rejection", case=Case(window_closes=date(2026, 11, 22)))
    assert found.next_step.do == "send_claim_then_appeal"
    assert "window has closed" in found.next_step.why


def test_verdicts_of_assess_are_read_as_cases() -> None:
    line = {
        "encounter_id": "E1",
        "payer": "humana",
        "scenario": "emergency",
        "rule": "r",
        "closes": "2026-12-01",
        "charges_at_risk": "12.50",
    }
    cases = read_verdicts(b"\n" + json.dumps(line).encode() + b"\n")
    case = cases["E1"]
    assert (case.payer, case.scenario, case.rule, case.window_closes) == ("humana", "emergency", "r", date(2026, 12, 1))
    assert str(case.charges_at_risk) == "12.50"


def test_what_is_no_verdict_is_named_by_its_line_and_not_quoted() -> None:
    with pytest.raises(UsageError, match="line 1") as told:
        read_verdicts(b'{"encounter_id": 7, "closes": "SECRET"}')
    assert "SECRET" not in str(told.value)


RULES = load_rules()


def last(terms: Terms, do: str, start: date = ANSWERED) -> tuple[str, date]:
    found = terms[do]  # type: ignore[index]
    return found.rule, found.last(start)


def test_the_published_terms_of_a_payer_are_found_by_what_its_answer_calls_it() -> None:
    by_name = PayerTerms(RULES, AS_OF)(PayerNamed(name="SUPERIOR HEALTHPLAN", id="1"), None)
    assert last(by_name, "appeal") == ("superior-tx", ANSWERED + timedelta(days=60))
    assert last(by_name, "follow_up") == ("superior-tx", ANSWERED + timedelta(days=30))
    assert PayerTerms(RULES, AS_OF)(PayerNamed(name="Nobody We Know"), None) == {}
    assert "appeal" in PayerTerms(RULES, AS_OF)(None, Case(payer="medi-cal"))
    assert "send_documents" in PayerTerms(RULES, AS_OF, "alabama-medicaid")(None, None)


def test_of_several_rules_the_shortest_counts() -> None:
    payer = next(p for p in RULES.payers if p.id == "priority-health")
    assert last(terms_of(payer, AS_OF), "appeal") == ("priority-health-unknown-payer", ANSWERED + timedelta(days=60))


def test_documents_and_claims_have_terms_too() -> None:
    payers = {p.id: p for p in RULES.payers}
    assert last(terms_of(payers["alabama-medicaid"], AS_OF), "send_documents")[1] == ANSWERED + timedelta(days=14)
    assert last(terms_of(payers["carelon-behavioral-health"], AS_OF), "attach_number_to_claim")[1] == ANSWERED + timedelta(days=90)


def test_a_row_that_is_to_be_read_again_is_not_relied_on() -> None:
    payer = next(p for p in RULES.payers if p.id == "superior-healthplan")
    assert terms_of(payer, max(rule.review_by for rule in payer.rules)) == {}


def test_a_payer_that_is_not_known_by_name_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="no payer is called"):
        PayerTerms(RULES, AS_OF, "nobody")
