"""278 responses that came: each becomes a decision record, joined to its request, recorded once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from x12retro.counted import counted
from x12retro.crew import in_order
from x12retro.decide import Decision, Requests, to_json
from x12retro.decide.record import Origin
from x12retro.decide.stream import Deciding, sha256_of
from x12retro.decide.terms import NOTHING_KNOWN
from x12retro.deliver import House
from x12retro.findings import Finding
from x12retro.flow.answering import Judging, Place
from x12retro.flow.desk import Desk
from x12retro.flow.incoming import Incoming
from x12retro.flow.order import Standing, standing
from x12retro.flow.requested import asked_for, take_asked
from x12retro.flow.sets import sets_of
from x12retro.flow.survey import Answer, answer_of
from x12retro.ledger import Change, NewAnswer, NewDocument, Told
from x12retro.ledger.life import RequestEvent, RequestState, after
from x12retro.ledger.queries import STILL_PENDED, Asked, answers_to, asked_by_trace, asked_under_long_traces, standing_of
from x12retro.x12 import Delimiters, Transaction, read
from x12retro.x12.traces import ROOM, is_hash, request_key

_EVENTS: dict[str, RequestEvent] = {"pended": "pended", "rejected": "refused"}
"""What an outcome is in the life of a request; every other one is a decision."""
_AFTER_DECISION: dict[str, str | None] = {"not_required": None, "cancelled": None}
_NOT_ANSWERED = ("sent", "interchange_accepted", "accepted")
_ACTED_ON = ("certified", "partially_certified", "modified", "not_required")
_LONGEST_NUMBER = 80
"""Characters of an authorization number that the ledger keeps; HCR02 and REF02 have 50. The decision record has all of it."""
_AT_ONCE = 500
"""Decisions that the ledger takes at a time."""
_TOGETHER = 250
_MOST_BYTES = 8_000_000
"""Sets, and bytes of them, that are decided at a time."""
_UNDER_WAY = 6
"""Such parts under way for each pair of hands of a crew: enough to do while the ledger takes what another file says."""
Unlike = Literal["no copy", "none", "several"]
_UNLIKE: dict[Unlike, str] = {
    "no copy": "could not be laid beside what was asked: our copy of the request is gone",
    "none": "could not be laid beside what was asked: our copy of its file holds no request under its trace number",
    "several": "bears the trace numbers of several requests, and which one it is about cannot be told",
}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, as the ledger takes it: the request it is about where it is known, what is to be done, and its record as JSON.

    `content` tells a copy. `unlike`: why it could not be laid beside what was asked. `refused`: the guide does not accept its set, and our
    999 says so. `wanted` are the documents that it asks for.
    """

    asked: int | None
    content: str
    answered: str
    trace: str | None
    outcome: str
    action: str | None
    authorization: str | None
    do: str | None
    due: str | None
    of_inquiry: bool
    unlike: Unlike | None
    refused: bool
    wanted: tuple[NewDocument, ...]
    record: msgspec.Raw


def decisions(file: Incoming, judging: Judging) -> Iterator[Decided]:
    """Read every answer of a file, laid beside what was asked, while others may still hold it against its guide. A crew begins now."""
    desk = file.desk
    origin = Origin(file=file.row.name, sha256=sha256_of(file.path), received=file.row.made_at)
    how = _How(desk.house, desk.partnership.partner.delimiters, desk.now.date(), origin)
    parts = ((how, part, _asked(desk, part)) for part in _parts(file))
    return _told_apart(file, judging, in_order(desk.crew, _decide, parts, under_way=_UNDER_WAY))


def _told_apart(file: Incoming, judging: Judging, parts: Iterator[_Answered]) -> Iterator[Decided]:
    """The decisions in their order; copies in one file are numbered, since each of them counts."""
    nth: Counter[str] = Counter()
    for part in parts:
        file.findings.extend(part.findings)
        for place, one in part.decided:
            nth[one.content] += 1
            content = f"{one.content[:60]}-{nth[one.content]}"[:64]
            yield msgspec.structs.replace(one, content=content, refused=place in judging.refused)


def _asked(desk: Desk, part: _Part) -> dict[str, Asked]:
    """What was asked under the trace numbers of these answers."""
    with desk.ledger.look() as connection:
        traces = {trace for answer in part.answers for trace in answer.traces}
        asked = asked_by_trace(connection, desk.partner, traces)
        if any(is_hash(trace) for trace in traces - asked.keys()):  # of a request whose number is too long for that of an inquiry
            for one in asked_under_long_traces(connection, desk.partner, ROOM):
                if (key := request_key(one.trace)) in traces:
                    asked[key] = asked[one.trace] = one
    return asked


