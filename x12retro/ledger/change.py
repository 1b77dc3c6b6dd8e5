"""One change of the ledger: all of it is written, or none. Every row that changes has an event that says so.

The event tells what is written: `row` holds the columns of a row that is new, but for those that are null, `set` those that are changed in
it (`UNTOLD` names the few that neither does). So a row must read as its events tell, which `verify` looks at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Row, Table, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from x12retro.errors import SystemFailure
from x12retro.ledger.chain import START, Event, Seal, link
from x12retro.ledger.life import (
    DocumentEvent,
    DocumentState,
    FileEvent,
    FileState,
    RequestEvent,
    RequestState,
    after,
    document_after,
    file_after,
)
from x12retro.ledger.queries import ASKED_ANEW, highest_group, highest_interchange
from x12retro.ledger.tables import UNTOLD, addresses, answers, chains, documents, events, files, numbers, requests
from x12retro.ledger.tally import Moves
from x12retro.ledger.tally import standing as standing_now

_RUN = "run"
_NEXT_TURN = (
    postgresql.insert(numbers)
    .values(next=1)
    .on_conflict_do_update(index_elements=["partner", "kind"], set_={"next": numbers.c.next + 1})
    .returning(numbers.c.next)
)
_OF_PARTNER = (numbers.c.partner == bindparam("partner")) & (numbers.c.kind == bindparam("kind"))
_TURN = select(numbers.c.next).where(_OF_PARTNER).with_for_update(read=True)
LAST_NUMBER = 999_999_999
"""The highest control number: ISA13 has nine digits."""
_MOST = 500
"""Values in one question; databases take only so many."""


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that comes into sight: `direction` drop (from the house), out or in; `path` is our copy below the root folder.

    `plain` is that of the plain text of one that is encrypted, `plain_sha256` its digest.
    """

    direction: str
    kind: str
    name: str
    sha256: str
    size: int
    state: FileState
    isa13: str | None = None
    gs06: str | None = None
    path: str | None = None
    plain: str | None = None
    plain_sha256: str | None = None
    counts: dict[str, int] = {}
    note: str | None = None
    due_at: str | None = None
    seen: str | None = None


class NewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was built, or an encounter that is held (without numbers). `at` and `length` are its set's place in the file."""

    encounter_id: str
    digest: str
    event: RequestEvent
    trace: str | None = None
    isa13: str | None = None
    gs06: str | None = None
    st02: str | None = None
    at: int | None = None
    length: int | None = None
    drop_id: int | None = None
    file_id: int | None = None
    verdict: str | None = None
    rule: str | None = None
    payer: str | None = None
    scenario: str | None = None
    closes: str | None = None
    cents: int | None = None
    next_do: str | None = None
    due: str | None = None
    detail: dict[str, object] = {}


class NewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was read. `content` tells copies, `answered` (BHT04 and BHT05) orders the answers to one request."""

    request_id: int | None
    file_id: int
    content: str
    trace: str | None
    outcome: str
    answered: str
    record: str


class NewDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a request. `place` is where the encounter names it, None of one that the payer asks for (`asked`)."""

    place: str | None
    code: str
    way: str
    state: DocumentState
    number: str | None = None
    asked: bool = False
    source: str | None = None
    note: str | None = None
    due: str | None = None


class Told(msgspec.Struct, frozen=True):
    """What happened to one request, which stood as `state`; `columns` are set besides."""

    id: int
    state: RequestState
    event: RequestEvent
    file_id: int | None
    detail: dict[str, object]
    columns: dict[str, object]


