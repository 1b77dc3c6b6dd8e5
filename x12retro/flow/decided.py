"""278 responses that came: each becomes a decision record, joined to its request, recorded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from x12retro.decide import Decision, Requests, decide_stream, to_json
from x12retro.findings import Finding
from x12retro.flow.acknowledged import sent_now
from x12retro.flow.desk import Desk
from x12retro.flow.documents import take_asked
from x12retro.flow.incoming import Incoming
from x12retro.flow.order import Standing, standing
from x12retro.flow.sets import sets_of
from x12retro.flow.survey import Answer, Survey
from x12retro.ledger import Change, NewAnswer, Told
from x12retro.ledger.life import RequestEvent, RequestState, after
from x12retro.ledger.queries import STILL_PENDED, Asked, answers_to, asked_by_trace

_EVENTS: dict[str, RequestEvent] = {"pended": "pended", "rejected": "refused"}
"""What an outcome is in the life of a request; every other one is a decision."""
_AFTER_DECISION: dict[str, str | None] = {"not_required": None, "cancelled": None}
_NOT_ANSWERED = ("sent", "interchange_accepted", "accepted")
_ACTED_ON = ("certified", "partially_certified", "modified", "not_required")
_LONGEST_NUMBER = 80
Place = tuple[str, str, str]
"""ISA13, GS06 and ST02."""


class Decided(NamedTuple):
    """A decision and its record as JSON, the request it is about where it is known, the set it was read from, and what tells a copy.

    `refused`: the guide does not accept the set, and our 999 says so.
    """

    decision: Decision
    record: bytes
    asked: Asked | None
    answer: Answer
    content: str
    refused: bool


def decisions(file: Incoming, found: Survey, refused: frozenset[Place]) -> Iterator[Decided]:
    """Read every answer of a file, laid beside what was asked. `refused` are the sets that the guide does not accept."""
    desk = file.desk
    traces = {trace for answer in found.answers for trace in answer.traces}
    with desk.ledger.look() as connection:
        asked = asked_by_trace(connection, desk.partner, traces)
    requests = _requests(desk, asked.values())
    sets = _Sets(found.answers)
    encounters = {trace: one.encounter_id for trace, one in asked.items()}
    nth: Counter[str] = Counter()
    for decision in decide_stream(
        file.path,
        requests,
        desk.now.date(),
        encounters=encounters,
        file=file.row.name,
        received=file.row.made_at,
        on_finding=lambda finding: _note(file, finding),
    ):
        answer = sets.of(decision)
        nth[answer.content] += 1
        about = next((asked[trace] for trace in decision.traces.event if trace in asked), None) or asked.get(decision.traces.bht03)
        content = f"{answer.content[:60]}-{nth[answer.content]}"[:64]
        yield Decided(decision, to_json(decision), about, answer, content, answer.place in refused)


def _note(file: Incoming, finding: Finding) -> None:
    if finding.is_error:
        file.findings.append(finding.message)


def take_decisions(file: Incoming, change: Change, decided: list[Decided]) -> None:
    """Record each answer once, and what its request stands as now."""
    known = change.known_answers([one.content for one in decided])
    earlier = answers_to(change.connection, [one.asked.id for one in decided if one.asked is not None])
    today = file.desk.now.date()
    unsent = [one.asked for one in decided if one.asked is not None and one.asked.state == "validated"]
    states = {one.asked.id: one.asked.state for one in decided if one.asked is not None}
    for request in unsent:  # it was sent, as its answer shows, though we died before we could say so
        states.update(sent_now(change, [request], request.file_id))
    new: list[NewAnswer] = []
    told: list[Told] = []
    wanted: list[tuple[int, Decision]] = []
    for one in decided:
        if one.content in known:
            file.counts["again"] += 1
            change.note("answer_again", {}, request_id=one.asked.id if one.asked is not None else None, file_id=file.row.id)
            continue
        known.add(one.content)
        still = one.decision.answers == "inquiry" and one.decision.outcome == "pended"
        new.append(_new_answer(file, one, STILL_PENDED if still else one.decision.outcome))
        file.counts[one.decision.outcome] += 1
        asked = one.asked
        if asked is None:
            file.counts["strangers"] += 1
            continue
        outcome = one.decision.outcome
        if outcome == "unanswered" or (still and states[asked.id] not in _NOT_ANSWERED):  # it brought nothing new: the request stands
            change.note("inquiry_answered", {"outcome": outcome}, request_id=asked.id, file_id=file.row.id)
            continue
        stands = standing(one.answer.answered, outcome, earlier.get(asked.id, ()), today)
        earlier.setdefault(asked.id, []).append((one.answer.answered, outcome))
        if stands == "superseded":
            change.note("answer_superseded", {"outcome": outcome}, request_id=asked.id, file_id=file.row.id)
            continue
        told.append(_told(file, one, asked.id, states[asked.id], _doubt(file, one, stands)))
        states[asked.id] = after(told[-1].state, told[-1].event) or told[-1].state
        if outcome == "pended" and one.decision.documents_requested:
            wanted.append((asked.id, one.decision))
    if strangers := file.counts["strangers"]:
        file.desk.tell("warning", f"{file.row.name}: {strangers} answers to nothing that was sent; see the worklist")
    change.add_answers(new)
    change.requests_each(told)
    take_asked(change, wanted, file.desk.partnership.partner.delimiters)


def _new_answer(file: Incoming, one: Decided, outcome: str) -> NewAnswer:
    decision = one.decision
    return NewAnswer(
        request_id=one.asked.id if one.asked is not None else None,
        file_id=file.row.id,
        content=one.content,
        trace=decision.traces.event[0][:50] if decision.traces.event else None,
        outcome=outcome,
        answered=one.answer.answered,
        record=one.record.decode(),
    )


def _doubt(file: Incoming, one: Decided, stands: Standing) -> str | None:
    """Why nobody should act on an answer before a person has looked at it."""
    decision, name = one.decision, file.row.name
    if stands == "unclear":
        why = "says otherwise than an earlier answer, and which of them came last cannot be told"
    elif decision.matched_by is None and decision.outcome in _ACTED_ON:
        why = "could not be laid beside what was asked: our copy of the request is gone"
    elif one.refused and decision.outcome in _ACTED_ON and file.desk.exchange.act_on == "accepted":
        why = "stands in a set that the guide does not accept, which a 999 tells them"
    elif not _fits(decision.authorization_number):
        why = "has something in place of an authorization number that is none"
    else:
        return None
    file.desk.tell("warning", f"{name}: an answer {why}; see the worklist")
    return why


def _fits(number: str | None) -> bool:
    """Whether an authorization number is one that can be put on a claim: printable, and not of any length."""
    return number is None or (number.isprintable() and len(number) <= _LONGEST_NUMBER)


def _told(file: Incoming, one: Decided, id_: int, state: RequestState, doubt: str | None) -> Told:
    decision = one.decision
    if doubt is not None:
        due = file.desk.now.date().isoformat()
        columns: dict[str, object] = {"outcome": "manual_review", "authorization": None, "next_do": "review", "due": due, "ask_at": None}
        return Told(id_, state, "decided", file.row.id, {"outcome": decision.outcome, "doubt": doubt}, columns)
    do = _AFTER_DECISION.get(decision.outcome, decision.next_step.do)
    return Told(
        id_,
        state,
        _EVENTS.get(decision.outcome, "decided"),
        file.row.id,
        {"outcome": decision.outcome, "action": decision.action},
        {
            "outcome": decision.outcome,
            "authorization": decision.authorization_number,
            "next_do": do,
            "due": decision.next_step.due.isoformat() if do is not None else None,
            "ask_at": None,
        },
    )


def decision_file(file: Incoming, decided: list[Decided]) -> Path:
    """The records as JSON lines, for whoever works with them; the same file when it is written again."""
    target = file.desk.house.decision_file(file.row.made_at, file.row.sha256)
    with file.desk.house.writing(target) as out:
        for one in decided:
            out.write(one.record + b"\n")
    return target


class _Sets:
    """The sets of a file, to find the one that a decision was read from: of several under one number, the one with its trace."""

    def __init__(self, answers: list[Answer]) -> None:
        self._first: dict[Place, Answer] = {}
        self._named: dict[tuple[Place, str], Answer] = {}
        self._any = answers[0]
        for answer in answers:
            self._first.setdefault(answer.place, answer)
            for trace in answer.traces:
                self._named.setdefault((answer.place, trace), answer)

    def of(self, decision: Decision) -> Answer:
        source = decision.source
        place = (source.interchange, source.group, source.transaction)
        named = (self._named.get((place, trace)) for trace in decision.traces.event)
        return next((one for one in named if one is not None), None) or self._first.get(place, self._any)


def _requests(desk: Desk, asked: Iterable[Asked]) -> Requests | None:
    """The requests as they were sent, to lay the answers beside. None when our copies are gone."""
    kept = [one for one in asked if one.path is not None and one.at is not None]
    found = Requests()
    found.read_more([sent for _, sent in sets_of(desk, kept)])
    return found if kept else None
