"""The inbox: each file is read once, whatever is in it and in whatever order files come.

TA1, 999 and 997 tell how our files fared; 278 responses become decision records and are acknowledged. All that a file says is taken
down in one change of the ledger, so that a run that is killed reads it again from the start, or not at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
from sqlalchemy import Row

from x12retro.acknowledge import AckWriter, GroupAck, InterchangeAck, SetAck, acknowledging, read_acknowledgments
from x12retro.build import ControlNumbers
from x12retro.decide import Decision, Requests, decide_stream, to_json
from x12retro.deliver import Unopened
from x12retro.deliver.naming import name_of
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import X12RetroError
from x12retro.findings import Finding
from x12retro.flow.desk import Desk
from x12retro.flow.order import Standing, standing
from x12retro.flow.sealing import opened, sealed
from x12retro.flow.survey import Answer, Survey, survey
from x12retro.guide.judge import validate
from x12retro.ledger import Change, NewAnswer, NewFile, Told
from x12retro.ledger.life import RequestEvent, RequestState, after
from x12retro.ledger.queries import Asked, answers_to, asked_by_trace, asked_in_file, asked_in_group, files_in, sent_file
from x12retro.x12 import GroupStart, InterchangeStart, Transaction, read

_EVENTS: dict[str, RequestEvent] = {"pended": "pended", "rejected": "refused"}
"""What an outcome is in the life of a request; every other one is a decision."""
_AFTER_DECISION: dict[str, str | None] = {"not_required": None, "cancelled": None}
_GOOD = ("accepted", "accepted_with_errors")
_ACTED_ON = ("certified", "partially_certified", "modified", "not_required")
_REQUEST = "HI"
"""GS01 of our requests: an acknowledgment of another kind of group speaks of somebody else's."""


class _Decided(NamedTuple):
    """A decision and its record as JSON, the request it is about where it is known, the set it was read from, and what tells a copy."""

    decision: Decision
    record: bytes
    asked: Asked | None
    answer: Answer
    content: str


def read_inbox(desk: Desk) -> int:
    """Read every file that was collected; how many. One that cannot be read is held with its findings, and the rest goes on."""
    with desk.ledger.look() as connection:
        files = files_in(connection, desk.partner, "in", "collected")
    for row in files:
        try:
            with opened(desk, row) as path:
                _Reading(desk, row, path).read()
        except Unopened as problem:
            _hold(desk, row, [str(problem)])
        except X12RetroError:
            raise
        except Exception as failure:  # noqa: BLE001 - a fault of ours over one file must not stop the others
            _hold(desk, row, [unforeseen(failure)])
    return len(files)


