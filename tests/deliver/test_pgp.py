"""OpenPGP: the partner's side sees encrypted bytes alone, ours keeps the plain text; what nobody vouches for is held, never read."""

import json
import shutil
import stat
import subprocess
import sys
import tempfile
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from installation import crash
from pysequoia import Tsk, encrypt
from sealed import PGP, Sealed, write_key

from x12retro.deliver import Unopened, load_exchange, open_keys
from x12retro.deliver.pgp import is_encrypted
from x12retro.errors import SystemFailure, UsageError
from x12retro.ledger.tables import files, requests
from x12retro.payer import Behaviour

LOCKED = (Path(__file__).parent / "keys" / "locked.asc").read_text()  # made for this test; its passphrase is "open sesame"
LIMITED = "settle = 0\nmax_bytes = 10000\n"


@pytest.fixture
def house(tmp_path):
    return Sealed(tmp_path)


def keys_of(house):
    return open_keys(load_exchange(house.work / "partners" / "summit-ridge.toml"))


def keys_of_all(house):
    """The keys where every signature will do."""
    file = house.work / "partners" / "summit-ridge.toml"
    file.write_text(file.read_text().replace('verify_from = ["keys/theirs.asc"]\n', ""))
    return keys_of(house)


def test_everything_that_leaves_is_encrypted_and_answers_are_laid_beside_what_was_asked(house):
    house.drop(20)
    house.settle()
    assert house.faults() == []
    ours = [row for row in house.rows(files) if row["direction"] == "out"]
    assert {row["kind"] for row in ours} == {"request", "acknowledgment"}
    for row in ours:
        assert house.payer.came[row["name"]] == row["sha256"]
        copy, plain = house.work / "house" / row["path"], house.work / "house" / row["plain"]
        assert is_encrypted(copy)
        assert plain.read_bytes().startswith(b"ISA")
        assert stat.S_IMODE(copy.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode) == 0o600
    theirs = [row for row in house.rows(files) if row["direction"] == "in"]
    assert all(is_encrypted(house.work / "house" / row["path"]) for row in theirs)
    made = sorted((house.work / "house" / "decisions" / "summit-ridge").iterdir())
    decisions = [json.loads(line) for file in made for line in file.read_text().splitlines()]
    assert {one["encounter_id"] for one in decisions} == {row["encounter_id"] for row in house.rows(requests) if row["trace"]}
    assert not any("without its request" in json.dumps(one) for one in decisions)
    assert all(one["asked_on"] for one in decisions)  # only the set that was asked says when
    for row in house.rows(requests):
        if row["trace"]:
            of = next(one for one in ours if one["id"] == row["file_id"])
            text = (house.work / "house" / of["plain"]).read_bytes()[row["at"] : row["at"] + row["length"]]
            assert row["trace"].encode() in text


def test_runs_that_are_killed_at_random_moments_lose_and_repeat_nothing(tmp_path):
    house = Sealed(tmp_path, behaviour=Behaviour(twice=0.2, late=0.2, before_its_999=0.3, seed=9))
    caught = crash(house, 24, seed=12)
    house.settle()
    assert house.faults() == [], house.troubles()
    assert all(house.payer.came[row["name"]] == row["sha256"] for row in house.rows(files) if row["direction"] == "out")
    assert caught >= 8


@pytest.mark.parametrize(
    "where",
    [
        "x12retro.deliver.house.House.move_all",  # recorded as delivered, neither copy moved
        "x12retro.flow.delivery._delivered",
        "x12retro.flow.delivery.put",
        "x12retro.ledger.change.Change.add_files",  # both copies made, neither recorded
        "x12retro.deliver.pgp.Keys.encrypt",  # the plain copy made
    ],
)
def test_a_run_that_dies_with_the_copies_in_the_outbox_is_made_good(house, monkeypatch, where):
    house.drop(3)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(where, dies)
        house.run()
    house.settle()
    assert house.faults() == []


def test_a_run_that_dies_between_moving_the_plain_copy_and_the_encrypted_one(house, monkeypatch):
    from x12retro.deliver.house import House

    house.drop(3)
    real = House.move_all

    def dies(self, moves):
        if any(path.suffix == ".pgp" for path, _ in moves):
            raise KeyboardInterrupt
        real(self, moves)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(House, "move_all", dies)
        house.run()
    house.settle()
    assert house.faults() == []


def test_what_is_sent_again_is_the_same_bytes(house, monkeypatch):
    house.drop(3)

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("x12retro.deliver.folder.FolderMailbox.put", dies)
        house.run()
    (before,) = [row for row in house.rows(files) if row["direction"] == "out"]
    house.settle()
    (after,) = [row for row in house.rows(files) if row["kind"] == "request"]
    assert (before["isa13"], before["sha256"]) == (after["isa13"], after["sha256"])
    assert house.payer.came[after["name"]] == before["sha256"]


def bomb() -> bytes:
    """Three million bytes in three thousand: an OpenPGP message may be compressed."""
    text = b"b\0\0\0\0\0" + b"0" * 3_000_000
    literal = b"\xcb\xff" + len(text).to_bytes(4, "big") + text
    packed = b"\x02" + zlib.compress(literal)
    return b"\xc8\xff" + len(packed).to_bytes(4, "big") + packed


