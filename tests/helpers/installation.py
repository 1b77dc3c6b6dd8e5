"""An installation to test on: one partner, its mailbox, a ledger, and a sandbox payer behind the mailbox."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from new_ledger import new_file
from sqlalchemy import select

from x12retro.crew import Crew, Processes
from x12retro.deliver import load_config
from x12retro.encounter.services import Document
from x12retro.flow.desk import ALONE, desk_of
from x12retro.flow.ready import PASSED_ON
from x12retro.flow.run import run
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import answers, files, numbers, requests
from x12retro.ledger.verify import verify
from x12retro.payer import Behaviour, PayerFile, Sandbox
from x12retro.payer.behaviour import NoticeNames
from x12retro.synth import encounters
from x12retro.x12.traces import request_key

PARTNER = (Path(__file__).parents[2] / "fixtures" / "partners" / "summit-ridge.toml").read_text()
PARTNER = PARTNER[: PARTNER.index("[inquiry]")]  # nobody is asked after unless a test says so
EXCHANGE = """
[exchange]
usage = "T"
{place}
[exchange.outgoing]
folder = "in"
max_sets = {max_sets}
finish = "{finish}"
[exchange.incoming]
folder = "out"
settle = 0
"""
NOTICES = """
[[exchange.notices]]
folder = "in"
name = "{name}-{batch}-success"
says = "received"

[[exchange.notices]]
folder = "in"
name = "{name}-{batch}-FAILED"
says = "failed"

