"""`validate` and `decide` with a real scheduler and real workers say byte for byte what one process says."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dask_cluster import DaskCluster

import x12retro as x12retro_package
from x12retro.cluster import dask_crew
from x12retro.cluster import edition as edition_module
from x12retro.cluster.dask_crew import DaskCrew
from x12retro.cluster.edition import edition
from x12retro.errors import SystemFailure, UsageError

pytest.importorskip("distributed", reason="Dask (distributed) is not installed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    running = DaskCluster(tmp_path_factory.mktemp("dask"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, x12retro) -> Path:
    """A folder: a large file of requests with faults, a large one of answers with copies, and small ones."""
    folder = tmp_path_factory.mktemp("archive")
    for what, n in (("requests", 400), ("responses", 600)):
        assert x12retro("synth", what, n, "--seed", "1", "-o", folder / f"{what}.one").returncode == 0
    (folder / "requests").mkdir()
    (folder / "responses").mkdir()
    requests, responses = ((folder / f"{what}.one").read_bytes() for what in ("requests", "responses"))
    (folder / "requests" / "a-large.edi").write_bytes(copies(faulty(requests), 12))
    (folder / "responses" / "a-large.edi").write_bytes(copies(responses, 3))
    (folder / "responses" / "b-again.edi").write_bytes(responses[: len(responses) // 2])
    for n in range(12):
        (folder / "requests" / f"small-{n:02}.edi").write_bytes(faulty(requests[: 2000 * (n + 1)], n))
        (folder / "responses" / f"small-{n:02}.edi").write_bytes(responses[: 3000 * (n + 1)])
    return folder


def faulty(data: bytes, every: int = 40) -> bytes:
    """A code in it, here and there, that the guide does not know."""
    parts = data.split(b"UM*HS")
    return b"".join(part + (b"UM*ZZ" if n % (every + 2) == 0 else b"UM*HS") for n, part in enumerate(parts[:-1])) + parts[-1]


def copies(data: bytes, many: int) -> bytes:
    """The same over again, each interchange with a number of its own."""
    numbers = iter(range(1, 10_000))
    parts = []
    for one in re.split(rb"(?=ISA\*)", data)[1:] * many:
        number = b"%09d" % next(numbers)
        old = one.split(b"*", 14)[13]
        parts.append(one.replace(b"*" + old + b"*", b"*" + number + b"*", 1).replace(b"*" + old + b"~", b"*" + number + b"~"))
    return b"".join(parts)


def same(x12retro, cluster: DaskCluster, *arguments: str | Path):
    """Run a command alone and with the scheduler; what both said, which must be the same."""
    alone = x12retro(*arguments)
    together = x12retro(*arguments, "--scheduler", cluster.address)
    assert (together.returncode, together.stdout, together.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    return alone


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_many_files_are_validated_as_by_one_process(x12retro, cluster, archive) -> None:
    found = same(x12retro, cluster, "validate", archive / "requests", archive / "nowhere.edi", "--as-of", "2026-12-01")
    assert found.returncode == 2
    assert b"a-large.edi" in found.stdout
    assert b"could not be read" in found.stdout


@pytest.mark.soak
def test_json_lines_and_the_first_findings_alone(x12retro, cluster, archive) -> None:
    found = same(x12retro, cluster, "validate", archive / "requests", "--as-of", "2026-12-01", "--format", "jsonl", "--max-findings", "7")
    assert found.returncode == 1


def test_the_sets_of_one_large_file_are_judged_by_ranges_and_acknowledged_here(x12retro, cluster, archive, tmp_path) -> None:
    for where, more in (("alone", ()), ("together", ("--scheduler", cluster.address))):
        acks = ("--ack-dir", tmp_path / where, "--control-file", tmp_path / f"{where}.json")
        ran = x12retro(
            "validate", archive / "requests", "--as-of", "2026-12-01", "--format", "html", "-o", tmp_path / f"{where}.html", *acks, *more
        )
        assert ran.returncode == 1
    assert files_of(tmp_path / "alone") == files_of(tmp_path / "together")
    assert len(files_of(tmp_path / "alone")) == 26  # a 999 and a TA1 for each
    assert (tmp_path / "alone.html").read_bytes() == (tmp_path / "together.html").read_bytes()


@pytest.mark.parametrize("more", [("--jobs", "2"), None], ids=["jobs", "scheduler"])
def test_answers_are_decided_as_by_one_process(x12retro, cluster, archive, tmp_path, more) -> None:
    beside = ("--requests", archive / "requests.one", "--as-of", "2026-12-10")
    alone = x12retro("decide", archive / "responses", archive / "nowhere.edi", *beside)
    others = more or ("--scheduler", cluster.address)
    together = x12retro("decide", archive / "responses", archive / "nowhere.edi", *beside, *others)
    assert (together.returncode, together.stderr) == (alone.returncode, alone.stderr)
    assert together.stdout == alone.stdout
    assert alone.returncode == 2
    assert b'"duplicate":true' in alone.stdout
    assert b'"superseded_by":{' in alone.stdout


@pytest.mark.soak
@pytest.mark.parametrize("form", ["csv", "table"])
def test_other_forms_and_what_stands(x12retro, cluster, archive, form: str) -> None:
    more = ("--final",) if form == "csv" else ()
    small = sorted((archive / "responses").glob("small-*.edi"))
    assert same(x12retro, cluster, "decide", *small, "--as-of", "2026-12-10", "--format", form, *more).stdout


def parquet(x12retro, archive: Path, where: Path, *more: str) -> dict[str, bytes]:
    form = ("--format", "parquet", *more)
    x12retro("validate", archive / "requests", "--as-of", "2026-12-01", "-o", f"{where}/findings/", *form)
    x12retro("decide", archive / "responses", "--as-of", "2026-12-10", "-o", f"{where}/decisions/", *form)
    return files_of(where)


@pytest.mark.soak
def test_parquet_by_partition(x12retro, cluster, archive, tmp_path) -> None:
    found = parquet(x12retro, archive, tmp_path / "together", "--scheduler", cluster.address)
    assert sorted(found) == ["decisions/part-00000.parquet", "findings/files/part-00000.parquet", "findings/findings/part-00000.parquet"]
    assert found == parquet(x12retro, archive, tmp_path / "alone")


@pytest.mark.soak
def test_what_a_worker_cannot_see_is_told_and_done_here(x12retro, cluster, archive, monkeypatch) -> None:
    monkeypatch.chdir(archive / "requests")
    elsewhere = "/proc/self/cwd/small-03.edi"  # each process has its own
    scheduler = ("--scheduler", cluster.address)
    for command in (
        ("validate", elsewhere, "small-02.edi", "--as-of", "2026-12-01", "--format", "json"),
        ("decide", archive / "responses" / "small-02.edi", elsewhere, "--as-of", "2026-12-01"),
        ("decide", archive / "responses" / "small-02.edi", "--requests", elsewhere, "--as-of", "2026-12-01"),
    ):
        alone, together = x12retro(*command), x12retro(*command, *scheduler)
        assert (together.returncode, together.stdout) == (alone.returncode, alone.stdout)
        (warning,) = set(together.stderr.splitlines()) - set(alone.stderr.splitlines())
        assert b"every worker must see the files under the same path" in warning
    assert same(x12retro, cluster, "decide", "../responses/small-02.edi", "--requests", "small-11.edi").stdout  # as seen from here


def test_work_of_a_worker_that_is_killed_is_done_by_another(x12retro, cluster, archive) -> None:
    arguments = ("decide", archive / "responses", "--as-of", "2026-12-10")
    alone = x12retro(*arguments)
    command = [sys.executable, "-m", "x12retro", *map(str, arguments), "--scheduler", cluster.address]
    victim = cluster.workers[0]
    before = _cpu(victim.pid)
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while _cpu(victim.pid) - before < 0.1:
        assert running.poll() is None, "the worker was never at work"
        time.sleep(0.005)
    victim.kill()
    out, _ = running.communicate(timeout=100)
    cluster.workers[0] = cluster.worker()
    assert victim.wait() == -9
    assert running.returncode == alone.returncode
    assert out == alone.stdout


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_the_two_ways_do_not_go_with(x12retro, archive) -> None:
    both = x12retro("validate", archive / "requests", "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2")
    assert both.returncode == 2
    claim = x12retro("decide", archive / "responses", "--jobs", "2", "--claim", archive / "requests.one", "-o", archive / "x")
    assert claim.returncode == 2
    stdin = x12retro("decide", archive / "responses", "--jobs", "2", "--requests", "-", stdin=b"")
    assert (stdin.returncode, b"standard input" in stdin.stderr) == (2, True)


def test_without_dask_it_is_said_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'x12retro\[dask\]'"):
        DaskCrew("tcp://127.0.0.1:1")


@pytest.mark.soak
def test_a_scheduler_that_is_not_there_is_a_system_failure(x12retro, archive) -> None:
    ran = x12retro("validate", archive / "requests", "--scheduler", "tcp://127.0.0.1:1")
    assert ran.returncode == 3
    assert b"the scheduler tcp://127.0.0.1:1 cannot be reached" in ran.stderr


@pytest.mark.parametrize("address", ["", "nowhere", "tcp://nowhere", "a b:1", "http://a:1", "inproc://a:1"])
def test_an_address_that_is_none_is_told_at_once(address: str) -> None:
    with pytest.raises(UsageError, match=f"tls://HOST:PORT; '{address}' is none"):
        DaskCrew(address)


def test_tls_without_certificates_is_told_at_once() -> None:
    with pytest.raises(UsageError, match="needs certificates"):
        DaskCrew("tls://127.0.0.1:1")


@pytest.mark.soak
def test_a_scheduler_that_dies_in_mid_work_is_told_in_a_line(x12retro, archive, tmp_path) -> None:
    mortal = DaskCluster(tmp_path)
    command = [sys.executable, "-m", "x12retro", "decide", archive / "responses", "--scheduler", mortal.address, "-o", tmp_path / "out"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while "Receive client connection" not in (tmp_path / "dask.log").read_text():
        assert running.poll() is None, "the command never came"
        time.sleep(0.05)
    before = _cpu(mortal.workers[0].pid)
    while _cpu(mortal.workers[0].pid) - before < 0.1:
        assert running.poll() is None, "the worker was never at work"
        time.sleep(0.005)
    mortal.close()
    _, said = running.communicate(timeout=60)
    assert said.decode() == f"x12retro: the scheduler {mortal.address} was lost; run it again\n"
    assert running.returncode == 3
    assert not (tmp_path / "out").exists()


def test_a_worker_with_another_x12retro_does_no_work(monkeypatch) -> None:
    assert pickle.loads(dask_crew._do(edition(), pickle.dumps((str.upper, ("a",))))) == "A"
    with pytest.raises(SystemFailure, match=r"a worker has x12retro .* and this is 0\.1\.0 \(00000000\): they must be the same"):
        dask_crew._do("0.1.0 (00000000)", b"what this one could not read")


def test_an_edition_changes_with_every_byte_of_code_and_maps(tmp_path, monkeypatch) -> None:
    there = tmp_path / "x12retro"
    (there / "rules").mkdir(parents=True)
    seen = set()
    for name, text in (("__init__.py", "1"), ("rules/um.py", "1"), ("rules/um.py", "2"), ("rules/nm.py", "2"), ("guide.xml", "3")):
        (there / name).write_text(text)
        monkeypatch.setattr(x12retro_package, "__file__", str(there / "__init__.py"))
        monkeypatch.setattr(edition_module, "maps_dir", lambda: there)
        edition.cache_clear()
        seen.add(edition())
    edition.cache_clear()
    assert len(seen) == 5
