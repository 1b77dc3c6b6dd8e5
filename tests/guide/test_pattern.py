"""What the patterns of a guide are written with."""

from __future__ import annotations

import re

import pytest

from x12retro.guide.pattern import other_than


@pytest.mark.parametrize("marks", ["*~", "*:^~", "]\\", "\n|", "\x00\xff", "*+", ""])
@pytest.mark.parametrize(("first", "last"), [(0x00, 0xFF), (0x20, 0x7E)])
def test_a_class_holds_all_characters_but_the_marks(marks: str, first: int, last: int) -> None:
    found = re.compile(other_than(marks, first, last)).match
    assert {n for n in range(0x180) if found(chr(n))} == set(range(first, last + 1)) - set(map(ord, marks))
