"""What others put into a mailbox, or say of what we sent, does no harm: found by attacking it."""

import importlib
import os
from datetime import datetime
from pathlib import Path

import pytest
from documents import PDF
from installation import NOTICES, Installation
from sqlalchemy import update

from x12retro.crew import Alone
from x12retro.deliver import MailboxRefused, load_config
from x12retro.deliver.exchange import Outgoing
from x12retro.deliver.folder import FolderMailbox
from x12retro.deliver.sending import what_arrived
from x12retro.encounter.services import Document
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import documents, files, requests
from x12retro.payer import Behaviour

CERTIFIED = Behaviour(answers={"certified": 1})


@pytest.fixture
def asked(tmp_path):
    house = Installation(tmp_path, behaviour=CERTIFIED, notices=NOTICES)
    house.drop(3)
    house.run()
    return house


def numbered(house):
    return [row for row in house.rows(requests) if row["trace"]]


def sent(house):
    return next(row for row in house.rows(files) if row["kind"] == "request")


def put_back(house):
    """As if the file had not gone out yet: a night outside the partner's hours."""
    row = sent(house)
    ledger = open_ledger(load_config(house.config).ledger)
    with ledger.engine.begin() as connection:
        connection.execute(update(files).where(files.c.id == row["id"]).values(state="staged", path=f"outbox/summit-ridge/{row['name']}"))
        connection.execute(update(requests).where(requests.c.file_id == row["id"]).values(state="validated"))
    ledger.close()
    (house.work / "house" / row["path"]).rename(house.work / "house" / "outbox" / "summit-ridge" / row["name"])


def test_what_is_said_of_a_file_that_never_left_says_nothing_of_its_requests(asked):
    asked.payer.round(datetime.now())
    for answer in (asked.box / "out").iterdir():
        if answer.suffix == ".999":
            answer.write_text(answer.read_text().replace("IK5*A", "IK5*R*5").replace("AK9*A", "AK9*R"))
        elif answer.suffix == ".TA1":
            answer.write_text(answer.read_text().replace("*A*000~", "*R*025~"))
        else:
            answer.unlink()
    for notice in (asked.box / "in").iterdir():
        notice.rename(notice.with_name(notice.name.replace("success", "FAILED")))
    put_back(asked)
    asked.run()
    assert {row["state"] for row in numbered(asked)} == {"sent"}  # by this very run, and not rejected
    assert {row["next_do"] for row in numbered(asked)} == {None}


def test_a_rejection_after_the_decision_leaves_what_is_to_be_done(asked):
    asked.payer.round(datetime.now())
    late = (asked.box / "out" / next(one.name for one in (asked.box / "out").iterdir() if one.suffix == ".999")).read_text()
    asked.run()
    before = {row["id"]: row["next_do"] for row in numbered(asked)}
    (asked.box / "out" / "late.999").write_text(late.replace("IK5*A", "IK5*R*5").replace("AK9*A", "AK9*R"))
    asked.run()
    assert {row["id"]: row["next_do"] for row in numbered(asked)} == before
    assert all(row["contradiction"] for row in numbered(asked))


@pytest.mark.parametrize("kind", [".TA1", ".999", ".278"])
def test_what_another_sender_says_is_held_unless_it_is_named(asked, kind):
    asked.payer.round(datetime.now())
    for answer in (asked.box / "out").iterdir():
        if answer.suffix == kind:
            answer.write_text(answer.read_text().replace("*ZZ*SRHPEDI        *", "*ZZ*RELAYOFTHEIRS  *"))
        else:
            answer.unlink()
    asked.run()
    (held,) = [row for row in asked.rows(files) if row["state"] == "held"]
    assert "another sender" in held["note"]
    assert {row["state"] for row in numbered(asked)} == {"sent"}


def test_the_partners_relay_may_be_named(asked):
    partner = asked.work / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().replace('folder = "out"\nsettle', 'folder = "out"\nsenders = ["RELAYOFTHEIRS"]\nsettle'))
    asked.payer.round(datetime.now())
    for answer in (asked.box / "out").iterdir():
        answer.write_text(answer.read_text().replace("*ZZ*SRHPEDI        *", "*ZZ*RELAYOFTHEIRS  *"))
    asked.run()
    assert "sent" not in {row["state"] for row in numbered(asked)}


