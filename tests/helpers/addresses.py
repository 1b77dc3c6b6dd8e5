"""New, empty ledgers, each on the database that a fixture's parameter names."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


def new_address(request: pytest.FixtureRequest, folder: Path) -> str:
    """A file of SQLite in the folder, or a database of a real PostgreSQL server that is called after it."""
    if request.param == "sqlite":
        return str(folder / "ledger.db")
    uri = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
    name = f"test_{folder.name}".lower().replace("-", "_")[:60]
    admin = create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return uri.replace("/postgres?", f"/{name}?", 1) if "/postgres?" in uri else uri.rsplit("/", 1)[0] + f"/{name}"
