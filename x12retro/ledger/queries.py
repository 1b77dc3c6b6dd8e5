"""What the journeys ask the ledger before they go on: what was seen before, what waits, whose answer this is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, func, or_, select

from x12retro.ledger.life import AWAITED, FileState, RequestState
from x12retro.ledger.tables import addresses, answers, documents, events, files, numbers, requests

STILL_PENDED = "still_pended"
"""The outcome, in `answers`, of an inquiry whose request is pended as before: it is no later word than a decision that crossed it."""
ASKED_ANEW = "asked_anew"
"""The event of a request whose place another one for the same record has taken."""
_NO_WORD = (STILL_PENDED, "unanswered")
_MOST = 500
"""Values in one question; databases take only so many."""
_T = TypeVar("_T")

_PARTNER: BindParameter[str] = bindparam("partner")
_FILES_IN = (
    select(files)
    .where((files.c.partner == _PARTNER) & (files.c.direction == bindparam("direction")) & files.c.state.in_(bindparam("states")))
    .order_by(files.c.id)
)
_TO_SEND: Select[Any] = (
    select(*documents.c, requests.c.encounter_id)
    .join(requests, requests.c.id == documents.c.request_id)
    .where((documents.c.partner == _PARTNER) & documents.c.state.in_(("waiting", "held")))
    .where(documents.c.number.is_not(None) & documents.c.source.is_not(None) & requests.c.state.in_(AWAITED))
    .order_by(documents.c.request_id, documents.c.id)
)


class Known(NamedTuple):
    """A request that was taken down before for the same encounter."""

    id: int
    digest: str
    state: RequestState
    drop_id: int | None
    trace: str | None


class Asked(NamedTuple):
    """A request as an answer to it finds it. `path` is our plain copy of the file in which it was sent, `at` and `length` the
    place of its set there.
    """

    id: int
    encounter_id: str
    trace: str
    state: RequestState
    st02: str
    closes: str | None
    path: str | None
    file_id: int
    at: int | None
    length: int | None


def find_file(connection: Connection, partner: str, direction: str, name: str, sha256: str) -> Row[Any] | None:
    """The file of this name and content, when it was seen before."""
    of = (files.c.partner == partner) & (files.c.direction == direction) & (files.c.name == name) & (files.c.sha256 == sha256)
    return connection.execute(select(files).where(of)).first()


def has_sent(connection: Connection, partner: str) -> bool:
    """True when files of ours were made for this partner."""
    of = (files.c.partner == partner) & (files.c.direction == "out")
    return connection.execute(select(files.c.id).where(of).limit(1)).first() is not None


def without_address(connection: Connection) -> list[str]:
    """The partners that control numbers were drawn for and whose ids are not known."""
    of = select(numbers.c.partner).distinct().where(numbers.c.partner.not_in(select(addresses.c.partner)))
    return sorted(connection.execute(of).scalars())


def copies_of_sent(connection: Connection, partner: str, limit: int) -> list[str]:
    """Where our latest plain copies lie of what was sent to a partner, acknowledgments left out: these bear the ids of what they answer."""
    copy = func.coalesce(files.c.plain, files.c.path)
    of = (files.c.partner == partner) & (files.c.direction == "out") & (files.c.kind != "acknowledgment") & files.c.purged_at.is_(None)
    return list(connection.execute(select(copy).where(of & copy.is_not(None)).order_by(files.c.id.desc()).limit(limit)).scalars())


def files_in(connection: Connection, partner: str, direction: str, *states: FileState) -> Sequence[Row[Any]]:
    """The files that stand there, oldest first."""
    return connection.execute(_FILES_IN, {"partner": partner, "direction": direction, "states": states}).all()


def files_named(connection: Connection, partner: str, direction: str, names: Iterable[str]) -> list[Row[Any]]:
    """The files of these names."""
    found: list[Row[Any]] = []
    for part in _parts(list(names)):
        of = (files.c.partner == partner) & (files.c.direction == direction) & files.c.name.in_(part)
        found += connection.execute(select(files).where(of))
    return found


def files_kept_plain(connection: Connection, partner: str, paths: Iterable[str]) -> list[Row[Any]]:
    """The files whose plain copies lie there."""
    found: list[Row[Any]] = []
    for part in _parts(list(paths)):
        found += connection.execute(select(files).where((files.c.partner == partner) & files.c.plain.in_(part)))
    return found


def is_numbered(connection: Connection, partner: str, isa13: str) -> bool:
    """True when a file of ours has this ISA13, whether it went out or still waits."""
    of = (files.c.partner == partner) & (files.c.direction == "out") & (files.c.isa13 == isa13)
    return connection.execute(select(files.c.id).where(of)).first() is not None


def sent_file(connection: Connection, partner: str, isa13: str) -> Row[Any] | None:
    """The file that went out under an ISA13; one that still waits did not."""
    of = (files.c.partner == partner) & (files.c.direction == "out") & (files.c.isa13 == isa13) & _went_out()
    return connection.execute(select(files).where(of)).first()


def _went_out() -> ColumnElement[bool]:
    """Of a file: that somebody may have it; also of one that waits again since a person has released it, when it was in doubt."""
    doubted = select(events.c.id).where((events.c.file_id == files.c.id) & (events.c.kind == "doubted"))
    return (files.c.state != "staged") | doubted.exists()


def files_with_strays(connection: Connection, name: str) -> Sequence[Row[Any]]:
    """The files of that name, of all partners, with answers that answer nothing that was sent and that nobody looked at."""
    strays = select(answers.c.file_id).where(answers.c.request_id.is_(None) & answers.c.seen_at.is_(None))
    return connection.execute(select(files).where((files.c.name == name) & files.c.id.in_(strays))).all()


def refused_acknowledgments(connection: Connection, name: str) -> Sequence[Row[Any]]:
    """The acknowledgments of ours of that name, of all partners, that were refused and that nobody looked at."""
    of = (files.c.name == name) & (files.c.kind == "acknowledgment") & (files.c.state == "refused") & files.c.seen_at.is_(None)
    return connection.execute(select(files).where(of & (files.c.direction == "out"))).all()


def sent_named(connection: Connection, partner: str, name: str) -> Row[Any] | None:
    """The file that went out under a name; one that still waits did not."""
    of = (files.c.partner == partner) & (files.c.direction == "out") & (files.c.name == name) & _went_out()
    return connection.execute(select(files).where(of).order_by(files.c.id.desc())).first()


def sent_as_batch(connection: Connection, partner: str, batch: str) -> Sequence[Row[Any]]:
    """The files that went out and were given this number by the partner's mailbox; where it begins anew those that nobody answered yet."""
    of = (files.c.partner == partner) & (files.c.direction == "out") & (files.c.batch == batch)
    rows = connection.execute(select(files).where(of).order_by(files.c.id.desc())).all()
    return rows if len(rows) < 2 else [row for row in rows if row.state not in ("acknowledged", "refused")]


