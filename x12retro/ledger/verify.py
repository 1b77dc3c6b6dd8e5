"""Prove that nobody changed the past: every chain of events adds up, and every request and file stands where its events lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import cast

import msgspec
from sqlalchemy import Connection, RowMapping, Table, select

from x12retro.ledger.chain import START, hash_of
from x12retro.ledger.life import DOCUMENT_LIFE, FILE_LIFE, REQUEST_LIFE
from x12retro.ledger.tables import chains, documents, events, files, requests

_BATCH = 5000


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
            elif row.hash != hash_of(before, row.n, row.at, row.actor, row.kind, row.request_id, row.file_id, row.detail):
                yield Fault(partner, f"event {row.n}", "was changed, or the one before it was")
            n, before = row.n, row.hash
        if last.pop(partner, None) != (n, before):
            yield Fault(partner, f"event {n}", "is not the chain's last one: events behind it are gone, or were added")
    yield from (Fault(partner, "event 1", "is missing, and all behind it") for partner in last)


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
                    place, event = msgspec.json.decode(one.detail)["document"], one.kind.removeprefix("document_")
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
