"""Bring a ledger's tables up to date, by the steps of `migrations/versions`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table, text

from x12retro.errors import UsageError

_LOCK = 2_780_217
"""The lock that upgrades of a PostgreSQL ledger take: two processes may be started at once."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num"))


def bring_up_to_date(engine: Engine) -> tuple[str, str] | None:
    """Make the tables of a new ledger, or take an older one to today's: from which step to which; None where there was nothing to take.

    Raises UsageError for one of a newer version than ours.
    """
    with engine.execution_options(write=False).connect() as connection:  # who only looks waits for no writer
        if _is_newest(connection):
            return None
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        if _is_newest(connection):
            return None
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise UsageError("the ledger was made by a newer version of x12retro; use that one, or another ledger")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return (current, newest()) if current is not None else None


def newest() -> str:
    """The version that ledgers have when all steps are done: the number of the last one, with which its file's name begins."""
    return max(file.name for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _is_newest(connection: Connection) -> bool:
    """True for a ledger on which nothing is to be done. Every command asks that, and Alembic takes long to load."""
    if not inspect(connection).has_table(_VERSION.name):
        return False
    return connection.execute(select(_VERSION.c.version_num)).scalars().all() == [newest()]
