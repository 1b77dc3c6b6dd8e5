"""Prove that nobody changed the past: every chain of events adds up, and all else in the ledger is as its events tell.

    files, requests, documents    each stands where its events lead, and every column reads as they told when they wrote it
    answers                       each was read by an event, says what it said then, and has lost its record to a purge alone
    numbers, addresses            as the last draw left them, and as they were taken down
    counts                        as many requests as stand there

What an event speaks of is there, for nothing is ever deleted. An earlier version told less: its rows are held to what it told, and counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Row, Table, literal, select

from x12retro.ledger.chain import START, Seal, hash_of
from x12retro.ledger.change import LAST_NUMBER, following, is_number
from x12retro.ledger.life import DOCUMENT_LIFE, FILE_LIFE, REQUEST_LIFE
from x12retro.ledger.standing import Head, hash_of_event
from x12retro.ledger.tables import PURGED, UNTOLD, addresses, answers, chains, documents, events, files, numbers, requests
from x12retro.ledger.tally import counted, readable

_BATCH = 5000
_Life = Mapping[tuple[str, str], str]


class Fault(msgspec.Struct, frozen=True):
    """What does not add up, and where: a partner's chain and the event's number, or a row."""

    partner: str
    where: str
    what: str


def verify(connection: Connection, unheld: Counter[str] | None = None) -> Iterator[Fault]:
    """Yield all that does not add up; nothing for a ledger as it was written. Memory is flat.

    `unheld` is told how many rows of which table are from before their events told all of them, and cannot be held to it.
    """
    before: Counter[str] = Counter() if unheld is None else unheld
    yield from _chains(connection)
    for sort in (_REQUESTS, _FILES, _DOCUMENTS):
        yield from _rows(connection, sort, before)
    yield from _answers(connection, before)
    yield from _emptied(connection, "purged", events.c.request_id, answers.c.request_id)
    yield from _emptied(connection, "answers_purged", events.c.file_id, answers.c.file_id, answers.c.request_id.is_(None))
    yield from _numbers(connection)
    yield from _addresses(connection)
    yield from _counts(connection, before)


def heads(connection: Connection) -> dict[str, tuple[int, str]]:
    """The last event of each partner's chain: its number and hash. Kept elsewhere, it shows whether a whole chain was written anew."""
    return {row.partner: (row.n, row.hash) for row in connection.execute(select(chains).order_by(chains.c.partner))}


def lost(connection: Connection, kept: Iterable[tuple[str, Head]]) -> Iterator[Fault]:
    """Yield the last events of partners that were kept elsewhere, each with its hash or the begin of it, and that are not in their chains:
    a chain was written anew, or the ledger is an older copy.
    """
    for partner, head in kept:
        found = hash_of_event(connection, partner, head.n)
        if not isinstance(found, str) or not found.startswith(head.hash):
            yield Fault(
                partner,
                f"event {head.n}",
                f"is not the one that was kept ({head.hash[:16]}): the chain was written anew, or this is an older copy",
            )


def _chains(connection: Connection) -> Iterator[Fault]:
    last = heads(connection)
    for partner, events_ in groupby(
        _stream(connection, select(events).order_by(events.c.partner, events.c.n)), key=lambda row: row.partner
    ):
        n, before = 0, START
        for row in events_:
            if row.n != n + 1:
                yield Fault(partner, f"event {n + 1}", "is missing")
            elif not _is_hash_of(row, before):
                yield Fault(partner, f"event {row.n}", "was changed, or the one before it was")
            n, before = row.n, str(row.hash)
        if last.pop(partner, None) != (n, before):
            yield Fault(partner, f"event {n}", "is not the chain's last one: events behind it are gone, or were added")
    yield from (Fault(partner, "event 1", "is missing, and all behind it") for partner in last)


def _is_hash_of(row: Row[Any], before: str) -> bool:
    """False, too, where somebody put in what is no text."""
    try:
        return bool(row.hash == hash_of(before, row.n, row.at, row.actor, row.kind, row.request_id, row.file_id, row.detail))
    except TypeError:
        return False


