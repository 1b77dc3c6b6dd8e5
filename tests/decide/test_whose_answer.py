"""An answer that bears our number and another patient, or speaks of a cancellation: nothing of it, nor of its lines, approves care."""

from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Requests, decide_stream
from x12retro.x12 import read

FOLDER = Path(__file__).parents[2] / "fixtures" / "responses"
ANSWER = (FOLDER / "matched-approved-as-asked.edi").read_text()
ASKED = (FOLDER / "matched-approved-as-asked.request.edi").read_text()
OTHER = (("TESTER*TINA", "NOBODY*NED"), ("*MI*MEM", "*MI*ZZZ"))
CANCEL = (("UM*HS*I", "UM*HS*3"),)
DENY = (("HCR*A1*AUTH0001", "HCR*A3**0V"),)
REJECT = (("HCR*A1*AUTH0001", "AAA*N**72*C"),)


def changed(text, changes):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def decided(answer=(), asked=()):
    requests = Requests.read(read(changed(ASKED, asked).encode()))
    (found,) = decide_stream(changed(ANSWER, answer).encode(), requests, date(2026, 11, 24))
    return found, {service.outcome for service in found.services}, [finding.rule for finding in found.findings]


def test_the_answer_itself_is_an_approval():
    found, lines, rules = decided()
    assert (found.outcome, lines, rules) == ("certified", {"certified"}, [])


@pytest.mark.parametrize(
    ("answer", "asked", "outcome", "rule"),
    [
        (OTHER, (), "manual_review", "DEC-MATCH-005"),
        ((*OTHER, *DENY), (), "manual_review", "DEC-MATCH-005"),
        (CANCEL, CANCEL, "cancelled", None),
        ((), CANCEL, "manual_review", "DEC-UM-001"),
        (CANCEL, (), "manual_review", "DEC-UM-001"),
    ],
)
def test_neither_the_event_nor_a_line_is_approved(answer, asked, outcome, rule):
    found, lines, rules = decided(answer, asked)
    assert (found.outcome, lines) == (outcome, {outcome})
    assert rules == ([rule] if rule else [])
    assert found.next_step.do != "attach_number_to_claim"


def test_a_member_id_that_was_corrected_is_told_and_approves():
    found, lines, rules = decided((("*MI*MEM", "*MI*MEN"),))
    assert (found.outcome, lines, rules) == ("certified", {"certified"}, ["DEC-MATCH-006"])


def test_a_rejection_that_cannot_find_the_patient_stays_a_rejection():
    found, _, _ = decided((*OTHER, *REJECT))
    assert found.outcome == "rejected"


def test_a_birth_date_that_differs_is_another_patient_whatever_the_member_id():
    birth = "NM1*IL*1*TESTER*TINA****MI*MEM0001~\n"
    asked = ((birth, f"{birth}DMG*D8*19700101~\n"),)
    answer = ((birth, f"{birth}DMG*D8*20010101~\n"),)
    assert decided(answer, asked)[0].outcome == "manual_review"
    assert decided(asked, asked)[0].outcome == "certified"
