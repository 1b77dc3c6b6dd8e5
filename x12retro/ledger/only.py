"""One run at a time for each partner: whoever comes second is told, and does nothing."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from x12retro.errors import SystemFailure
from x12retro.ledger.store import failures


class Busy(SystemFailure):
    """Another run is at work for this partner."""


@contextmanager
def only(engine: Engine, partner: str) -> Iterator[None]:
    """Be the only one at work for `partner` until the block ends, or the process does.

    Raises Busy when somebody else is, SystemFailure when the database fails.
    """
    if engine.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"x12retro/{partner}".encode()).digest()[:8], "big", signed=True)
        with failures(), engine.connect() as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
                raise Busy(f"another run is at work for {partner}")
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
                connection.commit()
        return
    database = engine.url.database or ""
    lock = os.open(Path(f"{database}.{partner}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(lock):
            raise Busy(f"another run is at work for {partner}")
        yield
    finally:
        os.close(lock)


if sys.platform == "win32":
    import msvcrt

    def _locked(lock: int) -> bool:
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