class _Sort(NamedTuple):
    """Rows that have a life: the events about those of `table` are found by `by`, which is `of` there (and `place`, of several)."""

    table: Table
    by: Column[Any]
    of: Column[Any]
    place: ColumnElement[Any]
    which: ColumnElement[bool]
    life: _Life
    begin: str | None
    """Where a row stands before its first event; None: that one says it, as `file_staged` does."""
    prefix: str


_of_document = events.c.kind.startswith("document_", autoescape=True)
_REQUESTS = _Sort(
    requests, events.c.request_id, requests.c.id, literal(""), ~_of_document, cast("_Life", REQUEST_LIFE), "drafted", prefix=""
)
_FILES = _Sort(
    files, events.c.file_id, files.c.id, literal(""), events.c.request_id.is_(None), cast("_Life", FILE_LIFE), None, prefix="file_"
)
_DOCUMENTS = _Sort(
    documents,
    events.c.request_id,
    documents.c.request_id,
    documents.c.place,
    _of_document,
    cast("_Life", DOCUMENT_LIFE),
    None,
    prefix="document_",
)


def _rows(connection: Connection, sort: _Sort, unheld: Counter[str]) -> Iterator[Fault]:
    """The state and the columns of each row against the events about it."""
    name, held = sort.table.name, [column for column in sort.table.c if column.name not in UNTOLD]
    told = select(sort.by, events.c.partner, events.c.kind, events.c.detail).where(sort.by.is_not(None) & sort.which)
    rows = select(sort.of, sort.table.c.id, sort.table.c.partner, sort.table.c.state, sort.place, *held).order_by(sort.of, sort.table.c.id)
    for id_, happened, found in _side_by_side(connection, told.order_by(sort.by, events.c.n), rows):
        stories: defaultdict[str, list[_Happened]] = defaultdict(list)
        for _, partner, kind, detail in happened:
            one = _Happened(partner, kind, _detail(detail))
            stories[str(one.detail.get("document", "")) if sort is _DOCUMENTS else ""].append(one)
        for _, row_id, partner, state, place, *values in found:
            story = stories.pop(place, [])
            leads, tell = _lead(sort, story)
            if leads != state:
                yield Fault(partner, f"{name} {row_id}", f"stands as {state}, its events lead to {leads or 'nothing'}")
            wrong = [column.name for column, value in zip(held, values, strict=True) if tell.get(column.name, value) != value]
            wrong += ["partner"] * any(one.partner != partner for one in story)
            if wrong:
                yield Fault(partner, f"{name} {row_id}", f"is not what its events tell: {', '.join(wrong)}")
            unheld[name] += bool(story) and len(tell) < len(held)
        for place, story in stories.items():
            which = f"{name} {id_}" if not place else f"documents of request {id_}, {place},"
            yield Fault(story[0].partner, which, "is gone, and its events are there")


class _Happened(NamedTuple):
    partner: str
    kind: str
    detail: dict[str, Any]


_BESIDE = frozenset({"settled", "documents_answered", "hold_set", "hold_lifted", "file_placed", "file_deleted"})
"""Events that change a row and are not of its life."""


def _lead(sort: _Sort, story: Iterable[_Happened]) -> tuple[str | None, dict[str, object]]:
    """Where the events of a row lead, and what they tell of its columns."""
    state, told = sort.begin, dict[str, object]()
    known = _EVENTS[sort.table.name]
    for one in story:
        event = one.kind.removeprefix(sort.prefix)
        if "row" in one.detail:
            told = {column.name: None for column in sort.table.c if column.name not in UNTOLD} | one.detail["row"]
        elif "set" in one.detail:
            told |= one.detail["set"]
        elif state is None or event in known or one.kind in _BESIDE:
            told = _earlier(sort, one, told, first=state is None)
        state = event if state is None else sort.life.get((state, event), state)
    return state, told


_EVENTS = {sort.table.name: {event for _, event in sort.life} for sort in (_REQUESTS, _FILES, _DOCUMENTS)}
_OF_FILES = ("name", "sha256", "size", "isa13")
_OF_REQUESTS = ("outcome", "authorization")