def seen_in_mailbox(connection: Connection, partner: str, names: Iterable[str]) -> set[tuple[str, str]]:
    """Which of these files of the mailbox were collected before: (name, size and time)."""
    found: set[tuple[str, str]] = set()
    for part in _parts(list(names)):
        of = (files.c.partner == partner) & (files.c.direction == "in") & files.c.name.in_(part) & files.c.seen.is_not(None)
        found.update((row.name, row.seen) for row in connection.execute(select(files.c.name, files.c.seen).where(of)))
    return found


def known_encounters(connection: Connection, partner: str, encounter_ids: Iterable[str]) -> dict[str, list[Known]]:
    """What was taken down before for these encounters, by encounter, oldest first."""
    columns = (requests.c.encounter_id, requests.c.id, requests.c.digest, requests.c.state, requests.c.drop_id, requests.c.trace)
    found: dict[str, list[Known]] = {}
    for part in _parts(list(encounter_ids)):
        of = (requests.c.partner == partner) & requests.c.encounter_id.in_(part)
        for row in connection.execute(select(*columns).where(of).order_by(requests.c.id)):
            found.setdefault(row[0], []).append(Known(*row[1:]))
    return found


def asked_by_trace(connection: Connection, partner: str, traces: Iterable[str]) -> dict[str, Asked]:
    """The requests with these trace numbers."""
    found: dict[str, Asked] = {}
    for part in _parts(list(traces)):
        rows = connection.execute(_asked().where((requests.c.partner == partner) & requests.c.trace.in_(part)))
        found.update((row.trace, Asked(*row)) for row in rows)
    return found


