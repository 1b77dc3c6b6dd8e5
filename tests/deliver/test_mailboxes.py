"""A folder and an SFTP server behave alike: whole files, no replaced names, nothing that is no file, and clear words for what fails."""

import os
import sys
import threading

import pytest
from installation import Installation

from x12retro.deliver import HostKeyChanged, LoginRefused, MailboxRefused, MailboxUnreachable, Retrying, is_safe, renaming
from x12retro.deliver.exchange import Outgoing
from x12retro.deliver.folder import FolderMailbox
from x12retro.deliver.sending import finish, put, what_arrived
from x12retro.deliver.sftp import SftpMailbox
from x12retro.errors import UsageError
from x12retro.ledger.tables import files


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "source.edi"
    file.write_bytes(os.urandom(700_000))
    return file


def test_what_is_put_is_there_whole_and_what_is_got_is_what_was_put(place, source, tmp_path):
    box, folder = place
    assert box.put("", "a.edi", source) == 700_000
    assert (folder / "a.edi").read_bytes() == source.read_bytes()
    (entry,) = box.entries("")
    assert (entry.name, entry.size) == ("a.edi", 700_000)
    assert box.get("", "a.edi", tmp_path / "back", 10**6) == 700_000
    assert (tmp_path / "back").read_bytes() == source.read_bytes()
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o600
    box.remove("", "a.edi")
    box.remove("", "a.edi")
    assert box.entries("") == []


def test_an_empty_file_and_one_of_many_pieces(place, tmp_path):
    box, folder = place
    for size in (0, 1, 32_768, 32_769, 5_000_000):
        file = tmp_path / f"{size}"
        file.write_bytes(os.urandom(size))
        assert box.put("", f"f{size}", file) == size
        assert (folder / f"f{size}").read_bytes() == file.read_bytes()
        assert box.get("", f"f{size}", tmp_path / f"back{size}", 10**7) == size
        assert (tmp_path / f"back{size}").read_bytes() == file.read_bytes()


def test_a_rename_never_replaces(place, source):
    box, folder = place
    box.put("", "a.tmp", source)
    (folder / "a").write_text("theirs")
    with pytest.raises(MailboxRefused):
        box.rename("", "a.tmp", "a")
    assert (folder / "a").read_text() == "theirs"
    assert (folder / "a.tmp").exists()
    box.rename("", "a.tmp", "b")
    assert sorted(file.name for file in folder.iterdir()) == ["a", "b"]


def test_folders_links_and_pipes_are_no_files(place, tmp_path):
    box, folder = place
    secret = tmp_path / "secret"
    secret.write_text("not theirs")
    (folder / "link").symlink_to(secret)
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "real").write_text("x")
    assert [entry.name for entry in box.entries("")] == ["real"]
    for name in ("link", "sub", "pipe"):
        with pytest.raises(MailboxRefused):
            box.get("", name, tmp_path / f"got-{name}", 100)
        assert not (tmp_path / f"got-{name}").exists() or not (tmp_path / f"got-{name}").read_bytes()


def test_a_file_that_is_too_long_is_not_taken(place, source, tmp_path):
    box, _ = place
    box.put("", "big", source)
    with pytest.raises(MailboxRefused, match="longer than 1,000 bytes"):
        box.get("", "big", tmp_path / "back", 1000)


def test_a_folder_that_is_not_there_is_told(place, source):
    box, _ = place
    with pytest.raises(MailboxRefused):
        box.entries("none")
    with pytest.raises(MailboxRefused):
        box.put("none", "a", source)


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "/etc/passwd", ".hidden", "a\\b", "", ".", "..", "a\0b", "a\nb", "x" * 300, "-rf", "con.edi", "a..b", "ünï"]
)
def test_names_that_are_no_names_here(name):
    assert not is_safe(name)


@pytest.mark.parametrize("name", ["in.edi", "A-1_2.835", "20261124~1.999", "file (2).x12"])
def test_names_that_may_be_ours(name):
    assert is_safe(name)


@pytest.mark.parametrize("how", ["rename", "direct", "manifest"])
def test_put_finishes_as_the_partner_wants_it(place, source, how):
    box, folder = place
    put(box, Outgoing(finish=how), source, "f.edi")
    assert [file.name for file in folder.iterdir()] == ["f.edi.tmp" if how == "rename" else "f.edi"]
    finish(box, Outgoing(finish=how), source, "f.edi")
    assert sorted(file.name for file in folder.iterdir()) == (["f.edi", "f.edi.done"] if how == "manifest" else ["f.edi"])
    if how == "manifest":
        digest, name = (folder / "f.edi.done").read_text().split()
        assert (len(digest), name) == (64, "f.edi")
    assert what_arrived(box, Outgoing(finish=how), source, "f.edi", finishing=True) == "whole"


