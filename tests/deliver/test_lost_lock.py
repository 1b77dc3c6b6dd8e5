"""A run whose lock is lost: another one may begin, and then the first one goes no further."""

import shutil
import time
from pathlib import Path

import pytest
from installation import Installation
from sqlalchemy import create_engine, text

from x12retro.deliver import load_config
from x12retro.deliver.folder import FolderMailbox
from x12retro.errors import SystemFailure
from x12retro.flow.delivery import deliver
from x12retro.flow.desk import desk_of
from x12retro.flow.run import run
from x12retro.flow.steps import build_waiting
from x12retro.ledger import open_ledger
from x12retro.ledger.only import Busy, only
from x12retro.ledger.tables import files


@pytest.fixture
def shared(tmp_path, postgres):
    """An installation over PostgreSQL, and the database to meddle with."""
    url = postgres.replace("postgresql://", "postgresql+psycopg://", 1)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS lost WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE lost"))
    mine = admin.url.set(database="lost")
    admin.dispose()
    house = Installation(tmp_path, ledger=mine.render_as_string(hide_password=False))
    meddler = create_engine(mine, isolation_level="AUTOCOMMIT")
    yield house, meddler
    meddler.dispose()


def cut(meddler):
    """The session that holds the lock dies; its run does not notice."""
    with meddler.connect() as connection:
        who = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_database d ON d.oid = database"
        where = "WHERE locktype = 'advisory' AND d.datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(text(f"{who} {where}")).scalar() == 1
        held = text(f"SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database {where}")
        while connection.execute(held).scalar():  # it dies when it gets to it
            time.sleep(0.01)


def test_the_second_run_of_a_house_waits_for_the_first_process_whatever_becomes_of_its_session(shared):
    house, meddler = shared
    config = load_config(house.config)
    one, other = open_ledger(config.ledger), open_ledger(config.ledger)
    with only(one, config.root, "summit-ridge"):
        cut(meddler)
        with pytest.raises(Busy), only(other, config.root, "summit-ridge"):
            pass
    with only(other, config.root, "summit-ridge"):  # and nothing is left behind
        pass
    one.close()
    other.close()


@pytest.mark.parametrize("finish", ["rename", "manifest"])
def test_two_runs_do_not_both_go_on_where_the_file_system_knows_no_locks(shared, tmp_path, monkeypatch, finish):
    house, meddler = shared
    partner = tmp_path / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().replace('finish = "rename"', f'finish = "{finish}"'))
    house.drop(3)
    config = load_config(house.config)
    one, other = open_ledger(config.ledger), open_ledger(config.ledger)
    monkeypatch.setattr("x12retro.ledger.only._locked", lambda _: True)
    right, puts = FolderMailbox.put, []

    def put(box, folder, name, source):
        puts.append(name)
        if len(puts) == 1:  # the other run comes in while this one is at it, and sends the file
            source = Path(shutil.copy(source, tmp_path / "opened"))  # as one that was opened before
            cut(meddler)
            with only(other, config.root, "summit-ridge"), desk_of(config, config.partners[0], other, lambda *_: None) as desk:
                assert run(desk).delivered == 1
            for file in (tmp_path / "box" / "in").iterdir():
                file.rename(tmp_path / file.name)  # and the payer takes it
        return right(box, folder, name, source)

    monkeypatch.setattr(FolderMailbox, "put", put)
    with only(one, config.root, "summit-ridge"), desk_of(config, config.partners[0], one, lambda *_: None) as desk:
        build_waiting(desk)
        with pytest.raises(SystemFailure, match="another run has taken over"):
            deliver(desk)
    left = {path.name for path in (tmp_path / "box" / "in").iterdir()}
    whole = ".done" if finish == "manifest" else ".edi"
    assert not [name for name in left if name.endswith(whole)]
    assert [row["state"] for row in house.rows(files) if row["direction"] == "out"] == ["delivered"]
    one.close()
    other.close()


def test_a_database_that_may_only_be_read_is_told(shared):
    house, meddler = shared
    config = load_config(house.config)
    open_ledger(config.ledger).close()
    with meddler.connect() as connection:
        connection.execute(text("ALTER DATABASE lost SET default_transaction_read_only = on"))
    ledger = open_ledger(config.ledger)
    with pytest.raises(SystemFailure, match="read-only"), ledger.change("summit-ridge") as change:
        change.draw("group")
    with pytest.raises(SystemFailure, match="read-only"), only(ledger, config.root, "summit-ridge"):
        pass
    ledger.close()


def test_a_database_that_is_gone_is_told_before_a_run_begins(tmp_path):
    ledger = open_ledger(tmp_path / "ledger.db")
    ledger.engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(SystemFailure, match="the ledger's database failed"), only(ledger, Path(tmp_path), "summit-ridge"):
        pass