def asked_under_long_traces(connection: Connection, partner: str, longer_than: int) -> Iterator[Asked]:
    """The requests with trace numbers of more characters than that."""
    rows = connection.execute(_asked().where((requests.c.partner == partner) & (func.length(requests.c.trace) > longer_than)))
    yield from (Asked(*row) for row in rows)


def digests_by_trace(connection: Connection, partner: str, traces: Iterable[str]) -> dict[str, str]:
    """The digests of the requests with these trace numbers."""
    found: dict[str, str] = {}
    for part in _parts(list(traces)):
        of = (requests.c.partner == partner) & requests.c.trace.in_(part)
        found.update((row.trace, row.digest) for row in connection.execute(select(requests.c.trace, requests.c.digest).where(of)))
    return found


def groups_used(connection: Connection, partner: str, numbers: Iterable[int]) -> set[int]:
    """Which of these group numbers (GS06) files of ours went out under, with or without leading zeros."""
    found: set[int] = set()
    for part in _parts(sorted({written for number in numbers for written in _written(str(number))})):
        for table in (requests, files):
            of = (table.c.partner == partner) & table.c.gs06.in_(part)
            found.update(int(gs06) for gs06 in connection.execute(select(table.c.gs06).where(of).distinct()).scalars())
    return found


def highest_interchange(connection: Connection, partner: str, first: int, last: int) -> int | None:
    """The highest ISA13 from `first` to `last` that a file of ours has had."""
    between = files.c.isa13.between(f"{first:09d}", f"{last:09d}")
    of = (files.c.partner == partner) & (files.c.direction == "out") & between
    found = connection.execute(select(func.max(files.c.isa13)).where(of)).scalar()
    return int(found) if found is not None else None


def highest_group(connection: Connection, partner: str, first: int, last: int) -> int | None:
    """The highest group number (GS06) from `first` to `last` that files of ours went out under, with or without leading zeros."""
    found: list[int] = []
    for width in range(1, 10):  # numbers of one length sort as text does
        low, high = str(first).zfill(width), str(min(last, 10**width - 1)).zfill(width)
        if len(low) == width:
            for table in (requests, files):
                of = (table.c.partner == partner) & table.c.gs06.between(low, high) & (func.length(table.c.gs06) == width)
                highest = connection.execute(select(func.max(table.c.gs06)).where(of)).scalar()
                found += [int(highest)] if highest is not None else []
    return max(found, default=None)


def asked_in_file(connection: Connection, file_id: int) -> list[Asked]:
    """The requests of a file that went out."""
    return [Asked(*row) for row in connection.execute(_asked().where(requests.c.file_id == file_id).order_by(requests.c.id))]


def asked_in_group(connection: Connection, partner: str, gs06: str) -> list[Asked]:
    """The requests of a group that went out. GS06 is drawn from a counter and names one group of a partner."""
    where = (requests.c.partner == partner) & requests.c.gs06.in_(_written(gs06)) & _went_out()
    return [Asked(*row) for row in connection.execute(_asked().where(where).order_by(requests.c.id))]


def refused_by(connection: Connection, ids: Iterable[int], *kinds: str) -> set[int]:
    """Which of these requests an event of these kinds has refused."""
    found: set[int] = set()
    for part in _parts(sorted(ids)):
        of = events.c.request_id.in_(part) & events.c.kind.in_(kinds)
        found.update(connection.execute(select(events.c.request_id).where(of)).scalars())
    return found


