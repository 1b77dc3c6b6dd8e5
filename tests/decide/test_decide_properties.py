"""Whatever is done to a response, reading it never raises and never makes an approval that the bytes do not hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x12retro.decide import APPROVALS, decide_stream, to_json

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
ANSWERS = [p.read_text() for p in sorted(FOLDER.glob("*.edi"))]
AS_OF = date(2026, 11, 24)
VALUES = [
    "",
    "A1",
    "A3",
    "AX",
    "1",
    "EV",
    "SS",
    "22",
    "20261120",
    "20261399",
    "RD8",
    "1E9",
    "-",
    "^",
    ":",
    "0F^0G",
    "HC:99213",
    "é",
    " ",
    "33",
    "N",
]
LINES = [
    "AAA*N**33*C",
    "HCR*A3**0F",
    "HCR*A4",
    "HL*9*1*SS*0",
    "HL*7*7*EV*1",
    "SV1*HC:1",
    "NM1*L5*2",
    "MSG*X",
    "TRN*2*T1",
    "LX*1",
    "SE*3*0001",
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    lines = draw(st.sampled_from(ANSWERS)).split("~\n")
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(2, len(lines) - 1)) if len(lines) > 3 else 2
        match draw(st.sampled_from(["drop", "double", "swap", "insert", "element", "shift", "cut"])):
            case "drop":
                lines[at : at + 1] = []
            case "double":
                lines[at:at] = [lines[at]] if at < len(lines) else []
            case "swap":
                other = draw(st.integers(2, max(2, len(lines) - 1)))
                if max(at, other) < len(lines):
                    lines[at], lines[other] = lines[other], lines[at]
            case "insert":
                lines[at:at] = [draw(st.sampled_from(LINES))]
            case "element" if at < len(lines):
                fields = lines[at].split("*")
                fields[draw(st.integers(0, len(fields) - 1))] = draw(st.sampled_from(VALUES))
                lines[at] = "*".join(fields)
            case "shift" if at < len(lines):
                lines[at] = lines[at].replace("*", "**", 1)
            case "cut":
                lines = lines[: max(3, at)]
    return "~\n".join(lines)


def approvals_in(text: str) -> int:
    """How many segments of the text are an HCR with an approving action."""
    segments = [segment.strip().split("*") for segment in text.split("~")]
    return sum(s[0] == "HCR" and len(s) > 1 and s[1].strip() in ("A1", "A2", "A6") for s in segments)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_mutated_response_never_raises_and_never_invents_an_approval(text: str) -> None:
    decisions = list(decide_stream(text.encode(), as_of=AS_OF))
    assert all(to_json(d) for d in decisions)
    if not approvals_in(text):
        assert not [d for d in decisions if d.outcome in APPROVALS]
        assert not [s for d in decisions for s in d.services if s.outcome in APPROVALS or s.certified.procedure]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_bytes_that_are_no_message_give_no_decision(data: bytes) -> None:
    assert [d for d in decide_stream(data, as_of=AS_OF) if d.outcome in APPROVALS] == []


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ANSWERS), st.data())
def test_a_response_cut_at_any_byte_is_never_approved_beyond_the_whole_one(text: str, data: st.DataObject) -> None:
    whole = [d.outcome for d in decide_stream(text.encode(), as_of=AS_OF)]
    cut = data.draw(st.integers(0, text.index("SE*") if "SE*" in text else len(text)))
    decisions = list(decide_stream(text[:cut].encode(), as_of=AS_OF))
    for decision, outcome in zip(decisions, whole, strict=False):
        assert decision.outcome not in APPROVALS or decision.outcome == outcome
