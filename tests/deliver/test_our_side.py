"""Our own side: what fails there is told as ours, and what is made there is for its owner's eyes only."""

import errno
import os
import resource
import stat
from datetime import datetime

import pytest
from installation import Installation

from x12retro.deliver import MailboxRefused
from x12retro.errors import SystemFailure, UsageError
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import files, requests
from x12retro.payer import Behaviour


@pytest.fixture
def full(monkeypatch):
    """Says of which files the disk takes no more than so many bytes; here a limit of the process stands for a full disk."""
    import signal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_of_ours_is_not_the_mailboxs_failure(place, tmp_path, full):
    box, real = place
    (real / "f").write_bytes(b"x" * 100_000)
    full(10_000)
    with pytest.raises(SystemFailure) as failure:
        box.get("", "f", tmp_path / "copy", 1_000_000)
    assert not isinstance(failure.value, MailboxRefused)
    assert str(failure.value).startswith(f"{tmp_path / 'copy'}: ")


def test_what_we_cannot_read_ourselves_is_not_the_mailboxs_failure(place, tmp_path):
    box, _ = place
    with pytest.raises(SystemFailure, match="ours: No such file") as failure:
        box.put("", "f", tmp_path / "ours")
    assert not isinstance(failure.value, MailboxRefused)


def test_a_run_whose_disk_is_full_takes_nothing_away(tmp_path, full):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}))
    house.drop(40)
    house.run()
    house.payer.round(datetime.now())
    large = house.box / "out" / "large"
    large.write_bytes(b"x" * 5_000_000)
    there = sorted(file.name for file in (house.box / "out").iterdir())
    from x12retro.deliver import load_config
    from x12retro.flow.collection import collect
    from x12retro.flow.desk import desk_of

    config = load_config(house.config)
    ledger = open_ledger(config.ledger)
    with desk_of(config, config.partners[0], ledger, lambda *_: None) as desk:
        full(4_000_000)
        with pytest.raises(SystemFailure, match=os.strerror(errno.EFBIG)):
            collect(desk)
        full(resource.RLIM_INFINITY)
    ledger.close()
    assert not list((tmp_path / "house" / "inbox" / "summit-ridge").glob(".large*"))
    assert large.exists()
    large.unlink()
    there.remove("large")
    assert sorted(file.name for file in (house.box / "out").iterdir()) == there
    house.settle()
    assert house.faults() == []


@pytest.mark.parametrize("finish", ["rename", "manifest"])
def test_everything_in_the_house_is_for_its_owners_eyes_only(tmp_path, finish):
    before = os.umask(0o022)
    try:
        house = Installation(tmp_path, finish=finish, ledger_made=False)
        (tmp_path / "house").mkdir(mode=0o700)
        (tmp_path / "house").rmdir()
        ledger = open_ledger(tmp_path / "house" / "ledger.db")
        ledger.close()
        house.run()
        house.drop(5)
        (tmp_path / "house" / "drop" / "summit-ridge" / "bad.jsonl").write_text("{}\n")
        house.settle()
    finally:
        os.umask(before)
    open_to_others = [
        str(path.relative_to(tmp_path))
        for path in [tmp_path / "house", *(tmp_path / "house").rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []
    assert house.rows(files)
    assert house.rows(requests)


def test_an_at_sign_in_a_password_does_not_show_the_rest_of_it():
    with pytest.raises(UsageError, match="%40") as failure:
        open_ledger("postgresql://user:pass@S3CRET@127.0.0.1:9/db")
    assert "S3CRET" not in str(failure.value)
    with pytest.raises(SystemFailure) as failure:
        open_ledger("postgresql://user:pass%40S3CRET@127.0.0.1:9/db")
    assert "S3CRET" not in str(failure.value)