class Change:
    """A database transaction for one partner, with the events of what it does. Made by `Ledger.change`."""

    def __init__(self, connection: Connection, partner: str, actor: str, now: datetime) -> None:
        self.connection = connection
        self.partner = partner
        self.at = moment(now)
        self._actor = actor
        self._events: list[Event] = []
        self._moves = Moves()

    def note(self, event: str, detail: Mapping[str, object], *, request_id: int | None = None, file_id: int | None = None) -> None:
        """Add an event that changes no state."""
        self._events.append(Event(event, request_id, file_id, dict(detail)))

    def draw(self, kind: str, count: int = 1) -> int:
        """Take `count` control numbers of this partner (`kind`: interchange, group) and return the first; after 999999999 comes 1.

        Numbers that files had which were passed on as they were made are passed by. Raises SystemFailure where the next one is none.
        """
        where = (numbers.c.partner == self.partner) & (numbers.c.kind == kind)
        self._make_sure(numbers, partner=self.partner, kind=kind, next=1)
        kept = self.connection.execute(select(numbers.c.next).where(where).with_for_update()).scalar_one()
        if not is_number(kept):
            why = f"somebody changed the next {kind} number of {self.partner}, and it is none; `x12retro ledger verify` says which it was"
            raise SystemFailure(f"the ledger's table of numbers: {why}")
        first = self._unused(kind, kept, count)
        self.connection.execute(update(numbers).where(where).values(next=following(first, count)))
        self.note("numbers_drawn", {"kind": kind, "first": first, "count": count})
        return int(first)

    def _unused(self, kind: str, first: int, count: int) -> int:
        """The first of `count` numbers in a row, from `first` on, that no file of this partner has had."""
        highest = highest_interchange if kind == "interchange" else highest_group
        while True:
            if first + count - 1 > LAST_NUMBER:
                first = 1
            used = highest(self.connection, self.partner, first, first + count - 1)
            if used is None:
                return first
            first = following(used)

    def address(self, sender: str, receiver: str, usage: str) -> None:
        """Take down the ids that the files of this partner bear from now on (ISA06, ISA08, ISA15)."""
        self._make_sure(addresses, sender=sender, receiver=receiver, usage=usage, partner=self.partner)
        self.note("addressed", {"sender": sender, "receiver": receiver, "usage": usage})

    def add_file(self, new: NewFile) -> int:
        """Take down a file; its id. Raises IntegrityError for one that was taken down before."""
        (id_,) = self.add_files([new])
        return id_

    def add_files(self, new: Sequence[NewFile]) -> list[int]:
        """Take down files; their ids in order. Raises IntegrityError for one that was taken down before."""
        if not new:
            return []
        rows = []
        for one in new:
            row = {name: getattr(one, name) for name in one.__struct_fields__ if name != "plain_sha256"}
            row["counts"] = msgspec.json.encode(one.counts).decode() if one.counts else None
            rows.append(row | {"partner": self.partner, "made_at": self.at, "changed_at": self.at})
        ids = [int(row[0]) for row in self.connection.execute(insert(files).returning(files.c.id, sort_by_parameter_order=True), rows)]
        for one, row, id_ in zip(new, rows, ids, strict=True):
            told = {"name": one.name, "sha256": one.sha256, "size": one.size, "isa13": one.isa13}
            told |= {"plain_sha256": one.plain_sha256} if one.plain_sha256 is not None else {}
            self.note(f"file_{one.state}", told | _row(row), file_id=id_)
        return ids

    def file(self, file_id: int, event: FileEvent, *, detail: Mapping[str, object] | None = None, **columns: object) -> FileState:
        """Tell what happened to a file; where it stands now. `columns` (counts, note, path, due_at) are set besides."""
        state = self.connection.execute(select(files.c.state).where(files.c.id == file_id).with_for_update()).scalar_one()
        then = file_after(state, event)
        values: dict[str, Any] = {**columns, "changed_at": self.at}
        if "counts" in values:
            values["counts"] = msgspec.json.encode(values["counts"]).decode()
        if then is not None:
            values["state"] = then
        self.connection.execute(update(files).where(files.c.id == file_id).values(values))
        told = {**(detail or {}), **({} if then is not None else {"unexpected_in": state})}
        self.note(event, told | changed(values), file_id=file_id)
        return then if then is not None else cast("FileState", state)

    def add_requests(self, new: Sequence[NewRequest]) -> list[int]:
        """Take down requests, each with its first event; their ids in order. Raises IntegrityError for one that was taken down before."""
        if not new:
            return []
        rows = []
        for one in new:
            state = after("drafted", one.event)
            assert state is not None, one.event
            row = {name: getattr(one, name) for name in one.__struct_fields__ if name not in ("event", "detail")}
            rows.append(row | {"partner": self.partner, "state": state, "contradiction": False, "made_at": self.at, "changed_at": self.at})
        done = self.connection.execute(insert(requests).returning(requests.c.id, sort_by_parameter_order=True), rows)
        ids = [int(row[0]) for row in done]
        self._moves.added(row["state"] for row in rows)
        told = zip(new, rows, ids, strict=True)
        self._events += [Event(one.event, id_, one.file_id, {**one.detail, **_row(row)}) for one, row, id_ in told]
        return ids

    def renew(self, id_: int, new: NewRequest) -> None:
        """Take down again a request that was held: its row becomes what it is now."""
        state = self.connection.execute(select(requests.c.state).where(requests.c.id == id_).with_for_update()).scalar_one()
        row = {name: getattr(new, name) for name in new.__struct_fields__ if name not in ("event", "detail")}
        then = after(state, new.event)
        values = row | {"state": then if then is not None else state, "contradiction": then is None, "changed_at": self.at}
        self._moves.moved({id_: state}, {id_: values["state"]})
        self.connection.execute(update(requests).where(requests.c.id == id_).values(values))
        told = new.detail if then is not None else {**new.detail, "unexpected_in": state}
        self._events.append(Event(new.event, id_, new.file_id, told | changed(values)))

    def batch(self, file_id: int, batch: str) -> None:
        """Keep the number that the partner's mailbox gave a file of ours."""
        self.connection.execute(update(files).where(files.c.id == file_id).values(batch=batch))
        self.note("file_numbered", changed({"batch": batch}), file_id=file_id)

    def give_back(self, drop_id: int) -> list[int]:
        """Let the held encounters of a drop file be judged anew, since it was dropped again; their ids."""
        of = (requests.c.drop_id == drop_id) & (requests.c.state == "held")
        ids = list(self.connection.execute(select(requests.c.id).where(of)).scalars())
        self.connection.execute(update(requests).where(of).values(drop_id=None))
        for id_ in ids:
            self.note("given_back", changed({"drop_id": None}), request_id=id_)
        return ids

    def close_left(self, ids: Iterable[int], why: str) -> None:
        """Close those of the given back that did not come again."""
        left = [
            id_
            for id_ in ids
            if self.connection.execute(
                select(requests.c.id).where((requests.c.id == id_) & (requests.c.state == "held") & requests.c.drop_id.is_(None))
            ).first()
        ]
        self.requests([(id_, "held") for id_ in left], "closed", detail={"why": why}, next_do=None)

    def asked_anew(self, ids: Sequence[int]) -> None:
        """Close rejected requests that nobody looked at, since each is asked anew: they count no longer among those of their drop file."""
        for id_ in ids:
            self.note(ASKED_ANEW, {}, request_id=id_)
        self.requests([(id_, "rejected") for id_ in ids], "closed", detail={"why": "it is asked anew"}, next_do=None)

    def place(self, file_id: int, **paths: str) -> None:
        """Say where our copies of a file are going to lie (`path`, `plain`)."""
        self.connection.execute(update(files).where(files.c.id == file_id).values(paths))
        self.note("file_placed", {**paths, **changed(paths)}, file_id=file_id)

    def requests(
        self,
        standing: Iterable[tuple[int, RequestState]],
        event: RequestEvent,
        *,
        file_id: int | None = None,
        detail: Mapping[str, object] | None = None,
        **columns: object,
    ) -> None:
        """Tell the same of many requests, given with where each stands; `columns` are set besides in all of them."""
        by_state: dict[RequestState, list[int]] = {}
        for id_, state in standing:
            by_state.setdefault(state, []).append(id_)
        told = dict(detail or {})
        stood, stand = standing_now(self.connection, {id_ for ids in by_state.values() for id_ in ids}), dict[int, RequestState]()
        for state, ids in by_state.items():
            then = after(state, event)
            if then is not None:
                stand |= dict.fromkeys(ids, then)
            values: dict[str, object] = {"changed_at": self.at}
            values |= {**columns, "state": then} if then is not None else {"contradiction": True}
            statement = update(requests).where(requests.c.id == bindparam("_id")).values(values)
            self.connection.execute(statement, [{"_id": id_} for id_ in ids])
            extra = (told if then is not None else {**told, "unexpected_in": state}) | changed(values)
            self._events += [Event(event, id_, file_id, extra) for id_ in ids]
        self._moves.moved(stood, stand)

    def requests_each(self, told: Sequence[Told]) -> None:
        """Tell of many requests what happened to each. All `columns` have the same keys."""
        rows, odd = [], []
        stood, stand = standing_now(self.connection, {one.id for one in told}), dict[int, RequestState]()
        for one in told:
            then = after(one.state, one.event)
            if then is None:
                odd.append(one.id)
            else:
                stand[one.id] = then
                rows.append({"_id": one.id, "_state": then} | {f"_{name}": value for name, value in one.columns.items()})
            if then is not None:
                detail = {**one.detail, **changed(one.columns)}
            else:
                detail = {**one.detail, "unexpected_in": one.state, **changed({"contradiction": True})}
            self._events.append(Event(one.event, one.id, one.file_id, detail))
        self._moves.moved(stood, stand)
        if rows:
            values: dict[str, Any] = {name: bindparam(f"_{name}") for name in told[0].columns}
            statement = update(requests).where(requests.c.id == bindparam("_id"))
            self.connection.execute(statement.values(values | {"state": bindparam("_state"), "changed_at": self.at}), rows)
        if odd:  # what stands is not touched: which of the two holds is for a person
            statement = update(requests).where(requests.c.id == bindparam("_id"))
            self.connection.execute(statement.values(contradiction=True, changed_at=self.at), [{"_id": id_} for id_ in odd])

    def known_answers(self, contents: Sequence[str]) -> set[str]:
        """Which of these answers were taken down before."""
        found: set[str] = set()
        for start in range(0, len(contents), _MOST):
            part = contents[start : start + _MOST]
            of = (answers.c.partner == self.partner) & answers.c.content.in_(part)
            found.update(self.connection.execute(select(answers.c.content).where(of)).scalars())
        return found

    def add_answers(self, new: Sequence[NewAnswer]) -> None:
        """Take down answers of one file that were not taken down before. Raises IntegrityError for one that was."""
        if new:
            rows = [{name: getattr(one, name) for name in one.__struct_fields__} for one in new]
            self.connection.execute(insert(answers), [row | {"partner": self.partner, "received_at": self.at} for row in rows])
            (file_id,) = {one.file_id for one in new}
            seal = Seal()
            for one in new:
                seal.add(one.request_id, one.content, one.outcome, one.answered, one.trace, one.record)
            self.note("answers_read", seal.told(), file_id=file_id)

    def settle(self, id_: int, why: str) -> None:
        """Say that somebody cleared up what contradicts itself: what a request stands as holds."""
        self.connection.execute(update(requests).where(requests.c.id == id_).values(contradiction=False, changed_at=self.at))
        self.note("settled", {"why": why, **changed({"contradiction": False})}, request_id=id_)

    def add_documents(self, new: Iterable[tuple[int, Sequence[NewDocument]]]) -> None:
        """Take down documents of requests, each request given by its id."""
        given, rows = list(new), []
        nth = self._asked_so_far([request_id for request_id, those in given if any(one.place is None for one in those)])
        for request_id, those in given:
            for one in those:
                nth[request_id] += one.place is None
                row = msgspec.structs.asdict(one) | {"place": one.place or f"asked {nth[request_id]}", "request_id": request_id}
                rows.append(row | {"partner": self.partner, "made_at": self.at, "changed_at": self.at})
                told = {"document": row["place"], "code": one.code, "way": one.way, "number": one.number, "why": one.note}
                told = {key: value for key, value in told.items() if value is not None}
                self.note(f"document_{one.state}", told | _row(row), request_id=request_id)
        if rows:
            self.connection.execute(insert(documents), rows)

    def _asked_so_far(self, request_ids: Sequence[int]) -> Counter[int]:
        """How many documents the payer has asked for, for each of these requests."""
        found: Counter[int] = Counter()
        for start in range(0, len(request_ids), _MOST):
            of = documents.c.request_id.in_(request_ids[start : start + _MOST]) & documents.c.asked
            counted = select(documents.c.request_id, func.count()).where(of).group_by(documents.c.request_id)
            found.update({row[0]: row[1] for row in self.connection.execute(counted)})
        return found

    def document(self, row: Row[Any], event: DocumentEvent, *, file_id: int | None = None, **columns: object) -> None:
        """Tell what happened to a document, given as its row; `columns` are set besides."""
        then = document_after(row.state, event)
        values: dict[str, Any] = {**columns, "changed_at": self.at}
        values |= {"state": then} if then is not None else {}
        if event in ("given", "by_hand"):  # what is said of the 275 that carried it before says nothing of it any more
            values |= {"file_id": None, "st02": None}
        elif event == "filed":
            values["file_id"] = file_id
        self.connection.execute(update(documents).where(documents.c.id == row.id).values(values))
        told = {"document": row.place} | {
            name: columns[name] for name in ("note", "sha256", "size", "st02") if columns.get(name) is not None
        }
        told |= {} if then is not None else {"unexpected_in": row.state}
        self.note(f"document_{event}", told | changed(values), request_id=row.request_id, file_id=file_id)

    def wait_again(self, request_ids: Iterable[int], due: str) -> None:
        """Say of pended requests that the payer has what it asked for: until the day `due` nothing is to be done but to wait."""
        for id_ in request_ids:
            of = (requests.c.id == id_) & (requests.c.state == "pended") & requests.c.next_do.in_(("send_documents", "follow_up"))
            values = {"next_do": "follow_up", "due": due, "ask_at": None, "changed_at": self.at}
            if self.connection.execute(update(requests).where(of).values(values)).rowcount:
                self.note("documents_answered", {"due": due, **changed(values)}, request_id=id_)

    def ask_later(self, times: Mapping[int, str | None]) -> None:
        """Keep when to ask after each of these requests; None: work it out anew. It is a reminder of ours, and no event."""
        if times:
            of = update(requests).where(requests.c.id == bindparam("_id")).values(ask_at=bindparam("_at"))
            self.connection.execute(of, [{"_id": id_, "_at": at} for id_, at in times.items()])

    def strays_seen(self, file_id: int, why: str) -> int:
        """Say that somebody looked at the answers of a file that answer nothing that was sent; how many."""
        of = (answers.c.file_id == file_id) & answers.c.request_id.is_(None) & answers.c.seen_at.is_(None)
        count = self.connection.execute(update(answers).where(of).values(seen_at=self.at)).rowcount
        self.note("strays_seen", {"why": why, "count": count}, file_id=file_id)
        return int(count)

    def refusal_seen(self, file_id: int, why: str) -> None:
        """Say that somebody looked at an acknowledgment of ours that was refused."""
        self.connection.execute(update(files).where(files.c.id == file_id).values(seen_at=self.at))
        self.note("refusal_seen", {"why": why}, file_id=file_id)

    def flush(self) -> None:
        """Write the events so far behind the chain's last one. `Ledger.change` calls it before the transaction ends."""
        if not self._events:
            return
        mine = chains.c.partner == self.partner
        self._make_sure(chains, partner=self.partner, n=0, hash=START)
        last = select(chains.c.n, chains.c.hash, chains.c.standing, chains.c.counted).where(mine).with_for_update()
        n, before, kept, counted = self.connection.execute(last).one()
        kept = self._moves.kept(self.connection, self.partner, kept, holds=counted == n)
        rows = []
        for event in self._events:
            n += 1
            detail, before = link(before, n, self.at, self._actor, event)
            rows.append(
                {
                    "partner": self.partner,
                    "n": n,
                    "at": self.at,
                    "actor": self._actor,
                    "kind": event.kind,
                    "request_id": event.request_id,
                    "file_id": event.file_id,
                    "detail": detail,
                    "hash": before,
                }
            )
        self.connection.execute(insert(events), rows)
        self.connection.execute(update(chains).where(mine).values(n=n, hash=before, standing=kept, counted=n))
        self._events.clear()

    def _make_sure(self, table: Table, **row: object) -> None:
        """Insert a row unless one of its key is there; two that do so at once do not hinder each other."""
        insert_here = sqlite.insert if self.connection.dialect.name == "sqlite" else postgresql.insert
        self.connection.execute(insert_here(table).values(row).on_conflict_do_nothing())


