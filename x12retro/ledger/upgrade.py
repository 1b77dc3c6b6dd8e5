"""Bring a ledger's tables up to date, by the steps of `migrations/versions`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from x12retro.errors import UsageError

_LOCK = 2_780_217
"""The lock that upgrades of a PostgreSQL ledger take: two processes may be started at once."""


def bring_up_to_date(engine: Engine) -> None:
    """Make the tables of a new ledger, or take an older one to today's. Raises UsageError for one of a newer version than ours."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest:
            return
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise UsageError("the ledger was made by a newer version of x12retro; use that one, or another ledger")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
