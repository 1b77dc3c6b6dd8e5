"""One file that came, while it is read: what is counted and found in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row

from x12retro.counted import counted
from x12retro.flow.desk import Desk
from x12retro.ledger import Change
from x12retro.ledger.life import RequestEvent, RequestState
from x12retro.ledger.queries import refused_by

Standing = list[tuple[int, RequestState]]
"""Requests, each with where it stands."""
SET_REFUSED: tuple[RequestEvent, ...] = ("set_refused", "interchange_refused")
"""What an acknowledgment has said that says otherwise than one that accepts a set."""


class Incoming(msgspec.Struct):
    """A file that came: its row of the ledger, `path`, where its plain text lies, how many of each kind it held, and what is wrong."""

    desk: Desk
    row: Row[Any]
    path: Path
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    findings: list[str] = []


def take_acceptance(
    file: Incoming, change: Change, asked: Standing, event: RequestEvent, detail: dict[str, object], otherwise: tuple[RequestEvent, ...]
) -> None:
    """Tell that requests were accepted; where an earlier acknowledgment said `otherwise`, that is for a person."""
    change.flush()  # both may stand in one file
    at_odds = refused_by(change.connection, [id_ for id_, state in asked if state == "rejected"], *otherwise)
    change.requests([one for one in asked if one[0] not in at_odds], event, file_id=file.row.id, detail=detail)
    if at_odds:
        told = {**detail, "contradicts": "an earlier acknowledgment"}
        change.requests([one for one in asked if one[0] in at_odds], event, file_id=file.row.id, detail=told, contradiction=True)
        text = f"{counted(len(at_odds), 'request')} that an earlier acknowledgment refused, and this one accepts; see the worklist"
        file.desk.tell("warning", f"{file.row.name}: {text}")


def stray(file: Incoming, change: Change, what: str, detail: dict[str, object]) -> None:
    """Tell of an acknowledgment that speaks of nothing of ours, or says nothing clear, and keep it as an event."""
    file.findings.append(what)
    change.note("stray_acknowledgment", detail, file_id=file.row.id)
    file.desk.tell("warning", f"{file.row.name}: {what}")
