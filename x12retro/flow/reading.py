"""The inbox: each file is read once, whatever is in it and in whatever order files come.

TA1, 999, 997 and 824 tell how our files fared; 278 responses become decision records and are acknowledged. All that a file says is taken
down in one change of the ledger, so that a run that is killed reads it again from the start, or not at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Row

from x12retro.deliver import Unopened
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import SystemFailure, X12RetroError
from x12retro.flow.acknowledged import take_acknowledgments
from x12retro.flow.answering import Judging
from x12retro.flow.decided import Decided, decisions, read_again, take_decisions, written_down
from x12retro.flow.desk import Desk
from x12retro.flow.incoming import Incoming
from x12retro.flow.sealing import opened
from x12retro.flow.survey import Survey, survey
from x12retro.ledger import NewFile
from x12retro.ledger.queries import files_in

_AHEAD = 3
"""Files that are begun before the one is ended that came before them, where there is a crew: acknowledgments give it no work."""


def read_inbox(desk: Desk) -> int:
    """Read every file that was collected; how many. One that cannot be read is held with its findings, and the rest goes on."""
    with desk.ledger.glance() as connection:
        files = files_in(connection, desk.partner, "in", "collected")
    begun: deque[Iterator[None]] = deque()
    for row in files:
        begun.append(reading := _reading(desk, row))
        next(reading, None)
        while len(begun) > (_AHEAD if desk.crew.size else 0):
            _end(begun.popleft())
    while begun:
        _end(begun.popleft())
    return len(files)


def _end(reading: Iterator[None]) -> None:
    deque(reading, maxlen=0)


def _reading(desk: Desk, row: Row[Any]) -> Iterator[None]:
    """Read a file in two steps: begin, which gives a crew its work, and end, when the file before it is in the ledger."""
    try:
        with opened(desk, row) as path:
            yield from _read(Incoming(desk, row, path))
    except Unopened as problem:
        _hold(desk, row, [str(problem)])
    except X12RetroError:
        raise
    except OSError as problem:  # the disk, not the file
        raise SystemFailure(f"{row.name}: {problem.strerror or type(problem).__name__}") from problem
    except Exception as failure:  # noqa: BLE001 - a fault of ours over one file must not stop the others
        _hold(desk, row, [unforeseen(failure)])


def _read(file: Incoming) -> Iterator[None]:
    desk, row = file.desk, file.row
    found = survey(file.path)
    if (why := _why_not(desk, found)) is not None:
        yield
        _hold(desk, row, [why])
        return
    if not found.answers:
        yield
        _take(file, found, [], 0, iter(()))
        return
    judging = Judging(file, found)
    decided = decisions(file, judging)
    yield
    with written_down(file, decided) as (count, aside):
        _take(file, found, judging.acknowledgments(), count, read_again(aside))


def _take(file: Incoming, found: Survey, acks: list[NewFile], count: int, decided: Iterator[Decided]) -> None:
    """Take down all that a file says, in one change, and put it into the archive."""
    desk, row = file.desk, file.row
    target = desk.house.archived(row.id, row.name, "in", desk.now)
    with desk.change() as change:
        if found.acknowledgments:
            take_acknowledgments(file, change)
        take_decisions(file, change, decided)
        change.add_files(acks)
        counts = {**file.counts, "decisions": count}
        note = "; ".join(file.findings[:20]) or None
        told = {"kind": found.kind, "decisions": desk.house.decision_file(row.made_at, row.sha256).name if count else None}
        change.file(row.id, "processed", detail=told, kind=found.kind, counts=counts, note=note, path=desk.house.kept(target))
    desk.house.move(desk.house.path(row.path), target)


def _why_not(desk: Desk, found: Survey) -> str | None:
    """Why nothing of a file is taken, or None."""
    if found.kind == "unknown":
        return "it holds no TA1, no 999, no 997, no 824 and no 278 response"
    ours = desk.partnership.partner.interchange
    for sender, receiver, usage in sorted(found.addressed):
        if sender not in (ours.receiver_id, *desk.exchange.incoming.senders):
            return "it comes from another sender (ISA06) than receiver_id; if that is theirs too, name it in [exchange.incoming] senders"
        if receiver != ours.sender_id:
            return "it is addressed to another receiver (ISA08) than this partner file's sender_id"
        if usage in ("T", "P") and usage != ours.usage:
            words = {"T": "test", "P": "production"}
            return f"it says that it is {words[usage]} (ISA15), and this mailbox is for {words[ours.usage]}"
    if found.answers and found.cut_short is not None:
        return f"it was cut short ({found.cut_short}); nothing of it was taken: have it sent again, whole"
    return None


def _hold(desk: Desk, row: Row[Any], findings: list[str]) -> None:
    target = desk.house.set_aside(row.id, row.name)
    with desk.house.writing(target.with_name(f"{target.name}.findings.jsonl")) as out:
        for finding in findings:
            out.write(msgspec.json.encode({"file": row.name, "message": finding}) + b"\n")
    with desk.change() as change:
        change.file(row.id, "held", note="; ".join(findings), path=desk.house.kept(target))
    desk.house.move(desk.house.path(row.path), target)
    desk.tell("error", f"{row.name}: is held: {findings[0]}")