@pytest.mark.parametrize(("how", "left"), [("rename", "f.tmp"), ("manifest", "f")])
def test_a_part_that_lost_its_bytes_was_not_delivered(tmp_path, how, left):
    (tmp_path / "box").mkdir()
    (tmp_path / "ours").write_bytes(b"x" * 9)
    (tmp_path / "box" / left).write_bytes(b"")
    assert what_arrived(FolderMailbox(tmp_path / "box"), Outgoing(finish=how), tmp_path / "ours", "f", finishing=True) == "no"


@pytest.mark.parametrize("make", ["link", "pipe"])
def test_nothing_is_written_through_what_others_put_there(tmp_path, make):
    (tmp_path / "box").mkdir()
    precious, source, name = tmp_path / "precious", tmp_path / "source", tmp_path / "box" / "f.tmp"
    precious.write_text("ours")
    source.write_text("a request")
    name.symlink_to(precious) if make == "link" else os.mkfifo(name)
    with pytest.raises(MailboxRefused):
        FolderMailbox(tmp_path / "box").put("", "f.tmp", source)
    assert precious.read_text() == "ours"


def test_a_file_that_is_longer_than_the_next_is_written_over_as_a_whole(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "f").write_text("a longer one")
    (tmp_path / "source").write_text("short")
    assert FolderMailbox(tmp_path / "box").put("", "f", tmp_path / "source") == 5
    assert (tmp_path / "box" / "f").read_text() == "short"


def test_a_drop_file_never_replaces_one_that_was_begun(tmp_path):
    house = Installation(tmp_path)
    (name,) = ["1.jsonl"]
    house.drop(2)
    taken = tmp_path / "house" / "taken" / "summit-ridge"
    taken.mkdir(parents=True)
    first = tmp_path / "house" / "drop" / "summit-ridge" / name
    (taken / name).write_bytes(first.read_bytes().replace(b"D1-", b"E1-"))
    house.run()
    house.run()
    ids = {row["encounter_id"] for row in house.rows(requests)}
    assert ids == {"D1-0", "D1-1", "E1-0", "E1-1"}


def test_a_server_that_stands_still_cannot_be_reached(server, login):
    import signal

    from sftp_server import _children

    from x12retro.deliver import MailboxUnreachable
    from x12retro.deliver.sftp import SftpMailbox

    box = SftpMailbox(login._replace(timeout=2.0))
    still = _children(server._process.pid)
    for child in still:
        os.kill(child, signal.SIGSTOP)
    try:
        with pytest.raises(MailboxUnreachable):
            box.entries("")
    finally:
        for child in still:
            os.kill(child, signal.SIGCONT)
        box.close()


