"""The whole of it with the delivery on our side: requests and documents go out, the payer takes them, and all comes to rest."""

import pytest
from click.testing import CliRunner
from documents import PDF
from installation import Installation
from sftp_server import SftpServer

from x12retro.cli.answer import answer
from x12retro.encounter.services import Document
from x12retro.ledger.tables import documents, files, requests
from x12retro.payer import Behaviour

ASKED = Behaviour(pend_for_records=("28011-5",), application_advice=True)
PROMISED = (Document(type="M1", delivery="EL", path="record.pdf"), Document(type="B3", delivery="EL", path="record.pdf"))
SFTP = """[exchange.sftp]
host = "127.0.0.1"
port = {port}
user = "root"
key = "env:MAILBOX_KEY"
host_key = "{host_key}"
"""


@pytest.fixture(params=["folder", "sftp"])
def house(request, tmp_path, monkeypatch):
    if request.param == "folder":
        yield Installation(tmp_path, behaviour=ASKED)
        return
    (tmp_path / "server").mkdir()
    server = SftpServer(tmp_path / "server")
    server.start()
    monkeypatch.setenv("MAILBOX_KEY", (server.work / "client").read_text())
    yield Installation(tmp_path, behaviour=ASKED, place=SFTP.format(port=server.port, host_key=server.host_key), box=server.folder)
    server.kill()


def outcomes(house):
    return sorted(row["outcome"] for row in house.rows(requests) if row["trace"])


def test_what_was_promised_comes_and_decides(house):
    house.keep("record.pdf", PDF)
    house.drop(4, documents=PROMISED)
    house.settle()
    asked = [row for row in house.rows(requests) if row["trace"]]
    assert asked
    assert set(outcomes(house)) <= {"certified", "cancelled"}
    assert "certified" in outcomes(house)
    sent = [row for row in house.rows(documents) if row["state"] != "asked"]  # it had come before what was asked for was given
    assert sent
    assert {fate.number for fate in house.payer.filed() if fate.fate == "matched"} == {row["number"] for row in sent}
    assert {row["state"] for row in sent} == {"accepted"}
    assert [file.read_bytes() for file in house.payer.documents.iterdir()] == [PDF]
    assert [row["state"] for row in house.rows(files) if row["name"].endswith(".824")] == ["processed"]
    assert house.faults() == []


def test_what_is_asked_for_is_given_and_decides(house, tmp_path):
    house.drop(2)
    house.settle()
    waiting = [row for row in house.rows(requests) if row["outcome"] == "pended"]
    assert waiting
    assert not house.payer.owes
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    for row in waiting:
        given = [row["encounter_id"], f"--document=28011-5={file}", "--config", str(house.config)]
        ran = CliRunner().invoke(answer, given, standalone_mode=False)
        assert ran.exit_code == 0, ran.output
    house.settle()
    assert "pended" not in outcomes(house)
    assert {row["state"] for row in house.rows(documents)} == {"accepted"}
    assert house.faults() == []


def test_a_payer_that_wants_no_records_takes_them_all_the_same(tmp_path):
    house = Installation(tmp_path)
    house.keep("record.pdf", PDF)
    house.drop(4, documents=PROMISED)
    house.settle()
    assert {row["state"] for row in house.rows(documents) if row["state"] != "asked"} == {"accepted"}
    assert house.faults() == []
