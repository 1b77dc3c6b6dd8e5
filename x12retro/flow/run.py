"""One run over one partner: take up, collect, read, build, deliver; and the balance of it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from x12retro.errors import SystemFailure, X12RetroError
from x12retro.flow.collection import collect
from x12retro.flow.delivery import deliver, sweep
from x12retro.flow.desk import Desk
from x12retro.flow.heads import check_heads, keep_heads
from x12retro.flow.notices import read_notices
from x12retro.flow.pickup import pick_up, take_out, waiting
from x12retro.flow.reading import read_inbox
from x12retro.flow.ready import is_ready, pass_on
from x12retro.ledger.tables import files, requests


class Balance(NamedTuple):
    """What a run did, and what is left: `unaccounted` names what should be nothing."""

    collected: int = 0
    read: int = 0
    picked_up: int = 0
    delivered: int = 0
    left: int = 0
    failed: str | None = None
    unaccounted: tuple[str, ...] = ()


def run(desk: Desk) -> Balance:
    """Go over one partner once. Never raises for the partner's failures: they are told in the balance, and the next run takes it up.

    What came is read before anything is sent, so that a file whose fate is in doubt is known by its acknowledgment; and again behind
    it, so that one run suffices where the partner answers at once.
    """
    collected = read = picked_up = delivered = 0
    failed: str | None = None
    check_heads(desk)
    sweep(desk)
    try:
        read_notices(desk)
        collected = collect(desk)
    except SystemFailure as problem:
        failed = str(problem)
        desk.tell("error", failed)
    read = read_inbox(desk)
    for path in waiting(desk):
        try:
            taken = take_out(desk, path)
            if taken is not None:
                (pass_on if is_ready(taken) else pick_up)(desk, taken)
                picked_up += 1
        except (X12RetroError, OSError) as problem:
            failed = str(problem) if isinstance(problem, X12RetroError) else f"{path.name}: {problem.strerror or type(problem).__name__}"
            desk.tell("error", failed)
    left = _left(desk)
    if left and not desk.exchange.schedule.is_open(desk.now):
        opens = desk.exchange.schedule.opens(desk.now)
        when = f", {opens:%Y-%m-%d %H:%M %Z}" if opens is not None else ""
        desk.tell("info", f"{left} files wait until the partner's hours begin{when}")
    else:
        try:
            delivered = deliver(desk)
        except SystemFailure as problem:
            failed = str(problem)
            desk.tell("error", failed)
    keep_heads(desk)
    return Balance(collected, read, picked_up, delivered, _left(desk), failed, tuple(_unaccounted(desk)))


def _left(desk: Desk) -> int:
    """The files that still wait to be delivered."""
    waiting_states = ("staged", "sending", "finishing")
    of = (files.c.partner == desk.partner) & (files.c.direction == "out") & files.c.state.in_(waiting_states)
    with desk.ledger.look() as connection:
        return int(connection.execute(select(func.count()).select_from(files).where(of)).scalar_one())


def _unaccounted(desk: Desk) -> list[str]:
    """What no run may leave: files that were taken and not read to their end, requests that are neither waiting nor sent."""
    found = []
    with desk.ledger.look() as connection:
        of = (files.c.partner == desk.partner) & (files.c.state.in_(("taken", "collected")))
        found += [f"{row.name} was begun and not ended" for row in connection.execute(select(files.c.name).where(of))]
        lost = (
            select(func.count())
            .select_from(requests.join(files, files.c.id == requests.c.file_id))
            .where((requests.c.partner == desk.partner) & (requests.c.state == "validated"))
            .where(files.c.state.in_(("delivered", "acknowledged", "refused")))
        )
        count = connection.execute(lost).scalar_one()
    if count:
        found.append(f"{count} requests stand as not sent though their file was delivered")
    return found
