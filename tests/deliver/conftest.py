"""Mailboxes to test on: a folder, and a real SFTP server on a loopback port."""

import pytest
from sftp_server import SftpServer

from x12retro.deliver.folder import FolderMailbox
from x12retro.deliver.sftp import Server, SftpMailbox


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = SftpServer(tmp_path_factory.mktemp("sftp"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def login(server):
    return Server("127.0.0.1", server.port, "root", server.host_key, key=(server.work / "client").read_text(), timeout=10)


@pytest.fixture(params=["folder", "sftp"])
def place(request, tmp_path):
    """A mailbox and the real folder behind it."""
    if request.param == "folder":
        (tmp_path / "box").mkdir()
        yield FolderMailbox(tmp_path / "box"), tmp_path / "box"
        return
    server, login = request.getfixturevalue("server"), request.getfixturevalue("login")
    below = server.folder / tmp_path.name
    below.mkdir(exist_ok=True)
    box = SftpMailbox(login, tmp_path.name)
    yield box, below
    box.close()