class _How(NamedTuple):
    """What the answers of a file are decided by. `delimiters` are those that we write with."""

    house: House
    delimiters: Delimiters
    as_of: date
    origin: Origin


class _Part(NamedTuple):
    """Some sets of a file, and what each is known by."""

    frames: list[Transaction]
    answers: list[Answer]


class _Answered(NamedTuple):
    """What is wrong with some answers, and the decisions in them, each with the place of its set.

    Copies have one and the same `content` so far, and none is `refused`.
    """

    findings: list[str]
    decided: list[tuple[Place, Decided]]


def _decide(how: _How, part: _Part, asked: dict[str, Asked]) -> _Answered:
    """Decide some answers."""
    requests, copies = _requests(how.house, {one.id: one for one in asked.values()}.values())
    encounters = {trace: one.encounter_id for trace, one in asked.items()}
    deciding = Deciding(requests, how.as_of, encounters=encounters, known=NOTHING_KNOWN, origin=how.origin)
    findings: list[str] = []
    decided: list[tuple[Place, Decided]] = []
    for frame, answer in zip(part.frames, part.answers, strict=True):
        found = deciding.set(frame)
        if isinstance(found, Finding):
            findings += [found.message] if found.is_error else []
        else:
            decided += [(answer.place, _decided(one, answer, asked, copies, asked_for(one, how.delimiters))) for one in found]
    return _Answered(findings, decided)


def _parts(file: Incoming) -> Iterator[_Part]:
    """The sets of a file, some at a time."""
    part = _Part([], [])
    size = 0
    for frame in read(file.path):
        if isinstance(frame, Finding):
            file.findings += [frame.message] if frame.is_error else []
        elif isinstance(frame, Transaction):
            part.frames.append(frame)
            part.answers.append(answer_of(frame))
            size += len(frame.raw)
            if len(part.frames) == _TOGETHER or size > _MOST_BYTES:
                yield part
                part, size = _Part([], []), 0
    yield part


def _decided(
    decision: Decision, answer: Answer, asked: Mapping[str, Asked], copies: Container[int], wanted: tuple[NewDocument, ...]
) -> Decided:
    # by its BHT03 where it gives no trace back: one that bears another trace than ours answers something else
    names = decision.traces.event or (decision.traces.bht03,)
    ids = list(dict.fromkeys(asked[name].id for name in names if name in asked))
    do = _AFTER_DECISION.get(decision.outcome, decision.next_step.do)
    return Decided(
        asked=ids[0] if ids else None,
        content=answer.content,
        answered=answer.answered,
        trace=decision.traces.event[0][:50] if decision.traces.event else None,
        outcome=decision.outcome,
        action=decision.action,
        authorization=(decision.authorization_number or "")[:_LONGEST_NUMBER] or None,
        do=do,
        due=decision.next_step.due.isoformat() if do is not None else None,
        of_inquiry=decision.answers == "inquiry",
        unlike=_unlike(ids, copies, decision),
        refused=False,
        wanted=wanted,
        record=msgspec.Raw(to_json(decision)),
    )


def _unlike(ids: Sequence[int], copies: Container[int], decision: Decision) -> Unlike | None:
    if len(ids) > 1:
        return "several"
    if decision.matched_by is not None or not ids:
        return None
    return "none" if ids[0] in copies else "no copy"


def take_decisions(file: Incoming, change: Change, decided: Iterator[Decided]) -> None:
    """Record each answer once, and what its request stands as now."""
    while part := list(islice(decided, _AT_ONCE)):
        _take_part(file, change, part)
        change.flush()
    if strangers := file.counts["strangers"]:
        file.desk.tell("warning", f"{file.row.name}: {counted(strangers, 'answer')} to nothing that was sent; see the worklist")


def _take_part(file: Incoming, change: Change, decided: list[Decided]) -> None:
    known = change.known_answers([one.content for one in decided])
    about = {one.asked for one in decided if one.asked is not None}
    earlier = answers_to(change.connection, about)
    states = _sent_all(change, about)
    today = file.desk.now.date()
    new: list[NewAnswer] = []
    told: list[Told] = []
    wanted: list[tuple[int, tuple[NewDocument, ...]]] = []
    for one in decided:
        if one.content in known:
            file.counts["again"] += 1
            change.note("answer_again", {}, request_id=one.asked, file_id=file.row.id)
            continue
        known.add(one.content)
        still = one.of_inquiry and one.outcome == "pended"
        new.append(_new_answer(file, one, STILL_PENDED if still else one.outcome))
        file.counts[one.outcome] += 1
        asked, outcome = one.asked, one.outcome
        if asked is None:
            file.counts["strangers"] += 1
            continue
        if outcome == "unanswered" or (still and states[asked] not in _NOT_ANSWERED):  # it brought nothing new: the request stands
            change.note("inquiry_answered", {"outcome": outcome}, request_id=asked, file_id=file.row.id)
            continue
        stands = standing(one.answered, outcome, earlier.get(asked, ()), today)
        earlier.setdefault(asked, []).append((one.answered, outcome))
        if stands == "superseded":
            change.note("answer_superseded", {"outcome": outcome}, request_id=asked, file_id=file.row.id)
            continue
        told.append(_told(file, one, asked, states[asked], _doubt(file, one, stands)))
        states[asked] = after(told[-1].state, told[-1].event) or told[-1].state
        if outcome == "pended" and one.wanted:
            wanted.append((asked, one.wanted))
    change.add_answers(new)
    change.requests_each(told)
    take_asked(change, wanted)