class _Reading:
    """One file that came; `path` is where its plain text lies."""

    def __init__(self, desk: Desk, row: Row[Any], path: Path) -> None:
        self._desk, self._row = desk, row
        self._path = path
        self._counts: Counter[str] = Counter()
        self._findings: list[str] = []

    def read(self) -> None:
        found = survey(self._path)
        if found.kind == "unknown":
            _hold(self._desk, self._row, ["it holds no TA1, no 999, no 997 and no 278 response"])
            return
        if (why := self._not_for_us(found)) is not None:
            _hold(self._desk, self._row, [why])
            return
        if found.answers and found.cut_short is not None:
            _hold(self._desk, self._row, [f"it was cut short ({found.cut_short}); nothing of it was taken: have it sent again, whole"])
            return
        decided = list(self._decisions(found)) if found.answers else []
        written = self._decision_file(decided) if decided else None
        acks = self._acknowledge(found) if found.answers and self._desk.exchange.answer == "999" else []
        target = self._desk.house.archived(self._row.id, self._row.name, "in", self._desk.now)
        with self._desk.change() as change:
            if found.acknowledgments:
                self._take_acknowledgments(change)
            self._take_decisions(change, decided)
            for ack in acks:
                change.add_file(ack)
            self._counts |= {"decisions": len(decided)}
            note = "; ".join(self._findings[:20]) or None
            told = {"kind": found.kind, "decisions": written.name if written is not None else None}
            counts, path = dict(self._counts), self._desk.house.kept(target)
            change.file(self._row.id, "processed", detail=told, kind=found.kind, counts=counts, note=note, path=path)
        self._desk.house.move(self._desk.house.path(self._row.path), target)

    def _not_for_us(self, found: Survey) -> str | None:
        ours = self._desk.partnership.partner.interchange
        for receiver, usage in sorted(found.addressed):
            if receiver != ours.sender_id:
                return "it is addressed to another receiver (ISA08) than this partner file's sender_id"
            if usage in ("T", "P") and usage != ours.usage:
                words = {"T": "test", "P": "production"}
                return f"it says that it is {words[usage]} (ISA15), and this mailbox is for {words[ours.usage]}"
        return None

    # acknowledgments ------------------------------------------------------------------------------------------------------

    def _take_acknowledgments(self, change: Change) -> None:
        for ack in read_acknowledgments(self._path, file=self._row.name):
            self._counts[ack.kind] += 1
            if isinstance(ack, InterchangeAck):
                self._take_ta1(change, ack)
            else:
                self._take_group(change, ack)

    def _take_ta1(self, change: Change, ack: InterchangeAck) -> None:
        sent = sent_file(change.connection, self._desk.partner, ack.control.zfill(9))
        detail: dict[str, object] = {"ack": "TA1", "said": ack.said, "code": ack.code}
        if sent is None:
            self._stray(change, f"a TA1 about interchange {ack.control}, which was not sent", detail)
            return
        good = ack.verdict in _GOOD
        change.file(sent.id, "acknowledged" if good else "refused", detail=detail)
        asked = _sent_now(change, asked_in_file(change.connection, sent.id), sent.id)
        if good:
            change.requests(asked, "interchange_accepted", file_id=self._row.id, detail=detail)
        else:
            change.requests(asked, "interchange_refused", file_id=self._row.id, detail=detail, next_do="correct_and_resend")
            self._desk.tell("warning", f"{sent.name}: the partner refused the interchange (TA1 {ack.said} {ack.code})")

    def _take_group(self, change: Change, ack: GroupAck) -> None:
        asked = asked_in_group(change.connection, self._desk.partner, ack.control) if ack.functional_code == _REQUEST else []
        detail: dict[str, object] = {"ack": ack.kind, "said": ack.said, "codes": [note.code for note in ack.codes]}
        if not asked:
            if ack.functional_code == "HI":
                self._stray(change, f"a {ack.kind} about group {ack.control}, which was not sent", detail)
            return
        good = ack.verdict in ("accepted", "accepted_with_errors", "partially_accepted")
        for file_id in dict.fromkeys(one.file_id for one in asked):
            change.file(file_id, "acknowledged" if good else "refused", detail=detail)
        standing = dict(_sent_now(change, asked, asked[0].file_id))
        listed = {one.control.lstrip("0"): one for one in ack.sets}
        by_fate: dict[tuple[bool, str], list[tuple[int, RequestState]]] = defaultdict(list)
        for one in asked:
            told = listed.get(one.st02.lstrip("0"))
            if told is None and ack.verdict not in _GOOD and ack.verdict != "rejected":
                continue  # partly accepted, and nothing is said of this one
            accepted = told.accepted if told is not None else ack.verdict in _GOOD
            by_fate[accepted, _why(told)].append((one.id, standing[one.id]))
        for (accepted, why), ids in by_fate.items():
            said = {**detail, "set": why} if why else detail
            if accepted:
                change.requests(ids, "set_accepted", file_id=self._row.id, detail=said)
            else:
                change.requests(ids, "set_refused", file_id=self._row.id, detail=said, next_do="correct_and_resend")
                self._desk.tell("warning", f"{self._row.name}: {len(ids)} requests were refused by a {ack.kind}")

    def _stray(self, change: Change, what: str, detail: dict[str, object]) -> None:
        self._findings.append(what)
        change.note("stray_acknowledgment", detail, file_id=self._row.id)
        self._desk.tell("warning", f"{self._row.name}: {what}")

    # answers --------------------------------------------------------------------------------------------------------------

    def _decisions(self, found: Survey) -> Iterator[_Decided]:
        desk = self._desk
        traces = {trace for answer in found.answers for trace in answer.traces}
        with desk.ledger.look() as connection:
            asked = asked_by_trace(connection, desk.partner, traces)
        requests = _requests(desk, asked.values())
        places: dict[tuple[str, str, str], list[Answer]] = defaultdict(list)
        for answer in found.answers:
            places[answer.place].append(answer)
        encounters = {trace: one.encounter_id for trace, one in asked.items()}
        nth: Counter[str] = Counter()
        for decision in decide_stream(
            self._path,
            requests,
            desk.now.date(),
            encounters=encounters,
            file=self._row.name,
            received=self._row.made_at,
            on_finding=self._note,
        ):
            answer = _answer_of(decision, places)
            nth[answer.content] += 1
            about = next((asked[trace] for trace in decision.traces.event if trace in asked), None) or asked.get(decision.traces.bht03)
            content = f"{answer.content[:60]}-{nth[answer.content]}"[:64]
            yield _Decided(decision, to_json(decision), about, answer, content)

    def _note(self, finding: Finding) -> None:
        if finding.is_error:
            self._findings.append(finding.message)

    def _take_decisions(self, change: Change, decided: list[_Decided]) -> None:
        known = change.known_answers([one.content for one in decided])
        earlier = answers_to(change.connection, [one.asked.id for one in decided if one.asked is not None])
        today = self._desk.now.date()
        unsent = [one.asked for one in decided if one.asked is not None and one.asked.state == "validated"]
        states = {one.asked.id: one.asked.state for one in decided if one.asked is not None}
        for request in unsent:  # it was sent, as its answer shows, though we died before we could say so
            states.update(_sent_now(change, [request], request.file_id))
        new: list[NewAnswer] = []
        told: list[Told] = []
        for one in decided:
            if one.content in known:
                self._counts["again"] += 1
                change.note("answer_again", {}, request_id=one.asked.id if one.asked is not None else None, file_id=self._row.id)
                continue
            known.add(one.content)
            new.append(self._new_answer(one))
            self._counts[one.decision.outcome] += 1
            asked = one.asked
            if asked is None:
                self._counts["strangers"] += 1
                continue
            outcome = one.decision.outcome
            still_pended = outcome == "pended" and one.decision.answers == "inquiry" and states[asked.id] == "pended"
            if outcome == "unanswered" or still_pended:  # an inquiry that brought nothing new: the request stands as it did
                change.note("inquiry_answered", {"outcome": outcome}, request_id=asked.id, file_id=self._row.id)
                continue
            stands = standing(one.answer.answered, outcome, earlier.get(asked.id, ()), today)
            earlier.setdefault(asked.id, []).append((one.answer.answered, outcome))
            if stands == "superseded":
                change.note("answer_superseded", {"outcome": outcome}, request_id=asked.id, file_id=self._row.id)
                continue
            told.append(self._told(one, asked.id, states[asked.id], self._doubt(one, stands)))
            states[asked.id] = after(told[-1].state, told[-1].event) or told[-1].state
        change.add_answers(new)
        change.requests_each(told)

    def _new_answer(self, one: _Decided) -> NewAnswer:
        decision = one.decision
        return NewAnswer(
            request_id=one.asked.id if one.asked is not None else None,
            file_id=self._row.id,
            content=one.content,
            trace=decision.traces.event[0][:50] if decision.traces.event else None,
            outcome=decision.outcome,
            answered=one.answer.answered,
            record=one.record.decode(),
        )

    def _doubt(self, one: _Decided, stands: Standing) -> str | None:
        """Why nobody should act on an answer before a person has looked at it."""
        decision, name = one.decision, self._row.name
        if stands == "unclear":
            why = "says otherwise than an earlier answer, and which of them came last cannot be told"
        elif decision.matched_by is None and decision.outcome in _ACTED_ON:
            why = "could not be laid beside what was asked: our copy of the request is gone"
        else:
            return None
        self._desk.tell("warning", f"{name}: an answer {why}; see the worklist")
        return why

    def _told(self, one: _Decided, id_: int, state: RequestState, doubt: str | None) -> Told:
        decision = one.decision
        if doubt is not None:
            due = self._desk.now.date().isoformat()
            columns: dict[str, object] = {"outcome": "manual_review", "authorization": None, "next_do": "review", "due": due}
            return Told(id_, state, "decided", self._row.id, {"outcome": decision.outcome, "doubt": doubt}, columns)
        do = _AFTER_DECISION.get(decision.outcome, decision.next_step.do)
        return Told(
            id_,
            state,
            _EVENTS.get(decision.outcome, "decided"),
            self._row.id,
            {"outcome": decision.outcome, "action": decision.action},
            {
                "outcome": decision.outcome,
                "authorization": decision.authorization_number,
                "next_do": do,
                "due": decision.next_step.due.isoformat() if do is not None else None,
            },
        )

    def _decision_file(self, decided: list[_Decided]) -> Path:
        """The records as JSON lines, for whoever works with them; the same file when it is written again."""
        target = self._desk.house.decision_file(self._row.made_at, self._row.sha256)
        with self._desk.house.writing(target) as out:
            for one in decided:
                out.write(one.record + b"\n")
        return target

    # our own acknowledgments ----------------------------------------------------------------------------------------------

    def _acknowledge(self, found: Survey) -> list[NewFile]:
        """Write TA1 and 999 for what came, into the outbox; the files to be taken down."""
        desk = self._desk
        with desk.change() as change:
            isa = change.draw("interchange", 2 * found.interchanges)
            group = change.draw("group", found.interchanges)
        now = desk.now.astimezone().replace(tzinfo=None)
        functional, ta1 = bytearray(), bytearray()
        writer = AckWriter(functional, ta1, ControlNumbers(isa, group), now)
        for _ in acknowledging(validate(self._path, as_of=now.date()), writer):
            pass
        return [
            self._ack_file(content, kind, now)
            for kind, written in (("999", functional), ("TA1", ta1))
            for content in _interchanges(bytes(written))  # each in a file of its own, as every file of ours has one ISA13
        ]

    def _ack_file(self, content: bytes, kind: str, now: datetime) -> NewFile:
        """Put an acknowledgment into the outbox; what is to be taken down of it."""
        desk, partner = self._desk, self._desk.partnership.partner
        isa13 = next(frame.control for frame in read(content) if isinstance(frame, InterchangeStart))
        name = name_of(
            desk.exchange.outgoing.name,
            sender=partner.interchange.sender_id,
            receiver=partner.interchange.receiver_id,
            isa13=isa13,
            usage=partner.interchange.usage,
            kind=kind,
            moment=now,
        )
        target = desk.house.outbox / name
        with desk.house.writing(target) as out:
            out.write(content)
        plain = NewFile(
            direction="out",
            kind="acknowledgment",
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            state="staged",
            isa13=isa13,
            path=desk.house.kept(target),
            note=f"{kind} for {self._row.name}",
        )
        return sealed(desk, plain)


