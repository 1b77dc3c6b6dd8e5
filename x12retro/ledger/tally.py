"""How many requests of a partner stand where, kept with the last event of its chain and changed with it.

    a change      reads where its requests stand (nobody else moves them until it ends), moves them, and notes from where to where
    its flush     holds the chain's last row, adds what was noted to the counts that stand there, and says after which event they hold

So counts are exact whoever writes beside whom. Where they hold after another event than the last, as a ledger of an older version
leaves it, they are counted anew from the requests themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, func, select

from x12retro.ledger.life import RequestState
from x12retro.ledger.tables import chains, requests

_MOST = 500
_STATES = msgspec.json.Decoder(dict[str, int])


class Moves:
    """From where to where requests have moved since the last flush."""

    def __init__(self) -> None:
        self._by: Counter[str] = Counter()

    def added(self, states: Iterable[RequestState]) -> None:
        """Requests that are new."""
        self._by.update(states)

    def moved(self, before: dict[int, RequestState], then: dict[int, RequestState]) -> None:
        """Requests that stood as `before` and stand as `then`; those that are not in it stand where they stood."""
        self._by.subtract(before[id_] for id_ in then)
        self._by.update(then.values())

    def kept(self, connection: Connection, partner: str, standing: str | None, *, holds: bool) -> str:
        """The counts as they are to be kept: `standing` with what was noted where it `holds`, else counted anew."""
        counts = readable(standing) if holds else None
        if counts is None:
            counts = counted(connection, partner)
        else:
            counts.update(self._by)
        self._by.clear()
        return msgspec.json.encode({state: count for state, count in counts.items() if count}, order="sorted").decode()


def readable(standing: str | None) -> Counter[str] | None:
    """The counts as they are kept; None where there are none, and for what somebody made unreadable."""
    try:
        return Counter(_STATES.decode(standing)) if standing is not None else None
    except (msgspec.DecodeError, TypeError):
        return None


def standing(connection: Connection, ids: Iterable[int]) -> dict[int, RequestState]:
    """Where these requests stand; nobody else moves them until the transaction ends."""
    wanted = sorted(ids)
    found: dict[int, RequestState] = {}
    for start in range(0, len(wanted), _MOST):
        of = requests.c.id.in_(wanted[start : start + _MOST])
        locked = select(requests.c.id, requests.c.state).where(of).order_by(requests.c.id).with_for_update(key_share=True)
        found.update((row[0], row[1]) for row in connection.execute(locked))
    return found


def counted(connection: Connection, partner: str) -> Counter[str]:
    """How many requests of a partner stand where, counted one by one."""
    of = select(requests.c.state, func.count()).where(requests.c.partner == partner).group_by(requests.c.state)
    return Counter({row[0]: row[1] for row in connection.execute(of)})


def counts_of_requests(connection: Connection) -> dict[str, dict[str, int]]:
    """How many requests stand where: partner -> state -> count."""
    found: dict[str, dict[str, int]] = {}
    for partner, n, kept, after in connection.execute(select(chains.c.partner, chains.c.n, chains.c.standing, chains.c.counted)):
        states = readable(kept) if after == n else None
        found[partner] = dict(states if states is not None else counted(connection, partner))
    return {partner: states for partner, states in found.items() if states}
