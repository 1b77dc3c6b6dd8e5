"""Every guide, ours and pyx12's side by side: right sets are accepted by both, broken ones judged alike or for a listed reason."""

from __future__ import annotations

import pytest

from x12retro.guide import catalog
from x12retro.synth.dice import Dice
from x12retro.synth.from_guide import Made, enveloped, made

GUIDES = ("278-request", "278-response", "278-inquiry", "278-inquiry-response", "277", "820", "834", "835", "837I", "837P", "999")
ASKED_TWICE = 4
"""Every so many broken sets are put to pyx12's own x12n_document too, to see that its judge here speaks for it."""


def hold_against_pyx12(peers, guide: str, n: int, seed: int, changes: int):
    """Judge `n` right sets, which must be right for us, and `changes` broken ones of each; the two tallies."""
    right, broken = peers.compare.Tally(), peers.compare.Tally()
    for number, one in enumerate(made(catalog.load(guide), n, seed, repeats=False)):
        transaction = peers.compare.as_transaction(one.lines, one.group)
        assert peers.compare.ours(transaction, guide) == []
        peers.compare.weigh(transaction, guide, peers.judge, peers.reasons, right)
        for change in range(changes):
            lines, _names = peers.mutations.mutated(one.lines, Dice(seed, guide, "changed", number, change))
            transaction = peers.compare.as_transaction(lines, one.group)
            opinion = peers.compare.weigh(transaction, guide, peers.judge, peers.reasons, broken)
            if (number * changes + change) % ASKED_TWICE == 0:
                whole = enveloped([Made(tuple(lines), one.group)])
                assert peers.compare.pyx12_document(whole, peers.folder(guide)) == opinion.accepts, (opinion, lines)
    return right, broken


def must_agree(right, broken) -> None:
    for tally in (right, broken):
        assert tally.unexplained == [], (str(tally), len(tally.unexplained), "\n\n".join(tally.unexplained[:5]))
    assert right.agree["rejected"] == 0
    assert right.reasons.keys() <= {"P-CTX"}, "pyx12 rejects a right set for a reason that the maker of sets could heed"


@pytest.mark.parametrize("guide", GUIDES)
def test_right_sets_are_accepted_by_both_and_broken_ones_judged_alike_or_for_a_reason(peers, guide: str) -> None:
    n = 8 if guide.startswith("837") else 12
    right, broken = hold_against_pyx12(peers, guide, n, seed=1, changes=5)
    must_agree(right, broken)
    assert right.agree["accepted"] > 0.9 * n
    assert broken.agree["rejected"] > n
    assert broken.agree["accepted"] > 2


@pytest.mark.parametrize("guide", GUIDES)
def test_pyx12_accepts_a_file_of_right_sets(peers, guide: str) -> None:
    assert peers.compare.pyx12_document(enveloped(made(catalog.load(guide), 20, 2, repeats=False)), peers.folder(guide)) is True


@pytest.mark.parametrize("guide", GUIDES)
def test_right_sets_with_repeated_elements_are_accepted_by_us(peers, guide: str) -> None:
    for one in made(catalog.load(guide), 40, 3):
        assert peers.compare.ours(peers.compare.as_transaction(one.lines, one.group), guide) == []


def test_every_reason_is_named_once_and_says_who_is_right(peers) -> None:
    reasons = peers.reasons.REASONS
    assert len({reason.id for reason in reasons}) == len(reasons)
    assert all(reason.what and reason.why and reason.right in ("ours", "pyx12", "either") for reason in reasons)


@pytest.mark.soak
@pytest.mark.parametrize("guide", GUIDES)
def test_thousands_of_sets_of_each_guide_are_judged_alike_or_for_a_reason(peers, guide: str) -> None:
    n = 500
    right, broken = hold_against_pyx12(peers, guide, n, seed=5010, changes=6)
    print(f"{guide}: {n} right sets: {right}; {6 * n} broken sets: {broken}")  # noqa: T201 - docs/measured.md quotes it
    must_agree(right, broken)
