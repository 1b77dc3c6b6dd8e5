"""The payer's house: what it has seen, what it still owes, and what it puts into the mailbox.

State is one JSON file beside the mailbox, replaced whole after each round. A round takes every request file that is whole (no name that
ends with .tmp, .part or the like), acknowledges it, answers its sets, and decides what was pended long enough.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from x12retro.acknowledge import AckWriter, acknowledging
from x12retro.acknowledge.address import address_of
from x12retro.build import ControlNumbers
from x12retro.build.records import Line
from x12retro.guide.judge import Checked, validate
from x12retro.payer.behaviour import Behaviour, PayerFile
from x12retro.payer.review import answered, final_story, question_of, story_for, trace_of
from x12retro.synth.dice import Dice
from x12retro.x12 import GroupStart, InterchangeStart, Transaction, Writer

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".done")
_VERSION = "005010X217"


class Pended(msgspec.Struct):
    """A request that waits for its decision: the round it is due in, and the request file's text with one set."""

    due: int
    raw: str


class State(msgspec.Struct):
    """What the payer remembers. `seen` holds the interchanges it took: sender and ISA13."""

    round: int = 0
    interchange: int = 1
    group: int = 1
    files: int = 0
    batches: int = 0
    notices: list[str] = []
    """What the mailbox itself said, and lies beside the requests until it is taken."""
    seen: list[str] = []
    pended: list[Pended] = []
    owed: list[tuple[int, str, str]] = []
    """Files that come late: round, name, text."""


class Sandbox:
    """The payer behind a mailbox, whose folders are `requests` and `answers`. `state` is kept in the file of that name."""

    def __init__(self, told: PayerFile, state: Path) -> None:
        self._behaviour = told.behaviour
        self._manifest = told.manifest
        self._notices = told.notices
        self.requests, self.answers = Path(told.mailbox) / told.requests, Path(told.mailbox) / told.answers
        self._file = state
        self._log = state.with_suffix(".log.jsonl")
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
        """True while something is still to come."""
        return bool(self.state.pended or self.state.owed)

    def log(self) -> Iterator[dict[str, str]]:
        """What was decided so far: trace, story, outcome, and whether it is the first word on the request or the last on a pended one."""
        if self._log.exists():
            for line in self._log.read_text().splitlines():
                yield msgspec.json.decode(line)

    def _is_whole(self, path: Path) -> bool:
        if not path.is_file() or path.name.startswith(".") or path.name.endswith(_UNFINISHED) or path.name in self.state.notices:
            return False
        return not self._manifest or path.with_name(path.name + self._manifest).exists()

    def _take(self, path: Path, moment: datetime) -> None:
        raw = path.read_bytes()
        stem = path.stem
        if self._notice(path.name, readable=not Dice(self._behaviour.seed, "read", path.name).chance(self._behaviour.unreadable)):
            self._clear(path)
            return
        desk = _Answering(self._behaviour, self.state, moment)
        files = desk.of(raw, stem)
        self._tell(desk.told)
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
        due = [one for one in self.state.pended if one.due <= self.state.round]
        self.state.pended = [one for one in self.state.pended if one.due > self.state.round]
        if not due:
            return
        desk = _Answering(self._behaviour, self.state, moment)
        content = desk.decided([one.raw.encode("latin-1") for one in due])
        self._tell(desk.told)
        name = f"decisions-{self.state.round:06d}.278"
        self._send(name, content, Dice(self._behaviour.seed, "file", name))

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

    def _tell(self, told: list[dict[str, object]]) -> None:
        with self._log.open("ab") as log:
            for one in told:
                log.write(msgspec.json.encode(one) + b"\n")

    def _keep(self) -> None:
        part = self._file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(self.state))
        os.replace(part, self._file)  # noqa: PTH105 - atomic on every system


