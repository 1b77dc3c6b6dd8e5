"""One run over one partner: take up, collect, read, build, deliver; and the balance of it."""

from __future__ import annotations

from x12retro.flow.desk import Desk
from x12retro.flow.steps import Balance, build_waiting, collect_and_read, deliver_waiting, ended, take_up

__all__ = ["Balance", "run"]


def run(desk: Desk) -> Balance:
    """Go over one partner once. Never raises for the partner's failures: they are told in the balance, and the next run takes it up.

    What came is read before anything is sent, so that a file whose fate is in doubt is known by its acknowledgment; and again behind
    it, so that one run suffices where the partner answers at once.
    """
    take_up(desk)
    came, built = collect_and_read(desk), build_waiting(desk)
    sent = Balance() if came.refused else deliver_waiting(desk)  # a refused login is not tried twice: accounts get locked
    done = Balance(
        collected=came.collected,
        read=came.read,
        picked_up=built.picked_up,
        delivered=sent.delivered,
        failed=sent.failed or built.failed or came.failed,
        refused=sent.refused or came.refused,
    )
    return ended(desk, done)