def not_looked_at(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Which of these requests were refused with their whole interchange, and never answered: nobody has looked at them."""
    wanted = set(ids)
    return refused_by(connection, wanted, "interchange_refused") - refused_by(connection, wanted, "refused", "pended", "decided")


def standing_of(connection: Connection, ids: Iterable[int]) -> Iterator[tuple[int, RequestState, int]]:
    """Where each of these requests stands, and the file in which it went out."""
    for part in _parts(sorted(ids)):
        rows = connection.execute(select(requests.c.id, requests.c.state, requests.c.file_id).where(requests.c.id.in_(part)))
        yield from ((row.id, row.state, row.file_id) for row in rows)


def files_of_group(connection: Connection, partner: str, gs06: str) -> Sequence[Row[Any]]:
    """The files of ours that went out with a group of this number."""
    of = (files.c.partner == partner) & (files.c.direction == "out") & _went_out() & files.c.gs06.in_(_written(gs06))
    return connection.execute(select(files).where(of)).all()


def _written(gs06: str) -> set[str]:
    """A group's number with any count of leading zeros."""
    return {gs06.lstrip("0").zfill(width) for width in range(1, 10)}


def ours_named(connection: Connection, name: str, *states: FileState) -> Sequence[Row[Any]]:
    """The files of ours of that name, of all partners, that stand so."""
    of = (files.c.direction == "out") & (files.c.name == name) & files.c.state.in_(states)
    return connection.execute(select(files).where(of).order_by(files.c.id)).all()


def standing_so(connection: Connection, file_ids: Iterable[int], *states: FileState) -> set[int]:
    """Which of these files stand so."""
    found: set[int] = set()
    for part in _parts(sorted(file_ids)):
        found.update(connection.execute(select(files.c.id).where(files.c.id.in_(part) & files.c.state.in_(states))).scalars())
    return found


def documents_in_file(connection: Connection, file_id: int) -> Sequence[Row[Any]]:
    """The documents that a file of ours carries."""
    return connection.execute(select(documents).where(documents.c.file_id == file_id).order_by(documents.c.id)).all()


def documents_numbered(connection: Connection, partner: str, numbers: Iterable[str]) -> list[Row[Any]]:
    """The documents of these numbers (PWK06, TRN02)."""
    found: list[Row[Any]] = []
    for part in _parts(sorted(number for number in numbers if number)):
        found += connection.execute(select(documents).where((documents.c.partner == partner) & documents.c.number.in_(part)))
    return found


def owners_of_numbers(connection: Connection, partner: str, numbers: Iterable[str]) -> dict[str, str]:
    """Whose documents went by these numbers (PWK06) before: number -> encounter."""
    found: dict[str, str] = {}
    for part in _parts(sorted(set(numbers))):
        of = (documents.c.partner == partner) & documents.c.number.in_(part) & ~documents.c.asked
        joined = select(documents.c.number, requests.c.encounter_id).join(requests, requests.c.id == documents.c.request_id)
        found.update((row.number, row.encounter_id) for row in connection.execute(joined.where(of)))
    return found


def documents_of(connection: Connection, request_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """The documents of each of these requests."""
    found: dict[int, list[Row[Any]]] = {}
    for part in _parts(list(request_ids)):
        for row in connection.execute(select(documents).where(documents.c.request_id.in_(part)).order_by(documents.c.id)):
            found.setdefault(row.request_id, []).append(row)
    return found


def documents_to_send(connection: Connection, partner: str) -> Sequence[Row[Any]]:
    """The documents that may go, with their `encounter_id`, by request: their number and place are known, and the payer has their request
    and has still to decide.
    """
    return connection.execute(_TO_SEND, {"partner": partner}).all()


def sources_needed(connection: Connection, partner: str) -> set[str]:
    """Where the documents lie that are in no 275 yet, as far as it is known."""
    of = (documents.c.partner == partner) & documents.c.state.in_(("waiting", "held")) & documents.c.source.is_not(None)
    return set(connection.execute(select(documents.c.source).where(of)).scalars())


def asked_by_id(connection: Connection, request_ids: Iterable[int]) -> dict[int, Asked]:
    """These requests, by id."""
    found: dict[int, Asked] = {}
    for part in _parts(list(request_ids)):
        found.update((row.id, Asked(*row)) for row in connection.execute(_asked().where(requests.c.id.in_(part))))
    return found


def to_ask_after(connection: Connection, partner: str, times: tuple[str, str, str], limit: int) -> Sequence[Row[Any]]:
    """Pended requests whose turn may have come (id), and that wait for no document of ours.

    `times`: now, the latest moment that one may wait for, and the one that means never. One that waits for a later moment was taken down
    while the clock was wrong.
    """
    now, latest, never = times
    ours = select(documents.c.id).where(
        (documents.c.request_id == requests.c.id)
        & documents.c.asked
        & documents.c.state.in_(("asked", "waiting", "held", "filed", "refused"))
    )
    of = (
        (requests.c.partner == partner)
        & (requests.c.state == "pended")
        & or_(requests.c.ask_at.is_(None), requests.c.ask_at <= now, (requests.c.ask_at > latest) & (requests.c.ask_at != never))
    )
    question = select(requests.c.id).where(of & requests.c.trace.is_not(None) & ~ours.exists())
    return connection.execute(question.order_by(requests.c.ask_at, requests.c.id).limit(limit)).all()


def pended_by(connection: Connection, request_ids: Iterable[int]) -> dict[int, list[str]]:
    """The decision records (JSON) that left each of these requests pended, oldest first."""
    found: dict[int, list[str]] = {}
    for part in _parts(list(request_ids)):
        of = answers.c.request_id.in_(part) & answers.c.outcome.in_(("pended", STILL_PENDED))
        for row in connection.execute(select(answers.c.request_id, answers.c.record).where(of).order_by(answers.c.answered, answers.c.id)):
            found.setdefault(row.request_id, []).append(row.record)
    return found


def asked_and_not_taken_down(connection: Connection, partner: str) -> dict[int, str]:
    """Of each pended request the latest decision record that asks for documents, where none of them is taken down: an earlier version of
    the ledger did not.
    """
    of_it = select(documents.c.id).where((documents.c.request_id == requests.c.id) & documents.c.asked)
    of = (requests.c.partner == partner) & (requests.c.state == "pended") & (requests.c.next_do == "send_documents") & ~of_it.exists()
    asking = (answers.c.outcome == "pended") & answers.c.record.contains('"documents_requested":[{', autoescape=True)
    question = select(requests.c.id, answers.c.record).join(answers, answers.c.request_id == requests.c.id).where(of & asking)
    return {row.id: row.record for row in connection.execute(question.order_by(answers.c.answered, answers.c.id))}


def inquired(connection: Connection, request_ids: Iterable[int]) -> dict[int, list[str]]:
    """When each of these requests was asked after."""
    found: dict[int, list[str]] = {}
    for part in _parts(list(request_ids)):
        of = events.c.request_id.in_(part) & (events.c.kind == "inquired")
        for row in connection.execute(select(events.c.request_id, events.c.at).where(of)):
            found.setdefault(row.request_id, []).append(row.at)
    return found


def answers_to(connection: Connection, request_ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """The answers to each of these requests that say something of it: when (BHT04 and BHT05), and the outcome."""
    found: dict[int, list[tuple[str, str]]] = {}
    for part in _parts(list(request_ids)):
        of = select(answers.c.request_id, answers.c.answered, answers.c.outcome).where(answers.c.request_id.in_(part))
        of = of.where(answers.c.outcome.not_in(_NO_WORD))
        for request_id, answered, outcome in connection.execute(of):
            found.setdefault(request_id, []).append((answered, outcome))
    return found


def fates(connection: Connection, drop_id: int) -> dict[str, int]:
    """How many encounters of a drop file were taken down as requests and as held, whatever became of them since; each one once."""
    built = requests.c.trace.is_not(None)
    over = select(events.c.id).where((events.c.request_id == requests.c.id) & (events.c.kind == ASKED_ANEW))
    rows = connection.execute(select(built, func.count()).where((requests.c.drop_id == drop_id) & ~over.exists()).group_by(built))
    return {"requests" if row[0] else "held": row[1] for row in rows}


def _asked() -> Select[Any]:
    return select(
        requests.c.id,
        requests.c.encounter_id,
        requests.c.trace,
        requests.c.state,
        requests.c.st02,
        requests.c.closes,
        func.coalesce(files.c.plain, files.c.path),
        requests.c.file_id,
        requests.c.at,
        requests.c.length,
    ).join(files, files.c.id == requests.c.file_id)


def _parts(values: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(values), _MOST):
        yield values[start : start + _MOST]
