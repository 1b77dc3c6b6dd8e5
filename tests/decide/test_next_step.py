"""What to do next, and by when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from x12retro.decide.next_step import DEFAULT_DAYS, next_steps
from x12retro.decide.record import DocumentRequest, Reason, Rejection, ServiceDecision

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
    assert steps == ["attach_number_to_claim", "call_payer", "peer_to_peer", "appeal"]


def test_an_approval_without_a_number_is_first_a_call() -> None:
    assert [step.do for step in next_steps("certified", TODAY, numbered=False)] == ["call_payer", "attach_number_to_claim"]


def test_every_date_is_a_default_and_says_so() -> None:
    for outcome in ("certified", "denied", "pended", "cancelled", "contact_payer", "not_required", "manual_review", "rejected"):
        step = next_steps(outcome, TODAY)[0]
        assert step.due == TODAY + timedelta(days=DEFAULT_DAYS[step.do])
        assert f"{DEFAULT_DAYS[step.do]} calendar days is a default" in step.why
