"""An installation whose partner wants OpenPGP: a courier encrypts and decrypts between its mailbox and the sandbox payer."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from installation import Installation
from pysequoia import Tsk, decrypt, encrypt

from x12retro.payer import Behaviour, PayerFile, Sandbox

PGP = """
[exchange.pgp]
encrypt_to = ["keys/theirs.asc"]
sign_with = "file:keys/ours.key"
decrypt_with = "file:keys/ours.key"
verify_from = ["keys/theirs.asc"]
"""


class Courier:
    """The payer behind the mailbox `box`: what lies there is encrypted, what the payer sees is not. `came` has the digests of what came."""

    def __init__(self, payer: Sandbox, box: Path, inside: Path, theirs: Tsk, ours: Tsk) -> None:
        self.payer, self.box, self.inside = payer, box, inside
        self.theirs, self.ours = theirs, ours.extract_certificate()
        self.came: dict[str, str] = {}

    def round(self, moment: datetime) -> int:
        for path in sorted((self.box / "in").iterdir()):
            if path.suffix == ".pgp":
                raw = path.read_bytes()
                self.came[path.name] = hashlib.sha256(raw).hexdigest()
                told = decrypt(raw, decryptor=self.theirs.decryptor(), store=lambda _: [self.ours])
                assert told.valid_sigs, "it is not signed by us"
                (self.inside / "in" / path.stem).write_bytes(told.bytes)
                path.unlink()
        count = self.payer.round(moment)
        for path in sorted((self.inside / "out").iterdir()):
            self.send(f"{path.name}.pgp", self.sealed(path.read_bytes()))
            path.unlink()
        return count

    def sealed(self, content: bytes, *, signed: bool = True) -> bytes:
        return encrypt(content, recipients=[self.ours], signer=self.theirs.signer() if signed else None, armor=False)

    def send(self, name: str, content: bytes) -> None:
        part = self.box / "out" / f"{name}.part"
        part.write_bytes(content)
        part.rename(self.box / "out" / name)

    @property
    def owes(self) -> bool:
        return self.payer.owes

    @property
    def state(self):
        return self.payer.state

    def log(self):
        return self.payer.log()


def write_key(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)


class Sealed(Installation):
    """One whose files are encrypted; `pgp` is the TOML of it."""

    def __init__(self, work: Path, *, pgp: str = PGP, behaviour: Behaviour | None = None, **more) -> None:
        super().__init__(work, **more)
        ours, theirs = Tsk.generate("us"), Tsk.generate("them")
        keys = work / "partners" / "keys"
        write_key(keys / "ours.key", str(ours))
        write_key(keys / "theirs.asc", str(theirs.extract_certificate()))
        with (work / "partners" / "summit-ridge.toml").open("a") as file:
            file.write(pgp)
        inside = work / "payer"
        for folder in ("in", "out"):
            (inside / folder).mkdir(parents=True)
        told = PayerFile(mailbox=str(inside), requests="in", answers="out", behaviour=behaviour or Behaviour())
        self.payer = Courier(Sandbox(told, work / "payer.state.json"), self.box, inside, theirs, ours)
