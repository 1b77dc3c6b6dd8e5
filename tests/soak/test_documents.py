"""Ten thousand documents of any size and any octets, out as 275s and back: byte for byte, with counts that are right or told."""

from __future__ import annotations

import hashlib
import io
import os
import random
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from x12retro.attach import Enclosure, Folder, about_encounter, enclosure, parcels, read_275
from x12retro.attach import write as write_275
from x12retro.build import ControlNumbers, load_partner
from x12retro.encounter import read_encounters
from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir

NOW = datetime(2026, 11, 25, 9, 15)  # noqa: DTZ001 - local time, as X12 has it
WAYS = [(guide, wrap, "B64") for guide in ("006020X316", "005010X211") for wrap in ("bare", "mime", "cda")]
WAYS += [("005010X211", "bare", "raw"), ("005010X211", "mime", "raw")]
CUTS = b"~*:^\r\n"


def octets(dice: random.Random) -> bytes:
    """A PDF as far as anybody can tell: sizes from next to nothing to 64 MB, the small ones more often; delimiters more often than not."""
    size = int(64_000_000 ** dice.random()) - 1 if dice.random() < 0.9 else dice.randrange(1000)
    body = dice.randbytes(min(size, 1 << 16))
    if dice.random() < 0.5:
        body = body.translate(bytes(CUTS[n % len(CUTS)] if n < 100 else n for n in range(256)))
    body = (body * (size // len(body) + 1))[:size] if body else b""
    return b"%PDF-1.7\n" + body


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
def test_documents_go_out_and_come_back(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    guide, wrap, encoding = WAYS[seed]
    partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
    settings = msgspec.structs.replace(
        partner.attachments, guide=guide, wrap=wrap, encoding=encoding, max_document=70_000_000, max_set=200_000_000
    )
    partner = msgspec.structs.replace(partner, attachments=settings)
    encounter = next(read_encounters(fixtures_dir() / "encounters" / "emergency-admission.json"))
    sent = 0
    while sent < int(os.environ.get("X12RETRO_SOAK_DOCUMENTS", "10000")) // len(WAYS):
        wanted: list[str] = []
        ready: list[Enclosure] = []
        for n in range(dice.randint(1, 12)):
            content = octets(dice)
            file = tmp_path / f"{n}.pdf"
            file.write_bytes(content)
            wanted.append(hashlib.sha256(content).hexdigest())
            one = enclosure(file, f"ACN{n}", settings)
            assert isinstance(one, Enclosure), one
            ready.append(one)
        message = tmp_path / "documents.edi"
        with message.open("wb") as out:
            made = list(parcels(about_encounter(encounter, "TRACE1", partner), ready, partner, now=NOW))
            list(write_275(out, made, partner, now=NOW, control=ControlNumbers()))  # type: ignore[arg-type]
        assert [f for checked in validate(message) for f in checked.findings if f.is_error] == []
        found = list(read_275(message, Folder(tmp_path / "out")))
        taken = [document for each in found if not isinstance(each, Finding) for one in each.carried for document in one.documents]
        assert [one.sha256 for one in taken] == wanted
        for one in taken:
            file = tmp_path / "out" / one.file
            assert hashlib.sha256(file.read_bytes()).hexdigest() == one.sha256
            file.unlink()
        sent += len(wanted)


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
