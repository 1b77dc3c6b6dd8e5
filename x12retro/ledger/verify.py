"""Prove that nobody changed the past: every chain of events adds up, every request, file and document stands where its events lead, with
the outcome and the number that they tell, every file has the digest it came with, and every answer says what it said when it was read.

What a ledger took down before its events told so much is not held against them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Row, RowMapping, Table, select

from x12retro.ledger.chain import START, Seal, hash_of
from x12retro.ledger.life import DOCUMENT_LIFE, FILE_LIFE, REQUEST_LIFE
from x12retro.ledger.tables import PURGED, answers, chains, documents, events, files, requests
from x12retro.ledger.tally import counted, counts_of_requests

_BATCH = 5000
_OUTCOMES = ("decided", "pended", "refused")
"""Events of requests that tell an outcome."""


class Fault(msgspec.Struct, frozen=True):
    """What does not add up, and where: a partner's chain and the event's number, or a row."""

    partner: str
    where: str
    what: str


def verify(connection: Connection) -> Iterator[Fault]:
    """Yield all that does not add up; nothing for a ledger as it was written. Memory is flat."""
    yield from _chains(connection)
    yield from _standing(connection, requests, "request_id", cast("Mapping[tuple[str, str], str]", REQUEST_LIFE), "drafted")
    yield from _standing(connection, files, "file_id", cast("Mapping[tuple[str, str], str]", FILE_LIFE), None)
    yield from _documents(connection)
    yield from _outcomes(connection)
    yield from _digests(connection)
    yield from _answers(connection)
    yield from _counts(connection)


def heads(connection: Connection) -> dict[str, tuple[int, str]]:
    """The last event of each partner's chain: its number and hash. Kept elsewhere, it shows whether a whole chain was written anew."""
    return {row.partner: (row.n, row.hash) for row in connection.execute(select(chains).order_by(chains.c.partner))}


def _chains(connection: Connection) -> Iterator[Fault]:
    last = heads(connection)
    rows = connection.execution_options(yield_per=_BATCH).execute(select(events).order_by(events.c.partner, events.c.n))
    for partner, chain in groupby(rows, key=lambda row: row.partner):
        n, before = 0, START
        for row in chain:
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


def _standing(connection: Connection, table: Table, key: str, life: Mapping[tuple[str, str], str], begin: str | None) -> Iterator[Fault]:
    """The state of each row of `table` against the events about it. A file's first event (`file_staged`) says where it began."""
    known = {event for _, event in life}
    told = select(events.c[key], events.c.kind, events.c.partner).where(events.c[key].is_not(None)).order_by(events.c[key], events.c.n)
    if key == "file_id":
        told = told.where(events.c.request_id.is_(None))
    stories = groupby(connection.execution_options(yield_per=_BATCH).execute(told), key=itemgetter(0))
    rows = connection.execution_options(yield_per=_BATCH).execute(select(table.c.id, table.c.partner, table.c.state).order_by(table.c.id))
    story = next(stories, None)
    for row in rows:
        kinds: list[str] = []
        while story is not None and story[0] <= row.id:
            if story[0] == row.id:
                kinds = [one.kind for one in story[1]]
            story = next(stories, None)
        yield from _stands(row._mapping, table.name, kinds, life, known, begin)


def _documents(connection: Connection) -> Iterator[Fault]:
    """The state of each document against the events that name it. Its first event (`document_waiting`) says where it began."""
    life = cast("Mapping[tuple[str, str], str]", DOCUMENT_LIFE)
    told = select(events.c.request_id, events.c.kind, events.c.detail).where(events.c.kind.startswith("document_", autoescape=True))
    told = told.order_by(events.c.request_id, events.c.n)
    stories = groupby(connection.execution_options(yield_per=_BATCH).execute(told), key=itemgetter(0))
    columns = (documents.c.id, documents.c.partner, documents.c.request_id, documents.c.place, documents.c.state)
    rows = connection.execution_options(yield_per=_BATCH).execute(select(*columns).order_by(documents.c.request_id))
    story, states, at = next(stories, None), dict[str, str](), 0
    for row in rows:
        if row.request_id != at:
            at, states = row.request_id, {}
            while story is not None and story[0] <= at:
                for one in story[1] if story[0] == at else ():
                    place, event = _detail(one.detail).get("document", ""), one.kind.removeprefix("document_")
                    states[place] = life.get((states[place], event), states[place]) if place in states else event
                story = next(stories, None)
        if states.get(row.place) != row.state:
            what = f"stands as {row.state}, its events lead to {states.get(row.place, 'nothing')}"
            yield Fault(row.partner, f"documents {row.id}", what)


