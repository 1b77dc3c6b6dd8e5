"""Patterns of payers' files that could keep a run busy for ever are refused, and those that give nothing back are not."""

import pytest

from x12retro.guide.overlay.backtracking import may_not_end


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a*?)*", "((a|b+)c?)*x", "(?=(a*)*b)c", "(?>(a+)+)", "([A-Z]{1,9}){1,9}", "(?(1)x|(a+)+)(b)?"]
)
def test_a_repeat_within_a_repeat_may_not_end(pattern):
    assert may_not_end(pattern.replace("(?(1)x|(a+)+)(b)?", "(b)?(?(1)x|(a+)+)"))


@pytest.mark.parametrize(
    "pattern", ["[^ -]*", "(a++)+", "(?>a+)+", "(\\d{3}-)?\\d{4}", "(?:a?){2,5}", "(?:[A-Z]\\d{2}){1,40}", "a+b+", "[A-Z]{2}"]
)
def test_what_gives_nothing_back_ends(pattern):
    assert not may_not_end(pattern)
