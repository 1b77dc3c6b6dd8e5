"""One record for each event, whatever order answers came in and however often."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Decision, Standing, decide_stream, read_decisions, to_json
from x12retro.errors import UsageError

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 30)
CERTIFIED = (FOLDER / "event-a1-certified.edi").read_bytes()


def answer(action: str, time: str = "20261123*0900", trace: str = "EV0001", control: str = "000000301") -> Decision:
    data = CERTIFIED.replace(b"HCR*A1", f"HCR*{action}".encode()).replace(b"*20261123*0900*18", f"*{time}*18".encode())
    data = data.replace(b"TRN*2*EV0001", f"TRN*2*{trace}".encode()).replace(b"000000301", control.encode())
    (decision,) = decide_stream(data, as_of=AS_OF, file=f"{control}.edi")
    return decision


PENDED = answer("A4")
CERTIFIED_LATER = answer("A1", "20261125*0900")
COPY = answer("A1", "20261125*0900", control="000000399")
OTHER = answer("A3", trace="EV0002")


def test_the_latest_answer_stands_in_every_order_and_copies_change_nothing() -> None:
    finals = {tuple(map(to_json, Standing(order))) for order in itertools.permutations([PENDED, CERTIFIED_LATER, COPY, OTHER, PENDED])}
    assert len(finals) == 1
    assert [d.action for d in Standing([PENDED, CERTIFIED_LATER, COPY, OTHER])] == ["A1", "A3"]


def test_what_stood_before_can_be_joined_with_what_comes_late() -> None:
    yesterday = list(Standing([CERTIFIED_LATER, OTHER]))
    assert list(Standing([*yesterday, PENDED])) == yesterday
    assert list(Standing([*Standing([PENDED]), CERTIFIED_LATER, OTHER])) == yesterday
    assert list(Standing([*yesterday, *yesterday])) == yesterday


def test_records_are_read_back_as_they_were_written() -> None:
    lines = [to_json(d) for d in (PENDED, CERTIFIED_LATER, OTHER)]
    assert [to_json(d) for d in read_decisions([*lines, b"\n"])] == lines


def test_a_line_that_is_no_record_is_named_and_not_quoted() -> None:
    with pytest.raises(UsageError, match="line 2") as told:
        list(read_decisions([to_json(PENDED), b'{"outcome": "SECRET"}']))
    assert "SECRET" not in str(told.value)


def test_of_one_minute_a_decision_stands_before_a_pend_and_a_denial_before_an_approval_with_a_finding() -> None:
    same = [answer("A4"), answer("A1")]
    assert [d.action for d in Standing(same)] == [d.action for d in Standing(same[::-1])] == ["A1"]
    contrary = [answer("A1"), answer("A3")]
    for order in (contrary, contrary[::-1]):
        (standing,) = Standing(order)
        assert (standing.action, [f.rule for f in standing.findings]) == ("A3", ["DEC-SET-013"])
    (kept,) = Standing(Standing(contrary))
    assert [f.rule for f in kept.findings] == ["DEC-SET-013"]
    (once_more,) = Standing([*Standing(contrary), *contrary])
    assert [f.rule for f in once_more.findings] == ["DEC-SET-013"]


def test_answers_without_a_trace_are_never_taken_for_one_event() -> None:
    bare = b"\n".join(line for line in CERTIFIED.splitlines() if not line.startswith(b"TRN"))
    first, second = (next(decide_stream(data, as_of=AS_OF)) for data in (bare, bare.replace(b"HCR*A1", b"HCR*A3")))
    assert len(Standing([first, second, first])) == 2
