"""Dates, numbers and free text as real files write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from x12retro.decide.values import day, join_messages, number, span

A, B = date(2026, 11, 20), date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("20261120", (A, A)),
        ("20261120-20261122", (A, B)),
        ("20261120 - 20261122", (A, B)),
        ("20261120-", (A, A)),
        ("202611200830", (A, A)),
        ("20261122-20261120", None),
        ("20261399", None),
        ("20260229", None),
        ("2026112", None),
        ("", None),
        ("XXXXXXXX", None),
        ("20261120-20261121-20261122", None),
        ("٢٠٢٦١١٢٠", None),
    ],
)
def test_a_date_or_a_range_is_read_whatever_its_qualifier_said(text, dates) -> None:
    assert span(text) == dates


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("2.50", Decimal("2.50")), (".5", Decimal(".5")), ("-3", -3), ("7.", 7)])
def test_a_plain_number_is_exact(text, value) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "1E9", "NaN", "Infinity", "1,5", "$5", "9" * 40, "١"])
def test_what_is_no_plain_number_is_none(text) -> None:
    assert number(text) is None


def test_a_year_before_the_calendar_is_no_day() -> None:
    assert day("00000101") is None


def test_a_full_message_goes_on_in_the_next_and_others_stand_alone() -> None:
    full = "A" * 264
    assert join_messages([full, "B", "C"]) == (full + "B", "C")
    assert join_messages([full, full, "B"]) == (full + full + "B",)
    assert join_messages(["A", "", " ", "B"]) == ("A", "B")
    assert join_messages([full, "", "B"]) == (full, "B")
