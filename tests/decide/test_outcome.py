"""The tables of judgement, row by row."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import decide_stream
from x12retro.decide.outcome import ACTION_OUTCOMES, APPROVALS, outcome_of_event, outcome_of_level
from x12retro.decide.record import Reason, Rejection, ServiceOutcome


def rejection(code: str, follow_up: str = "C") -> Rejection:
    return Rejection(loop="2000E", code=code, follow_up=follow_up)


@pytest.mark.parametrize(
    ("action", "reasons", "rejections", "outcome"),
    [
        (None, [], [], None),
        (None, [], [rejection("15")], "rejected"),
        ("A1", [], [], "certified"),
        ("A5", [], [], "manual_review"),
        ("a1", [], [], "manual_review"),
        ("", [], [], "manual_review"),
        ("A3", ["0F"], [], "denied"),
        ("A3", ["0F"], [rejection("33")], "rejected"),
        ("A3", [], [rejection("15")], "rejected"),
        ("A3", ["25"], [rejection("15")], "rejected"),
        ("A3", ["25", "0F"], [rejection("15")], "manual_review"),
        ("A4", [], [rejection("42", "Y")], "pended"),
        ("A4", [], [rejection("42", "Y"), rejection("15", "C")], "manual_review"),
        ("CT", [], [rejection("15")], "contact_payer"),
        ("A1", [], [rejection("15", "Y")], "manual_review"),
        ("A2", [], [rejection("33")], "manual_review"),
        ("A6", [], [rejection("33")], "manual_review"),
        ("NA", [], [rejection("33")], "manual_review"),
    ],
)
def test_a_level_is_judged_by_its_action_and_its_rejections(action, reasons, rejections, outcome) -> None:
    assert outcome_of_level(action, [Reason(code=code) for code in reasons], rejections) == outcome


@pytest.mark.parametrize(
    ("event", "lines", "outcome"),
    [
        (None, [], "manual_review"),
        (None, ["unanswered"], "manual_review"),
        ("certified", [], "certified"),
        ("certified", ["certified", "certified"], "certified"),
        ("certified", ["certified", "denied"], "partially_certified"),
        ("certified", ["denied"], "partially_certified"),
        ("certified", ["certified", "unanswered"], "partially_certified"),
        ("certified", ["certified", "rejected"], "partially_certified"),
        ("certified", ["certified", "modified"], "modified"),
        ("certified", ["certified", "manual_review"], "manual_review"),
        ("certified", ["not_required"], "certified"),
        ("modified", ["certified"], "modified"),
        ("modified", ["denied"], "partially_certified"),
        ("partially_certified", ["certified"], "partially_certified"),
        ("denied", ["certified"], "partially_certified"),
        ("denied", ["denied"], "denied"),
        ("rejected", ["certified"], "manual_review"),
        ("rejected", ["denied"], "rejected"),
        ("rejected", ["unanswered"], "rejected"),
        ("cancelled", ["certified"], "manual_review"),
        ("pended", ["certified"], "partially_certified"),
        ("not_required", ["denied"], "denied"),
        (None, ["certified", "pended"], "partially_certified"),
        (None, ["certified", "cancelled"], "partially_certified"),
        (None, ["denied", "pended"], "pended"),
        (None, ["denied", "contact_payer"], "contact_payer"),
        (None, ["denied", "rejected"], "denied"),
        (None, ["denied", "unanswered"], "denied"),
        (None, ["not_required", "unanswered"], "manual_review"),
        (None, ["cancelled", "not_required"], "cancelled"),
    ],
)
def test_an_event_is_one_voter_among_its_lines(event, lines, outcome) -> None:
    assert outcome_of_event(event, lines) == outcome


def test_no_mix_of_decisions_becomes_an_approval_without_one_among_them() -> None:
    words: tuple[ServiceOutcome, ...] = (*dict.fromkeys(ACTION_OUTCOMES.values()), "rejected", "manual_review", "unanswered")
    for event in (None, *(w for w in words if w != "unanswered")):
        for lines in itertools.product(words, repeat=2):
            outcome = outcome_of_event(event, lines)
            votes = {event, *lines}
            if outcome in APPROVALS:
                assert votes & APPROVALS
            if outcome == "certified":
                assert votes <= {None, "certified", "not_required"}


@pytest.mark.parametrize("word", ["NONE", "n/a", "0", "0000000", "PENDING", "N.A.", "-"])
def test_a_word_for_no_number_is_no_number(word):
    text = (Path(__file__).parents[2] / "fixtures" / "responses" / "matched-approved-as-asked.edi").read_text()
    assert "HCR*A1*AUTH0001" in text
    (found,) = decide_stream(text.replace("HCR*A1*AUTH0001", f"HCR*A1*{word}").encode(), None, date(2026, 11, 24))
    assert found.authorization_number is None
    assert {"DEC-HCR-007", "DEC-HCR-008"} <= {finding.rule for finding in found.findings}
    assert found.next_step.do != "attach_number_to_claim"
