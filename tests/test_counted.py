"""Counts in messages agree with what is counted."""

import pytest

from x12retro.counted import counted


@pytest.mark.parametrize(
    ("count", "words", "told"),
    [
        (0, ("file",), "0 files"),
        (1, ("file",), "1 file"),
        (2000, ("file",), "2,000 files"),
        (1, ("set has", "sets have"), "1 set has"),
        (3, ("set has", "sets have"), "3 sets have"),
    ],
)
def test_one_is_one_and_others_are_many(count, words, told):
    assert counted(count, *words) == told
