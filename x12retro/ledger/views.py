"""Where everything stands: counts, one request's whole story, and the worklist. Nothing here changes the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from heapq import merge
from itertools import islice
from shlex import quote
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Select, func, or_, select

from x12retro.errors import UsageError
from x12retro.ledger.change import moment
from x12retro.ledger.life import AWAITED
from x12retro.ledger.tables import answers, documents, events, files, requests
from x12retro.ledger.tally import counts_of_requests

Why = Literal[
    "file_held",
    "encounter_held",
    "contradiction",
    "stray_answer",
    "no_acknowledgment",
    "no_decision",
    "rejected",
    "expired",
    "pended",
    "decided",
    "not_sent",
    "in_doubt",
    "refused_acknowledgment",
    "document_asked",
    "document_refused",
    "document_held",
    "document_on_paper",
]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the worklist. `due` None: at once. `request` and `file` are the ids that `show` and `events` take."""

    why: Why
    partner: str
    do: str
    due: str | None = None
    days_left: int | None = None
    cents: int | None = None
    encounter_id: str | None = None
    trace: str | None = None
    file: str | None = None
    outcome: str | None = None
    request_id: int | None = None
    file_id: int | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One request: its row, its documents, what happened to it in order, and the answers to it (the decision records)."""

    request: dict[str, Any]
    documents: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    answers: tuple[dict[str, Any], ...]


def counts(connection: Connection) -> dict[str, dict[str, dict[str, int]]]:
    """How many stand where: partner -> `requests`, `drop`, `out`, `in`, `documents` -> state -> count."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for partner, states in counts_of_requests(connection).items():
        found.setdefault(partner, {})["requests"] = states
    of_files = select(files.c.partner, files.c.direction, files.c.state, func.count()).group_by(
        files.c.partner, files.c.direction, files.c.state
    )
    for partner, direction, state, count in connection.execute(of_files):
        found.setdefault(partner, {}).setdefault(direction, {})[state] = count
    of_documents = select(documents.c.partner, documents.c.state, func.count()).group_by(documents.c.partner, documents.c.state)
    for partner, state, count in connection.execute(of_documents):
        found.setdefault(partner, {}).setdefault("documents", {})[state] = count
    return found


def stories(connection: Connection, wanted: str) -> Iterator[Story]:
    """The requests that are meant by an encounter id, a trace number or a request's number, oldest first."""
    names = [requests.c.encounter_id == wanted, requests.c.trace == wanted]
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 16:
        names.append(requests.c.id == int(wanted))
    for row in connection.execute(select(requests).where(or_(*names)).order_by(requests.c.id)).mappings().all():
        told = connection.execute(select(events).where(events.c.request_id == row["id"]).order_by(events.c.partner, events.c.n)).mappings()
        given = connection.execute(select(answers).where(answers.c.request_id == row["id"]).order_by(answers.c.id)).mappings()
        with_it = connection.execute(select(documents).where(documents.c.request_id == row["id"]).order_by(documents.c.id)).mappings()
        yield Story(
            request=dict(row),
            documents=tuple({name: value for name, value in one.items() if name != "source"} for one in with_it),
            events=tuple({**one, "detail": msgspec.json.decode(one["detail"])} for one in told),
            answers=tuple({**one, "record": msgspec.json.decode(one["record"])} for one in given),
        )


def meant(connection: Connection, wanted: str) -> list[Story]:
    """The same as `stories`. Raises UsageError when there is none."""
    found = list(stories(connection, wanted))
    if not found:
        raise UsageError(f"no request is known by {wanted}: give an encounter id, a trace number or a request's number")
    return found


def worklist(
    connection: Connection, now: datetime, *, limit: int = 500, partner: str | None = None, closed: Collection[str] = ()
) -> list[Task]:
    """What somebody has to do, what is due first in front; among equals what is worth most. At most `limit` of each kind are looked at.

    `closed` are the partners whose hours have not begun: that their files wait is nobody's task.
    """
    today = now.date()
    parts = [
        [_task(row, why, do, today) for row in connection.execute(_of(query, partner).limit(limit))]
        for why, do, query in _questions(now, closed)
    ]
    ordered = merge(*(sorted(part, key=_order) for part in parts), key=_order)
    return list(islice(ordered, limit))