class _Answering:
    """One request file and its answers."""

    def __init__(self, behaviour: Behaviour, state: State, moment: datetime) -> None:
        self._behaviour, self._state, self._moment = behaviour, state, moment
        self.told: list[dict[str, object]] = []

    def of(self, raw: bytes, stem: str) -> list[tuple[str, bytes]]:
        """The files that answer a request file, by name."""
        functional, ta1, response = bytearray(), bytearray(), io.BytesIO()
        numbers = ControlNumbers(self._state.interchange, self._state.group)
        writer = AckWriter(functional, ta1, numbers, self._moment, peek=lambda offset: raw[offset : offset + 512])
        again: list[str] = []
        sets: list[tuple[InterchangeStart, GroupStart, list[Transaction]]] = []
        for checked in acknowledging(validate(raw, as_of=self._moment.date()), writer):
            self._sort(checked, sets, again)
        self._state.interchange, self._state.group = numbers.interchange, numbers.group
        if again:
            return [(f"{stem}.TA1", self._refusal(raw))]
        self._respond(response, sets)
        files = [(f"{stem}.TA1", bytes(ta1)), (f"{stem}.999", bytes(functional)), (f"{stem}.278", response.getvalue())]
        return [(name, content) for name, content in files if content]

    def decided(self, pended: list[bytes]) -> bytes:
        """The interchange with the last word on sets that were pended, each given as an interchange with it alone."""
        response = io.BytesIO()
        sets: list[tuple[InterchangeStart, GroupStart, list[Transaction]]] = []
        for raw in pended:
            for checked in validate(raw, as_of=self._moment.date()):
                self._sort(checked, sets, None)
        if sets:
            start, group, _ = sets[0]
            self._respond(response, [(start, group, [one for _, _, transactions in sets for one in transactions])], final=True)
        return response.getvalue()

    def _sort(self, checked: Checked, sets: list[tuple[InterchangeStart, GroupStart, list[Transaction]]], again: list[str] | None) -> None:
        part = checked.part
        if isinstance(part, InterchangeStart) and again is not None and part.isa is not None:
            key = f"{part.isa[6].strip()}/{part.control}"
            if key in self._state.seen:
                again.append(key)
            self._state.seen.append(key)
        elif isinstance(part, GroupStart):
            sets.append((part.interchange, part, []))
        elif isinstance(part, Transaction) and checked.accepted and sets and sets[-1][1].gs is not None and sets[-1][1].gs[8] == _VERSION:
            sets[-1][2].append(part)

    def _respond(self, out: io.BytesIO, sets: list[tuple[InterchangeStart, GroupStart, list[Transaction]]], *, final: bool = False) -> None:
        for start, group, transactions in sets:
            address = address_of(start)
            if not transactions or address is None:
                continue
            writer = Writer(out, address.delimiters, address.line_break)
            writer.open_interchange(address.isa(f"{self._state.interchange:09d}", self._moment))
            fields = address.gs(str(self._state.group), self._moment, group, _VERSION)
            writer.open_group(["HI", *fields[1:]])
            self._state.interchange += 1
            self._state.group += 1
            for n, transaction in enumerate(transactions, start=1):
                writer.open_transaction("278", f"{n:04d}", _VERSION)
                for line in self._answer(transaction, final=final):
                    writer.segment(line.id, *line.elements)
                writer.close_transaction()
            writer.close_group()
            writer.close_interchange()

    def _answer(self, transaction: Transaction, *, final: bool) -> tuple[Line, ...]:
        question, today = question_of(transaction), self._moment.date()
        trace = trace_of(question)
        dice = Dice(self._behaviour.seed, "final" if final else "first", trace)
        story = final_story(question, dice, today) if final else story_for(question, self._behaviour, dice, today)
        lines, outcome = answered(question, story, dice, today)
        pended = outcome == "pended" and not final
        if pended:
            self._state.pended.append(Pended(self._state.round + self._behaviour.decide_after, _alone(transaction)))
        self.told.append({"trace": trace, "story": story, "outcome": outcome, "word": "last" if final else "first"})
        return lines

    def _refusal(self, raw: bytes) -> bytes:
        """The TA1 for an interchange that was taken before.

        Source: TA105 025, a duplicate interchange control number
        """
        out = io.BytesIO()
        start = next(part for checked in validate(raw) if isinstance(part := checked.part, InterchangeStart))
        address = address_of(start)
        if address is not None and start.isa is not None:
            writer = Writer(out, address.delimiters, address.line_break)
            writer.open_interchange(address.isa(f"{self._state.interchange:09d}", self._moment))
            self._state.interchange += 1
            writer.ta1(start.control, start.isa[9], start.isa[10], "R", "025")
            writer.close_interchange()
        return out.getvalue()


def answer_files(raw: bytes, stem: str, behaviour: Behaviour, moment: datetime) -> list[tuple[str, bytes]]:
    """The files that a payer who has seen nothing yet answers one request file with."""
    return _Answering(behaviour, State(), moment).of(raw, stem)


def _alone(transaction: Transaction) -> str:
    """An interchange that holds one set, to be answered later."""
    start, group = transaction.interchange, transaction.group
    assert start.isa is not None and group.gs is not None
    d, end = start.delimiters, start.delimiters.segment + start.line_break
    trailer = f"GE{d.element}1{d.element}{group.control}{end}IEA{d.element}1{d.element}{start.control}{end}"
    head = d.element.join(start.isa.fields) + end + d.element.join(group.gs.fields) + end
    return head + transaction.raw.decode("latin-1") + start.line_break + trailer
