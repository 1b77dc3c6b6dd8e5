"""What to do next, and by when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from x12retro.decide.next_step import DEFAULT_DAYS, DENIAL_REASONS, next_steps
from x12retro.decide.record import DocumentRequest, Outcome, Reason, Rejection, ServiceDecision
from x12retro.guide.codes import known

TODAY = date(2026, 11, 24)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def rejected(*codes: tuple[str, str], care_began: date | None = None) -> str:
    rejections = [Rejection(loop="2000E", code=code, follow_up=follow_up) for code, follow_up in codes]
    (step,) = next_steps("rejected", TODAY, rejections=rejections, care_began=care_began)
    return step.do


@pytest.mark.parametrize(
    ("codes", "care_began", "do"),
    [
        ([("62", "N")], None, "send_claim_then_appeal"),
        ([("62", "C")], YESTERDAY, "send_claim_then_appeal"),
        ([("57", "C")], YESTERDAY, "send_claim_then_appeal"),
        ([("57", "C")], None, "correct_and_resend"),
        ([("57", "C")], TOMORROW, "correct_and_resend"),
        ([("95", "N")], YESTERDAY, "send_claim_then_appeal"),
        ([("95", "N")], None, "send_claim_then_appeal"),
        ([("95", "N")], TOMORROW, "call_payer"),
        ([("72", "C"), ("33", "N")], YESTERDAY, "send_claim_then_appeal"),
        ([("72", "C")], YESTERDAY, "correct_and_resend"),
        ([("43", "R")], None, "correct_and_resend"),
        ([("42", "P")], None, "correct_and_resend"),
        ([("80", "")], None, "correct_and_resend"),
        ([("42", "Y")], None, "follow_up"),
        ([("42", "Y"), ("72", "C")], None, "correct_and_resend"),
    ],
)
def test_a_rejection_is_answered_by_its_follow_up_unless_it_says_too_late(codes, care_began, do) -> None:
    assert rejected(*codes, care_began=care_began) == do


def test_a_payer_that_was_down_gets_the_same_request_again() -> None:
    (step,) = next_steps("rejected", TODAY, rejections=[Rejection(loop="2000A", code="42", follow_up="P")])
    assert "same request" in step.why


@pytest.mark.parametrize(
    ("codes", "steps"),
    [
        ([], ["appeal"]),
        (["0F"], ["peer_to_peer", "appeal"]),
        (["0G"], ["peer_to_peer", "appeal"]),
        (["0P"], ["correct_and_resend", "appeal"]),
        (["0F", "0P"], ["correct_and_resend", "peer_to_peer", "appeal"]),
        (["0M"], ["appeal"]),
        (["0H"], ["call_payer", "appeal"]),
        (["XX"], ["appeal"]),
        (["0V"], ["call_payer", "appeal"]),
        (["0W"], ["call_payer", "appeal"]),
        (["0D"], ["call_payer", "appeal"]),
        (["03"], ["review", "appeal"]),
        (["04"], ["review", "appeal"]),
        (["0Q"], ["review", "appeal"]),
        (["04", "0V"], ["call_payer", "appeal"]),
        (["0V", "0F"], ["peer_to_peer", "appeal"]),
        (["04", "0F", "25"], ["correct_and_resend", "peer_to_peer", "appeal"]),
    ],
)
def test_a_denial_is_answered_by_its_reasons_the_shortest_clock_first(codes, steps) -> None:
    found = next_steps("denied", TODAY, reasons=[Reason(code=code) for code in codes])
    assert [step.do for step in found] == steps
    assert [step.due for step in found] == sorted(step.due for step in found)


def test_a_pend_asks_for_documents_only_when_the_payer_did() -> None:
    assert next_steps("pended", TODAY)[0].do == "follow_up"
    assert next_steps("pended", TODAY, documents=[DocumentRequest(kind="loinc", code="11504-8")])[0].do == "send_documents"
    assert next_steps("pended", TODAY, reasons=[Reason(code="0U")])[0].do == "send_documents"


def test_what_was_approved_in_part_leaves_the_rest_to_contest() -> None:
    lines = [
        ServiceDecision(outcome="certified"),
        ServiceDecision(outcome="denied", reasons=(Reason(code="0F"),)),
        ServiceDecision(outcome="unanswered"),
    ]
    steps = [step.do for step in next_steps("partially_certified", TODAY, services=lines)]
    assert steps == ["call_payer", "peer_to_peer", "attach_number_to_claim", "appeal"]


def test_an_approval_without_a_number_is_first_a_call() -> None:
    assert [step.do for step in next_steps("certified", TODAY, numbered=False)] == ["call_payer", "attach_number_to_claim"]


OUTCOMES = ("certified", "denied", "pended", "cancelled", "contact_payer", "not_required", "manual_review", "rejected")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_date_is_a_default_and_says_so(outcome) -> None:
    step = next_steps(outcome, TODAY)[0]
    days = DEFAULT_DAYS[step.do]
    assert step.due == TODAY + timedelta(days=days)
    assert f"{days} calendar day{'s' if days > 1 else ''} from today (the day of the answer is not known) is a default" in step.why
    assert not step.overdue


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_answer_read_again_later_has_the_same_dates_and_says_which_have_passed(outcome) -> None:
    answered = TODAY - timedelta(days=20)
    first, later = (next_steps(outcome, as_of, answered_on=answered) for as_of in (answered, TODAY))
    assert [(step.do, step.due) for step in first] == [(step.do, step.due) for step in later]
    assert not any(step.overdue for step in first)
    assert [step.overdue for step in later] == [step.due < TODAY for step in later]
    assert all((f"Overdue since {step.due}." in step.why) == step.overdue for step in later)


def test_a_step_is_not_overdue_on_its_day() -> None:
    (step, *_) = next_steps("contact_payer", TODAY, answered_on=YESTERDAY)
    assert (step.due, step.overdue) == (TODAY, False)
    assert next_steps("contact_payer", TOMORROW, answered_on=YESTERDAY)[0].overdue


def test_the_days_of_a_denial_run_from_the_denial() -> None:
    denied = TODAY - timedelta(days=10)
    (appeal,) = next_steps("denied", TODAY, answered_on=YESTERDAY, denied_on=denied)
    assert appeal.due == denied + timedelta(days=DEFAULT_DAYS["appeal"])
    assert "from the day of the denial" in appeal.why
    (appeal,) = next_steps("denied", TODAY, answered_on=YESTERDAY, denied_on=TODAY)
    assert appeal.due == YESTERDAY + timedelta(days=DEFAULT_DAYS["appeal"])


def test_days_never_run_from_a_day_that_lies_ahead() -> None:
    (appeal,) = next_steps("denied", TODAY, answered_on=TOMORROW, denied_on=TOMORROW)
    assert appeal.due == TODAY + timedelta(days=DEFAULT_DAYS["appeal"])
    assert "dated later" in appeal.why


def test_nothing_is_billed_before_it_was_asked_about() -> None:
    steps = [step.do for step in next_steps("certified", TODAY, services=[ServiceDecision(outcome="unanswered")] * 2)]
    assert steps == ["call_payer", "attach_number_to_claim"]
    assert [step.do for step in next_steps("certified", TODAY, doubt="Look.")] == ["review", "attach_number_to_claim"]
    assert [step.do for step in next_steps("denied", TODAY, doubt="Look.")] == ["appeal"]


def test_the_appeal_of_a_denied_line_outlives_a_rejection_of_the_event() -> None:
    steps = next_steps("rejected", TODAY, services=[ServiceDecision(outcome="denied")])
    assert [step.do for step in steps] == ["correct_and_resend", "appeal"]


def test_nothing_is_appealed_that_nobody_denied() -> None:
    lines = [ServiceDecision(outcome="certified"), ServiceDecision(outcome="unanswered")]
    assert "appeal" not in [step.do for step in next_steps("partially_certified", TODAY, services=lines)]


def test_no_reason_stands_in_two_groups() -> None:
    codes = [code for _, _, group in DENIAL_REASONS for code in group]
    assert len(codes) == len(set(codes))
    assert set(codes) <= set(known("HCR03"))


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("outcome", ["certified", "denied", "pended", "rejected", "manual_review"])
def test_the_calendar_s_first_and_last_day_are_days_like_others(day: date, outcome: Outcome) -> None:
    for step in next_steps(outcome, day, answered_on=day, denied_on=day):
        assert day <= step.due <= date.max
        assert not step.overdue