def _order(task: Task) -> tuple[str, int]:
    return task.due or "", -(task.cents or 0)


def _of(query: Select[Any], partner: str | None) -> Select[Any]:
    return query if partner is None else query.where(query.selected_columns.partner == partner)


def _questions(now: datetime, closed: Collection[str]) -> Iterator[tuple[Why, str | None, Select[Any]]]:
    """What is looked for: why, what is to be done (None: the row says it), and the query."""
    today, this_moment = now.date().isoformat(), moment(now)
    its_own_rows = select(requests.c.id).where(requests.c.drop_id == files.c.id).exists()  # they say what is to be done
    beside = "look at what lies beside it in held/"
    yield "file_held", f"{beside}, then `ledger release` it", _files("in", "held")
    drop = f"{beside}; nothing of it was sent: put it right and drop it again, and `ledger release` this one"
    yield "file_held", drop, _files("drop", "held").where(~its_own_rows)
    taken = "something else has its name in the mailbox: have that taken away, then `ledger release` it"
    yield "file_held", taken, _files("out", "held")
    doubted = "ask the partner whether it arrived, unless its TA1 or 999 comes: if so, `ledger settle` it, if not, `ledger release` it"
    yield "in_doubt", doubted, _files("out", "in_doubt")
    waits = _files("out", "staged").where(files.c.partner.not_in(closed))
    yield "not_sent", "it waits for the next run; where runs do not send it, see what `deliver` says of the mailbox", waits
    begun = _files("out", "sending", "finishing")
    yield "not_sent", "a run ended in the middle of it; the next one finds out whether it arrived", begun
    unseen = _files("out", "refused").where((files.c.kind == "acknowledgment") & files.c.seen_at.is_(None))
    yield "refused_acknowledgment", "find out why the partner refused it; then `ledger seen`", unseen
    late = _files("out", "delivered").where(files.c.due_at < this_moment)
    yield "no_acknowledgment", "call the partner: neither TA1 nor 999 came in time", late.order_by(files.c.due_at)
    yield "encounter_held", None, _requests("held")
    yield (
        "contradiction",
        "the partner's answers contradict each other: see its events, then `ledger settle`",
        select(requests).where(requests.c.contradiction),
    )
    strays = select(answers.c.file_id).where(answers.c.request_id.is_(None) & answers.c.seen_at.is_(None))
    yield "stray_answer", "find out what it answers: nothing that was sent; then `ledger seen`", select(files).where(files.c.id.in_(strays))
    yield "rejected", None, _requests("rejected")
    yield "expired", None, _requests("expired").where(requests.c.next_do.is_not(None))
    overdue = _requests("sent", "interchange_accepted", "accepted").where(requests.c.due < today)
    yield "no_decision", "ask for the decision: none came in time", overdue
    yield "pended", None, _requests("pended").where((requests.c.next_do != "send_documents") | ~_asked_of().exists())
    for why, states in _DOCUMENTS.items():
        yield why, None, _documents(*states)
    yield "decided", None, _requests("decided").where(requests.c.next_do.is_not(None))


_DOCUMENTS: dict[Why, tuple[str, ...]] = {
    "document_asked": ("asked",),
    "document_refused": ("refused",),
    "document_held": ("held",),
    "document_on_paper": ("on_paper",),
}
_BY = {"FX": "fax", "BM": "mail", "EM": "e-mail"}


def _asked_of() -> Select[Any]:
    """The documents that a payer asks for and nobody gave, of each request: they have rows of their own."""
    return select(documents.c.id).where((documents.c.request_id == requests.c.id) & (documents.c.state == "asked"))


def _documents(*states: str) -> Select[Any]:
    """The documents that stand so, of requests that the payer has still to decide."""
    of_request = (requests.c.encounter_id, requests.c.trace, requests.c.cents, requests.c.outcome, requests.c.id.label("request_id"))
    due = func.coalesce(documents.c.due, requests.c.due).label("due")
    of_it = (documents.c.id, documents.c.partner, documents.c.file_id, documents.c.code, documents.c.number, documents.c.place)
    columns = (*of_it, documents.c.way, documents.c.note, documents.c.state.label("document"), due, *of_request)
    joined = select(*columns).join(requests, requests.c.id == documents.c.request_id)
    return joined.where(documents.c.state.in_(states) & requests.c.state.in_(AWAITED)).order_by(due, documents.c.id)


