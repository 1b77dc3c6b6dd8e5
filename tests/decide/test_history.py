"""Several answers to one request in one run."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Decision, History, decide_stream

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 30)
CERTIFIED = (FOLDER / "event-a1-certified.edi").read_bytes()


def answer(action: str, day: str = "20261123", time: str = "0900", control: str = "000000301", trace: str = "EV0001") -> bytes:
    return (
        CERTIFIED.replace(b"HCR*A1*AUTH0001", f"HCR*{action}*AUTH0001".encode())
        .replace(b"*20261123*0900*18", f"*{day}*{time}*18".encode())
        .replace(b"000000301", control.encode())
        .replace(b"TRN*2*EV0001", f"TRN*2*{trace}".encode())
    )


PENDED = answer("A4", "20261123")
DECIDED = answer("A1", "20261125", control="000000302")
COPY = answer("A1", "20261125", control="000000303")


def run(folder: Path, *answers: bytes) -> list[Decision]:
    paths = []
    for n, data in enumerate(answers, start=1):
        paths.append(folder / f"{n}.edi")
        paths[-1].write_bytes(data)
    history = History()
    for path in paths:
        history.look(path)
    return [decision for path in paths for decision in decide_stream(path, as_of=AS_OF, history=history)]


def told(decisions: list[Decision]) -> list[tuple[str | None, str | None, bool]]:
    return [(d.action, d.superseded_by.interchange if d.superseded_by else None, d.duplicate) for d in decisions]


def test_a_pend_is_superseded_by_the_decision_that_comes_later(tmp_path: Path) -> None:
    decisions = run(tmp_path, PENDED, DECIDED)
    assert told(decisions) == [("A4", "000000302", False), ("A1", None, False)]
    assert decisions[0].superseded_by is not None
    assert (decisions[0].superseded_by.file, decisions[0].superseded_by.transaction) == ("2.edi", "0001")


def test_the_order_of_the_files_changes_nothing(tmp_path: Path) -> None:
    later = answer("A3", "20261125", "1000", control="000000304")
    for order in itertools.permutations([PENDED, DECIDED, later]):
        assert sorted(told(run(tmp_path, *order))) == [("A1", "000000304", False), ("A3", None, False), ("A4", "000000304", False)]


def test_a_copy_in_another_envelope_is_a_duplicate_and_supersedes_nothing(tmp_path: Path) -> None:
    assert told(run(tmp_path, DECIDED, COPY)) == [("A1", None, False), ("A1", None, True)]
    assert told(run(tmp_path, PENDED, DECIDED, PENDED, COPY)) == [
        ("A4", "000000302", False),
        ("A1", None, False),
        ("A4", "000000302", True),
        ("A1", None, True),
    ]


def test_line_breaks_make_no_other_answer(tmp_path: Path) -> None:
    assert told(run(tmp_path, DECIDED, DECIDED.replace(b"\n", b"\r\n"), DECIDED.replace(b"\n", b""))) == [
        ("A1", None, False),
        ("A1", None, True),
        ("A1", None, True),
    ]


def test_at_the_same_minute_a_decision_stands_before_a_pend_in_any_order(tmp_path: Path) -> None:
    decided = answer("A1", control="000000302")
    for order in itertools.permutations([answer("A4"), decided]):
        assert sorted(told(run(tmp_path, *order))) == [("A1", None, False), ("A4", "000000302", False)]


def test_at_the_same_minute_a_denial_stands_before_an_approval_and_a_person_is_told(tmp_path: Path) -> None:
    for order in itertools.permutations([answer("A1"), answer("A3", control="000000302")]):
        decisions = run(tmp_path, *order)
        assert sorted(told(decisions)) == [("A1", "000000302", False), ("A3", None, False)]
        assert {d.action: "DEC-SET-013" in [f.rule for f in d.findings] for d in decisions} == {"A1": False, "A3": True}


def test_answers_without_a_trace_are_copies_of_each_other_or_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    bare = b"\n".join(line for line in CERTIFIED.splitlines() if not line.startswith(b"TRN"))
    pended, later = bare.replace(b"HCR*A1", b"HCR*A4"), bare.replace(b"*0900*18", b"*1000*18")
    assert told(run(tmp_path, pended, later, pended)) == [("A4", None, False), ("A1", None, False), ("A4", None, True)]


def test_several_answers_in_one_file_are_told_apart(tmp_path: Path) -> None:
    assert told(run(tmp_path, PENDED + DECIDED)) == [("A4", "000000302", False), ("A1", None, False)]


def test_two_events_of_one_set_are_no_copies_even_with_one_trace(tmp_path: Path) -> None:
    two = (FOLDER / "two-events.edi").read_bytes()
    second = two[two.rindex(b"TRN*2*") :].split(b"*")[2]
    same = two.replace(b"TRN*2*" + second, b"TRN*2*EV0001")
    assert [d.traces.event for d in decide_stream(same, as_of=AS_OF)] == [("EV0001",)] * 2
    assert told(run(tmp_path, same)) == [("A1", None, False), ("A3", None, False)]
    assert [copy for *_, copy in told(run(tmp_path, same, same))] == [False, False, True, True]


def test_other_events_and_requests_have_no_part_in_it(tmp_path: Path) -> None:
    request = (FOLDER / "matched-reordered-and-reduced.request.edi").read_bytes().replace(b"*20261121*0900", b"*20261129*0900")
    others = answer("A3", "20261126", trace="EV0002")
    assert told(run(tmp_path, DECIDED, others, request)) == [("A1", None, False), ("A3", None, False)]


def test_a_file_that_was_not_looked_at_is_not_marked(tmp_path: Path) -> None:
    run(tmp_path, PENDED, DECIDED)
    (decision,) = decide_stream(tmp_path / "1.edi", as_of=AS_OF, history=History())
    assert (decision.superseded_by, decision.duplicate) == (None, False)


@pytest.mark.parametrize("name", sorted(p.name for p in FOLDER.glob("*.edi")))
def test_one_file_given_twice_is_told_as_copies_and_never_as_superseded(tmp_path: Path, name: str) -> None:
    data = (FOLDER / name).read_bytes()
    decisions = run(tmp_path, data, data)
    first, second = decisions[: len(decisions) // 2], decisions[len(decisions) // 2 :]
    assert not any(d.superseded_by for d in decisions)
    assert not any(d.duplicate for d in first)
    if name.startswith("event-"):
        assert all(d.duplicate for d in second)


def test_answers_are_of_one_event_whatever_white_space_stands_between_their_segments(tmp_path: Path) -> None:
    """The look goes through a set that is proven clean by its very line break, and through any other by all white space."""
    later = answer("A3", "20261125", "1000", control="000000304")
    for apart in (b"~\n\n", b"~", b"~ \r\n"):
        uneven = [data.replace(b"~\nTRN", apart + b"TRN").replace(b"~\nHCR", apart + b"HCR") for data in (PENDED, later)]
        assert told(run(tmp_path, uneven[0], DECIDED, uneven[1])) == [
            ("A4", "000000304", False),
            ("A1", "000000304", False),
            ("A3", None, False),
        ]
