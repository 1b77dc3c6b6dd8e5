"""`x12retro acknowledge` and the files around it: numbers are used once, and no input is written over."""

import json
import re

import pytest


@pytest.fixture
def inbox(tmp_path, fixtures):
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.edi").write_bytes((fixtures / "guide" / "every-loop-request.edi").read_bytes())
    return folder


def test_an_acknowledgment_never_destroys_a_file_that_is_read(x12retro, inbox):
    assert x12retro("acknowledge", inbox / "a.edi", "-o", inbox).returncode == 0
    before = (inbox / "a.999.edi").read_bytes()
    done = x12retro("acknowledge", inbox, "-o", inbox)
    assert done.returncode == 2
    assert b"is an input too" in done.stderr
    assert sorted(path.name for path in inbox.iterdir() if path.suffix == ".edi" and ".999.999" in path.name) == []
    assert (inbox / "a.999.edi").read_bytes() == before


@pytest.mark.parametrize("arguments", [("-o", "{a}", "--read"), ("-o", "out", "--control-file", "{a}")])
def test_nor_does_any_other_output(x12retro, inbox, arguments):
    before = (inbox / "a.edi").read_bytes()
    done = x12retro("acknowledge", inbox / "a.edi", *(word.format(a=inbox / "a.edi") for word in arguments))
    assert done.returncode == 2
    assert b"would destroy it" in done.stderr
    assert (inbox / "a.edi").read_bytes() == before


def test_numbers_run_on_from_run_to_run(x12retro, inbox, tmp_path):
    numbers = tmp_path / "numbers.json"
    for n in (1, 2, 3):
        assert x12retro("acknowledge", inbox / "a.edi", "-o", tmp_path / f"out{n}", "--control-file", numbers).returncode == 0
    found = [int(re.findall(rb"\*00501\*(\d{9})\*", (tmp_path / f"out{n}" / "a.999.edi").read_bytes())[0]) for n in (1, 2, 3)]
    assert found == sorted(set(found))
    assert json.loads(numbers.read_text())["interchange"] > found[-1]


def test_an_acknowledgment_of_an_earlier_run_is_told_when_it_is_left(x12retro, inbox, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.999.edi").write_bytes(b"yesterday")
    (inbox / "b.edi").write_bytes(b"")
    done = x12retro("acknowledge", inbox / "b.edi", "-o", out)
    assert (out / "b.999.edi").read_bytes() == b"yesterday"
    assert f"{out / 'b.999.edi'} was left as it was: it is from an earlier run" in done.stderr.decode()
