"""One run at a time for each partner: whoever comes second is told, and does nothing.

A lock on a file lives as long as its process. Hosts that share a PostgreSQL ledger may share no file system that knows locks, so there is
a lock of the database besides. That one is lost with its session, and the run that held it does not notice: so each run there has a number,
and a change by a run that is not the last that began is refused (`Ledger.change`).
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from x12retro.errors import SystemFailure
from x12retro.ledger.store import Ledger, failures
from x12retro.private import make_private

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


_LOOK_AGAIN = 0.2
"""Seconds between two looks whether the other run has ended."""


class Busy(SystemFailure):
    """Another run is at work for this partner."""


@contextmanager
def only(ledger: Ledger, house: Path, partner: str) -> Iterator[None]:
    """Be the only one at work for `partner` until the block ends, or the process does. `house` is the folder that its runs share.

    Raises Busy when somebody else is at work, SystemFailure when nobody can tell.
    """
    if ledger.engine.dialect.name != "postgresql":
        with _file_lock(Path(f"{ledger.engine.url.database}.{partner}.lock"), partner, needed=True):
            yield
        return
    with _file_lock(house / f".{partner}.lock", partner, needed=False), _session_lock(ledger, partner):
        ledger.begin_turn(partner)
        try:
            yield
        finally:
            ledger.end_turn(partner)


@contextmanager
def in_turn(ledger: Ledger, house: Path, partner: str, patience: float, tell: Callable[[str], None]) -> Iterator[None]:
    """Be the only one, as by `only`, after waiting up to `patience` seconds for the run that is at work; `tell` is told once that we wait.

    Raises Busy when the other is still at work then.
    """
    until = time.monotonic() + patience
    waits = False
    with ExitStack() as turn:
        while True:
            try:
                turn.enter_context(only(ledger, house, partner))
                break
            except Busy:
                if time.monotonic() >= until:
                    raise
            if not waits:
                tell(f"another run is at work for {partner}: waiting for its end, {patience:g} seconds at most")
                waits = True
            time.sleep(_LOOK_AGAIN)
        yield


@contextmanager
def _file_lock(file: Path, partner: str, *, needed: bool) -> Iterator[None]:
    """`needed`: a file system without locks is a failure, for there is no other lock."""
    try:
        make_private(file.parent)
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise SystemFailure(f"{file}: cannot be made ({problem.strerror})") from problem
    try:
        try:
            mine = _locked(lock)
        except OSError as problem:
            if needed or problem.errno not in _NO_LOCKS:
                raise SystemFailure(f"{file}: cannot be locked ({problem.strerror})") from problem
            mine = True
        if not mine:
            raise Busy(f"another run is at work for {partner}")
        yield
    finally:
        os.close(lock)


@contextmanager
def _session_lock(ledger: Ledger, partner: str) -> Iterator[None]:
    key = {"key": int.from_bytes(hashlib.sha256(f"x12retro/{partner}".encode()).digest()[:8], "big", signed=True)}
    with failures():
        connection = ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT")  # the lock is the session's
    try:
        with failures():
            mine = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar()
        if not mine:
            raise Busy(f"another run is at work for {partner}")
        try:
            yield
        finally:
            _unlock(connection, key)
    finally:
        connection.close()


def _unlock(connection: Connection, key: dict[str, int]) -> None:
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
    except DBAPIError:  # the session is gone, and the lock with it
        connection.invalidate()


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
