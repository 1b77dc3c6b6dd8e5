"""What is past its retention loses its records; rows and events stay, so that the chain still adds up. Legal hold goes before all.

A request is past when it is closed, expired or decided and nothing has happened to it since `before`. A file is past when it is older, no
run has work with it, and every request that is in it, or that it says something about, is past: requests of drop files and of ours,
answers, and whatever an event names together with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select, text, union, update

from x12retro.ledger.change import Change, changed
from x12retro.ledger.life import FileState, RequestState
from x12retro.ledger.store import Ledger
from x12retro.ledger.tables import PURGED, answers, chains, documents, events, files, requests
from x12retro.ledger.views import meant

_PAST: tuple[RequestState, ...] = ("closed", "expired", "decided")
_ENDED: tuple[FileState, ...] = ("delivered", "acknowledged", "refused", "processed", "done")
_T = TypeVar("_T")
_BATCH = 300
"""Rows in one change; databases take only so many values in a question."""


class Purged(NamedTuple):
    """How much was purged, or would be: requests, their decision records and those that answer nothing of ours, files; and the files that
    are old enough and kept for a request that is open or on hold.
    """

    requests: int = 0
    records: int = 0
    files: int = 0
    kept: int = 0


def partners(connection: Connection) -> list[str]:
    """Every partner that the ledger knows."""
    return list(connection.execute(select(chains.c.partner).order_by(chains.c.partner)).scalars())


def count_past(connection: Connection, partner: str, before: str) -> Purged:
    """What `purge_requests` and `purge_files` would do."""
    past = list(connection.execute(_past_requests(partner, before)).scalars())
    records = sum(len(_records(connection, part)) for part in _parts(past)) + len(_strangers(connection, partner, before))
    old = connection.execute(_old_files(partner, before)).all()
    free = sum(len(_free(connection, part, before, lock=False)) for part in _parts(old))
    return Purged(len(past), records, free, len(old) - free)


def purge_requests(ledger: Ledger, partner: str, before: str) -> Purged:
    """Empty the decision records of what is past; how many requests and records. Each request has an event that says so."""
    past = records = 0
    while True:
        with ledger.change(partner) as change:
            ids = list(change.connection.execute(_past_requests(partner, before).limit(_BATCH).with_for_update()).scalars())
            found = _records(change.connection, ids)
            _empty(change, [row.id for row in found])
            change.connection.execute(update(requests).where(requests.c.id.in_(ids)).values(purged_at=change.at))
            change.connection.execute(update(documents).where(documents.c.request_id.in_(ids)).values(source=None))
            for id_ in ids:
                of_it = [row.content for row in found if row.request_id == id_]
                change.note("purged", {"before": before, "answers": of_it}, request_id=id_)
        past, records = past + len(ids), records + len(found)
        if len(ids) < _BATCH:
            break
    with ledger.change(partner) as change:
        strangers = _strangers(change.connection, partner, before)
        by_file: dict[int, list[str]] = defaultdict(list)
        for row in strangers:
            by_file[row.file_id].append(row.content)
        for part in _parts(strangers):
            _empty(change, [row.id for row in part])
        for file_id, contents in by_file.items():
            change.note("answers_purged", {"before": before, "answers": contents}, file_id=file_id)
    _forget(ledger)
    return Purged(past, records + len(strangers))


def purge_files(ledger: Ledger, partner: str, before: str) -> tuple[int, int]:
    """Take down which files are to be deleted; how many, and how many are kept for a request. `to_delete` names them then."""
    with ledger.look() as connection:
        old = connection.execute(_old_files(partner, before)).all()
    done = 0
    for part in _parts(old):
        with ledger.change(partner) as change:
            free = _free(change.connection, part, before, lock=True)
            for row in free:
                change.connection.execute(update(files).where(files.c.id == row.id).values(purged_at=change.at))
                change.note("file_purged", {"before": before, "name": row.name, "sha256": row.sha256}, file_id=row.id)
            done += len(free)
    return done, len(old) - done


def to_delete(connection: Connection, partner: str) -> Sequence[Row[Any]]:
    """The files that were purged and whose copies were not deleted yet."""
    of = (files.c.partner == partner) & (files.c.purged_at >= files.c.changed_at) & files.c.path.is_not(None)
    return connection.execute(select(files).where(of).order_by(files.c.id)).all()


def deleted(ledger: Ledger, partner: str, rows: Iterable[Row[Any]]) -> None:
    """Take down that the copies of these files are gone."""
    for part in _parts(list(rows)):
        with ledger.change(partner) as change:
            for row in part:
                gone = {"path": None, "plain": None}
                change.connection.execute(update(files).where(files.c.id == row.id).values(gone))
                change.note("file_deleted", changed(gone), file_id=row.id)


def hold(ledger: Ledger, wanted: str, why: str | None) -> list[tuple[str, str]]:
    """Put the requests that are meant on legal hold, for the reason `why`, or lift it (None); their partners and encounters.

    Raises UsageError when no request is known by `wanted`.
    """
    with ledger.look() as connection:
        rows = [story.request for story in meant(connection, wanted)]
    for row in rows:
        with ledger.change(row["partner"]) as change:
            change.connection.execute(update(requests).where(requests.c.id == row["id"]).values(hold=why))
            event, detail = ("hold_set", {"why": why}) if why is not None else ("hold_lifted", {"was": row["hold"]})
            change.note(event, {**detail, **changed({"hold": why})}, request_id=row["id"])
    return [(row["partner"], row["encounter_id"]) for row in rows]


def _is_past(before: str) -> ColumnElement[bool]:
    return requests.c.state.in_(_PAST) & (requests.c.changed_at < before) & requests.c.hold.is_(None)


def _not_yet(table: Table) -> ColumnElement[bool]:
    """Not purged, or something has happened since."""
    return or_(table.c.purged_at.is_(None), table.c.purged_at < table.c.changed_at)


def _past_requests(partner: str, before: str) -> Any:  # noqa: ANN401 - a question for ids
    return select(requests.c.id).where((requests.c.partner == partner) & _is_past(before) & _not_yet(requests)).order_by(requests.c.id)


def _records(connection: Connection, ids: Sequence[int]) -> Sequence[Any]:
    """The answers to these requests whose records are still there."""
    columns = (answers.c.id, answers.c.request_id, answers.c.content)
    return connection.execute(select(*columns).where(answers.c.request_id.in_(ids) & (answers.c.record != PURGED))).all()


def _strangers(connection: Connection, partner: str, before: str) -> Sequence[Any]:
    """The answers to nothing that was asked here: no request says when they are past."""
    of = (answers.c.partner == partner) & answers.c.request_id.is_(None) & (answers.c.received_at < before) & (answers.c.record != PURGED)
    return connection.execute(select(answers.c.id, answers.c.file_id, answers.c.content).where(of)).all()


def _empty(change: Change, ids: Sequence[int]) -> None:
    if change.connection.dialect.name == "sqlite":
        change.connection.execute(text("PRAGMA secure_delete=ON"))  # what is overwritten must not stay in the file's free places
    change.connection.execute(update(answers).where(answers.c.id.in_(ids)).values(record=PURGED))


def _forget(ledger: Ledger) -> None:
    """SQLite keeps what was written in a file of its own before it is in the database; here that one is emptied."""
    if ledger.engine.dialect.name == "sqlite":
        connection = ledger.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()


def _old_files(partner: str, before: str) -> Any:  # noqa: ANN401 - a question for files
    of = (files.c.partner == partner) & files.c.state.in_(_ENDED) & (files.c.changed_at < before) & files.c.path.is_not(None)
    return select(files).where(of & _not_yet(files)).order_by(files.c.id)


def _free(connection: Connection, rows: Sequence[Row[Any]], before: str, *, lock: bool) -> list[Row[Any]]:
    """Those of the files all of whose requests are past. `lock` keeps others from putting one on hold until the change ends."""
    ids = [row.id for row in rows]
    pairs = connection.execute(
        union(
            select(requests.c.file_id, requests.c.id).where(requests.c.file_id.in_(ids)),
            select(requests.c.drop_id, requests.c.id).where(requests.c.drop_id.in_(ids)),
            select(answers.c.file_id, answers.c.request_id).where(answers.c.file_id.in_(ids) & answers.c.request_id.is_not(None)),
            select(events.c.file_id, events.c.request_id).where(events.c.file_id.in_(ids) & events.c.request_id.is_not(None)),
        )
    ).all()
    named = sorted({pair[1] for pair in pairs})
    past: set[int] = set()
    for part in _parts(named):
        question = select(requests.c.id).where(requests.c.id.in_(part) & _is_past(before))
        past.update(connection.execute(question.with_for_update() if lock else question).scalars())
    needed = {pair[0] for pair in pairs if pair[1] not in past}
    return [row for row in rows if row.id not in needed]


def _parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
