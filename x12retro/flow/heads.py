"""The house remembers how far its ledger had come, so that an older copy of it, an empty one or another one is noticed.

With such a ledger numbers would be given out a second time, and files sent that were sent before.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Connection

from x12retro.errors import SystemFailure
from x12retro.flow.desk import Desk
from x12retro.ledger.standing import Head, hash_of_event

_BEGIN, _END = "ledger-head-", ".json"


def check_head(desk: Desk, connection: Connection) -> None:
    """Raise SystemFailure when the ledger does not hold the event that the last run ended with."""
    file = _file(desk)
    if file.exists() and hash_of_event(connection, desk.partner, (head := _read(file)).n) != head.hash:
        raise SystemFailure(
            "the ledger is not the one that this house was last used with, or an older copy of it: "
            f"event {head.n} of {desk.partner} is not in it. Bring the right one back; with this one control numbers would be used "
            'twice (docs/deliver.md, "The ledger")'
        )


def keep_head(desk: Desk, head: Head | None) -> None:
    """Remember the last event there is; where nothing happened since it was remembered, nothing is written."""
    if head is None:
        return
    file, told = _file(desk), msgspec.json.encode(head)
    if not file.exists() or file.read_bytes() != told:
        with desk.house.writing(file) as out:
            out.write(told)


def remembered(root: Path) -> dict[str, Head]:
    """The last events that the house at `root` remembers, by partner."""
    return {file.name.removeprefix(_BEGIN).removesuffix(_END): _read(file) for file in sorted(root.glob(f"{_BEGIN}*{_END}"))}


def _read(file: Path) -> Head:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Head)
    except msgspec.DecodeError:
        raise SystemFailure(f'{file}: is not what the last run wrote there; see docs/deliver.md, "The ledger"') from None


def _file(desk: Desk) -> Path:
    return desk.house.root / f"{_BEGIN}{desk.partner}{_END}"