def _earlier(sort: _Sort, one: _Happened, told: dict[str, object], *, first: bool) -> dict[str, object]:
    """What holds of a row behind an event of an earlier version, which told only how a file came and how a request was answered."""
    detail = one.detail
    if sort is _FILES and first:
        return {name: detail[name] for name in _OF_FILES if name in detail}
    if sort is _REQUESTS and one.kind in ("decided", "pended", "refused") and "unexpected_in" not in detail:
        outcome = "manual_review" if "doubt" in detail else detail.get("outcome")
        return {"outcome": outcome, "authorization": detail["number"]} if "number" in detail else {}
    kept = _OF_FILES if sort is _FILES else _OF_REQUESTS if sort is _REQUESTS else ()
    return {name: told[name] for name in kept if name in told}


class _Part:
    """Answers that were read together, held against the event that says so."""

    def __init__(self, event: _Happened) -> None:
        self._event, self._seal, self._purged, self._others = event, Seal(), False, False

    @property
    def full(self) -> bool:
        return self._seal.count == self._event.detail.get("count")

    def add(self, row: Row[Any]) -> None:
        self._seal.add(row.request_id, row.content, row.outcome, row.answered, row.trace, str(row.record))
        self._purged |= row.record == PURGED
        self._others |= row.partner != self._event.partner

    def wrong(self) -> str | None:
        """What is wrong with them; None where nothing is."""
        found, told = self._seal.told(), self._event.detail
        if not self.full:
            return "are not all there"
        same = ("answers", *(("order",) if "order" in told else ()), *(() if self._purged else ("records",)))
        if self._others or any(found[name] != told.get(name) for name in same):
            return "do not say what they said when they were read"
        return None


def _answers(connection: Connection, unheld: Counter[str]) -> Iterator[Fault]:
    """The answers of each file, in order, against the events that they were read with."""
    told = select(events.c.file_id, events.c.partner, events.c.kind, events.c.detail).order_by(events.c.file_id, events.c.n)
    told = told.where(events.c.kind.in_(("answers_read", "processed")) & events.c.file_id.is_not(None) & events.c.request_id.is_(None))
    columns = [column for column in answers.c if column.name not in ("id", "file_id", "received_at", "seen_at")]
    rows = select(answers.c.file_id, *columns).order_by(answers.c.file_id, answers.c.id)
    for file_id, happened, found in _side_by_side(connection, told, rows):
        story = [_Happened(partner, kind, _detail(detail)) for _, partner, kind, detail in happened]
        parts = [_Part(one) for one in story if one.kind == "answers_read"]
        of_before = not parts and any("set" not in one.detail for one in story)  # an earlier version read it
        at, beyond = 0, Counter[str]()
        for row in found:
            while at < len(parts) and parts[at].full:
                at += 1
            if at < len(parts):
                parts[at].add(row)
            else:
                beyond[row.partner] += 1
        where = f"answers of file {file_id}"
        if of_before:
            unheld["answers"] += beyond.total()
        else:
            yield from (Fault(partner, where, f"hold {count} that no event tells of") for partner, count in beyond.items())
        yield from (Fault(story[0].partner, where, wrong) for part in parts if (wrong := part.wrong()) is not None)


def _emptied(connection: Connection, kind: str, by: Column[Any], of: Column[Any], *which: ColumnElement[bool]) -> Iterator[Fault]:
    """The answers that lost their record against the purges that tell so."""
    told = select(by, events.c.detail).where((events.c.kind == kind) & by.is_not(None)).order_by(by, events.c.n)
    rows = select(of, answers.c.partner, answers.c.content).where(answers.c.record == PURGED, of.is_not(None), *which).order_by(of)
    for id_, happened, found in _side_by_side(connection, told, rows):
        told_of = (_detail(detail).get("answers") for _, detail in happened)
        purged = {str(content) for contents in told_of if isinstance(contents, list) for content in contents}
        for _, partner, content in found:
            if content not in purged:
                yield Fault(partner, f"answers of {of.name.removesuffix('_id')} {id_}", "have lost a record, and no purge tells of it")


