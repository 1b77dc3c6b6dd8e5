"""A mailbox that several partners share: what lies there for the others is theirs to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from x12retro.deliver import Entry, Unopened
from x12retro.deliver.exchange import Partnership
from x12retro.deliver.notices import noticed
from x12retro.deliver.sharing import Bearing, is_for, shares_incoming
from x12retro.flow.desk import Desk
from x12retro.flow.sealing import opened_at
from x12retro.ledger.queries import sent_as_batch, sent_named
from x12retro.x12 import InterchangeStart, read


def is_shared(desk: Desk) -> bool:
    """True when other partners take their files from the incoming folder too."""
    return next(_sharing(desk), None) is not None


def whose_else(desk: Desk, copy: Path) -> str | None:
    """The partner that a file of the mailbox is for, when it is for another one; "" where that one's file may be one that cannot be
    used. None for a file of ours, and for one that does not say: whoever comes first looks at it.
    """
    others = list(_sharing(desk))
    if not others and not desk.left_out:
        return None
    bearing = _bearing(desk, copy)
    if bearing is None or is_for(desk.partnership, bearing):
        return None
    found = next((one.id for one in others if is_for(one, bearing)), None)
    return "" if found is None and desk.left_out else found


def notices_of_others(desk: Desk, entries: Iterable[Entry]) -> set[Entry]:
    """The files of the incoming folder in which the mailbox speaks of another partner's files."""
    found = set()
    for one in _sharing(desk):
        for told in noticed(one.exchange.notices, one.exchange.incoming.folder, entries):
            with desk.ledger.look() as connection:
                named = sent_named(connection, one.id, told.name) if told.name is not None else None
                if named is not None or sent_as_batch(connection, one.id, told.batch or ""):
                    found.add(told.entry)
    return found


def _sharing(desk: Desk) -> Iterator[Partnership]:
    return (one for one in desk.beside if shares_incoming(one, desk.partnership))


def _bearing(desk: Desk, copy: Path) -> Bearing | None:
    """What the first ISA of a file says; None where there is none, or nobody can open it."""
    try:
        with opened_at(desk, copy, copy.name) as path:
            isa = next((frame.isa for frame in read(path) if isinstance(frame, InterchangeStart)), None)
    except Unopened:
        return None
    return (isa[6].strip(), isa[8].strip(), isa[15].strip()) if isa is not None else None
