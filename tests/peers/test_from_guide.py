"""The maker of right sets: the same for the same seed, bare and full, and every part of every map in reach."""

from __future__ import annotations

import pytest

from x12retro.guide import catalog
from x12retro.guide.model import Guide, LoopRule, SegmentRule
from x12retro.synth.from_guide import enveloped, made

GUIDES = ("278-request", "278-response", "278-inquiry", "278-inquiry-response", "277", "820", "834", "835", "837I", "837P", "999")


def rules_of(guide: Guide) -> set[int]:
    found: set[int] = set()

    def visit(loop: LoopRule) -> None:
        for child in loop.children:
            if child.usage == "N":
                continue
            if isinstance(child, LoopRule):
                visit(child)
            else:
                found.add(id(child))

    visit(guide.loop("ST_LOOP"))
    return found


@pytest.mark.parametrize("guide", GUIDES)
def test_every_segment_of_the_map_is_made_sooner_or_later(peers, guide: str) -> None:
    wanted, seen = rules_of(catalog.load(guide)), set()
    for one in made(catalog.load(guide), 150, 4):
        if len(seen & wanted) > 0.97 * len(wanted):
            break
        transaction = peers.compare.as_transaction(one.lines, one.group)
        seen |= {id(rule) for rule, _ in peers.compare.placed(transaction, guide).values() if isinstance(rule, SegmentRule)}
    assert len(seen & wanted) > 0.97 * len(wanted)


def test_the_same_seed_makes_the_same_sets_and_a_short_run_begins_a_long_one() -> None:
    guide = catalog.load("837P")
    long = list(made(guide, 30, 5))
    assert long[:10] == list(made(guide, 10, 5))
    assert long != list(made(guide, 30, 6))


def test_a_share_of_none_makes_bare_sets_and_a_greater_one_longer_sets() -> None:
    guide = catalog.load("834")
    sizes = [sum(len(one.lines) for one in made(guide, 40, 7, share=share)) for share in (0.0, 0.2, 0.5)]
    assert sizes == sorted(sizes)
    assert sizes[2] > 3 * sizes[0]


def test_repeated_elements_are_made_only_where_they_are_wanted() -> None:
    guide = catalog.load("999")
    assert any("^" in line for one in made(guide, 200, 8) for line in one.lines)
    assert not any("^" in line for one in made(guide, 200, 8, repeats=False) for line in one.lines)


def test_an_interchange_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one set"):
        enveloped([])