def held(house, name):
    house.run()
    (row,) = [row for row in house.rows(files) if row["name"] == name]
    assert row["state"] == "held"
    lying = house.work / "house" / row["path"]
    found = [json.loads(line)["message"] for line in Path(f"{lying}.findings.jsonl").read_text().splitlines()]
    assert lying.exists()
    assert not list((house.work / "house" / "inbox" / "summit-ridge").iterdir())
    assert any(text.startswith(f"{name}: is held") for _, text in house.told)
    return found


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda payer, text: payer.sealed(text, signed=False), "is not signed by one of the keys"),
        (
            lambda payer, text: encrypt(text, recipients=[payer.ours], signer=Tsk.generate("someone").signer(), armor=False),
            "is not signed by one of the keys",
        ),
        (
            lambda payer, text: encrypt(text, recipients=[Tsk.generate("else").extract_certificate()], signer=payer.theirs.signer()),
            "is encrypted to another key",
        ),
        (lambda payer, text: payer.sealed(text)[:-20], "cut off, damaged"),
        (lambda *_: b"\xc1\x00garbage", "cut off, damaged"),
        (lambda _, text: text, "is not encrypted, so nothing shows who it is from"),
        (lambda *_: bomb(), "is not signed by one of the keys"),
    ],
)
def test_what_nobody_vouches_for_is_held_and_not_read(house, make, words):
    house.drop(1)
    house.run()
    house.payer.payer.round(datetime.now())
    (house.box / "in").mkdir(exist_ok=True)
    text = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^*00501*000000001*0*T*:~IEA*0*000000001~"
    house.payer.send("a.pgp", make(house.payer, text))
    (finding,) = held(house, "a.pgp")
    assert words in finding


def test_a_file_that_holds_more_than_is_taken_is_held_and_little_of_it_is_ever_written(tmp_path):
    house = Sealed(tmp_path, pgp=PGP.replace('verify_from = ["keys/theirs.asc"]\n', ""))
    file = house.work / "partners" / "summit-ridge.toml"
    file.write_text(file.read_text().replace("settle = 0\n", LIMITED))
    house.run()
    house.payer.send("a.pgp", bomb())
    assert held(house, "a.pgp") == [
        "it holds more than 10,000 bytes when it is decrypted ($.exchange.incoming.max_bytes); nothing of it was read"
    ]
    (tmp_path / "in.pgp").write_bytes(house.payer.sealed(b"0" * 10_001))
    with pytest.raises(Unopened, match="more than 10,000"):
        keys_of(house).decrypt(tmp_path / "in.pgp", tmp_path / "out", 10_000)
    assert not (tmp_path / "out").exists()
    keys_of(house).decrypt(tmp_path / "in.pgp", tmp_path / "out", 10_001)
    assert (tmp_path / "out").stat().st_size == 10_001
    (tmp_path / "large").write_bytes(b"0" * 20_000)  # the limit is gone again


def test_without_verify_from_a_plain_file_is_read_as_ever(tmp_path):
    house = Sealed(tmp_path, pgp=PGP.replace('verify_from = ["keys/theirs.asc"]\n', ""))
    house.payer.sealed = lambda content: content
    house.drop(3)
    house.settle()
    assert house.faults() == []