def _sent_now(change: Change, asked: list[Asked], file_id: int) -> list[tuple[int, RequestState]]:
    """Where the requests stand, those included that an answer shows to have been sent, though we died before we could say so."""
    unsaid = [(one.id, one.state) for one in asked if one.state == "validated"]
    if unsaid:
        change.requests(unsaid, "sent", file_id=file_id, sent_at=change.at)
    return [(one.id, "sent" if one.state == "validated" else one.state) for one in asked]


def _interchanges(written: bytes) -> list[bytes]:
    """What was written, cut before each ISA."""
    starts = [frame.offset for frame in read(written) if isinstance(frame, InterchangeStart)]
    return [written[start:end] for start, end in zip(starts, [*starts[1:], len(written)], strict=True)] if starts else []


def _why(told: SetAck | None) -> str:
    return " ".join(note.code for note in told.codes) if told is not None else ""


def _answer_of(decision: Decision, places: dict[tuple[str, str, str], list[Answer]]) -> Answer:
    """The set that a decision was read from; of several under one number, the one with its trace."""
    source = decision.source
    found = places.get((source.interchange, source.group, source.transaction)) or [one for many in places.values() for one in many]
    named = [one for one in found if set(one.traces) & set(decision.traces.event)]
    return (named or found)[0]


