"""A set that shows by its SE that segments are lost is not taken for approved; a count that is only wrong changes nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Decision, decide_stream

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
APPROVED = (FOLDER / "a1-over-a-denied-line.edi").read_bytes()
LINES = APPROVED.split(b"~\n")
COUNT = next(n for n, line in enumerate(LINES) if line.startswith(b"SE*")) - 1


def at_end(decision: Decision) -> list[str]:
    return [f.rule for f in decision.findings if "DEC-SET-009" <= f.rule <= "DEC-SET-012"]


def with_trailer(said: str, number: str = "0001", data: bytes = APPROVED) -> Decision:
    (decision,) = decide_stream(data.replace(f"SE*{COUNT}*0001".encode(), f"SE*{said}*{number}".encode()), as_of=AS_OF)
    return decision


def test_the_fixture_counts_itself_right() -> None:
    assert with_trailer(str(COUNT)).outcome == "partially_certified"
    assert at_end(with_trailer(str(COUNT))) == []


def test_an_approval_that_lost_its_denied_line_is_for_a_person_to_read() -> None:
    (decision,) = decide_stream(APPROVED.replace(b"HCR*A3**0M~\n", b""), as_of=AS_OF)
    assert (decision.outcome, decision.next_step.do) == ("manual_review", "review")
    assert [s.outcome for s in decision.services] == ["manual_review", "manual_review"]
    assert decision.authorization_number == "AUTH0001"
    (finding,) = [f for f in decision.findings if f.rule == "DEC-SET-009"]
    assert (finding.severity, finding.segment_id, finding.segment, finding.element) == ("error", "SE", COUNT - 1, 1)


@pytest.mark.parametrize("lost", [n for n, line in enumerate(LINES) if 4 <= n <= COUNT and line.split(b"*")[0] != b"SE"])
def test_whatever_line_is_lost_nothing_is_approved(lost: int) -> None:
    decisions = list(decide_stream(b"~\n".join(LINES[:lost] + LINES[lost + 1 :]), as_of=AS_OF))
    assert {d.outcome for d in decisions} <= {"manual_review", "denied"}
    assert all(at_end(d) == ["DEC-SET-009"] for d in decisions)


@pytest.mark.parametrize(
    ("said", "number", "rule", "outcome"),
    [
        (str(COUNT + 1), "0001", "DEC-SET-009", "manual_review"),
        (str(COUNT - 3), "0001", "DEC-SET-010", "partially_certified"),
        ("", "0001", "DEC-SET-010", "partially_certified"),
        ("X", "0001", "DEC-SET-010", "partially_certified"),
        ("9" * 20, "0001", "DEC-SET-010", "partially_certified"),
        (str(COUNT), "0002", "DEC-SET-012", "partially_certified"),
        (str(COUNT - 3), "0002", "DEC-SET-011", "manual_review"),
        (str(COUNT + 3), "0002", "DEC-SET-011", "manual_review"),
        ("", "0002", "DEC-SET-011", "manual_review"),
    ],
)
def test_what_the_trailer_says_decides_whether_something_may_be_lost(said, number, rule, outcome) -> None:
    decision = with_trailer(said, number)
    assert (at_end(decision), decision.outcome) == ([rule], outcome)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("event-a3-denied-medical-necessity", "denied"),
        ("event-a4-pended", "pended"),
        ("aaa-2010c-subscriber-id", "rejected"),
        ("event-na-not-required", "manual_review"),
        ("two-events", "manual_review"),
    ],
)
def test_a_loss_bars_what_would_be_billed_and_nothing_else(name: str, outcome: str) -> None:
    lines = (FOLDER / f"{name}.edi").read_bytes().split(b"~\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(b"SE*"))
    lines[at] = b"SE*999*" + lines[at].split(b"*")[2]
    first, *_ = decide_stream(b"~\n".join(lines), as_of=AS_OF)
    assert first.outcome == outcome