def _sent_all(change: Change, ids: Iterable[int]) -> dict[int, RequestState]:
    """Where these requests stand; each was sent, as its answer shows, though we may have died before we could say so."""
    states: dict[int, RequestState] = {}
    unsaid: dict[int, list[tuple[int, RequestState]]] = defaultdict(list)
    for id_, state, file_id in standing_of(change.connection, ids):
        states[id_] = "sent" if state == "validated" else state
        if state == "validated":
            unsaid[file_id].append((id_, state))
    for file_id, those in unsaid.items():
        change.requests(those, "sent", file_id=file_id, sent_at=change.at)
    return states


def _new_answer(file: Incoming, one: Decided, outcome: str) -> NewAnswer:
    return NewAnswer(
        request_id=one.asked,
        file_id=file.row.id,
        content=one.content,
        trace=one.trace,
        outcome=outcome,
        answered=one.answered,
        record=bytes(one.record).decode(),
    )


def _doubt(file: Incoming, one: Decided, stands: Standing) -> str | None:
    """Why nobody should act on an answer before a person has looked at it."""
    if stands == "unclear":
        why = "says otherwise than an earlier answer, and which of them came last cannot be told"
    elif one.unlike is not None and one.outcome in _ACTED_ON:
        why = _UNLIKE[one.unlike]
    elif one.refused and one.outcome in _ACTED_ON and file.desk.exchange.act_on == "accepted":
        why = "stands in a set that the guide does not accept, which a 999 tells them"
    else:
        return None
    file.desk.tell("warning", f"{file.row.name}: an answer {why}; see the worklist")
    return why


def _told(file: Incoming, one: Decided, id_: int, state: RequestState, doubt: str | None) -> Told:
    if doubt is not None:
        due = file.desk.now.date().isoformat()
        columns: dict[str, object] = {"outcome": "manual_review", "authorization": None, "next_do": "review", "due": due, "ask_at": None}
        return Told(id_, state, "decided", file.row.id, {"outcome": one.outcome, "doubt": doubt, "number": None}, columns)
    return Told(
        id_,
        state,
        _EVENTS.get(one.outcome, "decided"),
        file.row.id,
        {"outcome": one.outcome, "action": one.action, "number": one.authorization},
        {"outcome": one.outcome, "authorization": one.authorization, "next_do": one.do, "due": one.due, "ask_at": None},
    )


@contextmanager
def written_down(file: Incoming, decided: Iterable[Decided]) -> Iterator[tuple[int, Path]]:
    """Write the records as JSON lines, for whoever works with them (the same file when it is written again), and all of `decided` into
    the inbox for as long as the block lasts: how many, and where. They may be any number, and the ledger takes them in one change.
    """
    house, row = file.desk.house, file.row
    aside = house.inbox / f".{row.id}.decided"  # a run that dies leaves it, and the next one removes what nobody knows there
    count, target = 0, house.decision_file(row.made_at, row.sha256)
    try:
        with house.writing(aside) as spool, house.writing(target) as out:
            for one in decided:
                count += 1
                out.write(bytes(one.record) + b"\n")
                spool.write(msgspec.json.encode(one) + b"\n")
        if not count:
            target.unlink()
        yield count, aside
    finally:
        aside.unlink(missing_ok=True)


def read_again(aside: Path) -> Iterator[Decided]:
    """What was written down."""
    decoder = msgspec.json.Decoder(Decided)
    with aside.open("rb") as lines:
        yield from map(decoder.decode, lines)


def _requests(house: House, asked: Iterable[Asked]) -> tuple[Requests | None, frozenset[int]]:
    """The requests as they were sent, to lay the answers beside, and the ids of those whose copy was there. No requests at all when none of
    them was ever written.
    """
    kept = [one for one in asked if one.path is not None and one.at is not None]
    found, ids = Requests(), set()
    for one, sent in sets_of(house, kept):
        found.read_more([sent])
        ids.add(one.id)
    return found if kept else None, frozenset(ids)
