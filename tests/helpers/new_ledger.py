"""A ledger in which nothing stands yet, made once by all the steps of the migrations, and copied for each test that begins with one."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from x12retro.ledger import open_ledger


@functools.cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        open_ledger(path).close()
        return path.read_bytes()


def new_file(path: Path) -> None:
    """Lay a new ledger of SQLite there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_file())


def new_address(request: pytest.FixtureRequest, folder: Path) -> str:
    """A new ledger on the database that a fixture's parameter names: a file in the folder, or a database that is called after it."""
    if request.param == "sqlite":
        new_file(folder / "ledger.db")
        return str(folder / "ledger.db")
    return new_database(request.getfixturevalue("postgres"), f"test_{folder.name}")


def new_database(server: str, name: str) -> str:
    """Make a database with a new ledger on a server of PostgreSQL; its URL."""
    _make_the_first(server)
    return bare_database(server, name, _MADE)


@functools.cache
def _make_the_first(server: str) -> None:
    open_ledger(bare_database(server, _MADE)).close()


_MADE = "ledger_as_made"


def bare_database(server: str, name: str, like: str = "template1") -> str:
    """Make a database without any table, or one like another."""
    uri = server.replace("postgresql://", "postgresql+psycopg://", 1)
    name = name.lower().replace("-", "_")[:60]
    admin = create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'))
    admin.dispose()
    return uri.replace("/postgres?", f"/{name}?", 1) if "/postgres?" in uri else uri.rsplit("/", 1)[0] + f"/{name}"
