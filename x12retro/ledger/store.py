"""Open a ledger and change it. One database; every change is one transaction of one partner."""

from __future__ import annotations

import getpass
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InternalError, NoSuchModuleError, OperationalError

from x12retro.errors import SystemFailure, UsageError
from x12retro.ledger.change import Change, next_turn, turn_of
from x12retro.ledger.upgrade import bring_up_to_date
from x12retro.private import make_private

_BUSY_MS = 60_000
_Clock = Callable[[], datetime]
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())  # a connection that dies is told once, by us, without its traceback


class Ledger:
    """An open ledger. `actor` is who its events name; `clock` says what time it is, with its zone."""

    def __init__(self, engine: Engine, actor: str, clock: _Clock, upgraded: tuple[str, str] | None = None) -> None:
        self.engine = engine
        self.actor = actor
        self.clock = clock
        self.upgraded = upgraded
        """From which step to which its tables were taken when it was opened; None where they were today's."""
        self.made_good: set[str] = set()
        """The partners for which somebody has made good what an earlier version left, since the ledger was opened."""
        self._turns: dict[str, int] = {}
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT") if engine.dialect.name == "postgresql" else None

    @contextmanager
    def change(self, partner: str) -> Iterator[Change]:
        """A transaction of one partner: written as a whole when the block ends well, not at all otherwise.

        Raises SystemFailure in a run that has lost its turn to another one.
        """
        with failures(), self.engine.begin() as connection:
            if partner in self._turns and turn_of(connection, partner) != self._turns[partner]:
                raise SystemFailure(f"another run has taken over for {partner}: this one lost its lock (was the database started anew?)")
            change = Change(connection, partner, self.actor, self.clock())
            yield change
            change.flush()

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A connection to read from."""
        with failures(), self.engine.execution_options(write=False).connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The same for questions that must all see one moment, whoever writes meanwhile; in SQLite all do."""
        still = {"isolation_level": "REPEATABLE READ"} if self._alone is not None else {}
        with failures(), self.engine.execution_options(write=False, **still).connect() as connection:
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """The same for statements that are made all the time: in PostgreSQL each stands alone, and no transaction is begun and ended
        around them, which costs more than they do. Answers come whole.
        """
        if self._alone is None:
            with self.look() as connection:
                yield connection
        else:
            with failures(), self._alone.connect() as connection:
                yield connection

    def begin_turn(self, partner: str) -> None:
        """Begin a run of this partner: changes by a run that began before are refused from now on."""
        with self.glance() as connection:
            self._turns[partner] = next_turn(connection, partner)

    def end_turn(self, partner: str) -> None:
        """End the run."""
        del self._turns[partner]

    def close(self) -> None:
        self.engine.dispose()


def open_ledger(where: str | Path, *, actor: str | None = None, clock: _Clock | None = None) -> Ledger:
    """Open the ledger at `where`, a file (SQLite) or a database URL, made and brought up to date when needed.

    Raises UsageError for an address that is none, SystemFailure when the database cannot be reached.
    """
    engine = _engine(where)
    try:
        with failures():
            upgraded = bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, actor or _user(), clock or (lambda: datetime.now(UTC)), upgraded)


def _engine(where: str | Path) -> Engine:
    try:
        if isinstance(where, str) and "://" in where:
            if where.partition("://")[2].partition("?")[0].count("@") > 1:  # the rest of it would be taken for the host, and shown
                raise UsageError("the ledger's address has more than one @: write one in the user's name or the password as %40")
            url = make_url(where)
            if url.drivername.partition("+")[0] not in ("postgresql", "postgres", "sqlite"):
                raise UsageError(
                    f"a ledger is a file, or a database in PostgreSQL (postgresql://user@host/database), not in {url.drivername}"
                )
            if url.drivername in ("postgresql", "postgres"):
                url = url.set(drivername="postgresql+psycopg")
        else:
            url = URL.create("sqlite", database=os.fspath(where))
        engine = create_engine(url)
    except (ArgumentError, NoSuchModuleError):
        raise UsageError("the ledger's address is a file, or a URL such as postgresql://user@host/database") from None
    except ImportError as problem:
        raise UsageError(
            f"the ledger's database needs a package that is not installed ({problem.name}); pip install 'x12retro[postgres]'"
        ) from None
    if engine.dialect.name == "sqlite":
        _private(url.database)
        _prepare_sqlite(engine)
    return engine


def _private(database: str | None) -> None:
    """Make the file before SQLite does, for the owner's eyes only; SQLite gives its side files the same mode."""
    if database and database != ":memory:" and not Path(database).exists():
        try:
            make_private(Path(database).parent)
            os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as problem:
            raise SystemFailure(f"{database}: the ledger cannot be made ({problem.strerror})") from problem


def _prepare_sqlite(engine: Engine) -> None:
    """Readers beside one writer (WAL), nothing lost once committed (FULL), writers wait their turn and take it at once (IMMEDIATE)."""

    @event.listens_for(engine, "connect")
    def connected(connection, _record):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the driver's own
        connection.isolation_level = None  # transactions are begun below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        _write_ahead(cursor)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.execute(text("BEGIN IMMEDIATE" if connection.get_execution_options().get("write", True) else "BEGIN"))


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Have the database write ahead, which it remembers. Two that open a new one must not change it at once, and SQLite does not wait."""
    for _ in range(_BUSY_MS // 50):
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] in ("wal", "memory"):
            return
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(0.05)


@contextmanager
def failures() -> Iterator[None]:
    """Tell a failure of the database as one of the surroundings: it is gone, full, or may only be read."""
    try:
        yield
    except DBAPIError as problem:
        said = str(problem.orig).strip().splitlines()
        why = said[0] if said else type(problem.orig).__name__
        if isinstance(problem, OperationalError | InternalError) or problem.connection_invalidated:
            raise SystemFailure(f"the ledger's database failed: {why}") from problem
        if type(problem) is DatabaseError:  # the file is not SQLite's
            raise UsageError(f"this is no ledger: {why}") from problem
        raise


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
