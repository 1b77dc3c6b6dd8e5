"""Documents that somebody gives, to answer a payer with or instead of one that could not go: kept by us until they are sent.

The next run puts them into a 275, under the number that the payer asked by. What was sent by another way is taken down as sent.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row

from x12retro.assess.clock import last_day
from x12retro.attach import Obstacle, enclosure
from x12retro.deliver import Config, House
from x12retro.deliver.exchange import Partnership
from x12retro.errors import UsageError
from x12retro.flow.requested import wait_again
from x12retro.ledger import Ledger, NewDocument
from x12retro.ledger.life import AWAITED, document_after
from x12retro.ledger.only import in_turn
from x12retro.ledger.queries import documents_of, standing_so
from x12retro.ledger.views import Story, meant
from x12retro.regular import opened


class Case(NamedTuple):
    """A request that the payer has still to decide, its partner, and its documents."""

    id: int
    encounter_id: str
    partnership: Partnership
    documents: list[Row[Any]]


class Turn(NamedTuple):
    """How long we wait for a run that is at work, in seconds, and who is told that we wait."""

    patience: float
    tell: Callable[[str], None]


AT_ONCE = Turn(0, lambda _: None)
"""Nobody waits."""


class Given(NamedTuple):
    """A document that was taken: its place in the case, and the code that it answers."""

    place: str
    code: str


def cases(ledger: Ledger, wanted: str) -> list[Story]:
    """The requests that are meant, however they stand, with their documents. Raises UsageError when there is none."""
    with ledger.look() as connection:
        return meant(connection, wanted)


def case_of(config: Config, ledger: Ledger, wanted: str) -> Case:
    """The request that is meant by an encounter id, a trace number or a request's number. Raises UsageError when there is none that the
    payer has still to decide, or several.
    """
    with ledger.look() as connection:
        found = [story.request for story in meant(connection, wanted)]
        open_ = [row for row in found if row["state"] in AWAITED]
        if not open_:
            raise UsageError(f"{wanted}: no document is waited for: it stands as {found[-1]['state'].replace('_', ' ')}")
        if len(open_) > 1:
            raise UsageError(f"{wanted} means several requests; give one of their numbers: {', '.join(str(row['id']) for row in open_)}")
        (row,) = open_
        documents = documents_of(connection, [row["id"]]).get(row["id"], [])
    return Case(row["id"], row["encounter_id"], config.partner(row["partner"]), documents)


def give(
    config: Config, ledger: Ledger, wanted: str, files: Sequence[tuple[str, Path]], *, turn: Turn = AT_ONCE
) -> Iterator[Given | Obstacle]:
    """Take documents for a request, each as (code or number, file); the code may be "" where one document is waited for.

    Yields what was taken, and an Obstacle for each that is not. Raises UsageError as `case_of` does, Busy when a run is
    at work and does not end.
    """
    case = case_of(config, ledger, wanted)
    partner = case.partnership.id
    house = House(config.root, partner)
    with in_turn(ledger, config.root, partner, *turn):
        case = case_of(config, ledger, wanted)
        taken: dict[int, set[str]] = {}
        for code, file in files:
            row = _row_for(code, case.documents, taken)
            if isinstance(row, str):
                yield Obstacle(str(file), row)
                continue
            looked_at = enclosure(file, row.number, case.partnership.partner.attachments, path=str(file))
            if isinstance(looked_at, Obstacle):
                yield looked_at
                continue
            digests = taken.setdefault(row.id, set())
            if looked_at.sha256 in digests:
                yield Obstacle(str(file), f"is the same as another one that was given for {row.code}")
                continue
            copy = house.given / f"{row.id}-{looked_at.sha256[:16]}"
            with house.writing(copy) as out, opened(file) as source:
                shutil.copyfileobj(source, out)
            with ledger.change(partner) as change:
                if digests:  # a second document that answers the same
                    new = NewDocument(
                        place=None,
                        asked=True,
                        code=row.code,
                        number=row.number,
                        way=row.way,
                        state="waiting",
                        source=house.kept(copy),
                        due=row.due,
                    )
                    change.add_documents([(case.id, [new])])
                else:
                    change.document(row, "given", source=house.kept(copy), note=None, seen=None)
            digests.add(looked_at.sha256)
            yield Given(row.place, row.code)


def sent_by_hand(config: Config, ledger: Ledger, wanted: str, why: str, only_these: Sequence[str] = (), *, turn: Turn = AT_ONCE) -> int:
    """Take down that documents of a request were sent by another way, `why` saying which; how many: those that `only_these` name by code,
    number or place, else all but the ones that the next run sends. One that is in a 275 can be said to be sent so while nobody can tell
    whether that 275 arrived. Raises UsageError when there is none, Busy as `give` does.
    """
    case = case_of(config, ledger, wanted)
    partner = case.partnership.id
    with in_turn(ledger, config.root, partner, *turn):
        case = case_of(config, ledger, wanted)
        with ledger.look() as connection:
            doubted = standing_so(connection, {row.file_id for row in case.documents if row.state == "filed"}, "in_doubt")
        open_ = [row for row in case.documents if document_after(row.state, "by_hand") is not None]
        open_ = [row for row in open_ if row.state != "filed" or row.file_id in doubted]
        for name in only_these:
            if not any(name in _called(row) for row in open_):
                raise UsageError(f"{wanted}: nothing is waited for under {name}; {_names(open_) or 'all is sent'}")
        rows = [row for row in open_ if (any(name in _called(row) for name in only_these) if only_these else row.state != "waiting")]
        if not rows:
            raise UsageError(f"{wanted}: nothing is left to send by hand: all is sent, or goes with the next run")
        now, days = ledger.clock(), case.partnership.exchange.watch.decide_days
        with ledger.change(partner) as change:
            for row in rows:
                change.document(row, "by_hand", note=why, sent_at=change.at)
            wait_again(change, {row.request_id for row in rows if row.asked}, last_day(now.date(), days, "business_days").isoformat())
    return len(rows)


def _row_for(code: str, rows: Sequence[Row[Any]], taken: Container[int]) -> Row[Any] | str:
    """The document that a file is, of two under one code the one that the payer asks for; words when that is none, or not clear."""
    open_ = [row for row in rows if document_after(row.state, "given") is not None]
    fit = [row for row in open_ if row.number is not None]
    named = sorted((row for row in fit if not code or code in _called(row)), key=lambda row: not row.asked)
    fresh = [row for row in named if row.id not in taken]
    if len(fresh) > 1 and len({row.code for row in fresh}) > 1:
        return f"say what it is (CODE=FILE): {_names(fresh)}"
    if fresh:
        return fresh[0]
    again = next((row for row in named if row.asked), None)
    if again is not None:
        return again
    if (without := next((row for row in open_ if code in _called(row)), None)) is not None:
        return without.note or "the request promised it under no number"
    if not fit:
        return "nothing is waited for: the payer asks for no document, and all that were promised are sent"
    return f"nothing is waited for under {code}; {_names(fit)}" if code else "it is one document more than are waited for"


def _called(row: Row[Any]) -> tuple[str | None, ...]:
    """What a document may be called by."""
    return row.code, row.number, row.place


def _names(rows: Sequence[Row[Any]]) -> str:
    return ", ".join(dict.fromkeys(row.code if row.asked else row.number or row.place for row in rows))
