"""Whose control numbers these are: a partner is known by the name of its file, and its counters go with the name.

A file under another name would begin at ISA13 1 again, and what it sends would be taken for copies of what was sent. A ledger that an
earlier version made does not know the ids: they are read from our copies of what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection

from x12retro.deliver.exchange import Partnership
from x12retro.errors import UsageError
from x12retro.flow.desk import Desk
from x12retro.ledger import Ledger
from x12retro.ledger.queries import copies_of_sent, has_sent, without_address
from x12retro.ledger.standing import addressed
from x12retro.x12 import InterchangeStart, read

_COPIES = 20
"""How many of our latest copies are looked for: some may have been purged."""


def is_addressed(desk: Desk, connection: Connection) -> bool:
    """True where this partner's ids are taken down as its own. Raises UsageError when files went out under them for one of another name."""
    known = addressed(connection, *_ids(desk.partnership))
    if (why := _renamed(connection, desk.partnership, desk.beside, known)) is not None:
        raise UsageError(why)
    return desk.partner in known


def take_address(desk: Desk) -> None:
    """Take the ids of this partner down."""
    with desk.change() as change:
        change.address(*_ids(desk.partnership))


def learn(ledger: Ledger, root: Path) -> None:
    """Take down the ids of those partners that files went out for while the ledger did not keep them. `root` is where our copies lie."""
    with ledger.look() as connection:
        found = {name: copies_of_sent(connection, name, _COPIES) for name in without_address(connection)}
    for name, copies in found.items():
        ids = next(filter(None, (_borne(root / copy) for copy in copies)), None)
        if ids is not None:
            with ledger.change(name) as change:
                change.address(*ids)


def _borne(copy: Path) -> tuple[str, str, str] | None:
    """The ids that a file of ours bears; None where our copy is gone."""
    try:
        isa = next((frame.isa for frame in read(copy) if isinstance(frame, InterchangeStart)), None)
    except UsageError:
        return None
    return (isa[6].strip(), isa[8].strip(), isa[15].strip()) if isa is not None else None


def renamed(connection: Connection, partnership: Partnership, beside: Iterable[Partnership]) -> str | None:
    """Why a partner's control numbers would be used twice: it is new, and none of those `beside` it bears the name that its ids are known
    under. None where they would not.
    """
    return _renamed(connection, partnership, beside, addressed(connection, *_ids(partnership)))


def _renamed(connection: Connection, partnership: Partnership, beside: Iterable[Partnership], known: set[str]) -> str | None:
    if partnership.id in known:
        return None
    ids = _ids(partnership)
    for name in sorted(known - {one.id for one in beside if _ids(one) == ids}):
        if has_sent(connection, name):
            return (
                f"{partnership.file}: files went out to {ids[1]} from {ids[0]} under the partner name {name}, and no partner file of that "
                f"name has these ids now: control numbers would begin at 1 again. If {name}.toml was renamed, write "
                f'known_as = "{name}" into [exchange]; if it cannot be read, mend it'
            )
    return None


def _ids(one: Partnership) -> tuple[str, str, str]:
    told = one.partner.interchange
    return told.sender_id, told.receiver_id, told.usage