def test_a_refused_login_is_tried_once_by_a_watch(tmp_path, server):
    """sshd's log counts the logins."""
    import json
    import subprocess
    import sys
    import time

    place = (
        f'[exchange.sftp]\nhost = "127.0.0.1"\nport = {server.port}\nuser = "root"\nhost_key = "{server.host_key}"\n'
        f"key = {json.dumps('file:' + str(server.work / 'other'))}\n"
    )
    house = Installation(tmp_path, place=place)
    watch = subprocess.Popen(
        [sys.executable, "-m", "x12retro", "deliver", "--config", str(house.config), "--watch", "--every", "1"],
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(5)
    watch.terminate()
    _, said = watch.communicate(timeout=20)
    assert said.count("user, key or password were refused") == 1


def test_closing_what_may_mean_several_is_refused(asked, x12retro):
    ledger = open_ledger(load_config(asked.config).ledger)
    with ledger.engine.begin() as connection:
        connection.execute(update(requests).values(encounter_id="SAME"))
    ledger.close()
    config = ["--why", "a test", "--config", str(asked.config)]
    several = x12retro("ledger", "close", "SAME", *config)
    assert several.returncode == 2
    assert b"several requests" in several.stderr
    one = str(numbered(asked)[0]["id"])
    assert x12retro("ledger", "close", one, *config).returncode == 0
    again = x12retro("ledger", "close", one, *config)
    assert (again.returncode, b"closed already" in again.stderr) == (2, True)


def test_a_file_that_still_waits_is_not_closed(asked, x12retro):
    put_back(asked)
    name = str(numbered(asked)[0]["id"])
    refused = x12retro("ledger", "close", name, "--why", "a test", "--config", str(asked.config))
    assert (refused.returncode, b"will still be sent" in refused.stderr) == (2, True)
    assert numbered(asked)[0]["state"] == "validated"


def test_a_refused_login_is_tried_once_in_a_run(tmp_path, server):
    import json

    place = (
        f'[exchange.sftp]\nhost = "127.0.0.1"\nport = {server.port}\nuser = "root"\nhost_key = "{server.host_key}"\n'
        f"key = {json.dumps('file:' + str(server.work / 'other'))}\n"
    )
    house = Installation(tmp_path, place=place)
    house.drop(1)
    balance = house.run()
    assert (balance.refused, balance.left) == (True, 1)
    assert sum("were refused" in text for _, text in house.told) == 1


def test_a_fault_over_one_drop_file_leaves_the_others(tmp_path, monkeypatch):
    from x12retro.flow import steps

    house = Installation(tmp_path)
    house.drop(2)
    house.drop(2)
    right = steps.pick_up

    def pick_up(desk, taken):
        if taken.name == "1.jsonl":
            raise ValueError("Jane Doe")
        right(desk, taken)

    monkeypatch.setattr(steps, "pick_up", pick_up)
    assert house.run().failed is not None
    assert {row["encounter_id"] for row in house.rows(requests)} == {"D2-0", "D2-1"}
    assert "Jane" not in str(house.told)


def test_a_fault_over_one_partner_leaves_the_others(tmp_path, monkeypatch):
    from x12retro.cli import deliver
    from x12retro.flow import run as module

    house = Installation(tmp_path)
    text = (tmp_path / "partners" / "summit-ridge.toml").read_text()
    (tmp_path / "box2" / "in").mkdir(parents=True)
    (tmp_path / "box2" / "out").mkdir()
    (tmp_path / "partners" / "first.toml").write_text(text.replace("../box", "../box2"))
    house.drop(2)
    right = module.run

    def run(desk):
        if desk.partner == "first":
            raise ValueError("Jane Doe")
        return right(desk)

    monkeypatch.setattr(module, "run", run)
    config = load_config(house.config)
    ledger = open_ledger(config.ledger)
    said = []
    code = deliver._round(config, list(config.partners), ledger, Alone(), lambda *what, **_: said.append(what), set())
    ledger.close()
    assert code == 3
    assert {row["partner"] for row in house.rows(requests)} == {"summit-ridge"}
    assert "Jane" not in str(said)


def test_the_servers_own_words_are_not_repeated(login):
    import errno

    from x12retro.deliver.sftp import SftpMailbox

    box = SftpMailbox(login)
    for problem in (OSError(errno.ENOENT, "Jane\nzz: info: forged"), OSError("Jane\nforged")):
        with pytest.raises(MailboxRefused) as told, box._told(""):
            raise problem
        assert "Jane" not in str(told.value)
    box.close()


def test_a_server_that_does_not_answer_a_login_is_no_refusal(login):
    import socket
    import threading

    import paramiko

    from x12retro.deliver import MailboxUnreachable
    from x12retro.deliver.sftp import SftpMailbox

    key = paramiko.ECDSAKey.generate()
    over = threading.Event()

    class Server(paramiko.ServerInterface):
        def get_allowed_auths(self, _user):
            return "publickey"

        def check_auth_publickey(self, _user, _key):
            over.wait(20)
            return paramiko.AUTH_FAILED

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            transport = paramiko.Transport(listening.accept()[0])
            transport.add_server_key(key)
            transport.start_server(event=threading.Event(), server=Server())
            over.wait(20)
            transport.close()

        serving = threading.Thread(target=serve)
        serving.start()
        where = login._replace(port=listening.getsockname()[1], host_key=f"{key.get_name()} {key.get_base64()}", timeout=1.5)
        with pytest.raises(MailboxUnreachable, match="while logging in"):
            SftpMailbox(where)
        over.set()
        serving.join()


def again(house, name="1.jsonl"):
    """Drop the same file once more."""
    (kept,) = [*(house.work / "house").glob(f"held/summit-ridge/*-{name}"), *(house.work / "house").glob(f"archive/*/*/drop/*-{name}")]
    target = house.work / "house" / "drop" / "summit-ridge" / name
    target.write_bytes(kept.read_bytes())
    os.utime(target, (1, 1))


def test_a_held_file_that_is_dropped_again_is_judged_anew(tmp_path):
    house = Installation(tmp_path, behaviour=CERTIFIED)
    partner = tmp_path / "partners" / "summit-ridge.toml"
    right = partner.read_text()
    partner.write_text('payers = ["NOBODY"]\n' + right)
    house.drop(3)
    house.run()
    assert {row["state"] for row in house.rows(requests)} == {"held"}
    partner.write_text(right)
    again(house)
    balance = house.run()
    assert (balance.failed, balance.unaccounted) == (None, ())
    assert {row["state"] for row in house.rows(requests)} == {"sent"}
    assert not list((tmp_path / "house" / "held" / "summit-ridge").iterdir())
    again(house)  # and once more: all of it was asked
    assert house.run().unaccounted == ()
    assert ("info", "1.jsonl: 3 of 3 were asked already and are passed over") in house.told
    house.settle()
    assert house.faults() == []


def test_a_table_that_is_dropped_again_with_its_mapping_leaves_nothing_behind(tmp_path):
    """Its columns are nobody's first: a file that is no encounters; then it is as many as it has rows."""
    from pathlib import Path

    house = Installation(tmp_path)
    drop = tmp_path / "house" / "drop" / "summit-ridge"
    drop.mkdir(parents=True)
    table = (Path(__file__).parents[2] / "fixtures" / "csv" / "house-columns.csv").read_bytes()
    (drop / "1.csv").write_bytes(table)
    os.utime(drop / "1.csv", (1, 1))
    house.run()
    assert not house.rows(requests)
    assert [row["state"] for row in house.rows(files)] == ["held"]
    (tmp_path / "maps").mkdir()
    (mapping,) = (Path(__file__).parents[2] / "fixtures" / "csv").glob("house*.toml")
    (tmp_path / "maps" / "house.toml").write_bytes(mapping.read_bytes())
    partner = tmp_path / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().replace("[exchange]\n", '[exchange]\nmapping = "../maps/house.toml"\n'))
    again(house, "1.csv")
    balance = house.run()
    assert (balance.failed, balance.unaccounted) == (None, ())
    assert house.rows(requests)
    assert {row["state"] for row in house.rows(files) if row["direction"] == "drop"} <= {"done", "held"}