def test_an_encrypted_file_is_held_where_no_key_decrypts_it(tmp_path):
    house = Sealed(tmp_path, pgp='[exchange.pgp]\nencrypt_to = ["keys/theirs.asc"]\n')
    house.run()
    house.payer.send("a.pgp", house.payer.sealed(b"ISA"))
    (finding,) = held(house, "a.pgp")
    assert "decrypt_with names no key of ours" in finding


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_no_fault_of_the_file(house, tmp_path, monkeypatch):
    from contextlib import nullcontext

    monkeypatch.setattr("x12retro.deliver.pgp._private", lambda _: nullcontext())
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
    keys = keys_of(house)
    (tmp_path / "in.pgp").write_bytes(house.payer.sealed(b"x"))
    with pytest.raises(SystemFailure, match="No space left"):
        keys.decrypt(tmp_path / "in.pgp", Path("/dev/full"), 10_000_000_000)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"keys/theirs.asc"', '"keys/none.asc"'), "none.asc: cannot be read"),
        (('encrypt_to = ["keys/theirs.asc"]', 'encrypt_to = ["keys/ours.key"]'), "holds a secret key; give the public one"),
        (('encrypt_to = ["keys/theirs.asc"]', 'encrypt_to = ["summit-ridge.toml"]'), "holds no OpenPGP public key"),
        (('encrypt_to = ["keys/theirs.asc"]', 'encrypt_to = ["keys/over.asc"]'), "has expired"),
        (('sign_with = "file:keys/ours.key"', 'sign_with = "file:keys/theirs.asc"'), "sign_with: is no OpenPGP secret key"),
        (('sign_with = "file:keys/ours.key"', 'sign_with = "file:keys/locked.key"'), "has a passphrase: name it"),
        (
            ('sign_with = "file:keys/ours.key"', 'sign_with = "file:keys/locked.key"\nsign_passphrase = "env:WRONG"'),
            "the passphrase is another one",
        ),
        (('sign_with = "file:keys/ours.key"', 'sign_with = "hunter2"'), r"\$\.exchange\.pgp\.sign_with"),
        (('encrypt_to = ["keys/theirs.asc"]', ""), "sign_with: what is signed is encrypted too"),
        (('decrypt_with = "file:keys/ours.key"', ""), "verify_from: what is signed is encrypted too"),
        (
            ('decrypt_with = "file:keys/ours.key"', 'sign_passphrase = "env:X"\ndecrypt_passphrase = "env:X"'),
            "no decrypt_with that it belongs",
        ),
    ],
)
def test_what_is_wrong_with_the_keys_is_told_with_its_place_and_no_secret(house, monkeypatch, change, words):
    keys = house.work / "partners" / "keys"
    write_key(keys / "locked.key", LOCKED)
    write_key(keys / "theirs.asc", (keys / "theirs.asc").read_text())
    over = Tsk.generate("over", validity_seconds=1)
    write_key(keys / "over.asc", str(over.extract_certificate()))
    monkeypatch.setenv("WRONG", "hunter2")
    file = house.work / "partners" / "summit-ridge.toml"
    file.write_text(file.read_text().replace(*change))
    if "over" in change[1]:
        import time

        time.sleep(1.1)
    with pytest.raises(UsageError, match=words) as failure:
        keys_of(house)
    assert "hunter2" not in str(failure.value)
    assert "PRIVATE" not in str(failure.value).replace("-----BEGIN PGP PRIVATE KEY BLOCK-----", "")


def test_a_key_with_a_passphrase_signs_and_decrypts(tmp_path, monkeypatch):
    monkeypatch.setenv("WORD", "open sesame")
    locked = PGP.replace("ours.key", "locked.key") + 'sign_passphrase = "env:WORD"\ndecrypt_passphrase = "env:WORD"\narmor = true\n'
    house = Sealed(tmp_path, pgp=locked)
    write_key(house.work / "partners" / "keys" / "locked.key", LOCKED)
    house.payer.ours = Tsk.from_bytes(LOCKED.encode()).extract_certificate()
    house.drop(3)
    house.settle()
    assert house.faults() == []


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_gpg_reads_ours_and_we_read_what_gpg_compresses(house, tmp_path):
    """The partner's key is one that gpg made: it says itself which forms its owner reads."""
    home = tempfile.mkdtemp(dir="/tmp")  # gpg's agent takes no long path
    options = ["--homedir", home, "--batch", "--quiet", "--trust-model", "always", "--pinentry-mode", "loopback"]

    def gpg(*arguments, stdin=b""):
        command = ["gpg", *options, "--passphrase", "open sesame", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout

    try:
        gpg("--import", stdin=LOCKED.encode())
        gpg("--import", stdin=bytes(house.payer.ours))
        theirs = Tsk.from_bytes(LOCKED.encode()).extract_certificate()
        write_key(house.work / "partners" / "keys" / "theirs.asc", str(theirs))
        (tmp_path / "plain").write_bytes(b"ISA" * 1000)
        keys = keys_of(house)
        keys.encrypt(tmp_path / "plain", tmp_path / "sealed.pgp")
        assert gpg("--decrypt", str(tmp_path / "sealed.pgp")) == b"ISA" * 1000
        to = house.payer.ours.fingerprint
        for how, keys_then in (("none", keys), ("zlib", keys_of_all(house))):
            raw = gpg("--sign", "--encrypt", "--compress-algo", how, "-r", to, stdin=b"TA1" * 1000)
            (tmp_path / "theirs.pgp").write_bytes(raw)
            keys_then.decrypt(tmp_path / "theirs.pgp", tmp_path / "opened", 10_000)
            assert (tmp_path / "opened").read_bytes() == b"TA1" * 1000
        with pytest.raises(Unopened, match="--compress-algo none"):  # what is compressed cannot be checked
            keys.decrypt(tmp_path / "theirs.pgp", tmp_path / "opened", 10_000)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


def test_the_package_is_asked_for_only_where_it_is_needed(house, monkeypatch, x12retro, tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", "import sys, x12retro.flow.run, x12retro.cli.deliver; print('pysequoia' in sys.modules)"],
        capture_output=True,
        check=True,
    )
    assert told.stdout.strip() == b"False"
    monkeypatch.setitem(sys.modules, "pysequoia", None)
    with pytest.raises(UsageError, match=r"pip install 'x12retro\[pgp\]'"):
        keys_of(house)


def test_the_check_opens_the_keys(house, x12retro):
    assert x12retro("deliver", "--config", house.config, "--check").returncode == 0
    (house.work / "partners" / "keys" / "ours.key").chmod(0o644)
    done = x12retro("deliver", "--config", house.config, "--check")
    assert done.returncode == 2
    assert b"chmod 600" in done.stderr
