"""Ten thousand documents of any size and any octets, out as 275s and back: byte for byte, with counts that are right or told."""

from __future__ import annotations

import hashlib
import io
import os
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from sftp_server import SftpServer

from x12retro.attach import Enclosure, about_encounter, parcels, read_275
from x12retro.attach import write as write_275
from x12retro.build import ControlNumbers, load_partner
from x12retro.deliver import finish, put
from x12retro.deliver.exchange import Outgoing
from x12retro.deliver.sftp import Server, SftpMailbox
from x12retro.encounter import read_encounters
from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.payer import PayerFile, Sandbox

NOW = datetime(2026, 11, 25, 9, 15)  # noqa: DTZ001 - local time, as X12 has it
WAYS = [(guide, wrap, "B64") for guide in ("006020X316", "005010X211") for wrap in ("bare", "mime", "cda")]
WAYS += [("005010X211", "bare", "raw"), ("005010X211", "mime", "raw")]
CUTS = b"~*:^\r\n"


def octets(dice: random.Random) -> bytes:
    """Any octets, or what begins as a PDF: sizes from nothing to 64 MB, the small ones more often; delimiters more often than not."""
    size = int(64_000_000 ** dice.random()) - 1 if dice.random() < 0.9 else dice.randrange(1000)
    body = dice.randbytes(min(size, 1 << 16))
    if dice.random() < 0.5:
        body = body.translate(bytes(CUTS[n % len(CUTS)] if n < 100 else n for n in range(256)))
    body = (body * (size // len(body) + 1))[:size] if body else b""
    return b"%PDF-1.7\n" + body if dice.random() < 0.7 else body


def enclosed(file: Path, content: bytes, number: str) -> Enclosure:
    """The file as a document, whatever it holds: what is no document is refused before it comes here."""
    digest = hashlib.sha256(content).hexdigest()
    return Enclosure(control_number=number, file=file, size=len(content), sha256=digest, kind="pdf")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    running = SftpServer(tmp_path_factory.mktemp("sftp"))
    running.start()
    yield running
    running.kill()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
def test_documents_go_through_a_mailbox_to_a_payer_that_takes_them_out(tmp_path: Path, server: SftpServer, seed: int) -> None:
    dice = random.Random(seed)
    guide, wrap, encoding = WAYS[seed]
    partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
    settings = msgspec.structs.replace(
        partner.attachments, guide=guide, wrap=wrap, encoding=encoding, max_document=70_000_000, max_set=200_000_000
    )
    partner = msgspec.structs.replace(partner, attachments=settings)
    encounter = next(read_encounters(fixtures_dir() / "encounters" / "emergency-admission.json"))
    about = about_encounter(encounter, "TRACE1", partner)
    box = server.folder / f"box{seed}"
    for folder in (box / "in", box / "out"):
        folder.mkdir(parents=True)
    payer = Sandbox(PayerFile(mailbox=str(box), requests="in", answers="out"), tmp_path / "payer.state.json")
    key = (server.work / "client").read_text()
    mailbox = SftpMailbox(Server("127.0.0.1", server.port, "root", server.host_key, key=key, timeout=60), f"box{seed}")
    control = ControlNumbers()
    sent = 0
    while sent < int(os.environ.get("X12RETRO_SOAK_DOCUMENTS", "10000")) // len(WAYS):
        ready: list[Enclosure] = []
        for n in range(dice.randint(1, 12)):
            content = octets(dice) or (b"" if wrap != "bare" else b"~")  # a BDS or BIN without data is against the guide
            file = tmp_path / f"{n}.pdf"
            file.write_bytes(content)
            ready.append(enclosed(file, content, f"ACN{sent + n}"))
        message = tmp_path / "documents.edi"
        with message.open("wb") as out:
            made = list(parcels(about, ready, partner, now=NOW))
            list(write_275(out, made, partner, now=NOW, control=control))  # type: ignore[arg-type]
        assert [f for checked in validate(message) for f in checked.findings if f.is_error] == []
        put(mailbox, Outgoing(folder="in"), message, f"{sent}.edi")
        finish(mailbox, Outgoing(folder="in"), message, f"{sent}.edi")
        payer.round(datetime.now())
        assert list((box / "in").iterdir()) == []
        fates = list(payer.filed())[-len(ready) :]
        assert [(fate.number, fate.fate) for fate in fates] == [(one.control_number, "held") for one in ready]
        for one, fate in zip(ready, fates, strict=True):
            (name,) = fate.files
            kept = payer.documents / name
            assert name.startswith(one.sha256)
            if kept.exists():
                assert hashlib.sha256(kept.read_bytes()).hexdigest() == one.sha256
        for kept in payer.documents.iterdir():
            kept.unlink()
        for answer in (box / "out").iterdir():
            answer.unlink()
        sent += len(ready)
    mailbox.close()


@pytest.mark.soak
def test_wrong_counts_of_any_size_are_told_and_lose_nothing() -> None:
    dice = random.Random(9)
    head = b"ISA*00*          *00*          *ZZ*AA             *ZZ*BB             *261125*0915*^*00602*000000001*0*T*:~"
    head += b"GS*PI*AA*BB*20261125*0915*1*X*006020X316~ST*275*0001*006020X316~BGN*02*R1*20261125*0915~LX*1~OOI*1*47*ATTACHMENT~"
    tail = b"~SE*6*0001~GE*1*1~IEA*1*000000001~"
    for _ in range(3000):
        data = dice.randbytes(int(3_000_000 ** dice.random()))
        wrong = dice.choice([0, 1, len(data) - 1, len(data) + 1, dice.randrange(2 * len(data) + 50), 10**14])
        if wrong == len(data) or b"~SE*" in data or b"~LX*" in data:
            continue
        raw = head + b"BDS*NOF*%d*" % max(wrong, 0) + data + tail
        found = list(read_275(io.BytesIO(raw)))
        (record,) = (one for one in found if not isinstance(one, Finding))
        (document,) = record.carried[0].documents or (None,)
        told = [one.rule for one in found if isinstance(one, Finding)]
        assert told == ["X12-BIN-001"], (wrong, len(data))
        assert record.carried[0].octets == len(data)
        assert document is not None
        assert document.kind != "unknown" or document.sha256 == hashlib.sha256(data).hexdigest()
