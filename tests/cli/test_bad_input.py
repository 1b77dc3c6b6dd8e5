"""Whatever is fed to the commands: one clear message, the right exit code, flat memory, no traceback."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from peaks import STATUS, peak_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def files(folder: Path, every_loop: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "random bytes": random.Random(7).randbytes(50_000),
        "a picture": PNG,
        "a PDF": b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3" * 100,
        "JSON": b'{"encounter_id": "E1"}',
        "UTF-16": every_loop.decode("ascii").encode("utf-16"),
        "zero bytes": b"\x00" * 1000,
        "half an ISA": every_loop[:50],
        "plain text": b"Dear payer, please find the request enclosed.\n" * 20,
    }


@pytest.fixture(scope="module")
def every_loop(fixtures: Path) -> bytes:
    return (fixtures / "guide" / "every-loop-request.edi").read_bytes()


@pytest.mark.parametrize("name", list(files(Path(), b"ISA*")))
def test_validate_gives_one_error_and_exit_code_1(x12retro, tmp_path: Path, every_loop: bytes, name: str) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(files(tmp_path, every_loop)[name])
    done = x12retro("validate", path, "--format", "json")
    assert done.returncode == 1
    assert done.stderr == b""
    report = json.loads(done.stdout)
    assert report["verdict"] == "rejected"
    assert [f["severity"] for f in report["findings"]].count("error") == 1, report["findings"]
    assert report["findings_total"] == len(report["findings"])


@pytest.mark.parametrize(
    "names", [("validate", "-", "-"), ("show", "-", "-"), ("decide", "-", "--requests", "-"), ("attach", "read", "-", "-")]
)
def test_standard_input_is_named_once(x12retro, every_loop: bytes, names: tuple[str, ...]) -> None:
    done = x12retro(*names, stdin=every_loop)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"x12retro: - is given twice: standard input can be read but once\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("output", ["/dev/full", "-"])
def test_what_is_full_is_named(fixtures: Path, output: str) -> None:
    command = [sys.executable, "-m", "x12retro", "build", fixtures / "encounters", "--partner", fixtures / "partners" / "summit-ridge.toml"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*command, "-o", output], stdout=full, stderr=subprocess.PIPE, check=False, timeout=120)
    name = "standard output" if output == "-" else output
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (3, f"x12retro: {name}: No space left on device")


@pytest.mark.parametrize("command", [("deliver",), ("ledger", "status"), ("answer", "ID")])
def test_a_missing_configuration_is_explained(x12retro, command: tuple[str, ...]) -> None:
    done = x12retro(*command)
    assert done.returncode == 2
    assert b"Missing option '--config'. It names the installation's file, x12retro.toml" in done.stderr


@pytest.mark.parametrize("command", ["show", "decide"])
@pytest.mark.parametrize("name", ["empty", "random bytes", "a picture", "UTF-16", "half an ISA"])
def test_the_readers_say_what_is_wrong(x12retro, tmp_path: Path, every_loop: bytes, command: str, name: str) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(files(tmp_path, every_loop)[name])
    done = x12retro(command, path)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_half_a_message_is_rejected_for_what_is_missing(x12retro, tmp_path: Path, every_loop: bytes) -> None:
    path = tmp_path / "half.edi"
    path.write_bytes(every_loop[: len(every_loop) // 2])
    report = json.loads(x12retro("validate", path, "--format", "json").stdout)
    assert report["verdict"] == "rejected"
    assert report["transactions_rejected"] == 1
    broken_off = [f for f in report["findings"] if f["ack"] == {"level": "TA1", "code": "023"}]
    assert len(broken_off) == 1
    assert "SE, GE and IEA are missing" in broken_off[0]["message"]


def test_a_path_that_is_not_there_is_exit_code_2_and_the_others_are_judged(x12retro, fixtures: Path) -> None:
    done = x12retro("validate", "no-such-file.edi", fixtures / "guide" / "every-loop-request.edi")
    assert done.returncode == 2
    assert b"no-such-file.edi" in done.stderr
    assert b"accepted" in done.stdout


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b"", b"$"),
        (b"not json", b"$"),
        (b'{"encounter_id": 5}', b"$.encounter_id"),
        (b'{"encounter_id": "E1", "surprise": 1}', b"$"),
        (b'{"encounter_id": "E1"', b"$"),
        (b"\xff\xfe{\x00}\x00", b"$"),
        (b"[1, 2]", b"$"),
    ],
)
def test_build_names_the_place_in_bad_json(x12retro, tmp_path: Path, fixtures: Path, text: bytes, path: bytes) -> None:
    source = tmp_path / "in.json"
    source.write_bytes(text)
    out = tmp_path / "out.edi"
    done = x12retro("build", source, "--partner", fixtures / "partners" / "summit-ridge.toml", "-o", out)
    assert done.returncode == 1
    assert path in done.stderr
    assert b"Traceback" not in done.stderr
    assert not out.exists()


def test_a_wrong_partner_file_is_exit_code_2_and_told(x12retro, tmp_path: Path, fixtures: Path) -> None:
    partner = tmp_path / "partner.toml"
    partner.write_text("[interchange]\nsender = 1\n", encoding="utf-8")
    done = x12retro("build", fixtures / "encounters" / "dental-emergency.json", "--partner", partner, "-o", tmp_path / "o.edi")
    assert done.returncode == 2
    assert b"partner.toml" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not STATUS.exists(), reason="the peak of memory is read from /proc")
def test_a_single_segment_of_100_megabytes_is_refused_in_flat_memory(tmp_path: Path, every_loop: bytes) -> None:
    path = tmp_path / "huge.edi"
    head = every_loop[: every_loop.index(b"HI*ABK")]
    with path.open("wb") as out:
        out.write(head + b"MSG*")
        for _ in range(100):
            out.write(b"X" * (1 << 20))
        out.write(b"~\nSE*1*0001~\nGE*1*101~\nIEA*1*000000101~\n")
    code, said, peak = peak_of("validate", path, cwd=tmp_path)
    assert code == 1
    assert "Traceback" not in said
    assert peak < 100, f"{peak:.0f} MB"
