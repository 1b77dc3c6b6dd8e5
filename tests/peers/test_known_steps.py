"""What a walk finds, and where it puts each segment, never depends on the walks before it, whose steps it takes where it can."""

from __future__ import annotations

import pytest

from x12retro.findings import Finding
from x12retro.guide import catalog, known_steps
from x12retro.guide.diagnose import diagnose
from x12retro.guide.place import Reporter
from x12retro.guide.walk import Walk
from x12retro.synth.dice import Dice
from x12retro.synth.from_guide import Made, enveloped, made
from x12retro.x12 import Transaction, read

GUIDES = ("278-request", "278-response", "278-inquiry", "278-inquiry-response", "277", "820", "834", "835", "837I", "837P", "999")
Told = tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[Finding]]


def sets(peers, guide: str) -> list[Transaction]:
    """Right sets, and after each of them three that are broken in one to six places."""
    found: list[Made] = []
    for n, one in enumerate(made(catalog.load(guide), 12, 11)):
        found.append(one)
        for change in range(3):
            lines = list(one.lines)
            for again in range(1 + change // 2):
                lines, _ = peers.mutations.mutated(tuple(lines), Dice(n, guide, change, again))
            found.append(Made(tuple(lines), one.group))
    return [peers.compare.as_transaction(one.lines, one.group) for one in found]


def told(transaction: Transaction, guide: str) -> Told:
    """The place of each segment, the levels, and the findings."""
    places: list[tuple[object, ...]] = []
    walk = Walk(catalog.load(guide).loop("ST_LOOP"), transaction, Reporter("", transaction), lambda *_: set())
    walk.on_place = lambda seg, rule, loops: places.append((seg.position, rule.xid, rule.name, [loop.xid for loop in loops]))
    walk.run()
    levels = [(p.segment.position, p.loop.xid, p.parent and p.parent.position, p.sure, p.lost) for p in walk.levels]
    return places, levels, diagnose(transaction, catalog.load(guide), "T")


def told_afresh(transaction: Transaction, guide: str) -> Told:
    known_steps._kept.clear()
    return told(transaction, guide)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_walk_that_knows_the_steps_finds_what_one_that_does_not_finds(peers, guide: str) -> None:
    transactions = sets(peers, guide)
    afresh = [told_afresh(transaction, guide) for transaction in transactions]
    known_steps._kept.clear()
    for _ in range(2):
        assert [told(transaction, guide) for transaction in transactions] == afresh


def test_no_more_stands_are_kept_than_are_allowed(peers, monkeypatch: pytest.MonkeyPatch) -> None:
    transactions = sets(peers, "837P")
    expected = [told_afresh(transaction, "837P") for transaction in transactions]
    monkeypatch.setattr(known_steps, "_MOST_STANDS", 20)
    known_steps._kept.clear()
    assert [told(transaction, "837P") for transaction in transactions] == expected
    assert all(len(one._stands) <= 20 for one in known_steps._kept.values())


def test_what_is_kept_holds_no_value_of_a_message(peers) -> None:
    known_steps._kept.clear()
    for transaction in sets(peers, "278-request"):
        told(transaction, "278-request")
    kept = [turns for one in known_steps._kept.values() for stand in one._stands.values() for turns in stand._turns.items()]
    assert len(kept) > 100
    assert all(set(turns.by_code) <= {id_, *turns.codes} for id_, turns in kept)


def test_a_wrong_code_takes_a_known_step_and_is_told_with_its_own_value() -> None:
    one = next(one for one in made(catalog.load("278-request"), 50, 3) if any(line.startswith("UM*HS*") for line in one.lines))
    known_steps._kept.clear()
    values = []
    for code in ("ZZ", "YY", "XX"):
        lines = tuple(f"UM*{code}*" + line[6:] if line.startswith("UM*HS*") else line for line in one.lines)
        transaction = next(frame for frame in read(enveloped([Made(lines, one.group)])) if isinstance(frame, Transaction))
        values.append({f.value for f in diagnose(transaction, catalog.load("278-request"), "T")})
    assert values == [{"ZZ"}, {"YY"}, {"XX"}]