def _requests(desk: Desk, asked: Iterable[Asked]) -> Requests | None:
    """The requests as they were sent, to lay the answers beside; only their own sets are read. None when our copies are gone."""
    by_path: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        if one.path is not None and one.at is not None:
            by_path[one.path].append(one)
    found = Requests()
    for path, wanted in by_path.items():
        file = desk.house.path(path)
        if file.exists():
            group = next((frame for frame in read(file) if isinstance(frame, GroupStart)), None)
            if group is not None:
                with file.open("rb") as stream:
                    found.read_more([_set_at(stream, group, one) for one in wanted])
    return found if by_path else None


def _set_at(stream: BinaryIO, group: GroupStart, one: Asked) -> Transaction:
    stream.seek(one.at or 0)
    return Transaction(stream.read(one.length or 0), one.at or 0, group, True, True)


def _hold(desk: Desk, row: Row[Any], findings: list[str]) -> None:
    target = desk.house.set_aside(row.id, row.name)
    with desk.house.writing(target.with_name(f"{target.name}.findings.jsonl")) as out:
        for finding in findings:
            out.write(msgspec.json.encode({"file": row.name, "message": finding}) + b"\n")
    with desk.change() as change:
        change.file(row.id, "held", note="; ".join(findings), path=desk.house.kept(target))
    desk.house.move(desk.house.path(row.path), target)
    desk.tell("error", f"{row.name}: is held: {findings[0]}")
