"""Public files of the field: none may crash the reader, and what it finds in order must be written again byte by byte."""

import os
from pathlib import Path

import pytest

from x12retro.findings import Finding
from x12retro.x12 import Transaction, read
from x12retro.x12.envelope import check_envelope
from x12retro.x12.writer import write_frames

CORPUS = os.environ.get("X12RETRO_CORPUS", "")
FILES = sorted(p for p in Path(CORPUS).rglob("*") if p.is_file() and p.suffix != ".tsv") if CORPUS else []
pytestmark = pytest.mark.skipif(not FILES, reason="X12RETRO_CORPUS names no corpus")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_corpus_file_is_read_and_written_again(path):
    data = path.read_bytes()
    frames = list(check_envelope(read(path)))
    assert frames
    for transaction in (f for f in frames if isinstance(f, Transaction)):
        assert transaction.segments()[0].id == "ST"
        assert transaction.count() == len(transaction.segments())
    if not any(isinstance(f, Finding) for f in read(data)):
        out = bytearray()
        write_frames(frames, out)
        assert bytes(out) == data


@pytest.mark.parametrize("path", [p for p in FILES if p.name.startswith("stupidedi-") and "217" in p.parent.name], ids=lambda p: p.name)
def test_the_published_examples_have_no_finding_but_the_one_wrong_count(path):
    rules = [f.rule for f in check_envelope(read(path)) if isinstance(f, Finding)]
    assert rules == (["X12-SE-001"] if path.name == "stupidedi-admission-request-for-review.edi" else [])
