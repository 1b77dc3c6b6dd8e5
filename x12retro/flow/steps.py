"""The steps of a run, each whole in itself: whoever dies in one, or between two, leaves what the next one takes up.

`run` does them one after the other; workers that share a ledger do each as a job (x12retro.cluster.relay).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from x12retro.counted import counted
from x12retro.deliver import HostKeyChanged, LoginRefused
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import SystemFailure, X12RetroError
from x12retro.flow.address import is_addressed, learn, take_address
from x12retro.flow.collection import collect
from x12retro.flow.delivery import deliver, sweep
from x12retro.flow.desk import Desk
from x12retro.flow.drop import take_out, waiting
from x12retro.flow.enclosing import enclose
from x12retro.flow.heads import check_head, keep_head
from x12retro.flow.inquiring import inquire
from x12retro.flow.notices import read_notices
from x12retro.flow.pickup import pick_up
from x12retro.flow.reading import read_inbox
from x12retro.flow.ready import is_ready, pass_on
from x12retro.flow.requested import take_asked_before
from x12retro.ledger.standing import last_event, left_behind

StepName = Literal["collect", "build", "deliver"]


class Balance(NamedTuple):
    """What a run did, and what is left: `unaccounted` names what should be nothing. `refused`: login or host key, so try no more."""

    collected: int = 0
    read: int = 0
    picked_up: int = 0
    delivered: int = 0
    left: int = 0
    failed: str | None = None
    refused: bool = False
    unaccounted: tuple[str, ...] = ()


def take_up(desk: Desk) -> None:
    """Look whether the ledger is the right one, and make good what a run left that died, or an earlier version of the ledger."""
    fresh = desk.partner not in desk.ledger.made_good
    if fresh:
        with desk.ledger.glance() as connection:
            check_head(desk, connection)
        learn(desk.ledger, desk.house.root)
    with desk.ledger.glance() as connection:
        check_head(desk, connection)
        known = is_addressed(desk, connection)
    if not known:
        take_address(desk)
    sweep(desk)
    if fresh:
        take_asked_before(desk)
        desk.ledger.made_good.add(desk.partner)


def collect_and_read(desk: Desk) -> Balance:
    """Collect what came, and read it: also what was collected before, where the mailbox fails."""
    collected, failed, refused = 0, None, False
    try:
        collected = collect(desk, read_notices(desk))
    except (SystemFailure, OSError) as problem:
        failed, refused = _words(problem), isinstance(problem, LoginRefused | HostKeyChanged)
        desk.tell("error", failed)
    return Balance(collected=collected, read=read_inbox(desk), failed=failed, refused=refused)


def build_waiting(desk: Desk) -> Balance:
    """Turn what lies in the drop folder into files that wait to be delivered."""
    picked_up, failed = 0, None
    for path in waiting(desk):
        try:
            taken = take_out(desk, path)
            if taken is not None:
                (pass_on if is_ready(taken) else pick_up)(desk, taken)
                picked_up += 1
        except (X12RetroError, OSError) as problem:
            failed = f"{path.name}: {_words(problem)}" if isinstance(problem, OSError) else str(problem)
            desk.tell("error", failed)
        except Exception as failure:  # noqa: BLE001 - a fault of ours over one file must not stop the others
            failed = f"{path.name}: {unforeseen(failure)}"
            desk.tell("error", failed)
    return Balance(picked_up=picked_up, failed=failed)


def deliver_waiting(desk: Desk) -> Balance:
    """Deliver what waits, in the partner's hours."""
    delivered, failed, refused = 0, None, False
    if not desk.exchange.schedule.is_open(desk.now):
        with desk.ledger.look() as connection:
            before = left_behind(connection, desk.partner).waiting
        opens = desk.exchange.schedule.opens(desk.now)
        when = f", {opens:%Y-%m-%d %H:%M %Z}" if opens is not None else ""
        if before:
            desk.tell("info", f"{counted(before, 'file waits', 'files wait')} until the partner's hours begin{when}")
    else:
        try:
            delivered = deliver(desk)
            if enclose(desk) + inquire(desk):  # documents and inquiries belong to requests that are there
                delivered += deliver(desk)
        except (SystemFailure, OSError) as problem:
            failed, refused = _words(problem), isinstance(problem, LoginRefused | HostKeyChanged)
            desk.tell("error", failed)
    return Balance(delivered=delivered, failed=failed, refused=refused)


def _words(problem: X12RetroError | OSError) -> str:
    """What a failure says: ours as it is, the system's without what it holds besides."""
    return str(problem) if isinstance(problem, X12RetroError) else f"our own disk: {problem.strerror or type(problem).__name__}"


STEPS: dict[StepName, Callable[[Desk], Balance]] = {"collect": collect_and_read, "build": build_waiting, "deliver": deliver_waiting}


def one_step(desk: Desk, name: StepName) -> Balance:
    """Do one step by itself; the balance of it, with what is left after it."""
    take_up(desk)
    return ended(desk, STEPS[name](desk))


def ended(desk: Desk, done: Balance) -> Balance:
    """The balance of a run or a step, with what is left after it; the house remembers how far the ledger has come.

    No run may leave files that were taken and not read to their end, or requests and documents that are neither waiting nor sent.
    """
    with desk.ledger.glance() as connection:
        head, left = last_event(connection, desk.partner), left_behind(connection, desk.partner)
    keep_head(desk, head)
    found = [f"{name} was begun and not ended" for name in left.begun]
    if left.requests:
        found.append(f"{counted(left.requests, 'request stands', 'requests stand')} as not sent though their file was delivered")
    if left.documents:
        found.append(f"{counted(left.documents, 'document stands', 'documents stand')} as not sent though their file was delivered")
    return done._replace(left=left.waiting, unaccounted=tuple(found))
