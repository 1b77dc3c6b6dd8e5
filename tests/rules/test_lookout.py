"""The lookout may suspect needlessly, never overlook: what a rule finds on the sheet, it was suspected of on the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from x12retro.guide import catalog
from x12retro.guide.places import fixtures_dir
from x12retro.guide.rules import Context, Lookout, for_guide
from x12retro.guide.sheet import Sheet
from x12retro.x12 import Transaction, read

CONTEXT = Context(as_of=date(2026, 11, 24), lists={"CPT": frozenset({"99213"}), "TAXONOMY": frozenset({"282N00000X"})})
FILES = sorted(Path(fixtures_dir()).glob("*/*.edi"))
OTHER_CUTS = str.maketrans({"*": "|", ":": ">", "~": "\n"})


def transactions(content: bytes) -> Iterator[Transaction]:
    for frame in read(content):
        if isinstance(frame, Transaction) and frame.clean and b"278" in frame.raw[:7]:
            yield frame


def overlooked(content: bytes) -> list[tuple[str, str]]:
    """(rule, set) for every rule that finds something in a set for which it was not suspected."""
    missed = []
    for transaction in transactions(content):
        name = "278-response" if re.search(rb"BHT.0007.11", transaction.raw) else "278-request"
        rules = for_guide(name, 7)
        interchange = transaction.interchange
        suspected = Lookout(rules, CONTEXT, interchange.delimiters, interchange.line_break).suspects(transaction.raw).get(0, ())
        sheet = Sheet(transaction, catalog.load(name), name)
        missed += [(r.id, transaction.control) for r in rules if r not in suspected and any(True for _ in r.findings(sheet, CONTEXT))]
    return missed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_overlooked_in_the_fixtures(path: Path) -> None:
    assert overlooked(path.read_bytes()) == []


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "guide"], ids=lambda path: path.name)
def test_nothing_is_overlooked_when_a_segment_is_missing(path: Path) -> None:
    lines = path.read_text(encoding="ascii").splitlines()
    for n in range(3, len(lines) - 3):
        assert overlooked("".join(f"{line}\n" for line in [*lines[:n], *lines[n + 1 :]]).encode()) == [], lines[n]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "guide"], ids=lambda path: path.name)
def test_other_delimiters_change_nothing(path: Path) -> None:
    text = "".join(path.read_text(encoding="ascii").splitlines())
    (other,) = transactions(text.translate(OTHER_CUTS).encode())
    (usual,) = transactions(text.encode())
    name = "278-response" if "response" in path.name else "278-request"
    found = [
        Lookout(for_guide(name, 7), CONTEXT, t.interchange.delimiters, t.interchange.line_break).suspects(t.raw).get(0, ())
        for t in (usual, other)
    ]
    assert [rule.id for rule in found[0]] == [rule.id for rule in found[1]]
    assert found[0], "the message that has every segment gives a rule something to say"


def test_a_set_seen_again_gets_the_same_answer() -> None:
    path = next(p for p in FILES if p.name == "every-loop-request.edi")
    (transaction,) = transactions(path.read_bytes())
    interchange = transaction.interchange
    lookout = Lookout(for_guide("278-request", 7), CONTEXT, interchange.delimiters, interchange.line_break)
    assert lookout.suspects(transaction.raw) == lookout.suspects(transaction.raw)
