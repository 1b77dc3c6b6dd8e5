"""Whose control numbers these are: a partner is known by the name of its file, and its counters go with the name.

A file under another name would begin at ISA13 1 again, and what it sends would be taken for copies of what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from x12retro.deliver.exchange import Partnership
from x12retro.errors import UsageError
from x12retro.flow.desk import Desk
from x12retro.ledger.queries import addressed, has_sent


def check_address(desk: Desk) -> None:
    """Raise UsageError when files went out under this partner's ids for one of another name; else take the ids down."""
    ids = _ids(desk.partnership)
    with desk.ledger.look() as connection:
        if (why := renamed(connection, desk.partnership, desk.beside)) is not None:
            raise UsageError(why)
        known = desk.partner in addressed(connection, *ids)
    if not known:
        with desk.change() as change:
            change.address(*ids)


def renamed(connection: Connection, partnership: Partnership, beside: Iterable[Partnership]) -> str | None:
    """Why a partner's control numbers would be used twice: it is new, and none of those `beside` it bears the name that its ids are known
    under. None where they would not.
    """
    ids = _ids(partnership)
    of_others = {one.id for one in beside if _ids(one) == ids}
    known = addressed(connection, *ids)
    for name in () if partnership.id in known else sorted(known - of_others):
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
