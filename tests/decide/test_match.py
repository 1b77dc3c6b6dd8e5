"""Answers find their requests by numbers, and by nothing else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from x12retro.decide import Decision, Requests, decide_stream, read_build_report
from x12retro.errors import UsageError
from x12retro.x12 import read

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
REQUEST = (FOLDER / "matched-reordered-and-reduced.request.edi").read_bytes()
ANSWER = (FOLDER / "matched-reordered-and-reduced.edi").read_bytes()


def only(answer: bytes, requests: Requests | bytes | list[bytes] | None, **options: dict[str, str]) -> Decision:
    (decision,) = decide_stream(answer, requests, AS_OF, **options)
    return decision


def test_lines_are_matched_by_trace_whatever_their_order_and_quantities_compared() -> None:
    decision = only(ANSWER, REQUEST)
    assert decision.matched_by == "event_trace"
    assert [(s.procedure, s.requested.quantity, s.certified.quantity) for s in decision.services] == [
        ("97110", Decimal(12), Decimal(8)),
        ("44970", Decimal(1), Decimal(1)),
        ("49320", Decimal(1), Decimal(1)),
    ]


def test_a_trace_without_company_matches_while_one_request_has_it() -> None:
    answer = ANSWER.replace(b"TRN*2*EV0001*9000000001", b"TRN*2*EV0001")
    assert only(answer, REQUEST).matched_by == "trace_number"
    other = REQUEST.replace(b"*9000000001", b"*9000000002").replace(b"REQ-2026-0001", b"REQ-2026-0002")
    assert only(answer, [REQUEST, other]).matched_by == "service_trace"


def test_an_event_without_trace_is_matched_by_a_service_and_then_by_bht03() -> None:
    answer = ANSWER.replace(b"TRN*2*EV0001*9000000001~\n", b"")
    assert only(answer, REQUEST).matched_by == "service_trace"
    for line in (b"1", b"2", b"3"):
        answer = answer.replace(b"TRN*2*EV0001L" + line + b"*9000000001~\n", b"")
    assert only(answer, REQUEST).matched_by == "bht03"


def test_a_bht03_that_two_requests_share_matches_neither() -> None:
    answer = (FOLDER / "matched-by-bht03-only.edi").read_bytes()
    other = REQUEST.replace(b"EV0001", b"EV0002")
    decision = only(answer, [REQUEST, other])
    assert decision.matched_by is None
    assert [f.rule for f in decision.findings] == ["DEC-MATCH-001"]


def test_the_same_request_given_twice_is_no_ambiguity() -> None:
    answer = (FOLDER / "matched-by-bht03-only.edi").read_bytes()
    assert only(answer, [REQUEST, REQUEST]).matched_by == "bht03"


def test_a_procedure_that_stands_twice_is_not_guessed() -> None:
    request = REQUEST.replace(b"HC:49320*1800", b"HC:44970*1800")
    answer = ANSWER
    for line in (b"1", b"2", b"3"):
        answer = answer.replace(b"TRN*2*EV0001L" + line + b"*9000000001~\n", b"")
    decision = only(answer, request)
    assert {s.procedure: s.requested.procedure for s in decision.services if s.outcome != "unanswered"} == {
        "97110": "97110",
        "44970": "",
        "49320": "",
    }
    assert [s.outcome for s in decision.services].count("unanswered") == 2


def test_responses_among_the_requests_are_passed_over() -> None:
    assert Requests.read(read(ANSWER)).events == 0
    assert Requests.read(read(REQUEST)).events == 1


def test_requests_keep_nothing_of_the_patient() -> None:
    found = Requests.read(read(REQUEST)).find([], [], "REQ-2026-0001")
    assert found is not None
    held = msgspec.json.encode(found[0]).decode()
    assert "EV0001L3" in held
    assert not [word for word in ("TESTER", "TINA", "MEM0001") if word in held]
    assert "EV0001" not in repr(found[0]) + repr(found[0].services)


def test_the_encounter_comes_from_the_build_report() -> None:
    built = b'{"encounter_id": "E-1", "built": true, "traces": {"event": "EV0001", "services": ["EV0001L1"]}}'
    failed = b'{"encounter_id": "E-2", "built": false, "traces": null}'
    encounters = read_build_report(built + b"\n\n" + failed + b"\n")
    assert encounters == {"EV0001": "E-1", "EV0001L1": "E-1"}
    assert only(ANSWER, None, encounters=encounters).encounter_id == "E-1"
    assert only(ANSWER, None, encounters={}).encounter_id is None


def test_an_answer_that_stops_at_the_patient_finds_its_encounter_through_the_request() -> None:
    answer = (FOLDER / "matched-by-bht03-only.edi").read_bytes()
    assert only(answer, REQUEST, encounters={"EV0001": "E-1"}).encounter_id == "E-1"


def test_a_broken_report_names_the_line_and_not_what_it_says() -> None:
    with pytest.raises(UsageError, match="line 2") as caught:
        read_build_report(b'{"encounter_id": "E-1"}\n{"encounter_id": "TESTER", oops\n')
    assert "TESTER" not in str(caught.value)
