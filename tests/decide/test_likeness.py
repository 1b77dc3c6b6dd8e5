"""Matching by member, days and procedures, with a stated confidence; and nothing of the patient kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Care, Requests, decide_stream, subject, to_json
from x12retro.decide.likeness import likeness, only_like
from x12retro.x12 import read

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
D1, D2, D3 = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
ME = subject("MEM 1", "19800101")


def care(member: str = "mem1", born: str = "19800101", days: tuple[date, date] | None = (D1, D2), codes: str = "A B") -> Care:
    return Care(subject(member, born), days, frozenset(codes.split()))


@pytest.mark.parametrize(
    ("other", "sure"),
    [
        (care(), "high"),
        (care(born=""), "high"),
        (care(days=(D2, D3)), "medium"),
        (care(codes="B C"), "medium"),
        (care(codes="C"), None),
        (care(codes=""), None),
        (care(days=(D3, D3)), None),
        (care(days=None), None),
        (care(born="19800102"), None),
        (care(member="mem2"), None),
        (care(member=""), None),
    ],
)
def test_how_alike_two_accounts_are(other: Care, sure: str | None) -> None:
    assert likeness(Care(ME, (D1, D2), frozenset("AB")), other) == sure
    assert likeness(other, Care(ME, (D1, D2), frozenset("AB"))) == sure


def test_one_that_is_most_alike_is_taken_and_two_alike_are_not_chosen_between() -> None:
    ours = care()
    assert only_like(ours, [(care(codes="B"), 1), (care(), 2)]) == (2, "high")
    assert only_like(ours, [(care(), 1), (care(), 2)]) is None
    assert only_like(ours, [(care(codes="C"), 1)]) is None


def test_what_is_kept_of_a_member_is_no_id_and_differs_from_run_to_run() -> None:
    assert ME is not None
    assert b"MEM1" not in ME.member and len(ME.member) == 12
    assert "MEM" not in repr(ME) + repr(care())


ANSWER = (FOLDER / "event-decision-applies-to-lines.edi").read_bytes()
UNTRACED = b"\n".join(line for line in ANSWER.splitlines() if not line.startswith(b"TRN")).replace(b"REQ-2026-0001", b"PAYERS-OWN")


def request(trace: bytes, day: bytes = b"20261120") -> bytes:
    data = ANSWER.replace(b"BHT*0007*11", b"BHT*0007*13").replace(b"HCR*A1*AUTH0001~\n", b"").replace(b"SE*24", b"SE*23")
    data = data.replace(b"REQ-2026-0001", b"REQ" + trace)
    return (
        data.replace(b"EV0001", trace)
        .replace(b"DTP*472*D8*20261120", b"DTP*472*D8*" + day)
        .replace(b"DTP*007*RD8*20261120-20270118~\n", b"")
    )


def requests(*sets: bytes) -> Requests:
    known = Requests()
    for each in sets:
        known.read_more(read(each))
    return known


def test_an_answer_without_any_number_of_ours_is_matched_by_its_care() -> None:
    (decision,) = decide_stream(UNTRACED, requests(request(b"R1"), request(b"R2", b"20261001")), AS_OF, encounters={"R1": "E1", "R2": "E2"})
    assert (decision.matched_by, decision.match_confidence, decision.encounter_id) == ("member_dates_procedure", "high", "E1")
    assert decision.services[0].requested.procedure == "44970"
    assert decision.asked_on == date(2026, 11, 23)
    assert "DEC-MATCH-004" in [f.rule for f in decision.findings]


def test_two_requests_that_are_alike_match_nothing() -> None:
    (decision,) = decide_stream(UNTRACED, requests(request(b"R1"), request(b"R2")), AS_OF)
    assert (decision.matched_by, decision.match_confidence) == (None, None)


def test_an_answer_that_returns_a_trace_we_do_not_know_answers_something_else() -> None:
    (decision,) = decide_stream(ANSWER, requests(request(b"R1")), AS_OF)
    assert decision.matched_by is None
    payers_own = ANSWER.replace(b"TRN*2*", b"TRN*1*")
    (decision,) = decide_stream(payers_own.replace(b"REQ-2026-0001", b"X"), requests(request(b"R1")), AS_OF)
    assert decision.matched_by == "member_dates_procedure"


def test_a_match_by_number_states_its_confidence() -> None:
    (decision,) = decide_stream(ANSWER, requests(request(b"EV0001")), AS_OF)
    assert (decision.matched_by, decision.match_confidence) == ("event_trace", "exact")
    (decision,) = decide_stream(ANSWER.replace(b"*9000000001", b"*9000000009"), requests(request(b"EV0001")), AS_OF)
    assert (decision.matched_by, decision.match_confidence) == ("trace_number", "high")


def test_no_record_holds_the_member() -> None:
    (decision,) = decide_stream(UNTRACED, requests(request(b"R1")), AS_OF)
    assert b"MEM0001" not in to_json(decision)
