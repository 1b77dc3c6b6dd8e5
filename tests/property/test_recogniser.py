"""The recogniser accepts a set if and only if the diagnoser finds nothing in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.places import fixtures_dir
from x12retro.guide.recogniser import recogniser
from x12retro.x12 import Delimiters, GroupStart, InterchangeStart, Transaction, read

DELIMITERS = Delimiters()
_SHORT = (  # noqa: SIM905 - sixty short values are easier to read in a row
    "|A|1|0|01|20260101|20260231|20240229|20261020-20261024|20261024-20261020|RD8|D8|DT|TM|202601011230|XX|ZZ|HC:1:2|A:B|A:|::|:A|A^B|^|-1|1.5|.5|5."
    "|1.2.3|-|99999999999999999| |A |  A|IL|FA|1P|71|SS|EV|22|Y|N|US|CA|QQ|ON|HCR|ABK:I10|ABK:I10:D8:20260101|ABK:I10:D8:20269901|LB|2400"
    "|0830|N4|AAH|472|435|\t|ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH"
).split("|")
ODD_VALUES = [*_SHORT, "X" * 61, "X" * 264, "X" * 265, "\xe9"]


def base(direction: str) -> list[str]:
    text = (Path(fixtures_dir()) / "guide" / f"every-loop-{direction}.edi").read_text(encoding="ascii")
    lines = [line.rstrip("~") for line in text.splitlines()]
    return lines[next(n for n, x in enumerate(lines) if x.startswith("ST*")) : -2]


GUIDES = {"request": "X217", "response": "X217", "inquiry": "X215", "inquiry-response": "X215"}
BASES = {direction: base(direction) for direction in GUIDES}

spot = st.integers(0, 10_000)
edits = st.one_of(
    st.tuples(st.just("value"), spot, spot, st.sampled_from(ODD_VALUES)),
    st.tuples(st.just("component"), spot, spot, st.sampled_from(ODD_VALUES)),
    st.tuples(st.just("copy value"), spot, spot, spot),
    st.tuples(st.just("drop"), spot),
    st.tuples(st.just("twice"), spot),
    st.tuples(st.just("move"), spot, spot),
    st.tuples(st.just("cut"), spot, spot),
)


def edited(lines: list[str], edit: tuple) -> list[str]:
    kind, *where = edit
    lines = list(lines)
    n = 1 + where[0] % (len(lines) - 2)
    if kind == "drop":
        del lines[n]
    elif kind == "twice":
        lines.insert(n, lines[n])
    elif kind == "move":
        line = lines.pop(n)
        lines.insert(1 + where[1] % (len(lines) - 2), line)
    elif kind == "cut":
        del lines[n : n + where[1] % 8]
    else:
        fields = lines[n].split("*")
        m = 1 + where[1] % len(fields)
        fields += [""] * (m + 1 - len(fields))
        if kind == "value":
            fields[m] = where[2]
        elif kind == "copy value":
            other = lines[where[2] % len(lines)].split("*")
            fields[m] = other[where[1] % len(other)]
        else:
            parts = fields[m].split(":")
            parts[where[0] % len(parts)] = where[2]
            fields[m] = ":".join(parts)
        lines[n] = "*".join(fields)
    return lines if len(lines) > 4 else BASES["request"]


def as_transaction(lines: list[str], line_break: str = "\n") -> Transaction | None:
    """The set as the reader would hand it out, or None when the reader would not call it clean."""
    raw = ("~" + line_break).join(lines) + "~"
    pieces = raw[:-1].split("~" + line_break)
    if any(re.match(r"[A-Z][A-Z0-9]{1,2}\*", piece) is None or "~" in piece for piece in pieces):
        return None
    if not (lines[0].startswith("ST*") and lines[-1].startswith("SE*")):
        return None
    start = InterchangeStart(None, DELIMITERS, 0, line_break)
    return Transaction(raw.encode("latin-1"), 0, GroupStart(None, start, 0), True, True)


@pytest.mark.parametrize("direction", list(GUIDES))
@settings(max_examples=200, deadline=None)
@given(changes=st.lists(edits, max_size=4))
def test_recognised_if_and_only_if_nothing_is_found(direction: str, changes: list[tuple]) -> None:
    lines = BASES[direction]
    for change in changes:
        lines = edited(lines, change)
    transaction = as_transaction(lines)
    if transaction is None:
        return
    found = diagnose(transaction, catalog.load(f"278-{direction}"), GUIDES[direction], thorough=True)
    assert found == diagnose(transaction, catalog.load(f"278-{direction}"), GUIDES[direction])
    accepted = recogniser(f"278-{direction}", DELIMITERS, "\n").accepts(transaction.raw)
    assert accepted == (not found), [f.message for f in found]


@pytest.mark.parametrize(
    "delimiters",
    [
        Delimiters(),
        Delimiters("|", ">", "^", "\n"),
        Delimiters("*", ":", "", "~"),
        Delimiters("+", "]", "\\", "'"),
        Delimiters("^", "$", ".", "?"),
    ],
    ids=str,
)
@pytest.mark.parametrize("direction", list(GUIDES))
def test_any_delimiters_will_do(direction: str, delimiters: Delimiters) -> None:
    plain = {"4200.5": "4200", "310.25": "310", "RETRO@EXAMPLE.ORG": "RETRO AT EXAMPLE", "+": " "}
    swap = str.maketrans({"*": delimiters.element, ":": delimiters.component, "^": delimiters.repetition or None})
    lines = []
    for line in BASES[direction]:
        for old, new in plain.items():
            line = line.replace(old, new)
        lines.append(line.translate(swap))
    raw = (delimiters.segment.join(lines) + delimiters.segment).encode("ascii")
    assert recogniser(f"278-{direction}", delimiters, "").accepts(raw)
    broken = raw.replace(b"UM" + delimiters.element.encode() + b"AR", b"UM" + delimiters.element.encode() + b"ZZ")
    assert not recogniser(f"278-{direction}", delimiters, "").accepts(broken)


def test_corpus_messages_are_recognised_when_nothing_is_found(corpus: Path) -> None:
    judged = 0
    for path in sorted([*corpus.glob("re*217*/*"), *corpus.glob("inquiry215/*")]):
        for item in read(path.read_bytes()):
            if isinstance(item, Transaction) and item.clean:
                for direction, tag in GUIDES.items():
                    name = f"278-{direction}"
                    found = diagnose(item, catalog.load(name), tag, thorough=True)
                    judge = recogniser(name, item.delimiters, item.interchange.line_break)
                    assert judge.accepts(item.raw) == (not found), (path.name, [f.message for f in found])
                    judged += 1
    assert judged > 60
