"""Every single fault of the guide's matrix comes out in the acknowledgment, once, at the right place, by the right code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from x12retro.guide.judge import validate

_PATH = Path(__file__).parents[1] / "guide" / "test_fault_matrix.py"
_SPEC = importlib.util.spec_from_file_location("fault_matrix_for_acks", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
matrix = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(matrix)

CASES = [
    pytest.param(direction, row, id=f"{direction}: {row[0]}")
    for direction in ("request", "response")
    for row in getattr(matrix, direction.upper())
]


def broken(direction, row) -> bytes:
    _, edit, expected = row
    return matrix.message(edit(matrix.base(direction)), recount=expected[0] != "SE")


def single_finding(data: bytes):
    """The error of the message; else its one finding of SNIP 1 or 2 (the rules of higher types may have more to say)."""
    errors = [f for checked in validate(data) for f in checked.findings if f.is_error]
    if errors:
        (found,) = errors
        return found, 7
    (found,) = [f for checked in validate(data, snip=2) for f in checked.findings]
    return found, 2


def place(found) -> str:
    """IK401 of a finding."""
    parts = [found.element, found.component, found.repeat]
    while parts[-1] is None:
        parts.pop()
    return ":".join("" if part is None else str(part) for part in parts)


@pytest.mark.parametrize(("direction", "row"), CASES)
def test_a_fault_is_told_once_at_its_place(acks, direction, row) -> None:
    data = broken(direction, row)
    (found, snip) = single_finding(data)
    done = acks.acknowledge(data, snip=snip, warnings=found.severity == "warning")
    level, code = row[2][4], row[2][5]
    told = acks.only(done.lines, "IK3", "IK4", "CTX")
    ik5, ak9, ta1 = acks.only(done.lines, "IK5"), acks.only(done.lines, "AK9"), acks.only(done.lines, "TA1")
    rejected = "R" if found.severity == "error" else "E"
    if level == "IK3":
        assert [one.split("*")[2:] for one in told] == [[str(found.segment), "", code]]
        assert told[0].split("*")[1] == (found.segment_id if found.segment_id != "?" else "UNK")
    elif level == "IK4":
        ik3, ik4, *context = (one.split("*") for one in told)
        assert ik3 == ["IK3", found.segment_id, str(found.segment), "", "8"]
        assert (ik4[1], ik4[3]) == (place(found), code)
        assert len(ik4) == 4, "no copy of the bad value"
        assert [c[:4] for c in context] in ([], [["CTX", "SITUATIONAL TRIGGER", found.segment_id, str(found.segment)]])
    else:
        assert told == []
    if level in ("IK3", "IK4"):
        assert ik5 == [f"IK5*{rejected}*{'I5' if code.startswith('I') else '5'}"]
        assert ta1 == []
    elif level == "IK5":
        assert ik5 == [f"IK5*R*{code}"]
        assert ak9 == ["AK9*R*1*1*0"]
    elif level == "AK9":
        assert ak9[0].split("*")[5:] == [code]
        assert ik5 == ["IK5*R"]
    else:
        assert [one.split("*")[5] for one in ta1] == [code]
        assert [one.split("*")[4] for one in ta1] == ["E" if row[2][0] == "GS" else "R"]
        assert ak9[0].startswith("AK9*R*")


@pytest.mark.parametrize("options", [{}, {"values": True, "warnings": True, "always_ta1": True}], ids=["plain", "everything told"])
def test_what_is_written_is_valid_by_our_map_and_by_pyx12s(acks, options) -> None:
    wrong = []
    for case in CASES:
        done = acks.acknowledge(broken(*case.values), **options)
        verdicts = acks.our_verdict(done.functional) + acks.our_verdict(done.ta1)
        if verdicts or not acks.pyx12_accepts(done.functional):
            wrong.append((case.id, verdicts))
    assert wrong == []


def test_what_is_written_reads_back_to_the_same_verdicts(acks) -> None:
    for case in CASES:
        done = acks.acknowledge(broken(*case.values))
        groups = [ack for ack in done.acks if ack.kind == "999"]
        assert [f.message for ack in done.acks for f in ack.findings] == [], case.id
        for group in groups:
            said = acks.only(done.lines, "IK5")
            assert [one.said for one in group.sets] == [line.split("*")[1] for line in said]
            assert group.verdict == {"A": "accepted", "E": "accepted_with_errors", "P": "partially_accepted", "R": "rejected"}[group.said]
            assert all(note.meaning for one in group.sets for s in one.segments for note in (s, *s.elements)), case.id


def test_pyx12_refuses_a_999_that_is_wrong(acks) -> None:
    good = acks.acknowledge(broken(*CASES[0].values)).functional
    assert acks.pyx12_accepts(good)
    assert not acks.pyx12_accepts(good.replace(b"IK5*R*5", b"IK5*Q*5"))
    assert acks.our_verdict(good.replace(b"IK5*R*5", b"IK5*Q*5"))
