"""An installation of several partners over one PostgreSQL ledger, with workers that are processes of their own, as on several hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import msgspec
from installation import EXCHANGE, PARTNER
from sqlalchemy import select, text

from x12retro.deliver import load_config
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import files, requests
from x12retro.ledger.verify import verify
from x12retro.payer import Behaviour, PayerFile, Sandbox
from x12retro.synth import encounters


class Several:
    """`work` is the folder of everything, `ledger` the database's URL; partners are called p0, p1 and so on."""

    def __init__(self, work: Path, ledger: str | None, partners: int, *, max_sets: int = 100, behaviour: Behaviour | None = None) -> None:
        self.work = work
        self.ids = [f"p{n}" for n in range(partners)]
        (work / "partners").mkdir(parents=True)
        self.payers = {}
        for id_ in self.ids:
            box = work / "boxes" / id_
            for folder in ("in", "out"):
                (box / folder).mkdir(parents=True)
            place = f"[exchange.folder]\npath = {json.dumps(str(box))}\n"
            (work / "partners" / f"{id_}.toml").write_text(PARTNER + EXCHANGE.format(place=place, max_sets=max_sets, finish="rename"))
            told = PayerFile(mailbox=str(box), requests="in", answers="out", manifest="", behaviour=behaviour or Behaviour())
            self.payers[id_] = Sandbox(told, work / f"payer-{id_}.json")
        where = f"ledger = {json.dumps(ledger)}\n" if ledger else ""
        self.config = work / "x12retro.toml"
        self.config.write_text(f'root = "house"\n{where}')
        self._workers: list[subprocess.Popen[bytes]] = []

    def drop(self, count: int, seed: int = 1, *, only: str | None = None) -> None:
        """Put so many encounters into each drop folder, or into that of one partner."""
        for n, id_ in enumerate(self.ids if only is None else [only]):
            folder = self.work / "house" / "drop" / id_
            folder.mkdir(parents=True, exist_ok=True)
            made = encounters(count, seed * 1000 + n, as_of=date.today())
            part = folder / f"{seed}.tmp"
            lines = (msgspec.structs.replace(one, encounter_id=f"{id_}-{seed}-{k}") for k, one in enumerate(made))
            part.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in lines))
            os.utime(part, (time.time() - 60,) * 2)
            part.rename(folder / f"{seed}.jsonl")

    def worker(self, *more: str) -> subprocess.Popen[bytes]:
        """One more host's worker."""
        command = [sys.executable, "-m", "x12retro", "deliver", "--config", str(self.config), "--workers", *more]
        log = (self.work / f"worker-{len(self._workers)}.log").open("wb")
        self._workers.append(subprocess.Popen(command, stdout=log, stderr=log))
        log.close()
        return self._workers[-1]

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.work.glob("worker-*.log")))

    def end(self) -> list[int]:
        """Tell all workers to end; their exit codes."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.terminate()
        return [worker.wait(timeout=60) for worker in self._workers]

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
        self.ledger.close()

    def round(self) -> int:
        """The payers answer; how much they still owe."""
        return sum(payer.round(datetime.now()) + bool(payer.owes) for payer in self.payers.values())

    def settle(self, seconds: float = 60) -> None:
        """Wait, the payers answering, until every request is decided or rejected and every file is where it ends."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            owed = self.round()
            states = Counter(row["state"] for row in self.rows(requests))
            open_files = [row for row in self.rows(files) if row["state"] not in ("done", "held", "acknowledged", "refused", "processed")]
            acks = all(row["kind"] != "request" and row["state"] == "delivered" for row in open_files)
            waits = any(any((self.work / "house" / room / id_).glob("*")) for id_ in self.ids for room in ("drop", "taken"))
            if states and not waits and not owed and acks and states.keys() <= {"decided", "rejected", "held"}:
                return
            time.sleep(0.2)
        raise AssertionError(f"it never came to rest: {states}\n{self.log()[-3000:]}")

    @cached_property
    def ledger(self):
        return open_ledger(load_config(self.config).ledger)

    def rows(self, table) -> list[dict]:
        with self.ledger.look() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def jobs(self) -> list[dict]:
        """The jobs that are not done."""
        with self.ledger.look() as connection:
            return [dict(row) for row in connection.execute(text("SELECT * FROM procrastinate_jobs")).mappings()]

    def fates(self) -> set[tuple[str, str, str, str | None]]:
        """What became of each encounter."""
        return {(row["partner"], row["encounter_id"], row["state"], row["outcome"]) for row in self.rows(requests)}

    def faults(self) -> list[str]:
        """Everything that must not be, when all has come to rest."""
        with self.ledger.look() as connection:
            found = [f"{fault.where} {fault.what}" for fault in verify(connection)]
        rows = self.rows(requests)
        for id_, payer in self.payers.items():
            first = Counter(one["trace"] for one in payer.log() if one["word"] == "first")
            last = {one["trace"]: one["outcome"] for one in payer.log()}
            mine = [row for row in rows if row["partner"] == id_ and row["trace"] is not None]
            found += [f"{row['encounter_id']} reached the payer {first[row['trace']]} times" for row in mine if first[row["trace"]] != 1]
            found += [f"{row['encounter_id']} is {row['outcome']}" for row in mine if row["outcome"] != last.get(row["trace"])]
            found += [f"the ledger does not know {trace}" for trace in set(first) - {row["trace"] for row in mine}]
            found += [f"{id_}: {name} came {count} times" for name, count in Counter(payer.state.seen).items() if count > 1]
            numbers = Counter(
                row["isa13"] for row in self.rows(files) if row["partner"] == id_ and row["direction"] == "out" and row["isa13"]
            )
            found += [f"{id_}: ISA13 {number} was used {count} times" for number, count in numbers.items() if count > 1]
        return found
