"""`x12retro acknowledge`, as it is run."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from x12retro.cli.acknowledge import acknowledge
from x12retro.guide.places import fixtures_dir

REQUEST = fixtures_dir() / "guide" / "every-loop-request.edi"
ACKS = fixtures_dir() / "acks"


def run(*arguments, **kwargs):
    return CliRunner().invoke(acknowledge, [str(a) for a in arguments], standalone_mode=False, **kwargs)


@pytest.fixture
def message(tmp_path):
    path = tmp_path / "in.edi"
    path.write_bytes(REQUEST.read_bytes())
    return path


def test_it_writes_a_999_beside_nothing_else(message, tmp_path) -> None:
    result = run(message, "-o", tmp_path / "out", "--as-of", "2026-11-24")
    assert result.return_value == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["in.999.edi"]
    assert b"IK5*A~" in (tmp_path / "out" / "in.999.edi").read_bytes()


def test_a_rejected_set_makes_the_exit_code_1(message, tmp_path) -> None:
    message.write_bytes(message.read_bytes().replace(b"UM*AR", b"UM*ZZ"))
    result = run(message, "-o", tmp_path / "out")
    assert result.return_value == 1
    assert "1 set (1 rejected)" in result.stderr


def test_a_bad_envelope_gets_a_ta1(message, tmp_path) -> None:
    message.write_bytes(message.read_bytes().replace(b"IEA*1", b"IEA*2"))
    assert run(message, "-o", tmp_path / "out").return_value == 1
    assert b"*R*021~" in (tmp_path / "out" / "in.ta1.edi").read_bytes()


def test_a_refused_isa_of_a_file_is_answered_and_of_standard_input_told(message, tmp_path) -> None:
    message.write_bytes(message.read_bytes().replace(b"*T*:~", b"*T**~"))
    assert run(message, "-o", tmp_path / "out").return_value == 1
    assert b"*R*027~" in (tmp_path / "out" / "in.ta1.edi").read_bytes()
    result = run("-", "-o", tmp_path / "other", input=message.read_bytes())
    assert result.return_value == 1
    assert "cannot be acknowledged" in result.stderr


def test_numbers_go_on_from_run_to_run(message, tmp_path) -> None:
    kept = tmp_path / "numbers.json"
    kept.write_text('{"interchange": 41, "group": 7}')
    for _ in range(2):
        run(message, "-o", tmp_path / "out", "--control-file", kept)
    assert json.loads(kept.read_text()) == {"interchange": 43, "group": 9}
    assert b"*000000042*0*T*:~" in (tmp_path / "out" / "in.999.edi").read_bytes()


def test_files_of_one_name_do_not_overwrite_each_other(message, tmp_path) -> None:
    other = tmp_path / "b" / "in.edi"
    other.parent.mkdir()
    other.write_bytes(message.read_bytes())
    run(message, other, "-o", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["in.999.edi", "in.edi.999.edi"]


@pytest.mark.parametrize(
    "arguments",
    [["in.edi"], ["in.edi", "-o", "out", "--sent", "x"], ["in.edi", "-o", "out", "--format", "json"]],
)
def test_wrong_use_is_told(arguments) -> None:
    from x12retro.errors import UsageError

    with pytest.raises(UsageError):
        raise run(*arguments).exception


def test_received_ones_are_explained_in_words() -> None:
    result = run("--read", ACKS / "999-one-of-three-rejected.edi")
    assert result.return_value == 1
    assert "UM04-2: required element missing [1]" in result.stdout
    assert "\x1b" not in result.stdout
    assert run("--read", ACKS / "999-accepted-without-listing-sets.edi").return_value == 0


def test_received_ones_are_joined_and_given_as_json(message) -> None:
    result = run("--read", ACKS / "999-one-of-three-rejected.edi", "--sent", message, "--format", "json")
    (line,) = result.stdout.splitlines()
    record = json.loads(line)
    assert record["acknowledges"] == "group"
    assert record["matched"] is True
    assert record["sets"][0]["sent"]["file"] == "in.edi"


def test_a_file_without_acknowledgments_is_told(message) -> None:
    result = run("--read", message)
    assert result.return_value == 1
    assert "no TA1, 999, 997 or 824" in result.stderr


def test_an_unreadable_file_is_exit_code_2(tmp_path) -> None:
    assert run(tmp_path / "none.edi", "-o", tmp_path / "out").return_value == 2


def test_what_we_write_we_read(message, tmp_path, x12retro) -> None:
    message.write_bytes(message.read_bytes().replace(b"UM*AR", b"UM*ZZ"))
    assert x12retro("acknowledge", message, "-o", tmp_path / "out").returncode == 1
    done = x12retro("acknowledge", "--read", tmp_path / "out", "--sent", message)
    assert done.returncode == 1
    assert b"UM01: code value invalid [7]" in done.stdout
    assert b"unmatched" not in done.stdout
