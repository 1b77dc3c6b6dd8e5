"""The same over a real SFTP server, the payer a process of its own that is killed and started anew; and the whole of it by commands."""

import io
import json
import subprocess
import sys
from datetime import timedelta

import pytest
from documents import PDF
from sftp_server import SftpServer

from x12retro.acknowledge import read_acknowledgments
from x12retro.deliver.sftp import Server, SftpMailbox

PAYER = """mailbox = {box}
requests = "in"
answers = "out"
[behaviour]
pend_for_records = ["28011-5"]
application_advice = true
[documents]
folder = "records"
"""


@pytest.fixture
def sftp(tmp_path):
    (tmp_path / "server").mkdir()
    running = SftpServer(tmp_path / "server")
    running.start()
    login = Server("127.0.0.1", running.port, "root", running.host_key, key=(running.work / "client").read_text(), timeout=10)
    for name in ("in", "out"):
        (running.folder / name).mkdir()
    box = SftpMailbox(login, "")
    yield running.folder, box
    box.close()
    running.kill()


class Payer:
    """A payer that serves a folder round after round, in a process of its own."""

    def __init__(self, config):
        self._config = config
        self._process = None

    def start(self):
        command = [sys.executable, "-m", "x12retro", "payer", "--config", str(self._config), "--every", "1", "--as-of", "2026-11-28"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def said(self, words):
        """Wait until it says so."""
        for line in self._process.stderr:
            if words in line:
                return
        raise AssertionError(f"the payer ended before it said: {words}")

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stderr.close()


def test_over_sftp_a_payer_that_is_killed_in_between_decides_when_the_records_come(journey, sftp, tmp_path):
    folder, box = sftp
    here = journey()
    config = tmp_path / "payer.toml"
    config.write_text(PAYER.format(box=json.dumps(str(folder))))

    def send(name, raw):
        (tmp_path / name).write_bytes(raw)
        box.put("in", f"{name}.tmp", tmp_path / name)
        box.rename("in", f"{name}.tmp", name)

    def got(name):
        target = here.box / "out" / name
        box.get("out", name, target, 10**6)
        box.remove("out", name)
        return target

    payer = Payer(config)
    try:
        payer.start()
        send("a.edi", here.request)
        payer.said("3 files put into")
        payer.kill()
        assert {entry.name for entry in box.entries("out")} == {"a.278", "a.999", "a.TA1"}
        got("a.278")
        pended = here.read("a.278")
        assert pended.outcome == "pended"
        send("b.edi", here.answer(PDF, pended))
        payer.start()
        payer.said("3 files put into")
        payer.kill()
        (said,) = read_acknowledgments(got("b.824"))
        assert said.verdict == "accepted"
        payer.start()
        payer.said("1 file put into")
    finally:
        payer.kill()
    (name,) = [entry.name for entry in box.entries("out") if entry.name.startswith("decisions-")]
    got(name)
    here.now += timedelta(days=1)
    assert here.read(name).outcome == "certified"
    assert [file.read_bytes() for file in (tmp_path / "records").iterdir() if file.is_file()] == [PDF]


def test_the_whole_of_it_by_commands(x12retro, tmp_path, fixtures):
    partner, box = fixtures / "partners" / "summit-ridge.toml", tmp_path / "box"
    for name in ("in", "out"):
        (box / name).mkdir(parents=True)
    payer = tmp_path / "payer.toml"
    payer.write_text(PAYER.format(box='"box"'))
    tree = json.loads((fixtures / "encounters" / "emergency-admission.json").read_bytes())
    tree["documents"] = []
    encounters, requests, report = tmp_path / "e.json", tmp_path / "r.edi", tmp_path / "report.jsonl"
    encounters.write_text(json.dumps(tree))
    (tmp_path / "ed.pdf").write_bytes(PDF)
    numbers = ("--control-file", tmp_path / "numbers.json")

    def run(*arguments):
        done = x12retro(*arguments)
        assert done.returncode == 0, done.stderr
        return done

    def rounds(day):
        run("payer", "--config", payer, "--once", "--as-of", day)

    run("build", encounters, "--partner", partner, "-o", requests, "--report", report, *numbers, "--as-of", "2026-11-28")
    (box / "in" / "a.edi").write_bytes(requests.read_bytes())
    rounds("2026-11-28")
    known = ("--requests", requests, "--report", report, "--as-of", "2026-11-28")
    run("decide", box / "out" / "a.278", *known, "-o", tmp_path / "decisions.jsonl")
    asked = ("--decisions", tmp_path / "decisions.jsonl", "--encounter", tree["encounter_id"])
    document = ("--document", f"28011-5={tmp_path / 'ed.pdf'}")
    run(
        "attach", "answer", encounters, *asked, *document, "--partner", partner, "-o", tmp_path / "b.edi", *numbers, "--as-of", "2026-11-29"
    )
    (box / "in" / "b.edi").write_bytes((tmp_path / "b.edi").read_bytes())
    rounds("2026-11-29")
    told = run("acknowledge", "--read", box / "out" / "b.824", "--sent", tmp_path / "b.edi")
    assert b"(sent: b.edi): accepted [TA]" in told.stdout
    rounds("2026-11-30")
    (answer,) = (box / "out").glob("decisions-*")
    decided = run("decide", answer, *known, "--format", "jsonl")
    assert json.loads(io.BytesIO(decided.stdout).readline())["outcome"] == "certified"


def test_a_file_of_documents_alone_is_answered_too(x12retro, journey, tmp_path):
    here = journey(PDF)
    (tmp_path / "b.edi").write_bytes(here.promised())
    done = x12retro("payer", tmp_path / "b.edi", "-o", tmp_path / "answers")
    assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "answers").iterdir()} == {"b.TA1", "b.999"}
