"""Patterns of payers' files that could keep a run busy for ever are refused, and those that give nothing back are not."""

import random
import re
import time

import pytest

from x12retro.guide.overlay.backtracking import LONGEST, may_not_end


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*?)*", "((a|b+)c?)*x", "(?=(a*)*b)c", "(?>(a+)+)", "([A-Z]{1,9}){1,9}", "(?(1)x|(a+)+)(b)?", "(a*){40}", "(a?a?)*x"],
)
def test_a_repeat_within_a_repeat_may_not_end(pattern):
    assert may_not_end(pattern.replace("(?(1)x|(a+)+)(b)?", "(b)?(?(1)x|(a+)+)"))


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z]*[A-Z]*[A-Z]*x",
        "[A-Z]*-?[A-Z]*-?[A-Z]*",
        "(?i)[a-z]*[A-Z]*[a-z]*",
        "\\d*\\w*[0-9]*",
        "a?" * 24 + "a" * 24,
        ".*-.*-.*",
        "(?:[ab]*\\d[ab]+\\d*)+",
        "(?:[A-Z]*[A-Z]*-){3}",
        "(a|ab|b)*c",
        "([A-Z]*){1,4}",
    ],
)
def test_repeats_side_by_side_that_take_the_same_characters_may_not_end(pattern):
    assert may_not_end(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a|a)+c",
        "(?:a(?:\\B)?)+c",
        "(?:a(?:|(?=a)|b))+c",
        "(?:x(?:[ab]{2}|[ac]{2}))+y",
        "(?:x(?:a{1,2}|aa))+y",
        "(x)?(?:(?(1)a+|a+))+b",
    ],
)
def test_a_choice_between_two_that_may_be_one_and_the_same_may_not_end(pattern):
    assert may_not_end(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(?:(?:\\d{5}|[A-Z]\\d{4}),)*", "(?:(?:AB1|AB2|AC1) ?)*", "(?:(?:\\d{5}|\\d{4}F|\\d{4}T),)*", "(?:(?:(\\d)A|(\\d)B)-)*"],
)
def test_a_choice_between_what_is_told_apart_ends(pattern):
    assert not may_not_end(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z]*[A-Z]*x",
        "[A-Z]*+[A-Z]*+[A-Z]*+x",
        "[A-Z]*-[A-Z]*-[A-Z]*-[A-Z]*",
        "[A-Z]+[0-9]+[A-Z]+[0-9]+",
        "(\\d+,)*\\d+",
        "(\\d{3}-?)*",
        "(?:[^ ]+ )*[^ ]+",
        ".*X.*",
        "((((ab)*c)*d)*e)*f",
    ],
)
def test_repeats_that_are_kept_apart_end(pattern):
    assert not may_not_end(pattern)


def test_no_pattern_that_is_taken_is_busy_for_long():
    """Made-up patterns, and values that they nearly match."""
    dice = random.Random(5)
    atoms, repeats = ["a", "b", "[ab]", ".", "-", "\\d", "[a-z]"], ["", "*", "+", "?", "{0,9}", "{2}", "{1,3}", "*?", "*+", "{3,40}"]

    def made(depth):
        kind = dice.random()
        if not depth or kind < 0.5:
            return dice.choice(atoms) + dice.choice(repeats)
        if kind < 0.75:
            return "".join(made(depth - 1) for _ in range(dice.randint(1, 4)))
        body = "|".join(made(depth - 1) for _ in range(dice.randint(1, 2)))
        return f"(?:{body}){dice.choice(repeats)}"

    taken = [pattern for pattern in (made(3) for _ in range(400)) if not may_not_end(pattern)]
    assert len(taken) > 100
    begun = time.process_time()
    for pattern in taken:
        for value in ("a" * (LONGEST - 1) + "!", "ab" * 131 + "!!", "a-" * 131 + "!", "1a" * 131 + "!"):
            re.compile(pattern).fullmatch(value)
    assert time.process_time() - begun < 30  # one of those that are refused would take years


@pytest.mark.parametrize(
    "pattern", ["[^ -]*", "(a++)+", "(?>a+)+", "(\\d{3}-)?\\d{4}", "(?:a?){2,5}", "(?:[A-Z]\\d{2}){1,40}", "a+b+", "[A-Z]{2}"]
)
def test_what_gives_nothing_back_ends(pattern):
    assert not may_not_end(pattern)
