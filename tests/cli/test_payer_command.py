"""`x12retro payer` as a user runs it: what it answers, and what it says of what it cannot answer."""

import re
from datetime import datetime

import pytest

from x12retro.payer import Behaviour, answer_files


@pytest.mark.parametrize("content", [b"", b"# a page of text\n", b"ISA*00*"])
def test_what_cannot_be_answered_is_told_and_nothing_is_written(x12retro, tmp_path, content):
    (tmp_path / "in.edi").write_bytes(content)
    done = x12retro("payer", tmp_path / "in.edi", "-o", tmp_path / "answers")
    assert done.returncode == 1
    assert b"in.edi: error: holds no X12 interchange that can be answered" in done.stderr
    assert not list((tmp_path / "answers").iterdir())


def test_requests_are_answered_with_ta1_999_and_278(x12retro, tmp_path):
    x12retro("synth", "requests", "2", "--seed", "3", "-o", tmp_path / "in.edi")
    done = x12retro("payer", tmp_path / "in.edi", "-o", tmp_path / "answers")
    assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "answers").iterdir()} == {"in.TA1", "in.999", "in.278"}


def test_it_answers_at_the_time_of_the_run(x12retro, tmp_path):
    requests = x12retro("synth", "requests", "2", "--seed", "3").stdout
    at = datetime.fromisoformat("2026-11-24T16:07")
    answered = dict(answer_files(requests, "in", Behaviour(), at))
    assert re.findall(rb"BHT\*0007\*11\*[^*]+\*([0-9*]+)\*1", answered["in.278"]) == [b"20261124*1607"] * 2
    (tmp_path / "in.edi").write_bytes(requests)
    x12retro("payer", tmp_path / "in.edi", "-o", tmp_path, "--as-of", "2026-11-24")
    assert b"*20261124*1200*" in (tmp_path / "in.278").read_bytes()


def test_without_files_and_configuration_the_usage_is_told(x12retro):
    done = x12retro("payer")
    assert done.returncode == 2
    assert b"give FILES to answer, or --config FILE" in done.stderr
