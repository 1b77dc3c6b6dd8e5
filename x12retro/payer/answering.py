"""One file that came is answered: TA1 and 999 for what it is, 278 responses for its requests and inquiries, an 824 for its documents."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from x12retro.acknowledge import AckWriter, Advice, acknowledging
from x12retro.acknowledge.address import address_of
from x12retro.acknowledge.compose import ADVICE_VERSION, write_824
from x12retro.build import ControlNumbers
from x12retro.build.records import Element, Line
from x12retro.guide.judge import Checked, validate
from x12retro.payer.behaviour import Behaviour
from x12retro.payer.cabinet import Cabinet, Place
from x12retro.payer.documents import Fate, document_numbers, file, taken_out
from x12retro.payer.inquiry import found, tell
from x12retro.payer.memory import Answered, Memory
from x12retro.payer.review import answered, final_story, member_of, question_of, said_by, story_for, trace_of
from x12retro.payer.state import Pended, State
from x12retro.synth import FOR_RECORDS
from x12retro.synth.asked import Question
from x12retro.synth.dice import Dice
from x12retro.x12 import GroupStart, InterchangeStart, Transaction, Writer, read
from x12retro.x12.traces import request_key

_GUIDES = {"278-request": "005010X217", "278-inquiry": "005010X215"}
"""What it answers, and the label of the group that it must come in."""
_ATTACHMENTS = frozenset({"275-X316", "275-X211"})
_REACH = 512


class _Case(NamedTuple):
    """A set that is to be answered; `pended` when this is the last word on it."""

    transaction: Transaction
    pended: Pended | None = None


_Sets = list[tuple[InterchangeStart, GroupStart, list[_Case]]]


class Answering:
    """One file and its answers. `told` and `filed` are for the logs: what was decided, and what became of documents."""

    def __init__(self, behaviour: Behaviour, state: State, memory: Memory, cabinet: Cabinet, moment: datetime) -> None:
        self._behaviour, self._state, self._memory, self._cabinet = behaviour, state, memory, cabinet
        self._moment = moment
        self._fresh: list[str] = []
        self._attachments: dict[Place, GroupStart] = {}
        self.told: list[dict[str, object]] = []
        self.filed: list[Fate] = []

    def of(self, source: Path | bytes, stem: str) -> list[tuple[str, bytes]]:
        """The files that answer a file, by name."""
        functional, ta1, response, advice = bytearray(), bytearray(), io.BytesIO(), io.BytesIO()
        numbers = ControlNumbers(self._state.interchange, self._state.group)
        writer = AckWriter(functional, ta1, numbers, self._moment, peek=_peek(source))
        again: list[str] = []
        sets: _Sets = []
        good: _Sets = []
        refused = 0
        for checked in acknowledging(validate(source, as_of=self._moment.date()), writer):
            if isinstance(checked.part, InterchangeStart):
                refused = self._weigh(writer, refused, sets, good)
            self._sort(checked, sets, again)
        self._weigh(writer, refused, sets, good)
        self._state.interchange, self._state.group = numbers.interchange, numbers.group
        if again:
            return [(f"{stem}.TA1", self._refusal(source))]
        self._state.seen += self._fresh
        self._file(source, advice)
        self._respond(response, good)
        files = [
            (f"{stem}.TA1", bytes(ta1)),
            (f"{stem}.999", bytes(functional)),
            (f"{stem}.824", advice.getvalue()),
            (f"{stem}.278", response.getvalue()),
        ]
        return [(name, content) for name, content in files if content]

    def decided(self, due: list[Pended]) -> bytes:
        """The interchange with the last word on sets that were pended."""
        response = io.BytesIO()
        sets: _Sets = []
        for one in due:
            for checked in validate(one.raw.encode("latin-1"), as_of=self._moment.date()):
                self._sort(checked, sets, None, one)
        if sets:
            start, group, _ = sets[0]
            self._respond(response, [(start, group, [case for _, _, cases in sets for case in cases])])
        return response.getvalue()

    def _weigh(self, writer: AckWriter, before: int, sets: _Sets, good: _Sets) -> int:
        """At the end of an interchange: `sets` are for the `good` unless it was refused as a whole; then nothing of it is taken. How many
        were refused so far, of which there were so many `before`.
        """
        if writer.tally.interchanges_rejected == before:
            good += sets
        else:
            for _, group, _ in sets:
                self._attachments = {place: one for place, one in self._attachments.items() if one is not group}
        sets.clear()
        return writer.tally.interchanges_rejected

    def _sort(self, checked: Checked, sets: _Sets, again: list[str] | None, pended: Pended | None = None) -> None:
        part = checked.part
        if isinstance(part, InterchangeStart) and again is not None and part.isa is not None:
            key = f"{part.isa[6].strip()}/{part.control}"
            (again if key in (*self._state.seen, *self._fresh) else self._fresh).append(key)
        elif isinstance(part, GroupStart):
            sets.append((part.interchange, part, []))
        elif isinstance(part, Transaction) and checked.accepted and sets:
            if checked.guide in _ATTACHMENTS:
                self._attachments[part.interchange.control, part.group.control, part.control] = part.group
            elif _label(sets[-1][1]) == _GUIDES.get(checked.guide):
                sets[-1][2].append(_Case(part, pended))

    def _file(self, source: Path | bytes, out: io.BytesIO) -> None:
        """File the documents of the 275s that were accepted, and write what is said of each where an 824 is wanted."""
        if not self._attachments:
            return
        said: dict[GroupStart, list[Advice]] = {}
        for one in self._cabinet.take(source, self._attachments):
            filed = file(one, self._state, self._memory)
            self.filed += filed.fates
            said.setdefault(self._attachments[one.interchange, one.group, one.transaction], []).append(filed.advice)
        if self._behaviour.application_advice:
            for group, advices in said.items():
                self._advise(out, group, advices)

    def _advise(self, out: io.BytesIO, group: GroupStart, advices: list[Advice]) -> None:
        address = address_of(group.interchange)
        if address is None:
            return
        writer = Writer(out, address.delimiters, address.line_break)
        isa, gs = self._numbers()
        writer.open_interchange(address.isa(isa, self._moment))
        writer.open_group(["AG", *address.gs(gs, self._moment, group, ADVICE_VERSION)[1:]])
        for n, one in enumerate(advices, start=1):
            write_824(writer, f"{n:04d}", f"ADV{isa}{n:04d}", one, (address.sender, address.receiver), self._moment)
        writer.close_group()
        writer.close_interchange()

    def _respond(self, out: io.BytesIO, sets: _Sets) -> None:
        for start, group, cases in sets:
            address = address_of(start)
            if not cases or address is None:
                continue
            writer = Writer(out, address.delimiters, address.line_break)
            isa, gs = self._numbers()
            writer.open_interchange(address.isa(isa, self._moment))
            version = _label(group)
            writer.open_group(["HI", *address.gs(gs, self._moment, group, version)[1:]])
            for n, case in enumerate(cases, start=1):
                writer.open_transaction("278", f"{n:04d}", version)
                asked_after = version == _GUIDES["278-inquiry"]
                for line in self._tell(case.transaction) if asked_after else self._answer(case):
                    writer.segment(line.id, *(self._told_now(line.elements) if line.id == "BHT" else line.elements))
                writer.close_transaction()
            writer.close_group()
            writer.close_interchange()

    def _told_now(self, bht: tuple[Element, ...]) -> tuple[Element, ...]:
        """A BHT with the time of this moment (BHT05), where what is made up has always the same."""
        return (*bht[:4], f"{self._moment:%H%M}", *bht[5:])

    def _numbers(self) -> tuple[str, str]:
        """The next ISA13 and GS06."""
        taken = f"{self._state.interchange:09d}", str(self._state.group)
        self._state.interchange += 1
        self._state.group += 1
        return taken

    def _answer(self, case: _Case) -> tuple[Line, ...]:
        how, today = self._behaviour, self._moment.date()
        question = question_of(case.transaction)
        trace = trace_of(question)
        word: Literal["first", "last"] = "first" if case.pended is None else "last"
        if case.pended is None:
            story = story_for(question, how, Dice(how.seed, "first", trace), today, records_came=self._records_are_here(question))
        else:
            story = case.pended.last or final_story(question, Dice(how.seed, "final", trace), today)
        lines, outcome = answered(question, story, said_by(how.seed, word, question), today, how.pend_for_records)
        raw = _alone(case.transaction)
        if outcome == "pended" and case.pended is None:
            due = None if story == FOR_RECORDS else self._state.round + how.decide_after
            self._state.pended.append(Pended(due, raw))
        self.told.append({"trace": trace, "story": story, "outcome": outcome, "word": word})
        self._memory.note(Answered(request_key(trace), raw, story, outcome, word, today, document_numbers(question, lines)))
        return lines

    def _records_are_here(self, question: Question) -> bool:
        """True when documents of this request came before it; they are with it from now on."""
        came = list(taken_out(document_numbers(question, ()), member_of(question), self._state))
        self.filed += (Fate(one.number, "matched", one.files) for one in came)
        return bool(came)

    def _tell(self, transaction: Transaction) -> tuple[Line, ...]:
        """Answer an inquiry; being asked may bring about the decision of what is pended, but of what waits for records."""
        how, question = self._behaviour, question_of(transaction)
        dice = Dice(how.seed, "asked", question.bht03)
        review = found(question, self._memory) if not dice.chance(how.not_found) else None
        if review is not None and review.outcome == "pended" and review.story != FOR_RECORDS and dice.chance(how.decided_when_asked):
            review = self._settled(review)
        told = tell(question, review, how.seed, self._moment.date(), how.pend_for_records)
        self.told.append({"trace": question.bht03, "story": told.story, "outcome": told.outcome, "word": "inquiry"})
        return told.lines

    def _settled(self, review: Answered) -> Answered:
        """A pended request decided now: the inquiry has the last word on it, no file of its own."""
        self._state.decided(review.raw)
        transaction = next(frame for frame in read(review.raw.encode("latin-1")) if isinstance(frame, Transaction))
        self._answer(_Case(transaction, Pended(None, review.raw)))
        self.told[-1]["word"] = "settled"
        found_again = self._memory.find((review.key,))
        assert found_again is not None  # it was noted just now
        return found_again

    def _refusal(self, source: Path | bytes) -> bytes:
        """The TA1 for an interchange that was taken before.

        Source: TA105 025, a duplicate interchange control number
        """
        out = io.BytesIO()
        start = next(part for checked in validate(source) if isinstance(part := checked.part, InterchangeStart))
        address = address_of(start)
        if address is not None and start.isa is not None:
            writer = Writer(out, address.delimiters, address.line_break)
            writer.open_interchange(address.isa(f"{self._state.interchange:09d}", self._moment))
            self._state.interchange += 1
            writer.ta1(start.control, start.isa[9], start.isa[10], "R", "025")
            writer.close_interchange()
        return out.getvalue()


def answer_files(raw: bytes, stem: str, behaviour: Behaviour, moment: datetime) -> list[tuple[str, bytes]]:
    """The files that a payer who has seen nothing yet answers one file with; documents are looked at and not kept."""
    return Answering(behaviour, State(), Memory(), Cabinet(), moment).of(raw, stem)


def _peek(source: Path | bytes) -> Callable[[int], bytes]:
    """How an ISA that was refused is looked at again."""

    def peek(offset: int) -> bytes:
        if isinstance(source, bytes):
            return source[offset : offset + _REACH]
        with source.open("rb") as stream:
            stream.seek(offset)
            return stream.read(_REACH)

    return peek


def _label(group: GroupStart) -> str:
    return group.gs[8].strip() if group.gs is not None else ""


def _alone(transaction: Transaction) -> str:
    """An interchange that holds one set, to be answered later."""
    start, group = transaction.interchange, transaction.group
    assert start.isa is not None and group.gs is not None
    d, end = start.delimiters, start.delimiters.segment + start.line_break
    trailer = f"GE{d.element}1{d.element}{group.control}{end}IEA{d.element}1{d.element}{start.control}{end}"
    head = d.element.join(start.isa.fields) + end + d.element.join(group.gs.fields) + end
    return head + transaction.raw.decode("latin-1") + start.line_break + trailer
