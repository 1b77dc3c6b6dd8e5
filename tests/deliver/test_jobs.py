"""`deliver --jobs`: many hands build and decide, and what comes of it is what one process makes."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import pytest
from at_hand import AtHand
from installation import Installation

from x12retro.crew import Alone, Processes, in_order
from x12retro.encounter.services import Document
from x12retro.errors import SystemFailure
from x12retro.flow import asking, decided, pages, pickup
from x12retro.ledger import open_ledger
from x12retro.ledger.only import only
from x12retro.ledger.tables import answers, documents, files, requests
from x12retro.payer import Behaviour

_made_elsewhere = asking._made_elsewhere
MIXED = Behaviour(seed=4, answers={"certified": 3, "modified": 1, "not_certified": 1, "pended": 1, "rejected": 1})
WHEN = re.compile(rb"(?<=\*)\d{6}\*\d{4}(?=\*)|(?<=\*)20\d{6}\*\d{4,6}(?=[*~])")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (pages, pickup):
        monkeypatch.setattr(room, "AT_ONCE", 3)
    monkeypatch.setattr(asking, "_WORTH_A_CREW", 2)
    monkeypatch.setattr(decided, "_TOGETHER", 4)


def journey(work: Path, crew) -> Installation:
    """Two files with good and bad records go out, and are answered."""
    house = Installation(work, behaviour=MIXED, max_sets=10)
    house.drop(17, documents=(Document(type="M1", delivery="EL", path="a.pdf"),))
    house.drop(23)
    drop = work / "house" / "drop" / "summit-ridge" / "2.jsonl"
    lines = drop.read_bytes().splitlines(keepends=True)
    lines[3] = b'{"encounter_id": "none"}\n'
    lines[15] = lines[15].replace(b'"member_id":"', b'"member_id":"~')
    drop.write_bytes(b"".join(lines))
    os.utime(drop, (time.time() - 60,) * 2)
    for _ in range(2):
        assert house.run(crew=crew).failed is None
        house.payer.round(datetime.now())
    assert house.faults() == []
    return house


def told(house: Installation) -> list[object]:
    """Everything that came of it, but for the times and what is drawn with them."""
    sent = [WHEN.sub(b"-", file.read_bytes()) for file in sorted((house.work / "house" / "archive").rglob("*/out/*"))]
    asked = [
        [row[name] for name in ("encounter_id", "state", "trace", "st02", "outcome", "authorization", "next_do", "at", "length", "cents")]
        for row in house.rows(requests)
    ]
    came = [(row["request_id"], row["trace"], row["content"].rpartition("-")[2], row["outcome"]) for row in house.rows(answers)]
    proof = [(row["request_id"], row["number"], row["state"]) for row in house.rows(documents)]
    lay = sorted(
        (row["direction"], row["kind"], row["state"], row["isa13"], row["gs06"], row["counts"]) for row in house.rows(files) if row["isa13"]
    )
    return [sent, asked, came, proof, lay, [text for _, text in house.told]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    return told(journey(tmp_path_factory.mktemp("alone"), Alone()))


@pytest.mark.parametrize("hands", [1, 2, 5])
def test_what_comes_of_it_is_the_same(tmp_path, alone, hands) -> None:
    crew = AtHand(hands)
    theirs = told(journey(tmp_path, crew))
    assert crew.asked > 15
    for mine, other in zip(alone, theirs, strict=True):
        assert mine == other


def _dies(*given):
    """Part of the work, over which the first process that takes some is killed."""
    if not (fate := Path(os.environ["X12RETRO_TEST_FATE"])).exists():
        fate.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return _made_elsewhere(*given)


def test_what_hands_were_killed_over_is_taken_up_by_the_next_run(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("X12RETRO_TEST_FATE", str(tmp_path / "fate"))
    monkeypatch.setattr(asking, "_made_elsewhere", _dies)
    house = Installation(tmp_path, max_sets=20)
    house.drop(20)
    with Processes(2) as crew:
        crew.begin()
        assert "killed from outside" in house.run(crew=crew).failed
        assert not house.rows(requests)
        crew.begin()  # others take their place
        assert house.run(crew=crew).failed is None
    assert [row["state"] for row in house.rows(requests)] == ["sent"] * 20
    assert house.faults_of_the_ledger() == []


def test_who_takes_the_place_of_a_killed_one_holds_no_lock_of_the_run(tmp_path) -> None:
    """Else nobody could work for that partner as long as they live."""
    ledger = open_ledger(tmp_path / "ledger.db")
    with Processes(2) as crew:
        crew.begin()
        with only(ledger, tmp_path, "p"):
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)
            for _ in range(4):
                with pytest.raises(SystemFailure, match="killed from outside"):
                    crew.submit(abs, -1).result()
        with only(ledger, tmp_path, "p"):
            pass
        for _ in range(2):
            crew.begin()
            assert [crew.submit(abs, -1).result() for _ in range(4)] == [1] * 4
            for child in multiprocessing.active_children():  # while they have nothing to do
                os.kill(child.pid, signal.SIGKILL)
                child.join()
    ledger.close()


def test_hands_end_when_the_one_who_asked_them_is_killed(tmp_path) -> None:
    """Else they would keep what a run holds: its lock, its connections."""
    asks, told = os.pipe()
    parent = os.fork()
    if not parent:
        crew = Processes(2)
        crew.begin()
        os.write(told, " ".join(str(child.pid) for child in multiprocessing.active_children()).encode())
        signal.pause()
    os.close(told)
    hands = [int(word) for word in os.read(asks, 100).split()]
    assert len(hands) == 2
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    until = time.monotonic() + 20
    try:
        while any(_state(pid) != "Z" for pid in hands):
            assert time.monotonic() < until, "they wait for work that never comes"
            time.sleep(0.02)
    finally:
        for pid in hands:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def _dies_over_its_answer() -> bytes:
    def half(line, data, *_) -> None:
        os.write(line.fileno(), bytes(data)[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = half
    return bytes(100)


def _ends(crew, work, *given) -> object:
    """What the work comes to, or what is raised; it must be told at all."""
    told = []

    def ask() -> None:
        try:
            told.append(crew.submit(work, *given).result())
        except Exception as failure:  # noqa: BLE001 - the test looks at it
            told.append(failure)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(30)
    assert told, "it waits for ever"
    return told[0]


def test_one_that_is_killed_over_half_an_answer_keeps_nobody_waiting() -> None:
    with Processes(2) as crew:
        crew.begin()
        assert "killed from outside" in str(_ends(crew, _dies_over_its_answer))
        assert [crew.submit(abs, -n).result() for n in range(5)] == [0, 1, 2, 3, 4]


def test_hands_go_on_when_everybody_is_told_to_end() -> None:
    """A service manager tells all processes of a service, and Ctrl-C all of a terminal; whoever asked for work ends it in order."""
    with Processes(2) as crew:
        crew.begin()
        under_way = [crew.submit(_slowly, n) for n in (1, 2)]
        for hand in multiprocessing.active_children():
            for number in (signal.SIGTERM, signal.SIGINT):
                os.kill(hand.pid, number)
        assert [one.result() for one in under_way] == [1, 2]


def _slowly(number: int) -> int:
    time.sleep(0.3)
    return number


class _Locked(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)
        self.held = threading.Lock() if other else None


def _raises(other: str) -> None:
    raise _Locked("one", other)


@pytest.mark.parametrize("other", ["", "cannot be written"])
def test_what_is_raised_elsewhere_and_cannot_be_sent_is_told_as_what_it_is(other) -> None:
    """A fault of ours over one file, not a process that was killed: the file is held, and the others go on."""
    with Processes(1) as crew:
        failure = _ends(crew, _raises, other)
        assert (type(failure), str(failure)) == (RuntimeError, "_Locked")
        assert crew.submit(abs, -1).result() == 1


def test_no_more_is_under_way_than_keeps_hands_busy() -> None:
    crew, taken = AtHand(2), []
    pieces = (taken.append(n) or (n,) for n in range(100))
    found = in_order(crew, abs, pieces)
    assert len(taken) == 6  # it has begun
    assert next(found) == 0
    assert len(taken) == 7
    assert list(found) == list(range(1, 100))
    taken.clear()
    assert list(in_order(Alone(), abs, ((n,) for n in (taken.append(n) or n for n in range(3))))) == [0, 1, 2]


def test_what_stands_in_two_interchanges_of_one_file_is_looked_at_in_order(tmp_path) -> None:
    """A document's number that two encounters tell: the second is held, though the first may be in others' hands yet."""
    house = Installation(tmp_path, max_sets=5)
    house.drop(10)
    drop = next((tmp_path / "house" / "drop" / "summit-ridge").iterdir())
    lines = drop.read_bytes().splitlines()
    for n in (4, 5):
        tree = msgspec.json.decode(lines[n])
        lines[n] = msgspec.json.encode(tree | {"documents": [{"type": "M1", "delivery": "EL", "control_number": "DOC1", "path": "a.pdf"}]})
    drop.write_bytes(b"\n".join(lines))
    os.utime(drop, (time.time() - 60,) * 2)
    house.run(crew=AtHand(2))
    assert [row["state"] for row in house.rows(requests)].count("held") == 1
    (held,) = (row for row in house.rows(requests) if row["state"] == "held")
    assert held["encounter_id"] == "D1-5"


def test_workers_and_jobs_are_two_ways_to_the_same(x12retro, tmp_path) -> None:
    house = Installation(tmp_path)
    told = x12retro("deliver", "--config", house.config, "--workers", "2", "--jobs", "2")
    assert told.returncode == 2
    assert b"give one of them" in told.stderr


def test_a_run_with_jobs_by_command(x12retro, tmp_path) -> None:
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}), max_sets=600)
    house.drop(520)
    told = x12retro("deliver", "--config", house.config, "--jobs", "2")
    assert told.returncode == 0, told.stderr
    assert b"520 of 520 are made into requests" in told.stderr
    house.payer.round(datetime.now())
    assert x12retro("deliver", "--config", house.config, "--jobs", "2").returncode in (0, 1)
    assert {row["state"] for row in house.rows(requests)} == {"decided"}
    assert house.faults_of_the_ledger() == []
