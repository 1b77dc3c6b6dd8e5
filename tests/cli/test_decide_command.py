"""`x12retro decide` as a user runs it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

AS_OF = "2026-11-24"


@pytest.fixture
def responses(fixtures: Path) -> Path:
    return fixtures / "responses"


def rows(out: bytes) -> list[str]:
    return out.decode().splitlines()


def test_the_table_asks_before_it_bills_and_marks_what_else_is_to_do(x12retro, responses: Path) -> None:
    done = x12retro(
        "decide",
        responses / "matched-answer-by-event-only.edi",
        "--requests",
        responses / "matched-answer-by-event-only.request.edi",
        "--as-of",
        AS_OF,
        "--format",
        "table",
    )
    assert done.returncode == 0
    head, row, total = rows(done.stdout)
    assert head.split() == ["encounter", "outcome", "number", "valid", "services", "next", "step", "by"]
    assert row.split("  ")[0] == "trace EV0001"
    assert "3 unanswered" in row
    assert "call_payer +1" in row
    assert total == "1 decision: 1 certified"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("event-a1-certified", " AUTH0001 "),
        ("reference-in-ref-nt", " ref ADM0001 "),
        ("interim-answer", " ref REV0001 "),
        ("lines-alone-numbers-differ", " 2 numbers "),
    ],
)
def test_the_table_shows_a_number_as_what_it_is(x12retro, responses: Path, name: str, shown: str) -> None:
    done = x12retro("decide", responses / f"{name}.edi", "--as-of", AS_OF, "--format", "table")
    assert shown in rows(done.stdout)[1]


def test_the_table_says_what_is_overdue(x12retro, responses: Path) -> None:
    done = x12retro("decide", responses / "event-ct-contact-payer.edi", "--as-of", "2026-12-24", "--format", "table")
    assert rows(done.stdout)[1].rstrip().endswith("2026-11-24 overdue")


def test_no_decision_has_no_colon(x12retro, responses: Path) -> None:
    done = x12retro("decide", responses / "a-request-instead.edi", "--as-of", AS_OF, "--format", "table")
    assert done.returncode == 1
    assert rows(done.stdout)[-1] == "0 decisions"


def test_answers_that_match_no_request_are_counted_at_the_end(x12retro, responses: Path) -> None:
    request = responses / "matched-by-nothing.request.edi"
    done = x12retro("decide", responses / "matched-by-nothing.edi", "--requests", request, "--as-of", AS_OF)
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[-1] == "x12retro: 1 answer matches no request"


def test_an_older_answer_is_marked_whatever_the_order(x12retro, responses: Path, tmp_path: Path) -> None:
    pended = (responses / "event-a4-pended.edi").read_bytes()
    (tmp_path / "b.edi").write_bytes(pended)
    (tmp_path / "a.edi").write_bytes(
        (responses / "event-a1-certified.edi").read_bytes().replace(b"*20261123*0900*18", b"*20261124*0900*18")
    )
    done = x12retro("decide", tmp_path, "--as-of", AS_OF)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["outcome"] for r in records] == ["certified", "pended"]
    assert [r["superseded_by"] and r["superseded_by"]["file"] for r in records] == [None, "a.edi"]
    table = rows(x12retro("decide", tmp_path, "--as-of", AS_OF, "--format", "table").stdout)
    assert "pended (superseded)" in table[2]
    assert table[-1] == "2 decisions: 1 certified, 1 pended, 1 superseded"


def test_a_path_that_is_not_there_is_told_as_other_commands_do(x12retro, tmp_path: Path) -> None:
    done = x12retro("decide", tmp_path / "missing.edi")
    assert done.returncode == 2
    assert done.stderr.decode().strip() == f"x12retro: {tmp_path / 'missing.edi'}: No such file or directory"


def test_a_pipe_is_read_like_a_file(x12retro, responses: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = (responses / "event-a1-certified.edi").read_bytes()
    threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True).start()
    done = x12retro("decide", pipe, "--as-of", AS_OF)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["outcome"] == "certified"


def test_acknowledgments_in_an_inbox_are_passed_over(x12retro, tmp_path):
    requests, inbox = tmp_path / "requests.edi", tmp_path / "inbox"
    x12retro("synth", "requests", "3", "--seed", "4", "-o", requests)
    assert x12retro("payer", requests, "-o", inbox).returncode == 0
    files = sorted(inbox.iterdir())
    assert {file.suffix for file in files} >= {".278", ".999"}
    decided = x12retro("decide", *files, "-o", tmp_path / "d.jsonl")
    assert decided.returncode == 0, decided.stderr
    assert b"requests.999: acknowledgments, passed over" in decided.stderr
