"""The speed table: ours and others', on the same files, in the same run. `make bench` runs it; `--large` adds the 1 GB file.

Every row is a process of its own; time is the whole process, start included, and the best of its runs. On a machine that others use
too, the time by the clock says little; the processor's time ("CPU s", with that of the processes it began) and its ratio hold better.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PYX12 = """
import io, logging, sys
import pyx12.params, pyx12.x12n_document
logging.disable(logging.CRITICAL)
ok = pyx12.x12n_document.x12n_document(pyx12.params.params(), sys.argv[1], io.StringIO(), None, map_path=sys.argv[2])
print("accepted" if ok else "rejected")
"""
SPLIT = """
import sys
n = 0
with open(sys.argv[1], "rb") as stream:
    rest = b""
    while chunk := stream.read(1 << 18):
        *whole, rest = (rest + chunk).split(b"~")
        for segment in whole:
            n += len(segment.split(b"*"))
print(n)
"""
READ = """
import sys
from x12retro.x12 import read
print(sum(1 for _ in read(sys.argv[1])))
"""


class Row(NamedTuple):
    seconds: float
    cpu: float
    peak_mb: float
    output: str


def run(*command: str, times: int = 1, quiet: bool = False) -> Row:
    """Run a process `times` times; best times, highest peak memory, last output. `quiet` drops what it says on stderr."""
    best, cpu, peak, text = 1e9, 1e9, 0.0, ""
    for _ in range(times):
        with tempfile.TemporaryFile() as out, Path(os.devnull).open("wb") as nowhere:
            streams = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1)] + [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2)] * quiet
            begin = time.perf_counter()
            pid = os.posix_spawn(command[0], command, os.environ, file_actions=streams)
            _, _, usage = os.wait4(pid, 0)
            best = min(best, time.perf_counter() - begin)
            cpu = min(cpu, usage.ru_utime + usage.ru_stime)
            peak = max(peak, usage.ru_maxrss / 1024)
            out.seek(0)
            text = out.read().decode("utf-8", "replace")
    return Row(best, cpu, peak, text)


def table(title: str, path: Path, sets: int, rows: dict[str, Row], against: str) -> None:
    size = path.stat().st_size
    print(f"\n{title}: {size / 1e6:.1f} MB, {sets:,} transactions")
    print(f"  times by the clock and by CPU against {against}")
    print(f"  {'':<26}{'seconds':>9}{'CPU s':>9}{'MB/s':>9}{'sets/s':>11}{'times':>9}{'by CPU':>9}{'peak MB':>9}")
    base = rows[against]
    for name, row in rows.items():
        ratios = f"{base.seconds / row.seconds:>9.1f}{base.cpu / row.cpu:>9.1f}"
        rates = f"{size / row.seconds / 1e6:>9.1f}{sets / row.seconds:>11,.0f}"
        print(f"  {name:<26}{row.seconds:>9.3f}{row.cpu:>9.3f}{rates}{ratios}{row.peak_mb:>9.0f}")


def made(folder: Path, what: str, n: int) -> Path:
    path = folder / f"{what}-{n}.edi"
    run(sys.executable, "-m", "x12retro", "synth", what, str(n), "--seed", "1", "-o", str(path))
    return path


def faulty(source: Path, target: Path, share: float) -> None:
    """Break one element in the given share of the sets: a code that the guide does not know. Line by line, as a segment is one."""
    dice = random.Random(1)
    with source.open("rb") as lines, target.open("wb") as out:
        event = False
        for line in lines:
            if line.startswith(b"HL*"):
                event = b"*EV*" in line
            if event and line.startswith(b"UM*") and dice.random() < share:
                line = b"UM*ZZ" + line[5:]
            out.write(line)


OURS = b"*1843300127"
"""TRN03 of all that is made up: copies of answers get another, else they would be copies to `decide` too."""


def enlarged(source: Path, target: Path, size: int, own: bytes = b"") -> int:
    """Copies of a file until `size` bytes, each interchange with a number of its own, and another in the place of `own`; how many."""
    number = copies = 0
    with target.open("wb") as out:
        while out.tell() < size:
            copies += 1
            with source.open("rb") as lines:
                for line in lines:
                    if line.startswith(b"ISA*"):
                        number += 1
                        fields = line.split(b"*")
                        fields[13] = b"%09d" % number
                        line = b"*".join(fields)
                    elif line.startswith(b"IEA*"):
                        line = re.sub(rb"[0-9]{9}", b"%09d" % number, line)
                    elif own and line.startswith(b"TRN*"):
                        line = line.replace(own, b"*1%09d" % copies)
                    out.write(line)
    return copies


def encounters(folder: Path, sets: int, *, large: bool) -> None:
    """What is done with encounters in JSON lines: assessed, and built into requests that are proven before they are written."""
    assess = (sys.executable, "-m", "x12retro", "assess", "--as-of", "2026-11-25", "-o", str(folder / "verdicts.jsonl"))
    partner = Path(__file__).parents[1] / "fixtures" / "partners" / "summit-ridge.toml"
    build = (sys.executable, "-m", "x12retro", "build", "--partner", str(partner), "--as-of", "2026-11-25", "-o", str(folder / "built.edi"))
    print("\nencounters in JSON lines")
    print(f"  {'':<36}{'encounters':>11}{'seconds':>9}{'CPU':>8}{'MB/s':>8}{'encounters/s':>14}{'peak MB':>9}")
    rows = [("assess", assess, sets, 3), ("build, each request validated", build, sets, 3)]
    if large:
        rows += [("assess", assess, 1_000_000, 1), ("build, each request validated", build, 200_000, 1)]
    for name, command, n, times in rows:
        path = made(folder, "encounters", n)
        row = run(*command, str(path), times=times, quiet=True)
        rate = path.stat().st_size / row.seconds / 1e6
        print(f"  {name:<36}{n:>11,}{row.seconds:>9.2f}{row.cpu:>8.2f}{rate:>8.1f}{n / row.seconds:>14,.0f}{row.peak_mb:>9.0f}")
        path.unlink()


EXCHANGE = """
[exchange]
usage = "T"
[exchange.folder]
path = "../box"
[exchange.outgoing]
folder = "in"
[exchange.incoming]
folder = "out"
settle = 0
"""


def deliveries(folder: Path, sets: int) -> None:
    """Encounters through a whole installation: drop folder, ledger (SQLite), mailbox, the sandbox payer, its answers, decisions."""
    print(f"\n{sets:,} encounters through an installation (SQLite, folder mailbox, sandbox payer)")
    source = made(folder, "encounters", sets)
    for jobs in (1, os.cpu_count() or 1):
        _through(folder / f"installation-{jobs}", source, sets, jobs)
    source.unlink()


def _through(work: Path, source: Path, sets: int, jobs: int) -> None:
    for room in ("partners", "box/in", "box/out", "house/drop/summit-ridge"):
        (work / room).mkdir(parents=True)
    partner = (Path(__file__).parents[1] / "fixtures" / "partners" / "summit-ridge.toml").read_text()
    (work / "partners" / "summit-ridge.toml").write_text(partner + EXCHANGE)
    (work / "x12retro.toml").write_text('root = "house"\n')
    (work / "payer.toml").write_text('mailbox = "box"\nrequests = "in"\nanswers = "out"\n')
    shutil.copy2(source, work / "house" / "drop" / "summit-ridge" / "encounters.jsonl")
    deliver = (sys.executable, "-m", "x12retro", "deliver", "--config", str(work / "x12retro.toml"), "--jobs", str(jobs))
    out = run(*deliver, quiet=True)
    run(sys.executable, "-m", "x12retro", "payer", "--config", str(work / "payer.toml"), "--once", quiet=True)
    back = run(*deliver, quiet=True)
    whole = Row(out.seconds + back.seconds, out.cpu + back.cpu, max(out.peak_mb, back.peak_mb), "")
    print(f"  --jobs {jobs}")
    for name, row in (("drop folder to mailbox", out), ("mailbox to decisions", back), ("end to end", whole)):
        print(f"    {name:<24}{row.seconds:>8.2f} s{row.cpu:>8.2f} CPU s{sets / row.seconds:>10,.0f} a second{row.peak_mb:>6.0f} MB peak")
    shutil.rmtree(work)


ATTACHMENTS = """
[attachments]
guide = "{guide}"
max_document = 2_000_000_000
max_set = 4_000_000_000
"""


def documents(folder: Path, megabytes: int) -> None:
    """A large document out as a 275 (hashed, encoded, written), judged, and taken out again (cut, decoded, hashed, put away)."""
    work = folder / "documents"
    work.mkdir()
    fixtures = Path(__file__).parents[1] / "fixtures"
    tree = json.loads((fixtures / "encounters" / "emergency-admission.json").read_bytes())
    tree["documents"] = [{"type": "M1", "delivery": "EL", "path": "large.pdf"}]
    (work / "encounters.json").write_text(json.dumps(tree))
    block = random.Random(1).randbytes(1_000_000)
    with (work / "large.pdf").open("wb") as file:
        file.write(b"%PDF-1.4\n")
        for _ in range(megabytes):
            file.write(block)
    print(f"\na document of {megabytes} MB in a 275: MB of the document a second")
    print(f"  {'':<52}{'seconds':>9}{'CPU s':>9}{'MB/s':>9}{'by CPU':>9}{'peak MB':>9}")
    x12retro = (sys.executable, "-m", "x12retro")
    for guide, how in (("006020X316", "base64"), ("005010X211", "MIME")):
        partner = work / "partner.toml"
        partner.write_text((fixtures / "partners" / "summit-ridge.toml").read_text() + ATTACHMENTS.format(guide=guide))
        told = ("--partner", str(partner), "--as-of", "2026-11-25", "--report", str(work / "report.jsonl"))
        run(*x12retro, "build", str(work / "encounters.json"), *told, "-o", str(work / "requests.edi"), quiet=True)
        sent, out = str(work / "documents.edi"), str(work / "out")
        write = (*x12retro, "attach", "build", str(work / "encounters.json"), *told, "--documents", str(work), "-o", sent)
        rows = [
            ("hashed, encoded, written", write),
            ("judged", (*x12retro, "validate", sent)),
            ("cut, decoded, hashed", (*x12retro, "attach", "read", sent)),
            ("cut, decoded, hashed, put away", (*x12retro, "attach", "read", sent, "--extract", out, "--max-document", "2000000000")),
        ]
        for name, command in rows:
            row = run(*command, times=2, quiet=True)
            rate, by_cpu = megabytes / row.seconds, megabytes / row.cpu
            print(f"  {guide + ' ' + how + ', ' + name:<54}{row.seconds:>7.2f}{row.cpu:>9.2f}{rate:>9.0f}{by_cpu:>9.0f}{row.peak_mb:>9.0f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--large", action="store_true", help="also a file of 1 GB, and a million encounters")
    options.add_argument("--encounters", action="store_true", help="only what is done with encounters")
    options.add_argument("--deliveries", action="store_true", help="only encounters through a whole installation")
    options.add_argument("--documents", action="store_true", help="only a large document in a 275")
    options.add_argument("--cluster", action="store_true", help="only many hands against one: a Dask scheduler, workers over PostgreSQL")
    options.add_argument("--megabytes", type=int, default=200, help="with --cluster: size of the large file")
    options.add_argument("--sets", type=int, default=20_000, help="transactions of the main file")
    chosen = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as where it is installed: the code of modules is compiled once, not at each start
    python = sys.executable
    ours = (python, "-m", "x12retro", "validate", "--format", "json", "--as-of", "2026-12-01")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.documents:
            documents(folder, 500)
            return
        if chosen.cluster:
            from cluster import cluster

            cluster(folder, made, enlarged, chosen.megabytes << 20)
            return
        if chosen.deliveries:
            deliveries(folder, 10_000)
            return
        if chosen.encounters:
            encounters(folder, chosen.sets, large=chosen.large)
            return
        run(python, "-m", "x12retro", "maps", "export", str(folder / "maps"))
        maps = str(folder / "maps" / "request")
        small, middle, big = made(folder, "requests", 1), made(folder, "requests", 1000), made(folder, "requests", chosen.sets)
        for title, path, sets, times in (("one small file", small, 1, 5), ("1,000 transactions", middle, 1000, 3)):
            rows = {
                "x12retro validate": run(*ours, str(path), times=times),
                "pyx12 with our maps": run(python, "-c", PYX12, str(path), maps),
                "x12retro read": run(python, "-c", READ, str(path), times=times),
                "bare split": run(python, "-c", SPLIT, str(path), times=times),
            }
            table(title, path, sets, rows, "pyx12 with our maps")
        rows = {"x12retro validate": run(*ours, str(big), times=3)}
        if '"verdict":"accepted"' not in rows["x12retro validate"].output:
            sys.exit("the made-up requests are not accepted: " + rows["x12retro validate"].output[:2000])
        rows["pyx12 with our maps"] = run(python, "-c", PYX12, str(big), maps)
        rows["x12retro read"] = run(python, "-c", READ, str(big), times=3)
        rows["bare split"] = run(python, "-c", SPLIT, str(big), times=3)
        table("the main file, all right", big, chosen.sets, rows, "pyx12 with our maps")
        pyx12 = rows["pyx12 with our maps"]

        print("\nthe main file with faults in a share of its transactions")
        for share in (0.0, 0.01, 0.1, 1.0):
            path = folder / "faulty.edi"
            faulty(big, path, share)
            row = run(*ours, str(path))
            times = f"{pyx12.cpu / row.cpu:.1f} times pyx12 on the right ones, by CPU"
            print(f"  {share:>6.0%}{row.seconds:>9.2f} s{row.cpu:>9.2f} CPU s  {times}{row.peak_mb:>7.0f} MB peak")

        deciding = (python, "-m", "x12retro", "decide", "-o", str(folder / "decisions.jsonl"), "--as-of", "2026-12-10")
        for count in (2000, chosen.sets):
            responses = made(folder, "responses", count)
            row = run(*deciding, str(responses), times=3)
            rate = responses.stat().st_size / row.seconds / 1e6
            print(f"\ndecide, {count:,} responses: {rate:.1f} MB/s, {count / row.seconds:,.0f} sets/s, {row.peak_mb:.0f} MB peak")

        encounters(folder, chosen.sets, large=chosen.large)
        deliveries(folder, 10_000)
        documents(folder, 500)

        if chosen.large:
            path = folder / "large.edi"
            copies = enlarged(big, path, 1 << 30)
            rows = {"x12retro validate": run(*ours, str(path)), "the same, --jobs 2": run(*ours, str(path), "--jobs", "2")}
            share = path.stat().st_size / big.stat().st_size
            rows["pyx12, at its rate above"] = Row(pyx12.seconds * share, pyx12.cpu * share, 0, "")
            table("a file of 1 GB", path, copies * chosen.sets, rows, "pyx12, at its rate above")
            copies = enlarged(responses, path, 1 << 30, OURS)
            row = run(*deciding, str(path))
            rate = path.stat().st_size / row.seconds / 1e6
            print(f"\ndecide, 1 GB, {copies * chosen.sets:,} responses: {rate:.1f} MB/s, {row.peak_mb:.0f} MB peak")


if __name__ == "__main__":
    main()
