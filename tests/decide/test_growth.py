"""Twice the message takes about twice the time, whatever it is made of."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import History, Requests, decide_stream
from x12retro.x12 import read

AS_OF = date(2026, 11, 24)
N = 1500
HEAD = ["HL*1**20*1", "NM1*X3*2", "HL*2*1*21*1", "NM1*1P*2", "HL*3*2*22*1", "NM1*IL*1"]
EVENT = ["HL*4*3*EV*1", "TRN*2*EV1*9000000001", "UM*HS*I"]


def message(body: list[str], purpose: str = "11") -> bytes:
    lines = ["ST*278*0001*005010X217", f"BHT*0007*{purpose}*B1*20261123*0900*18", *body]
    lines.append(f"SE*{len(lines) + 1}*0001")
    isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261123*0900*^*00501*000000001*0*T*:"
    return "~\n".join([isa, "GS*HI*A*B*20261123*0900*1*X*005010X217", *lines, "GE*1*1", "IEA*1*000000001", ""]).encode()


def services(n: int, trace: str | None = "L{}", decided: bool = True, code: str = "{:05}") -> list[str]:
    lines = []
    for i in range(n):
        lines.append(f"HL*{i + 5}*4*SS*0")
        lines += [f"TRN*2*{trace.format(i)}*9000000001"] if trace else []
        lines += ["HCR*A1*X"] if decided else []
        lines.append(f"SV1*HC:{code.format(i)}*1*UN*1")
    return lines


def events(n: int, decided: bool = True, level: str = "EV") -> list[str]:
    lines = []
    for i in range(n):
        lines += [f"HL*{2 * i + 4}*3*{level}*1", f"TRN*2*EV{i}*9000000001", "UM*HS*I"]
        lines += ["HCR*A1*X"] if decided else []
        lines += [f"HL*{2 * i + 5}*{2 * i + 4}*SS*0", "SV1*HC:99213*1*UN*1"]
    return lines


def numbered(n: int, line: str) -> list[str]:
    return [line.format(i) for i in range(n)]


def answered(body: Callable[[int], list[str]]) -> Callable[[int], Callable[[], object]]:
    def prepare(n: int) -> Callable[[], object]:
        answer = message(body(n))
        return lambda: list(decide_stream(answer, as_of=AS_OF))

    return prepare


def matched(asked: Callable[[int], list[str]], body: Callable[[int], list[str]]) -> Callable[[int], Callable[[], object]]:
    def prepare(n: int) -> Callable[[], object]:
        answer, request = message(body(n)), message(asked(n), "13")
        return lambda: list(decide_stream(answer, request, AS_OF))

    return prepare


def gathered(asked: Callable[[int], list[str]]) -> Callable[[int], Callable[[], object]]:
    def prepare(n: int) -> Callable[[], object]:
        request = message(asked(n), "13")
        return lambda: Requests.read(read(request + request))

    return prepare


SHAPES: dict[str, Callable[[int], Callable[[], object]]] = {
    "services matched by trace": matched(
        lambda n: HEAD + EVENT + services(n, decided=False), lambda n: HEAD + EVENT + services(n)[::-1][3:] + services(1)
    ),
    "services that all have one trace": matched(
        lambda n: HEAD + EVENT + services(n, "L", decided=False), lambda n: HEAD + EVENT + services(n, "L")
    ),
    "services matched by procedure": matched(
        lambda n: HEAD + EVENT + services(n, None, decided=False), lambda n: HEAD + EVENT + services(n, None)
    ),
    "services that are all one procedure": matched(
        lambda n: HEAD + EVENT + services(n, None, decided=False, code="99213"),
        lambda n: HEAD + EVENT + services(n, None, code="99213"),
    ),
    "services left out": matched(lambda n: HEAD + EVENT + services(n, decided=False), lambda _: HEAD + EVENT + services(1)),
    "events of one request": gathered(lambda n: HEAD + events(n, decided=False)),
    "traces of one event": gathered(lambda n: HEAD + EVENT + numbered(n, "TRN*2*E{}*9000000001") + services(n, decided=False)),
    "events of one answer": answered(lambda n: HEAD + events(n)),
    "events whose HL03 is unknown": answered(lambda n: HEAD + events(n, level="EVT")),
    "traces and no HL": answered(lambda n: numbered(n, "TRN*2*1")),
    "events and no HL": answered(lambda n: numbered(n, "UM*HS*I")),
    "levels below one another, of no kind": answered(lambda n: numbered(n, "HL*{0}*{0}*ZZ*1")),
    "levels of the first kind only": answered(lambda n: numbered(n, "HL*{}**20*1")),
    "patients without an event": answered(lambda n: HEAD + numbered(n, "HL*{}*2*22*1") + ["AAA*N**72*C"]),
    "services without an event": answered(lambda n: HEAD + services(n)),
    "decisions that disagree": answered(lambda n: HEAD + EVENT + numbered(n, "HCR*A3**{:05}")),
    "decisions between services without HL": answered(lambda n: HEAD + EVENT + ["HCR*A1*X"] + ["SV1*HC:1*1*UN*1", "HCR*A3**0F"] * n),
    "full messages": answered(lambda n: HEAD + EVENT + ["MSG*" + "A" * 264] * (n // 2)),
    "documents and traces of one service": answered(
        lambda n: HEAD + EVENT + services(1) + numbered(n, "TRN*2*{}*9") + numbered(n, "PWK*77*BM****{}")
    ),
    "providers": answered(lambda n: HEAD + EVENT + numbered(n, "NM1*71*1******XX*1{:09}")),
    "denied lines of an event with many reasons": answered(
        lambda n: HEAD + EVENT + numbered(n, "HCR*A3**{:05}") + services(n, decided=False)
    ),
}


def seconds(work: Callable[[], object], runs: int) -> float:
    """The least of so many runs, in time of this process; the collector, which goes over all that is alive, is not what is measured."""
    times = []
    gc.disable()
    try:
        for _ in range(runs):
            begun = time.process_time()
            work()
            times.append(time.process_time() - begun)
    finally:
        gc.enable()
    return min(times)


def grows_in_step(prepare: Callable[[int], Callable[[], object]]) -> bool:
    """Whether four times the message takes far less than the sixteen times that looking back over all would.

    A machine that is busy over the long message can only have it refused: then it is tried again, and more often.
    """
    short = max(seconds(prepare(N), 3), 0.004)
    return any(seconds(prepare(4 * N), runs) < 9 * short for runs in (1, 4))


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_message_takes_about_four_times_as_long(shape: str) -> None:
    assert grows_in_step(SHAPES[shape])


def test_an_inbox_of_one_set_with_many_events_is_looked_over_in_step(tmp_path: Path) -> None:
    def prepare(n: int) -> Callable[[], object]:
        path = tmp_path / f"{n}.edi"
        path.write_bytes(message(HEAD + [line.replace("EV0*", "EV1*") for line in events(n)]).replace(b"TRN*2*EV", b"TRN*2*E*"))

        def work() -> object:
            history = History()
            history.look(path)
            return list(decide_stream(path, as_of=AS_OF, history=history))

        return work

    assert grows_in_step(prepare)