@pytest.mark.parametrize(
    ("how", "there", "finishing", "found"),
    [
        ("rename", [], False, "no"),
        ("rename", [("f.tmp", 3)], False, "no"),
        ("rename", [("f.tmp", 9)], True, "almost"),
        ("rename", [("f", 9)], True, "whole"),
        ("rename", [("f", 9), ("f.tmp", 9)], True, "whole"),
        ("rename", [], True, "whole"),  # renamed and taken
        ("direct", [], False, "unknown"),
        ("direct", [], True, "whole"),  # all of it was there
        ("direct", [("f", 3)], False, "no"),
        ("direct", [("f", 9)], False, "whole"),
        ("manifest", [], False, "no"),
        ("manifest", [("f", 3)], False, "no"),
        ("manifest", [("f", 3)], True, "no"),
        ("manifest", [("f", 9)], False, "almost"),
        ("manifest", [("f", 9)], True, "almost"),
        ("manifest", [], True, "whole"),
    ],
)
def test_what_a_failure_left_is_told_from_the_mailbox(place, tmp_path, how, there, finishing, found):
    box, folder = place
    (tmp_path / "ours").write_bytes(b"x" * 9)
    for name, size in there:
        (folder / name).write_bytes(b"x" * size)
    assert what_arrived(box, Outgoing(finish=how), tmp_path / "ours", "f", finishing=finishing) == found
    if found == "whole":
        assert not (folder / "f.tmp").exists()
    if found == "no" and how != "rename":  # what the next run finds under our name is another's
        assert not (folder / "f").exists()


@pytest.mark.parametrize(
    ("cut", "found"),
    [(slice(None), "whole"), (slice(0), "almost"), (slice(30), "almost"), (slice(3, None), "foreign")],
    ids=["ours", "empty", "a part", "another"],
)
def test_a_manifest_tells_of_our_file_when_it_is_ours_and_whole(place, source, cut, found):
    """A connection that breaks while the manifest is written leaves a part, by which nobody takes the file."""
    box, folder = place
    how = Outgoing(finish="manifest")
    put(box, how, source, "f")
    finish(box, how, source, "f")
    (folder / "f.done").write_bytes((folder / "f.done").read_bytes()[cut])
    assert what_arrived(box, how, source, "f", finishing=True) == found
    if found == "almost":
        finish(box, how, source, "f")
        assert what_arrived(box, how, source, "f", finishing=True) == "whole"


def test_nothing_is_put_beside_a_manifest_that_lies_there_before_it(tmp_path):
    """By which the partner would take a part of it."""
    house = Installation(tmp_path, finish="manifest")
    house.drop(1)
    (house.box / "in" / "CEDARBLUFF01_000000001.edi.done").write_text("of another file")
    house.run()
    assert [row["state"] for row in house.rows(files) if row["direction"] == "out"] == ["held"]
    assert [file.name for file in (house.box / "in").iterdir()] == ["CEDARBLUFF01_000000001.edi.done"]


@pytest.mark.parametrize(
    ("how", "content"),
    [
        *((how, content) for how in ("rename", "direct", "manifest") for content in (b"y" * 9, b"y" * 7)),
        ("direct", b"x" * 11),
        ("direct", b"x" * 7),
        ("manifest", b"x" * 11),
    ],
)
def test_another_file_of_that_name_is_never_taken_for_ours(place, tmp_path, how, content):
    box, folder = place
    (tmp_path / "ours").write_bytes(b"x" * 9)
    (folder / "f").write_bytes(content)
    (folder / "f.tmp").write_bytes(b"x" * 9)
    assert what_arrived(box, Outgoing(finish=how), tmp_path / "ours", "f", finishing=True) == "foreign"
    assert (folder / "f.tmp").exists()


def test_an_interrupted_finish_can_be_done(place, source):
    box, _ = place
    for how in ("rename", "manifest"):
        put(box, Outgoing(finish=how), source, f"{how}.edi")
        assert what_arrived(box, Outgoing(finish=how), source, f"{how}.edi", finishing=True) == "almost"
        finish(box, Outgoing(finish=how), source, f"{how}.edi")
        assert what_arrived(box, Outgoing(finish=how), source, f"{how}.edi", finishing=True) == "whole"


def test_another_host_key_is_never_trusted(login, server):
    with pytest.raises(HostKeyChanged, match="shows another key"):
        SftpMailbox(login._replace(host_key=server.other_key))


