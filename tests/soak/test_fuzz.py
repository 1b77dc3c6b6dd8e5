"""Whatever bytes come in, nothing raises, nothing hangs, and memory stays where it is.

X12RETRO_FUZZ_MINUTES says for how long (10), X12RETRO_FUZZ_SEED where to begin (the clock). An input that breaks something is written to
fixtures/crashers/, where it stays: test_crashers.py puts all of them through again in every test run.
"""

from __future__ import annotations

import hashlib
import os
import resource
import time
import traceback
from pathlib import Path

import pytest

CRASHERS = Path(__file__).resolve().parents[2] / "fixtures" / "crashers"
MOST_GROWTH_MB = 400
"""Over the whole run; compiled guides for many delimiters are kept, and take most of it."""
SHORT_RUN = 150


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def keep(data: bytes) -> str:
    name = f"{hashlib.sha256(data).hexdigest()[:12]}.edi"
    CRASHERS.mkdir(exist_ok=True)
    (CRASHERS / name).write_bytes(data)
    return name


@pytest.mark.soak
def test_minutes_of_broken_bytes_raise_nothing(soak) -> None:
    minutes = float(os.environ.get("X12RETRO_FUZZ_MINUTES", "10"))
    seed = int(os.environ.get("X12RETRO_FUZZ_SEED", str(int(time.time()))))
    inputs = soak.inputs.Inputs(seed)
    for data in inputs.seeds:
        soak.exercise.exercise(data)
    begin, before, count, size, crashers = time.monotonic(), peak_mb(), 0, 0, {}
    while time.monotonic() - begin < 60 * minutes:
        data = inputs.next()
        count += 1
        size += len(data)
        try:
            soak.exercise.exercise(data)
        except Exception as problem:  # noqa: BLE001 - that nothing is raised is what this is about
            where = traceback.extract_tb(problem.__traceback__)[-1]
            what = str(problem).splitlines()[0] if isinstance(problem, AssertionError) else ""
            place = f"{type(problem).__name__} at {Path(where.filename).name}:{where.lineno} {what}".rstrip()
            if place not in crashers:
                crashers[place] = keep(data)
    growth, taken = peak_mb() - before, time.monotonic() - begin
    print(  # noqa: T201 - docs/measured.md quotes it
        f"seed {seed}: {count} inputs, {size / 1e6:.1f} MB in {taken / 60:.1f} minutes, {count / taken:.0f} inputs/s, "
        f"peak memory grew {growth:.0f} MB, {len(crashers)} crashers"
    )
    assert crashers == {}, f"seed {seed}"
    assert growth < MOST_GROWTH_MB


def test_a_few_broken_inputs_raise_nothing(soak) -> None:
    inputs = soak.inputs.Inputs(278)
    for _ in range(SHORT_RUN):
        soak.exercise.exercise(inputs.next())


def test_the_same_seed_gives_the_same_inputs(soak) -> None:
    one, other = soak.inputs.Inputs(5), soak.inputs.Inputs(5)
    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]
    assert len({soak.inputs.Inputs(seed).next() for seed in range(5)}) == 5
