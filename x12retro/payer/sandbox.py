"""The payer's house: what it has seen, what it still owes, and what it puts into the mailbox.

State is one JSON file beside the mailbox, replaced whole after each round; what it has answered lies in another, for inquiries and for
documents, and the documents themselves in a folder. A round takes every file that is whole (no name that ends with .tmp, .part or the
like), acknowledges it, answers its sets, and decides what was pended long enough or whose records came in an earlier round.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from x12retro.attach import Limits
from x12retro.payer.answering import Answering
from x12retro.payer.behaviour import PayerFile
from x12retro.payer.cabinet import Cabinet
from x12retro.payer.documents import Fate
from x12retro.payer.memory import Memory
from x12retro.payer.state import State
from x12retro.synth.dice import Dice

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".done")


class Sandbox:
    """The payer behind a mailbox, whose folders are `requests` and `answers`. `state` is kept in the file of that name.

    `documents` is the folder of what came in 275s, each document under its SHA-256.
    """

    def __init__(self, told: PayerFile, state: Path) -> None:
        self._behaviour = told.behaviour
        self._manifest = told.manifest
        self._notices = told.notices
        self.requests, self.answers = Path(told.mailbox) / told.requests, Path(told.mailbox) / told.answers
        self._file = state
        self._log = state.with_suffix(".log.jsonl")
        self._filed = state.with_suffix(".documents.jsonl")
        self._memory = Memory(state.with_suffix(".answered.jsonl"))
        self.documents = Path(told.documents.folder) if told.documents.folder else state.with_suffix(".documents")
        self._cabinet = Cabinet(self.documents, Limits(document=told.documents.max_document, total=told.documents.max_total))
        self.state = msgspec.json.decode(state.read_bytes(), type=State) if state.exists() else State()

    def round(self, moment: datetime) -> int:
        """Take and answer what is there; how many files were put into the mailbox."""
        state = self.state
        state.round += 1
        before = state.files
        for due, name, text in [owed for owed in state.owed if owed[0] <= state.round]:
            state.owed.remove((due, name, text))
            self._put(name, text.encode("latin-1"))
        for path in sorted(self.requests.iterdir()):
            if self._is_whole(path):
                self._take(path, moment)
        self._decide(moment)
        self._keep()
        return state.files - before

    @property
    def owes(self) -> bool:
        """True while something is still to come, that nobody else must send records for."""
        return bool(self.state.owed) or any(one.due is not None for one in self.state.pended)

    def log(self) -> Iterator[dict[str, str]]:
        """What was decided so far: trace, story, outcome, and the word: first on the request, last on a pended one, inquiry.

        What an inquiry brought about is `settled` before it.
        """
        if self._log.exists():
            for line in self._log.read_text().splitlines():
                yield msgspec.json.decode(line)

    def filed(self) -> Iterator[Fate]:
        """What became of documents so far, by the number they came under; one that was held is told again when its request is known."""
        if self._filed.exists():
            for line in self._filed.read_text().splitlines():
                yield msgspec.json.decode(line, type=Fate)

    def _is_whole(self, path: Path) -> bool:
        if not path.is_file() or path.name.startswith(".") or path.name.endswith(_UNFINISHED) or path.name in self.state.notices:
            return False
        return not self._manifest or path.with_name(path.name + self._manifest).exists()

    def _take(self, path: Path, moment: datetime) -> None:
        if self._notice(path.name, readable=not Dice(self._behaviour.seed, "read", path.name).chance(self._behaviour.unreadable)):
            self._clear(path)
            return
        desk = self._desk(moment)
        files = desk.of(path, path.stem)
        self._tell(desk)
        for name, content in files:
            self._send(name, content, Dice(self._behaviour.seed, "file", name))
        self._clear(path)

    def _clear(self, path: Path) -> None:
        self._keep()
        path.unlink()
        if self._manifest:
            path.with_name(path.name + self._manifest).unlink()

    def _notice(self, name: str, *, readable: bool) -> bool:
        """Put the mailbox's own notice beside a request file; True when it says that nothing of it was taken."""
        if self._notices is None:
            return False
        self.state.batches += 1
        called = self._notices.received if readable else self._notices.failed
        notice = called.replace("{name}", name).replace("{batch}", f"{self.state.batches:08d}")
        self.state.notices = [*(one for one in self.state.notices if (self.requests / one).exists()), notice]
        (self.requests / notice).write_text("" if readable else "the file could not be read\n")
        return not readable

    def _decide(self, moment: datetime) -> None:
        due = [one for one in self.state.pended if one.due is not None and one.due <= self.state.round]
        if not due:
            return
        self.state.pended = [one for one in self.state.pended if one not in due]
        desk = self._desk(moment)
        content = desk.decided(due)
        self._tell(desk)
        name = f"decisions-{self.state.round:06d}.278"
        self._send(name, content, Dice(self._behaviour.seed, "file", name))

    def _desk(self, moment: datetime) -> Answering:
        return Answering(self._behaviour, self.state, self._memory, self._cabinet, moment)

    def _send(self, name: str, content: bytes, dice: Dice) -> None:
        how, state = self._behaviour, self.state
        if dice.chance(how.cut_off):
            self._put(f"{name}.cut.edi", content[: len(content) * 2 // 3])
        late = dice.chance(how.late) or (name.endswith(".999") and dice.chance(how.before_its_999))
        if late:
            state.owed.append((state.round + 1, name, content.decode("latin-1")))
        else:
            self._put(name, content)
        if dice.chance(how.twice):
            state.owed.append((state.round + 1, f"{name}.again", content.decode("latin-1")))

    def _put(self, name: str, content: bytes) -> None:
        part = self.answers / f"{name}.part"
        part.write_bytes(content)
        part.replace(self.answers / name)
        self.state.files += 1

    def _tell(self, desk: Answering) -> None:
        for log, lines in ((self._log, desk.told), (self._filed, desk.filed)):
            if lines:
                with log.open("ab") as out:
                    out.writelines(msgspec.json.encode(one) + b"\n" for one in lines)

    def _keep(self) -> None:
        self._memory.keep()
        part = self._file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(self.state))
        os.replace(part, self._file)  # noqa: PTH105 - atomic on every system