def _stands(
    row: RowMapping, name: str, kinds: list[str], life: Mapping[tuple[str, str], str], known: set[str], begin: str | None
) -> Iterator[Fault]:
    state = begin
    for kind in kinds:
        if state is None:
            state = kind.removeprefix("file_")
        elif kind in known:
            state = life.get((state, kind), state)
    if state != row["state"]:
        yield Fault(row["partner"], f"{name} {row['id']}", f"stands as {row['state']}, its events lead to {state or 'nothing'}")


def _outcomes(connection: Connection) -> Iterator[Fault]:
    """The outcome and number of each request against the last event that told them."""
    told = select(events.c.request_id, events.c.detail).where(events.c.kind.in_(_OUTCOMES) & events.c.request_id.is_not(None))
    told = told.order_by(events.c.request_id, events.c.n)
    stories = groupby(connection.execution_options(yield_per=_BATCH).execute(told), key=itemgetter(0))
    columns = (requests.c.id, requests.c.partner, requests.c.outcome, requests.c.authorization)
    rows = connection.execution_options(yield_per=_BATCH).execute(select(*columns).order_by(requests.c.id))
    story = next(stories, None)
    for row in rows:
        last: dict[str, object] | None = None
        while story is not None and story[0] <= row.id:
            for one in story[1] if story[0] == row.id else ():
                detail = _detail(one.detail)
                if "number" in detail and "unexpected_in" not in detail:
                    last = detail
            story = next(stories, None)
        if last is not None:
            outcome = "manual_review" if "doubt" in last else last["outcome"]
            if (row.outcome, row.authorization) != (outcome, last["number"]):
                yield Fault(row.partner, f"requests {row.id}", f"its outcome or its number is not what its events tell ({outcome})")


def _digests(connection: Connection) -> Iterator[Fault]:
    """The digest of each file against the event that it came with."""
    joined = select(files.c.id, files.c.partner, files.c.sha256, events.c.detail).join(events, events.c.file_id == files.c.id)
    firsts = joined.where(events.c.kind.startswith("file_", autoescape=True) & events.c.request_id.is_(None))
    for row in connection.execution_options(yield_per=_BATCH).execute(firsts):
        if _detail(row.detail).get("sha256", row.sha256) != row.sha256:
            yield Fault(row.partner, f"files {row.id}", "its digest is not the one that it came with")


def _answers(connection: Connection) -> Iterator[Fault]:
    """The answers of each file, in order, against the events that they were read with."""
    told = select(events.c.file_id, events.c.partner, events.c.detail).where(events.c.kind == "answers_read")
    stories = connection.execution_options(yield_per=_BATCH).execute(told.order_by(events.c.file_id, events.c.n))
    columns = (answers.c.file_id, answers.c.request_id, answers.c.content, answers.c.outcome, answers.c.record)
    rows = connection.execution_options(yield_per=_BATCH).execute(select(*columns).order_by(answers.c.file_id, answers.c.id))
    row = rows.fetchone()
    for file_id, partner, detail in stories:
        while row is not None and row.file_id < file_id:  # read before events told of it
            row = rows.fetchone()
        event, seal, purged = _detail(detail), Seal(), False
        for _ in range(event.get("count", 0)):
            if row is None or row.file_id != file_id:
                break
            seal.add(row.request_id, row.content, row.outcome, str(row.record))
            purged = purged or row.record == PURGED
            row = rows.fetchone()
        found = seal.told()
        if found["count"] != event.get("count"):
            yield Fault(partner, f"answers of file {file_id}", "some are gone")
        elif found["answers"] != event.get("answers") or (found["records"] != event.get("records") and not purged):
            yield Fault(partner, f"answers of file {file_id}", "they do not say what they said when they were read")
    rows.close()


def _counts(connection: Connection) -> Iterator[Fault]:
    """How many requests stand where, as it is kept, against the requests themselves."""
    for partner, states in counts_of_requests(connection).items():
        real = {state: count for state, count in counted(connection, partner).items() if count}
        if {state: count for state, count in states.items() if count} != real:
            yield Fault(partner, "requests", "are not as many as are counted")


def _detail(text: str) -> dict[str, Any]:
    """What an event tells; nothing where somebody made it unreadable, which its hash shows."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, TypeError):
        return {}
