"""Runs that are killed by the hundred, on both databases and both kinds of mailbox; a server that dies, a disk that is full.

Afterwards every encounter was delivered once, every answer recorded once, no control number was used twice, nothing is unexplained.
"""

import json
import os
import random
import subprocess
import threading
import time
from datetime import datetime

import pytest
from installation import NOTICES, Installation, crash
from sftp_server import SftpServer

from x12retro.flow import asking, decided, pages, pickup
from x12retro.payer import Behaviour

pytestmark = pytest.mark.soak
CROOKED = Behaviour(twice=0.2, late=0.2, before_its_999=0.3, seed=9)


def over_sftp(work, server):
    """An installation whose mailbox is behind a real SFTP server."""
    place = (
        f'[exchange.sftp]\nhost = "127.0.0.1"\nport = {server.port}\nuser = "root"\nhost_key = "{server.host_key}"\n'
        f"key = {json.dumps('file:' + str(server.work / 'client'))}\ntimeout = 10\ntries = 8\n"
    )
    return place, server.folder


@pytest.fixture
def server(tmp_path):
    (tmp_path / "sftp").mkdir()
    running = SftpServer(tmp_path / "sftp")
    running.start()
    yield running
    running.kill()


def test_300_kills_on_each_database(address, tmp_path):
    house = Installation(tmp_path / "house", ledger=address if "://" in address else None, behaviour=CROOKED)
    caught = crash(house, 300, seed=1)
    house.settle(200)
    assert house.faults() == [], house.troubles()
    assert caught > 150, f"only {caught} of 300 were killed in the middle"


def test_100_kills_while_others_build_and_decide(tmp_path, monkeypatch):
    for room, name in ((pickup, "AT_ONCE"), (pages, "AT_ONCE"), (asking, "_WORTH_A_CREW"), (decided, "_TOGETHER")):
        monkeypatch.setattr(room, name, 2)
    house = Installation(tmp_path / "house", behaviour=CROOKED, jobs=2)
    caught = crash(house, 100, seed=5, longest=0.6)
    house.settle(200)
    assert house.faults() == [], house.troubles()
    assert caught > 50


def test_200_kills_where_files_finish_with_a_manifest(tmp_path):
    house = Installation(tmp_path / "house", behaviour=CROOKED, finish="manifest")
    caught = crash(house, 200, seed=6)
    house.settle(200)
    assert house.faults() == [], house.troubles()
    assert caught > 100


def test_100_kills_where_the_mailbox_gives_notices(tmp_path):
    house = Installation(tmp_path / "house", behaviour=CROOKED, notices=NOTICES)
    caught = crash(house, 100, seed=4)
    house.settle(200)
    assert house.faults() == [], house.troubles()
    assert caught > 50


def test_100_kills_over_sftp(server, tmp_path):
    place, box = over_sftp(tmp_path, server)
    house = Installation(tmp_path / "house", place=place, box=box / "box", behaviour=CROOKED)
    (house.work / "partners" / "summit-ridge.toml").write_text(
        (house.work / "partners" / "summit-ridge.toml").read_text().replace("tries = 8", 'tries = 8\nroot = "box"')
    )
    caught = crash(house, 100, seed=2, longest=0.6)
    house.settle(200)
    assert house.faults() == [], house.troubles()
    assert caught > 50


def test_the_server_is_killed_and_connections_are_cut(server, tmp_path):
    place, box = over_sftp(tmp_path, server)
    house = Installation(
        tmp_path / "house", place=place.replace("tries = 8", 'tries = 8\nroot = "box"'), box=box / "box", behaviour=CROOKED
    )
    dice, stop = random.Random(3), threading.Event()

    def trouble():
        while not stop.wait(dice.random() * 0.8):
            if dice.random() < 0.3:
                server.kill()
                time.sleep(dice.random() * 0.5)
                server.start()
            else:
                server.cut()

    harm = threading.Thread(target=trouble)
    harm.start()
    try:
        for _ in range(25):
            house.drop(10)
            house.run()
            house.payer.round(datetime.now())
    finally:
        stop.set()
        harm.join()
    house.settle(200)
    assert house.faults() == []


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="a small disk can be mounted by root only")
def test_a_full_disk(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        house = Installation(tmp_path / "work", box=small / "box", behaviour=CROOKED)
        (house.work / "partners" / "summit-ridge.toml").write_text(
            (house.work / "partners" / "summit-ridge.toml").read_text().replace("../box", str(small / "box"))
        )
        failed = 0
        for _ in range(12):
            house.drop(10)
            filler = small / "filler"
            try:
                with filler.open("wb", buffering=0) as stream:
                    while stream.write(b"x" * 4096):
                        pass
            except OSError:
                pass
            failed += house.run().failed is not None
            filler.unlink(missing_ok=True)
            house.run()
            house.payer.round(datetime.now())
        house.settle(100)
        assert failed
        assert house.faults() == []
    finally:
        subprocess.run(["umount", str(small)], check=False)
