"""One file that came, while it is read: what is counted and found in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row

from x12retro.flow.desk import Desk
from x12retro.ledger import Change


class Incoming(msgspec.Struct):
    """A file that came: its row of the ledger, `path`, where its plain text lies, how many of each kind it held, and what is wrong."""

    desk: Desk
    row: Row[Any]
    path: Path
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    findings: list[str] = []


def stray(file: Incoming, change: Change, what: str, detail: dict[str, object]) -> None:
    """Tell of an acknowledgment that speaks of nothing of ours, or says nothing clear, and keep it as an event."""
    file.findings.append(what)
    change.note("stray_acknowledgment", detail, file_id=file.row.id)
    file.desk.tell("warning", f"{file.row.name}: {what}")