def test_a_wrong_key_is_refused_once(login, server):
    opened = []

    def make():
        opened.append(1)
        return SftpMailbox(login._replace(key=(server.work / "other").read_text()))

    with pytest.raises(LoginRefused, match="accounts get locked"):
        Retrying(make, sleep=lambda _: None).entries("")
    assert opened == [1]


def test_a_connection_that_is_cut_while_logging_in_is_no_refusal(login):
    import socket

    import paramiko

    key = paramiko.ECDSAKey.generate()

    class Server(paramiko.ServerInterface):
        def get_allowed_auths(self, _user):
            return "publickey"

        def check_auth_publickey(self, _user, _key):
            link.close()
            return paramiko.AUTH_FAILED

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            nonlocal link
            link, _ = listening.accept()
            transport = paramiko.Transport(link)
            transport.add_server_key(key)
            transport.start_server(event=threading.Event(), server=Server())

        link = None
        serving = threading.Thread(target=serve)
        serving.start()
        where = login._replace(port=listening.getsockname()[1], host_key=f"{key.get_name()} {key.get_base64()}")
        with pytest.raises(MailboxUnreachable):
            SftpMailbox(where)
        serving.join()


def test_nobody_at_the_port_is_tried_again_with_growing_waits(login):
    from sftp_server import free_port

    waits = []
    with pytest.raises(MailboxUnreachable):
        Retrying(lambda: SftpMailbox(login._replace(port=free_port())), tries=4, sleep=waits.append).entries("")
    assert len(waits) == 3
    assert 0.5 <= waits[0] <= 1 <= waits[1] <= 2 <= waits[2] <= 4


def test_a_connection_that_is_cut_is_made_again(login, server, source):
    box = Retrying(lambda: SftpMailbox(login), first=0.05)
    (server.folder / "cut").mkdir(exist_ok=True)
    for n in range(3):
        box.put("cut", f"f{n}.tmp", source)
        server.cut()
        box.rename("cut", f"f{n}.tmp", f"f{n}")
        server.cut()
        assert (f"f{n}", 700_000) in [entry[:2] for entry in box.entries("cut")]
    box.close()


def test_a_connection_that_is_cut_in_mid_file(login, server, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(os.urandom(30_000_000))
    (server.folder / "mid").mkdir(exist_ok=True)
    cutter = threading.Timer(0.15, server.cut)
    box = Retrying(lambda: SftpMailbox(login), first=0.05)
    cutter.start()
    assert box.put("mid", "big", big) == 30_000_000
    cutter.join()
    assert (server.folder / "mid" / "big").read_bytes() == big.read_bytes()
    cutter = threading.Timer(0.1, server.cut)
    cutter.start()
    assert box.get("mid", "big", tmp_path / "back", 10**9) == 30_000_000
    cutter.join()
    assert (tmp_path / "back").read_bytes() == big.read_bytes()
    box.close()


def test_a_server_that_dies_and_comes_back(login, server, source):
    box = Retrying(lambda: SftpMailbox(login), tries=8, first=0.2)
    (server.folder / "dies").mkdir(exist_ok=True)
    box.put("dies", "one", source)
    server.kill()
    starter = threading.Timer(0.5, server.start)
    starter.start()
    box.put("dies", "two", source)
    starter.join()
    assert [entry.name for entry in box.entries("dies")] == ["one", "two"]
    box.close()


def test_a_folder_that_is_not_mounted_is_unreachable(tmp_path):
    with pytest.raises(MailboxUnreachable, match="is it mounted"):
        FolderMailbox(tmp_path / "none")


def test_secrets_do_not_show(login):
    assert "PRIVATE" not in repr(login)
    with pytest.raises(UsageError, match="cannot be read"):
        SftpMailbox(login._replace(key="nonsense"))


@pytest.mark.parametrize("system", ["this", "another"])
def test_a_rename_replaces_nothing_and_leaves_one_name(tmp_path, monkeypatch, system):
    if system == "another":
        monkeypatch.setattr(renaming, "_at_once", lambda *_: False)
    elif sys.platform == "linux":  # one step: nobody can be killed between two, and have the file sent twice
        monkeypatch.setattr(renaming.os, "link", lambda *_, **__: pytest.fail("it was done in two steps"))
    (tmp_path / "f.tmp").write_text("ours")
    (tmp_path / "g").write_text("theirs")
    box = FolderMailbox(tmp_path)
    with pytest.raises(MailboxRefused):
        box.rename("", "f.tmp", "g")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"f.tmp": "ours", "g": "theirs"}
    box.rename("", "f.tmp", "f")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"f": "ours", "g": "theirs"}
    with pytest.raises(MailboxRefused):
        box.rename("", "f.tmp", "h")
