"""What was approved against what was asked, and against the days of care."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from x12retro.decide.compare import LESS, NO_DAY, OTHER_CODE, OTHER_DAYS, OTHER_UNIT, days_of_care, differences, doubt, uncovered
from x12retro.decide.record import Delivery, Extent

A, B, C, D = (date(2026, 11, n) for n in (18, 19, 20, 21))


def found(asked: Extent, granted: Extent) -> list[str]:
    return [difference.rule for difference in differences(asked, granted)]


def units(n: str, unit: str = "UN") -> Extent:
    return Extent(procedure="97110", quantity=Decimal(n), unit=unit)


@pytest.mark.parametrize(
    ("asked", "granted", "rules"),
    [
        (units("12"), units("12"), []),
        (units("12"), units("12.0"), []),
        (units("12"), units("13"), []),
        (units("12"), units("8"), [LESS]),
        (units("12"), units("0"), [LESS]),
        (units("12"), units("8", "MJ"), [OTHER_UNIT]),
        (units("12", ""), units("8"), [LESS]),
        (units("12"), Extent(procedure="97110"), []),
        (units("12"), Extent(), []),
        (Extent(procedure="44970"), Extent(procedure="44950"), [OTHER_CODE]),
        (Extent(procedure="44970"), Extent(procedure="44970", modifiers=("52",)), [OTHER_CODE]),
        (Extent(procedure="44970", modifiers=("LT", "22")), Extent(procedure="44970", modifiers=("22", "LT")), []),
        (Extent(procedure="44970", modifiers=("22",)), Extent(procedure="44970"), []),
        (Extent(revenue_code="0120"), Extent(revenue_code="0110"), [OTHER_CODE]),
        (Extent(revenue_code="0120"), Extent(procedure="99221"), []),
        (Extent(service_from=A, service_to=C), Extent(service_from=A, service_to=C), []),
        (Extent(service_from=A, service_to=C), Extent(service_from=A, service_to=D), []),
        (Extent(service_from=A, service_to=C), Extent(service_from=A, service_to=B), [OTHER_DAYS]),
        (Extent(service_from=A, service_to=C), Extent(service_from=B, service_to=C), [OTHER_DAYS]),
        (Extent(service_from=A, service_to=A), Extent(service_from=D, service_to=D), [OTHER_DAYS]),
        (Extent(admission_from=B, admission_to=B), Extent(admission_from=A, admission_to=C), []),
        (Extent(admission_from=A, admission_to=A), Extent(admission_from=B, admission_to=B), [OTHER_DAYS]),
        (Extent(discharge=D), Extent(discharge=C), [OTHER_DAYS]),
        (Extent(delivery=Delivery(quantity=Decimal(7), unit="DY")), Extent(delivery=Delivery(quantity=Decimal(5), unit="DY")), [LESS]),
        (
            Extent(delivery=Delivery(quantity=Decimal(7), unit="DY")),
            Extent(delivery=Delivery(quantity=Decimal(7), unit="VS")),
            [OTHER_UNIT],
        ),
        (Extent(delivery=Delivery(periods=Decimal(4), period="34")), Extent(delivery=Delivery(periods=Decimal(2), period="34")), [LESS]),
        (Extent(delivery=Delivery(quantity=Decimal(7), unit="DY")), Extent(), []),
    ],
)
def test_only_what_both_sides_state_is_compared_and_only_a_loss_is_said(asked, granted, rules) -> None:
    assert found(asked, granted) == rules


@pytest.mark.parametrize(
    ("valid", "rule"),
    [
        ((None, None), None),
        ((A, None), None),
        ((B, None), None),
        ((C, None), OTHER_DAYS),
        ((D, None), NO_DAY),
        ((None, C), None),
        ((None, B), OTHER_DAYS),
        ((None, A), NO_DAY),
        ((B, C), None),
        ((C, C), OTHER_DAYS),
    ],
)
def test_an_approval_is_held_against_the_days_of_care(valid, rule) -> None:
    difference = uncovered(*valid, (B, C))
    assert (difference.rule if difference else None) == rule


def test_nothing_is_said_about_care_without_days() -> None:
    assert uncovered(A, A, days_of_care([(Extent(), Extent())])) is None


def test_the_day_of_discharge_is_no_day_of_stay() -> None:
    assert days_of_care([(Extent(), Extent(admission_from=A, admission_to=A, discharge=C))]) == (A, B)
    assert days_of_care([(Extent(), Extent(admission_from=A, admission_to=A, discharge=A))]) == (A, A)


def test_what_was_asked_counts_before_what_the_answer_states() -> None:
    asked, stated = Extent(service_from=A, service_to=C), Extent(service_from=D, service_to=D)
    assert days_of_care([(asked, stated)]) == (A, C)
    assert days_of_care([(Extent(), stated), (asked, Extent())]) == (A, D)


def test_the_worst_doubt_is_said() -> None:
    assert doubt([]) == ""
    assert "none of the care" in doubt({LESS, NO_DAY})
    assert "less than the care" in doubt({LESS})


def test_a_discharge_on_the_calendar_s_first_day_is_a_day_like_others() -> None:
    first = date.min
    assert days_of_care([(Extent(), Extent(admission_from=first, admission_to=first, discharge=first))]) == (first, first)