def test_a_run_that_was_taken_for_dead_sends_nothing_again(tmp_path):
    from x12retro.flow.delivery import _send, deliver
    from x12retro.flow.desk import desk_of
    from x12retro.flow.steps import build_waiting
    from x12retro.ledger.queries import files_in

    house = Installation(tmp_path)
    house.drop(2)
    config = load_config(house.config)
    ledger = open_ledger(config.ledger)
    with desk_of(config, config.partners[0], ledger, lambda level, text: house.told.append((level, text))) as desk:
        build_waiting(desk)
        with ledger.look() as connection:
            (row,) = files_in(connection, "summit-ridge", "out", "staged")
        deliver(desk)  # the other run
        (house.box / "in" / row.name).unlink()  # and the payer took it
        assert not _send(desk, [row])
    ledger.close()
    assert not list((house.box / "in").iterdir())
    assert any("was not sent again" in text for _, text in house.told)


def refusing(text):
    return text.replace("IK5*A", "IK5*R*5").replace("AK9*A", "AK9*R").replace("*A*000~", "*R*025~")


@pytest.mark.parametrize(("kind", "together"), [(".999", False), (".999", True), (".TA1", False)])
def test_acknowledgments_that_disagree_are_told_whichever_came_first(asked, x12retro, kind, together):
    asked.payer.round(datetime.now())
    out = asked.box / "out"
    (mine,) = [one for one in out.iterdir() if one.suffix == kind]
    text = mine.read_text()
    for one in out.iterdir():
        one.unlink()
    if together:
        (out / "both").write_text(refusing(text) + text)
        asked.run()
    else:
        for said in (refusing(text), text):
            (out / "one").write_text(said)
            asked.run()
    assert {(row["state"], row["contradiction"]) for row in numbered(asked)} == {("rejected", True)}
    assert any("that an earlier acknowledgment refused" in words for _, words in asked.told)
    first, *others = numbered(asked)
    config = ["--why", "a test", "--config", str(asked.config)]
    assert x12retro("ledger", "settle", str(first["id"]), *config).returncode == 0
    assert x12retro("ledger", "settle", str(first["id"]), *config).returncode == 2
    for row in others:
        assert x12retro("ledger", "close", str(row["id"]), *config).returncode == 0
    assert not any(row["contradiction"] for row in numbered(asked))
    assert b"contradict" not in x12retro("ledger", "worklist", "--config", str(asked.config)).stdout
    assert x12retro("ledger", "verify", "--config", str(asked.config)).returncode == 0


