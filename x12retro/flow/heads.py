"""The house remembers how far its ledger had come, so that an older copy of it, an empty one or another one is noticed.

With such a ledger numbers would be given out a second time, and files sent that were sent before.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import select

from x12retro.errors import SystemFailure
from x12retro.flow.desk import Desk
from x12retro.ledger.tables import chains, events


class Head(msgspec.Struct):
    """The last event of a partner's chain when a run ended."""

    n: int
    hash: str


def check_heads(desk: Desk) -> None:
    """Raise SystemFailure when the ledger does not hold the event that the last run ended with."""
    file = _file(desk)
    if not file.exists():
        return
    try:
        head = msgspec.json.decode(file.read_bytes(), type=Head)
    except msgspec.DecodeError:
        raise SystemFailure(f'{file}: is not what the last run wrote there; see docs/deliver.md, "The ledger"') from None
    with desk.ledger.look() as connection:
        found = connection.execute(select(events.c.hash).where((events.c.partner == desk.partner) & (events.c.n == head.n))).scalar()
    if found != head.hash:
        raise SystemFailure(
            "the ledger is not the one that this house was last used with, or an older copy of it: "
            f"event {head.n} of {desk.partner} is not in it. Bring the right one back; with this one control numbers would be used "
            'twice (docs/deliver.md, "The ledger")'
        )


def keep_heads(desk: Desk) -> None:
    """Remember the last event there is."""
    with desk.ledger.look() as connection:
        row = connection.execute(select(chains.c.n, chains.c.hash).where(chains.c.partner == desk.partner)).first()
    if row is not None:
        with desk.house.writing(_file(desk)) as out:
            out.write(msgspec.json.encode(Head(row.n, row.hash)))


def _file(desk: Desk) -> Path:
    return desk.house.root / f"ledger-head-{desk.partner}.json"