[[exchange.notices]]
folder = "out"
name = "{batch}.ACK"
says = "failed"
"""


class Installation:
    """`work` is the folder of everything; `ledger` a database URL or None for SQLite; `place` the TOML of the mailbox; `notices` that of
    what the mailbox itself says, "" for one that says nothing. Runs that are `killed` have so many `jobs`. Without `ledger_made` the first
    run makes the ledger.
    """

    def __init__(
        self,
        work: Path,
        *,
        ledger: str | None = None,
        place: str = '[exchange.folder]\npath = "../box"\n',
        box: Path | None = None,
        behaviour: Behaviour | None = None,
        jobs: int = 1,
        max_sets: int = 7,
        finish: str = "rename",
        notices: str = "",
        ledger_made: bool = True,
    ) -> None:
        self.work = work
        self.jobs = jobs
        self.box = box or work / "box"
        for folder in (self.box / "in", self.box / "out", work / "partners"):
            folder.mkdir(parents=True)
        exchange = EXCHANGE.format(place=place, max_sets=max_sets, finish=finish)
        (work / "partners" / "summit-ridge.toml").write_text(PARTNER + exchange + notices)
        self._keep_in(ledger)
        if ledger_made and not ledger:
            new_file(work / "house" / "ledger.db")
        self._payer_file = PayerFile(
            mailbox=str(self.box),
            requests="in",
            answers="out",
            manifest=".done" if finish == "manifest" else "",
            behaviour=behaviour or Behaviour(),
            notices=NoticeNames() if notices else None,
        )
        self.payer = Sandbox(self._payer_file, work / "payer.state.json")
        self.told: list[tuple[str, str]] = []
        self._dropped = 0

    def _keep_in(self, ledger: str | None) -> None:
        where = f"ledger = {json.dumps(ledger)}\n" if ledger else ""
        self.config.write_text(f'root = "house"\n{where}')

    def copy(self, work: Path, *, ledger: str | None = None) -> Installation:
        """The same as it stands, in another folder; `ledger` is the copy of its database, where that is no file."""
        shutil.copytree(self.work, work)
        other = copy.copy(self)
        other.work, other.box, other.told = work, work / "box", []
        other._keep_in(ledger)
        other.payer = Sandbox(msgspec.structs.replace(self._payer_file, mailbox=str(other.box)), work / "payer.state.json")
        return other

    @property
    def config(self) -> Path:
        return self.work / "x12retro.toml"

    def drop(self, count: int, *, seed: int = 1, documents: tuple[Document, ...] = ()) -> list[str]:
        """Put so many encounters into the drop folder, each with these documents; their ids."""
        folder = self.work / "house" / "drop" / "summit-ridge"
        folder.mkdir(parents=True, exist_ok=True)
        self._dropped += 1
        made = list(encounters(count, seed * 1000 + self._dropped, as_of=date.today()))
        made = [msgspec.structs.replace(one, encounter_id=f"D{self._dropped}-{n}", documents=documents) for n, one in enumerate(made)]
        part = folder / f"{self._dropped}.tmp"
        part.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in made))
        os.utime(part, (time.time() - 60,) * 2)
        part.rename(folder / f"{self._dropped}.jsonl")
        return [one.encounter_id for one in made]

    def keep(self, name: str, content: bytes) -> Path:
        """Put a document where encounters may name it."""
        folder = self.work / "house" / "documents" / "summit-ridge"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name

    def settings(self, toml: str) -> None:
        """Set more in the partner file: keys of [attachments], or a table of its own."""
        file = self.work / "partners" / "summit-ridge.toml"
        file.write_text(file.read_text() + ("\n" if toml.startswith("[") else "\n[attachments]\n") + toml + "\n")

    def faults_of_the_ledger(self) -> list[str]:
        ledger = open_ledger(load_config(self.config).ledger)
        try:
            with ledger.look() as connection:
                unheld = Counter[str]()
                found = [f"{fault.where} {fault.what}" for fault in verify(connection, unheld)]
                return found + [f"{count} {name} are not held to their events" for name, count in (+unheld).items()]
        finally:
            ledger.close()

    def run(self, later: timedelta = timedelta(), *, crew: Crew = ALONE):
        """One run in this process, so much later than it is, with a crew; its balance."""
        config = load_config(self.config)
        ledger = open_ledger(config.ledger, actor="test", clock=lambda: datetime.now(UTC) + later)
        try:
            with desk_of(config, config.partners[0], ledger, self._tell, crew=crew) as desk:
                return run(desk)
        finally:
            ledger.close()

    def _tell(self, level: str, text: str) -> None:
        self.told.append((level, text))

    def killed(self, after: float, *, begins: Callable[[], bool] = lambda: True) -> bool:
        """One run in a process of its own that is killed so many seconds after something `begins`; True when that was before its end."""
        child = os.fork()
        if not child:
            code = 1
            try:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                with Processes(self.jobs) if self.jobs > 1 else nullcontext(ALONE) as crew:
                    balance = self.run(crew=crew)
                code = 0 if not balance.unaccounted else 2
            except BaseException:  # noqa: BLE001 - told by the parent
                import traceback

                (self.work / f"trouble-{os.getpid()}.txt").write_text(traceback.format_exc())
            finally:
                os._exit(code)
        end = None
        while end is None or time.monotonic() < end:
            if end is None and begins():
                end = time.monotonic() + after
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                assert os.waitstatus_to_exitcode(status) == 0, self.troubles()
                return False
            time.sleep(0.0005)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True

    def troubles(self) -> str:
        return "\n".join(file.read_text() for file in self.work.glob("trouble-*.txt"))

    def settle(self, rounds: int = 60) -> None:
        """Run, unharmed, until the payer owes nothing and nothing is left."""
        for _ in range(rounds):
            balance = self.run()
            assert balance.failed is None, balance
            put = self.payer.round(datetime.now())
            if not (put or self.payer.owes or balance.left or balance.collected or balance.picked_up or balance.delivered):
                return
        raise AssertionError("it never came to rest")

    def rows(self, table):
        ledger = open_ledger(load_config(self.config).ledger)
        try:
            with ledger.look() as connection:
                return [dict(row) for row in connection.execute(select(table)).mappings()]
        finally:
            ledger.close()

    def faults(self) -> list[str]:
        """Everything that must not be, when all has come to rest."""
        found = []
        found += self.faults_of_the_ledger()
        asked = [row for row in self.rows(requests) if row["trace"] is not None]
        first = Counter(one["trace"] for one in self.payer.log() if one["word"] == "first" and "INQ" not in one["trace"])
        told = [one for one in self.payer.log() if "INQ" not in one["trace"] or one["outcome"] not in ("pended", "unanswered")]
        last = {request_key(one["trace"]): one["outcome"] for one in told}
        for row in asked:
            if first[row["trace"]] != 1:
                found.append(f"{row['encounter_id']} reached the payer {first[row['trace']]} times")
            if row["outcome"] != last.get(row["trace"]):
                found.append(f"{row['encounter_id']} stands as {row['outcome']}, the payer said {last.get(row['trace'])}")
        unknown = set(first) - {row["trace"] for row in asked}
        found += [f"the payer got {trace}, and the ledger does not know it" for trace in unknown]
        seen = Counter(self.payer.state.seen)
        found += [f"interchange {name} came {count} times" for name, count in seen.items() if count > 1]
        given = Counter((row["request_id"], row["content"]) for row in self.rows(answers))
        found += [f"answer {key} is recorded {count} times" for key, count in given.items() if count > 1]
        said = Counter(request_key(one["trace"]) for one in self.payer.log() if one["word"] != "settled")
        heard = Counter(row["trace"] for row in self.rows(answers))
        found += [f"{trace}: {said[trace]} answers were given, {heard[trace]} recorded" for trace in said if said[trace] != heard[trace]]
        for row in self.rows(files):
            if row["state"] not in ("done", "held", "delivered", "acknowledged", "refused", "processed"):
                found.append(f"file {row['name']} stands as {row['state']}")
            if row["path"] is None or not (self.work / "house" / row["path"]).exists():
                found.append(f"our copy of {row['name']} is gone: {row['path']}")
            if row["plain"] is not None and not (self.work / "house" / row["plain"]).exists():
                found.append(f"our plain copy of {row['name']} is gone: {row['plain']}")
        for room in ("outbox", "inbox", "drop"):
            left = [file.name for file in (self.work / "house" / room / "summit-ridge").iterdir()]
            found += [f"{room} still holds {name}" for name in left]
        found += [f"the mailbox still holds {file.name}" for folder in ("in", "out") for file in (self.box / folder).iterdir()]
        drawn = {row["kind"]: row["next"] for row in self.rows(numbers)}
        used = {row["isa13"]: row["note"] or "" for row in self.rows(files) if row["isa13"]}
        ours = [int(number) for number, note in used.items() if not note.startswith(PASSED_ON)]
        sent = sum(row["isa13"] is not None for row in self.rows(files))
        if len(used) != sent or any(number >= drawn["interchange"] for number in ours):
            found.append("a control number was used twice, or was never drawn")
        return found


def crash(installation: Installation, kills: int, *, seed: int, longest: float = 0.25) -> int:
    """Kill so many runs at random moments, with the payer answering between them; how many were killed in the middle."""
    dice = random.Random(seed)
    caught = 0
    for n in range(kills):
        if n % 4 == 0:
            installation.drop(20, seed=seed)
        caught += installation.killed(dice.random() ** 2 * longest)
        if dice.random() < 0.5:
            installation.payer.round(datetime.now())
    return caught
