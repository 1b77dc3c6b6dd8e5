"""What is encrypted and decrypted on the way: the plain text stays on our side, the partner's side sees the encrypted bytes alone.

A file of ours is encrypted once, before it is taken down: what is sent again is the same bytes. Its plain text lies beside it, wherever it
goes, for the places of requests are counted there. A file of theirs is decrypted for as long as it is read, and archived as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row

from x12retro.deliver import Unopened
from x12retro.deliver.house import digest
from x12retro.deliver.pgp import is_encrypted
from x12retro.flow.desk import Desk
from x12retro.ledger import NewFile


def staged(desk: Desk, target: Path, kind: str, isa13: str, gs06: str, counts: dict[str, int]) -> NewFile:
    """What is to be taken down of a file of one group that we made and that lies in the outbox; it is encrypted here where wanted."""
    plain = NewFile(
        direction="out",
        kind=kind,
        name=target.name,
        sha256=digest(target),
        size=target.stat().st_size,
        state="staged",
        isa13=isa13,
        gs06=gs06,
        path=desk.house.kept(target),
        counts=counts,
    )
    return sealed(desk, plain)


def sealed(desk: Desk, plain: NewFile) -> NewFile:
    """What is to be taken down of a file that lies plain in the outbox: the same, or the encrypted one that was put beside it."""
    keys = desk.keys
    if keys is None or not keys.encrypts:
        return plain
    source = desk.house.path(plain.path or "")
    target = source.with_name(source.name + keys.suffix)
    keys.encrypt(source, target)
    return msgspec.structs.replace(
        plain,
        name=target.name,
        sha256=digest(target),
        size=target.stat().st_size,
        path=desk.house.kept(target),
        plain=plain.path,
        plain_sha256=plain.sha256,
    )


@contextmanager
def opened(desk: Desk, row: Row[Any]) -> Iterator[Path]:
    """A file that came, to be read: as it is, or decrypted for as long as the block lasts. Raises Unopened with its finding."""
    with opened_at(desk, desk.house.path(row.path), f"{row.id}") as path:
        yield path


@contextmanager
def opened_at(desk: Desk, path: Path, name: str) -> Iterator[Path]:
    """The same for one that is not taken down yet; `name` is that of its decrypted copy, as long as there is one."""
    keys = desk.keys
    if not is_encrypted(path):
        if keys is not None and keys.verifies:
            raise Unopened("it is not encrypted, so nothing shows who it is from; [exchange.pgp] verify_from asks for a signature")
        yield path
        return
    if keys is None or not keys.decrypts:
        raise Unopened("it is encrypted (OpenPGP), and [exchange.pgp] decrypt_with names no key of ours")
    inside = desk.house.inbox / f".{name}.opened"  # a run that dies leaves it, and the next one removes what nobody knows there
    keys.decrypt(path, inside, desk.exchange.incoming.max_bytes)
    try:
        yield inside
    finally:
        inside.unlink(missing_ok=True)


def places(desk: Desk, row: Row[Any]) -> dict[str, str]:
    """Where the copies of a file of ours are going to lie in the archive, as columns of the ledger."""
    found = {"path": desk.house.kept(desk.house.archived(row.id, row.name, "out", desk.now))}
    if row.plain is not None:
        found["plain"] = desk.house.kept(desk.house.archived(row.id, _outbox_name(desk, row, row.plain), "out", desk.now))
    return found


def move_copies(desk: Desk, moves: Sequence[tuple[Row[Any], dict[str, str]]]) -> None:
    """Move the copies of files from where their rows say they lie to where they are going to lie: the plain ones first, so that none
    is ever in the outbox alone.
    """
    house = desk.house
    for column in ("plain", "path"):
        those = [(row, then) for row, then in moves if column in then and getattr(row, column) != then[column]]
        house.move_all([(house.path(getattr(row, column)), house.path(then[column])) for row, then in those])


def in_outbox(desk: Desk, row: Row[Any]) -> dict[str, str]:
    """The names that the copies of a file have while they lie in the outbox, each with where the ledger says it lies."""
    return {_outbox_name(desk, row, path): path for path in (row.plain, row.path) if path is not None}


def _outbox_name(desk: Desk, row: Row[Any], path: str) -> str:
    name = Path(path).name
    return name if desk.house.path(path).parent == desk.house.outbox else name.removeprefix(f"{row.id}-")