def test_a_rejection_by_the_answer_does_not_contradict_its_999(tmp_path):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"rejected 2010C": 1}, before_its_999=1.0))
    house.drop(2)
    house.settle()
    assert {(row["state"], row["contradiction"]) for row in numbered(house)} == {("rejected", False)}


@pytest.mark.parametrize("finish", ["rename", "manifest", "direct"])
@pytest.mark.parametrize("what", ["folder", "link"])
@pytest.mark.parametrize("when", ["before", "between"])
def test_what_has_the_next_name_of_ours_blocks_no_later_file(x12retro, tmp_path, monkeypatch, finish, what, when):
    from x12retro.deliver.folder import FolderMailbox

    ending = {"rename": ".tmp", "manifest": ".done", "direct": ""}[finish]
    house = Installation(tmp_path, finish=finish, max_sets=1, behaviour=CERTIFIED)
    name = house.box / "in" / f"CEDARBLUFF01_000000001.edi{ending if when == 'before' else ''}"

    def take():
        name.mkdir() if what == "folder" else name.symlink_to(tmp_path / "nowhere")

    right = FolderMailbox.put

    def put(box, folder, called, source):
        if called == f"CEDARBLUFF01_000000001.edi{ending if finish == 'rename' else ''}" and not os.path.lexists(name):
            take()
        return right(box, folder, called, source)

    if when == "before":
        take()
    else:
        monkeypatch.setattr(FolderMailbox, "put", put)
    house.drop(2)
    for _ in range(3):
        house.run()
    assert [row["state"] for row in house.rows(files) if row["direction"] == "out"] == ["held", "delivered"]
    monkeypatch.undo()
    name.rmdir() if what == "folder" else name.unlink()
    (held,) = [row["name"] for row in house.rows(files) if row["state"] == "held"]
    assert x12retro("ledger", "release", held, "--config", house.config).returncode == 0
    house.settle()
    assert house.faults() == []


@pytest.mark.parametrize("put", ["pipe", "link", "folder"])
@pytest.mark.parametrize("dead", [False, True])
def test_a_drop_file_that_is_replaced_by_what_is_no_file_blocks_no_run(tmp_path, monkeypatch, put, dead):
    """Between the look and the taking; `dead`: an earlier run died behind the taking."""
    house = Installation(tmp_path)
    house.drop(2)
    drop, taken = (tmp_path / "house" / room / "summit-ridge" for room in ("drop", "taken"))
    secret = tmp_path / "secret"
    secret.write_text("not theirs")
    secret.chmod(0o644)
    bad = (taken if dead else drop) / "bad.json"
    bad.parent.mkdir(parents=True, exist_ok=True)

    def replace():
        if put == "pipe":
            os.mkfifo(bad)
        elif put == "link":
            bad.symlink_to(secret)
        else:
            bad.mkdir()

    if dead:
        replace()
    else:
        bad.write_text("{}")
        os.utime(bad, (1, 1))
        rename = Path.rename

        def swapped(path, target):
            if path == bad and path.is_file() and not path.is_symlink():
                bad.unlink()
                replace()
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", swapped)
    balance = house.run()
    assert (balance.picked_up, balance.unaccounted) == (1, ())
    assert os.path.lexists(drop / "bad.json")
    assert any("bad.json: is no file" in text for _, text in house.told)
    assert secret.stat().st_mode & 0o777 == 0o644
    assert not list(taken.iterdir())


@pytest.mark.parametrize("when", ["looked at", "written"])
def test_a_document_that_is_replaced_by_a_pipe_blocks_no_run(tmp_path, monkeypatch, when):
    house = Installation(tmp_path)
    file = house.keep("record.pdf", PDF)
    house.drop(1, documents=(Document(type="M1", delivery="EL", path="record.pdf"),))
    module = importlib.import_module(f"x12retro.attach.{'gather' if when == 'looked at' else 'encode'}")
    opened = module.opened

    def swapped(path):
        file.unlink(missing_ok=True)
        os.mkfifo(file)
        return opened(path)

    monkeypatch.setattr(module, "opened", swapped)
    assert house.run().failed is None
    (row,) = house.rows(documents)
    assert row["state"] == "held"
    assert "is no file" in row["note"]
