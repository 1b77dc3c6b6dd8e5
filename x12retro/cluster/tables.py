"""The workers' tables, beside those of the ledger: Procrastinate's own, made and brought up to date by its own steps, and refusals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Column, Connection, DateTime, Engine, MetaData, String, Table, bindparam, func, inspect, select, text
from sqlalchemy.dialects.postgresql import insert

from x12retro.errors import UsageError
from x12retro.ledger import Ledger
from x12retro.ledger.store import failures

_LOCK = 2_780_218
"""The lock that is taken for it: many workers start at once."""
_ours = MetaData()
_steps = Table("x12retro_job_tables", _ours, Column("step", String(100), primary_key=True))
_refusals = Table("x12retro_refusals", _ours, Column("partner", String(100), primary_key=True), Column("at", DateTime(timezone=True)))
HOLD = "an hour"
_HOLD = timedelta(hours=1)
_STANDS = select(_refusals.c.partner).where((_refusals.c.partner == bindparam("partner")) & (_refusals.c.at > func.now() - _HOLD))


class Refusals:
    """Which mailboxes refused our login, or showed another key, in the last hour: accounts are locked after a few tries, whoever tries.

    They stand in the database, by its clock, as the next to try may be another worker, or one that was begun anew.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def note(self, partner: str) -> None:
        """The partner's mailbox has refused just now."""
        new = insert(_refusals).values(partner=partner, at=func.now())
        with failures(), self._ledger.engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["partner"], set_={"at": new.excluded.at}))

    def stands(self, partner: str) -> bool:
        """Whether it is to be left alone."""
        with self._ledger.glance() as connection:
            return connection.execute(_STANDS, {"partner": partner}).first() is not None


def bring_up_to_date(engine: Engine) -> None:
    """Make the tables, or take them to what the installed Procrastinate wants; its steps that were done are remembered.

    Raises UsageError for a ledger that is no PostgreSQL, and for tables that a newer Procrastinate has made.
    """
    from procrastinate.schema import SchemaManager

    if engine.dialect.name != "postgresql":
        raise UsageError('--workers needs a ledger in PostgreSQL: ledger = "postgresql://user@host/database" (docs/scale.md)')
    steps = {file.name: file for file in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))}
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        _ours.create_all(connection)
        done = set(connection.execute(select(_steps.c.step)).scalars())
        if not done and inspect(connection).has_table("procrastinate_jobs"):
            raise UsageError("the database holds tables of Procrastinate that x12retro did not make; give the ledger a database of its own")
        if done - steps.keys():
            raise UsageError("the tables of the jobs were made by a newer Procrastinate; install that one here too")
        if not done:
            _run(connection, SchemaManager.get_schema())
        else:
            for name in (name for name in steps if name not in done):
                _run(connection, steps[name].read_text(encoding="utf-8"))
        if new := [{"step": name} for name in steps if name not in done]:
            connection.execute(_steps.insert(), new)


def _run(connection: Connection, statements: str) -> None:
    """Run a file of statements, as no parameters are in it."""
    driver = connection.connection.driver_connection
    assert driver is not None, "the connection is open"
    driver.execute(statements)
