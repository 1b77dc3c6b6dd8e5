"""For every guide: the recogniser accepts a set if and only if the diagnoser finds nothing in it.

The same test as tests/property/test_recogniser.py has for the 278, with its edits, on sets made from each map.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.recogniser import recogniser
from x12retro.synth.from_guide import made
from x12retro.x12 import Delimiters

_PATH = Path(__file__).parents[1] / "property" / "test_recogniser.py"
_SPEC = importlib.util.spec_from_file_location("edits_for_peers", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
the_278 = sys.modules["edits_for_peers"] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(the_278)

GUIDES = ("278-request", "278-response", "278-inquiry", "278-inquiry-response", "277", "820", "834", "835", "837I", "837P", "999")
DELIMITERS = Delimiters()
changes = st.lists(the_278.edits, max_size=3)
which = st.integers(0, 29)


@functools.cache
def bases(guide: str) -> list[list[str]]:
    return [list(one.lines) for one in made(catalog.load(guide), 30, 9)]


def must_agree(guide: str, lines: list[str]) -> bool:
    """Whether the set is right, all three judges of one mind. None of them sees the set when the reader would not call it clean."""
    transaction = the_278.as_transaction(lines)
    if transaction is None:
        return False
    found = diagnose(transaction, catalog.load(guide), guide, thorough=True)
    assert found == diagnose(transaction, catalog.load(guide), guide)
    assert recogniser(guide, DELIMITERS, "\n").accepts(transaction.raw) == (not found), [f.message for f in found]
    return not found


def edited(guide: str, number: int, edits: list[tuple]) -> list[str]:
    lines = bases(guide)[number]
    for edit in edits:
        lines = the_278.edited(lines, edit)
    return lines


@pytest.mark.parametrize("guide", GUIDES)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(number=which, edits=changes)
def test_recognised_if_and_only_if_nothing_is_found(guide: str, number: int, edits: list[tuple]) -> None:
    must_agree(guide, edited(guide, number, edits))


@pytest.mark.soak
@pytest.mark.parametrize("guide", GUIDES)
@settings(max_examples=4000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(number=which, edits=changes)
def test_recognised_if_and_only_if_nothing_is_found_in_thousands(guide: str, number: int, edits: list[tuple]) -> None:
    must_agree(guide, edited(guide, number, edits))


@pytest.mark.parametrize("guide", GUIDES)
def test_the_bases_are_right_and_a_lost_end_is_not(guide: str) -> None:
    for lines in bases(guide):
        assert must_agree(guide, lines)
        assert not must_agree(guide, [lines[0], lines[-1]])