def _numbers(connection: Connection) -> Iterator[Fault]:
    """The next control numbers against the draws: each goes on where the one before it ended, or further on."""
    told = select(events.c.partner, events.c.n, events.c.detail).where(events.c.kind == "numbers_drawn")
    ahead: dict[tuple[str, str], int] = {}
    for partner, n, detail in _stream(connection, told.order_by(events.c.partner, events.c.n)):
        drawn = _detail(detail)
        kind, first, count = drawn.get("kind"), drawn.get("first"), drawn.get("count")
        if isinstance(kind, str) and isinstance(first, int) and isinstance(count, int):
            if (first - ahead.get((partner, kind), first)) % LAST_NUMBER > LAST_NUMBER // 2:
                yield Fault(partner, f"event {n}", f"drew {kind} numbers that were drawn before")
            ahead[partner, kind] = following(first, count)
    for row in connection.execute(select(numbers).order_by(numbers.c.partner, numbers.c.kind)):
        expected = ahead.pop((row.partner, row.kind), None)
        if expected is not None and row.next != expected:
            yield Fault(row.partner, f"numbers {row.kind}", f"go on with {row.next}, and the last draw leads to {expected}")
        elif not is_number(row.next):
            yield Fault(row.partner, f"numbers {row.kind}", f"go on with {row.next}, which is none")
    yield from (Fault(partner, f"numbers {kind}", "are gone, and some were drawn") for partner, kind in ahead)


def _addresses(connection: Connection) -> Iterator[Fault]:
    """The ids of each partner against the events that took them down."""
    told = select(events.c.partner, events.c.detail).where(events.c.kind == "addressed")
    names = ("sender", "receiver", "usage")
    expected = {(partner, *(str(_detail(detail).get(name)) for name in names)) for partner, detail in _stream(connection, told)}
    there = {tuple(row) for row in connection.execute(select(addresses.c.partner, *(addresses.c[name] for name in names)))}
    for what, ones in (("are gone", expected - there), ("were taken down by no event", there - expected)):
        for partner, sender, receiver, usage in sorted(ones):
            yield Fault(partner, "addresses", f"{sender} to {receiver} ({usage}) {what}")


def _counts(connection: Connection, unheld: Counter[str]) -> Iterator[Fault]:
    """How many requests stand where, as it is kept, against the requests themselves."""
    for row in connection.execute(select(chains).order_by(chains.c.partner)):
        if row.counted != row.n and (row.standing is None) == (row.counted is None):  # an earlier version has written since
            unheld["counts"] += 1
        elif (states := readable(row.standing)) is None:
            yield Fault(row.partner, "requests", "are not counted any more: somebody took the counts away")
        elif {state: count for state, count in states.items() if count} != counted(connection, row.partner):
            yield Fault(row.partner, "requests", "are not as many as are counted")


def _stream(connection: Connection, question: Any) -> Iterable[Any]:  # noqa: ANN401 - any question, and its rows
    return connection.execution_options(yield_per=_BATCH).execute(question)


def _side_by_side(connection: Connection, told: Any, rows: Any) -> Iterator[tuple[int, list[Any], Iterator[Any]]]:  # noqa: ANN401 - questions
    """The events and the rows of each id, which is the first column of both and orders them. Rows are not gathered: they may be any number.

    What is no id, since somebody put it there, is passed over: its event has another hash then, and its row is missed.
    """
    both = merge(
        ((one[0], False, one) for one in _stream(connection, told) if isinstance(one[0], int)),
        ((one[0], True, one) for one in _stream(connection, rows) if isinstance(one[0], int)),
        key=itemgetter(0),
    )
    for id_, ones in groupby(both, key=itemgetter(0)):
        happened: list[Any] = []
        for _, is_row, one in ones:
            if is_row:
                yield id_, happened, chain([one], (row for _, _, row in ones))
                break
            happened.append(one)
        else:
            yield id_, happened, iter(())


def _detail(text: str) -> dict[str, Any]:
    """What an event tells; nothing where somebody made it unreadable, which its hash shows."""
    try:
        told = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, TypeError):
        return {}
    return told if all(isinstance(told.get(name, told), dict) for name in ("row", "set")) else {}