def _row(values: Mapping[str, object]) -> dict[str, object]:
    """What an event tells of a row that is new."""
    return {"row": {name: value for name, value in values.items() if value is not None and name not in UNTOLD}}


def changed(values: Mapping[str, object]) -> dict[str, object]:
    """What an event tells of columns that it changes."""
    return {"set": {name: value for name, value in values.items() if name not in UNTOLD}}


def is_number(kept: object) -> bool:
    """True for what may be the next control number; SQLite keeps whatever somebody puts there."""
    return isinstance(kept, int) and 1 <= kept <= LAST_NUMBER


def following(first: int, count: int = 1) -> int:
    """The control number behind `count` from `first` on."""
    return (first - 1 + count) % LAST_NUMBER + 1


def next_turn(connection: Connection, partner: str) -> int:
    """The number of a run that begins. Waits for changes by the one before it to end."""
    return int(connection.execute(_NEXT_TURN, {"partner": partner, "kind": _RUN}).scalar_one())


def turn_of(connection: Connection, partner: str) -> int:
    """The number of the run that began last; none begins before this transaction ends."""
    return int(connection.execute(_TURN, {"partner": partner, "kind": _RUN}).scalar_one())


def moment(now: datetime) -> str:
    """A moment as the ledger keeps it: UTC, to the microsecond."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
