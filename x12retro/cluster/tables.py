"""The tables of the jobs, beside those of the ledger: Procrastinate's own, made and brought up to date by its own steps."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select, text

from x12retro.errors import UsageError

_LOCK = 2_780_218
"""The lock that is taken for it: many workers start at once."""
_steps = Table("x12retro_job_tables", MetaData(), Column("step", String(100), primary_key=True))


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
        _steps.create(connection, checkfirst=True)
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