def _to_do(values: Mapping[str, Any]) -> str:
    """What is to be done about a document, or about a request whose row says it."""
    if "document" not in values:
        step, number = (values.get("next_do") or "review").replace("_", " "), values.get("authorization")
        return f"{step}: {number}" if number and values["next_do"] == "attach_number_to_claim" else step
    code, number, note, whose = values["code"], values["number"], values["note"], quote(values["encounter_id"])
    name, way = number or code, _BY.get(values["way"], "send")
    by_hand, with_file = f"x12retro answer {whose} --by-hand TEXT --only", f"x12retro answer {whose} --document"
    match values["document"]:
        case "asked" if number is None:
            return f"send {code} ({note}) another way; then {by_hand} {quote(code)}"
        case "asked" if values["way"] in _BY:
            told = f" ({note})" if note else ""
            return f"{way} {code}{told}, as the payer asks: x12retro answer {whose} --cover FILE; then {by_hand} {quote(code)}"
        case "asked":
            return f"send {code}{f' ({note})' if note else ''}: {with_file} {quote(code)}=FILE"
        case "on_paper":
            sheet = f"its cover sheet (x12retro answer {whose} --cover FILE)"
            return f"{way} document {name} ({code}) with {sheet}; then {by_hand} {quote(name)}"
        case "refused":
            return f"document {name}: {note}; give it again: {with_file} {quote(name)}=FILE"
        case _ if number is None:
            return f"document {code} ({values['place']}): {note}"
        case _:
            return f"document {name} ({values['place']}): {note}; put it right, or {with_file} {quote(name)}=FILE"


def _files(direction: str, *states: str) -> Select[Any]:
    return select(files).where((files.c.direction == direction) & files.c.state.in_(states))


def _requests(*states: str) -> Select[Any]:
    """Those that stand so, but for contradictions: nobody should act on one before it is settled."""
    return select(requests).where(requests.c.state.in_(states) & ~requests.c.contradiction).order_by(requests.c.due)


def _task(row: Any, why: Why, do: str | None, today: date) -> Task:  # noqa: ANN401 - a row of either table
    values = row._mapping
    due = values.get("due") or (values.get("due_at") or "")[:10] or values.get("closes")
    of_file = "direction" in values
    return Task(
        why=why,
        partner=values["partner"],
        do=do or _to_do(values),
        due=due,
        days_left=(date.fromisoformat(due) - today).days if due else None,
        cents=values.get("cents"),
        encounter_id=values.get("encounter_id"),
        trace=values.get("trace"),
        file=values.get("name"),
        outcome=values.get("outcome"),
        request_id=None if of_file else values.get("request_id", values["id"]),
        file_id=values["id"] if of_file else values["file_id"],
    )


def held_of(connection: Connection, drop_id: int) -> Iterator[dict[str, Any]]:
    """The encounters of a drop file that are held, each with what was wrong when it was last looked at."""
    of = (requests.c.drop_id == drop_id) & (requests.c.state == "held")
    rows = connection.execute(select(requests.c.id, requests.c.encounter_id, requests.c.verdict, requests.c.rule).where(of)).all()
    for row in rows:
        last = select(events.c.detail).where((events.c.request_id == row.id) & (events.c.kind == "held")).order_by(events.c.n.desc())
        detail = msgspec.json.decode(connection.execute(last).scalars().first() or "{}")
        yield {"encounter_id": row.encounter_id, "verdict": row.verdict, "rule": row.rule, "problems": detail.get("problems", [])}


def every_request(connection: Connection) -> Iterator[dict[str, Any]]:
    """All requests, oldest first, as they stand."""
    rows = connection.execution_options(yield_per=1000).execute(select(requests).order_by(requests.c.id))
    yield from (dict(row) for row in rows.mappings())


def held_files(connection: Connection, name: str) -> Sequence[Any]:
    """The files of that name that are held, or in doubt."""
    return connection.execute(select(files).where((files.c.name == name) & files.c.state.in_(("held", "in_doubt")))).all()
