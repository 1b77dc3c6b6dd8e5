"""The quick way and the careful way give the same decisions, and the quick one is taken by what is as it should be."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x12retro.build import write
from x12retro.decide import Decision, Requests, to_json
from x12retro.decide.match import AskedEvent, asked_events
from x12retro.decide.plain import plain_request, plain_set
from x12retro.decide.read import decide_plain, decide_response, why_not
from x12retro.synth import AS_OF, answered_on, partner_for, payer_side, requests, responses
from x12retro.x12 import Transaction, read

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
CORPUS = os.environ.get("X12RETRO_CORPUS")
TODAY = date(2026, 12, 10)
ANSWERS = sorted(p for p in FOLDER.glob("*.edi") if not p.name.endswith(".request.edi"))


def sets(data: bytes) -> list[Transaction]:
    return [frame for frame in read(data) if isinstance(frame, Transaction)]


def both(frame: Transaction, known: Requests | None = None) -> Iterator[tuple[list[Decision], list[Decision]]]:
    quick = decide_plain(frame, known, TODAY)
    if quick is not None:
        assert why_not(frame.segments()) is None
        found, careful = list(quick), list(decide_response(frame, known, TODAY))
        assert [to_json(one) for one in found] == [to_json(one) for one in careful]
        yield found, careful


@pytest.fixture(scope="module")
def made() -> tuple[bytes, bytes]:
    """Four hundred requests and the answers to them, crooked ones among them."""
    asked, answered = io.BytesIO(), io.BytesIO()
    list(write(asked, requests(400, 5), partner_for(None), as_of=AS_OF))
    list(write(answered, (b for b, _ in responses(400, 5, crooked=True)), payer_side(partner_for(None)), as_of=answered_on(AS_OF)))
    return asked.getvalue(), answered.getvalue()


@pytest.mark.parametrize("matched", [False, True])
def test_made_up_responses_go_the_quick_way_and_are_decided_alike(made: tuple[bytes, bytes], matched: bool) -> None:
    known = Requests.read(read(made[0])) if matched else None
    pairs = [pair for frame in sets(made[1]) for pair in both(frame, known)]
    assert len(pairs) > 390
    assert [quick for quick, careful in pairs if quick != careful] == []


@pytest.mark.parametrize("path", ANSWERS, ids=lambda p: p.stem)
def test_every_fixture_is_decided_alike(path: Path) -> None:
    for frame in sets(path.read_bytes()):
        for quick, careful in both(frame):
            assert quick == careful


def read_both_ways(frame: Transaction) -> tuple[list[AskedEvent], list[AskedEvent]]:
    """What is kept of a set as a request: as it is read, and the careful way."""
    kept: list[AskedEvent] = []
    known = Requests()
    known.add = kept.append  # type: ignore[method-assign]
    known.read_more([frame])
    return kept, asked_events(frame.segments(), frame.delimiters)


def test_made_up_requests_go_the_quick_way_and_are_kept_alike(made: tuple[bytes, bytes]) -> None:
    frames = sets(made[0])
    assert sum(plain_request(frame) is not None for frame in frames) == len(frames) > 300
    assert all(quick == careful != [] for quick, careful in map(read_both_ways, frames))
    assert all(read_both_ways(frame) == ([], []) for frame in sets(made[1]))


ASKING = sorted(FOLDER.glob("*.request.edi"))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_done_to_a_request_both_ways_agree(data: st.DataObject) -> None:
    for frame in sets(mutilated(data, ASKING)):
        quick, careful = read_both_ways(frame)
        assert quick == careful


LINES = ["AAA*N**33*C", "HCR*A3**0F", "HL*9*1*SS*0", "HL*7*7*EV*1", "HL*3*2*23*1", "HL**1*SS", "SV1*HC:1", "NM1*L5*2", "TRN*2*T1", "LX*1"]
LINES += ["REF*BB*X", "PER*IC**TE*1", "DTP*472*D8*20261120", "STC*A1", "HL*2**20*1", "UM*HS"]
LINES += ["HI*LOI:18657-7", "NM1*SJ*2*X*****XX*1234567893", "CL1*1"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_done_to_a_response_both_ways_agree(data: st.DataObject) -> None:
    for frame in sets(mutilated(data, ANSWERS)):
        for quick, careful in both(frame):
            assert quick == careful


def mutilated(data: st.DataObject, paths: list[Path]) -> bytes:
    """One of some files with lines that are dropped, doubled, put in or moved."""
    lines = data.draw(st.sampled_from(paths)).read_bytes().decode("latin-1").split("~\n")
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(3, max(3, len(lines) - 2)))
        match data.draw(st.sampled_from(["drop", "double", "insert", "move"])):
            case "drop":
                lines[at : at + 1] = []
            case "double":
                lines[at:at] = lines[at : at + 1]
            case "insert":
                lines.insert(at, data.draw(st.sampled_from(LINES)))
            case "move":
                lines.insert(data.draw(st.integers(3, max(3, len(lines) - 2))), lines.pop(min(at, len(lines) - 1)))
    return "~\n".join(lines).encode("latin-1")


@pytest.mark.skipif(CORPUS is None, reason="X12RETRO_CORPUS is not set: the public sample files are not at hand")
def test_every_public_answer_is_decided_alike() -> None:
    assert CORPUS is not None
    pairs = [pair for path in sorted(Path(CORPUS).rglob("*")) if path.is_file() for frame in read_sets(path) for pair in both(frame)]
    assert pairs
    assert [quick for quick, careful in pairs if quick != careful] == []


def read_sets(path: Path) -> Iterator[Transaction]:
    return (frame for frame in read(path) if isinstance(frame, Transaction))


def test_what_is_not_as_the_guide_has_it_goes_the_careful_way() -> None:
    good = (FOLDER / "event-decision-applies-to-lines.edi").read_bytes()
    assert [plain_set(frame, whole=False) is not None for frame in sets(good)] == [True]
    for old, new in (
        (b"HL*5*4*SS", b"HL*5*3*SS"),
        (b"*EV*1", b"*ZZ*1"),
        (b"BHT*0007*11", b"BHT*0007*13"),
        (b"HL*4*3", b"HL*4*"),
        (b"TESTER", "É".encode()),
        (b"~\nSV", b"~\nSV1*HC:99213~\nSV"),
    ):
        assert [plain_set(frame, whole=False) for frame in sets(good.replace(old, new))] == [None]
