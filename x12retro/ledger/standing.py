"""What every run and every step asks the ledger, also where there is nothing to do: hundreds of partners are asked about in a minute.

So these questions are put together once, and not for each partner.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, func, select

from x12retro.ledger.tables import addresses, chains, documents, events, files, requests

_PARTNER: BindParameter[str] = bindparam("partner")
_GONE = ("delivered", "acknowledged", "refused")
_WAITS = ("staged", "sending", "finishing")
_BEGUN = ("taken", "collected")

_HASH = select(events.c.hash).where((events.c.partner == _PARTNER) & (events.c.n == bindparam("n")))
_LAST = select(chains.c.n, chains.c.hash).where(chains.c.partner == _PARTNER)
_ADDRESSED = select(addresses.c.partner).where(
    (addresses.c.sender == bindparam("sender"))
    & (addresses.c.receiver == bindparam("receiver"))
    & (addresses.c.usage == bindparam("usage"))
)
_OPEN = select(files.c.name, files.c.state).where(
    (files.c.partner == _PARTNER) & files.c.direction.in_(("drop", "in", "out")) & files.c.state.in_(_WAITS + _BEGUN)
)
_ADRIFT = select(
    *(
        select(func.count())
        .select_from(table.join(files, files.c.id == table.c.file_id))
        .where((table.c.partner == _PARTNER) & (table.c.state == state) & files.c.state.in_(_GONE))
        .scalar_subquery()
        for table, state in ((requests, "validated"), (documents, "filed"))
    )
)


class Head(msgspec.Struct, frozen=True):
    """The last event of a partner's chain."""

    n: int
    hash: str


class Left(NamedTuple):
    """What is left of a partner: how many files wait to be delivered, which were begun and not ended, and how many requests and documents
    stand as not sent though their file was delivered.
    """

    waiting: int
    begun: tuple[str, ...]
    requests: int
    documents: int


def hash_of_event(connection: Connection, partner: str, n: int) -> str | None:
    """The hash of a partner's event number `n`; None where it is not there."""
    return connection.execute(_HASH, {"partner": partner, "n": n}).scalar()


def last_event(connection: Connection, partner: str) -> Head | None:
    """The last event of a partner; None where nothing happened."""
    row = connection.execute(_LAST, {"partner": partner}).first()
    return Head(*row) if row is not None else None


def addressed(connection: Connection, sender: str, receiver: str, usage: str) -> set[str]:
    """The names of the partners whose files bear these ids (ISA06, ISA08, ISA15)."""
    return set(connection.execute(_ADDRESSED, {"sender": sender, "receiver": receiver, "usage": usage}).scalars())


def left_behind(connection: Connection, partner: str) -> Left:
    """What is left of a partner's files, requests and documents."""
    open_ = connection.execute(_OPEN, {"partner": partner}).all()
    adrift = connection.execute(_ADRIFT, {"partner": partner}).one()
    begun = tuple(row.name for row in open_ if row.state in _BEGUN)
    return Left(len(open_) - len(begun), begun, *adrift)
