"""What was approved, laid beside what was asked and beside the days of care.

An A1 says "as asked"; whether it was is read here, from amounts, codes and days. Only what both sides state is compared: an answer
that leaves a quantity or a day out has not changed it. The answer's days of validity (DTP 007, 036) are held against the days of
care that were asked, or, where no request is known, against those that the answer itself states.

The day of discharge is no day of stay, so an approval may end on the day before it.

Guide: 005010X217 2000E and 2000F DTP, HSD, SV1, SV2, SV3
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from x12retro.decide.record import Delivery, Extent
from x12retro.decide.values import later

LESS, OTHER_CODE, OTHER_DAYS, NO_DAY, OTHER_UNIT = (f"DEC-CMP-00{n}" for n in range(1, 6))
VALIDITY = frozenset({"007", "036"})
_SERVICE = frozenset({"SV1", "SV2", "SV3"})

Span = tuple[date, date]


class Difference(NamedTuple):
    """A rule that an approval breaks, and the segments that show it: their ids, and for a DTP its qualifiers."""

    rule: str
    segments: frozenset[str]
    qualifiers: frozenset[str] = frozenset()


def differences(asked: Extent, granted: Extent) -> Iterator[Difference]:
    """Each way in which `granted` is less or other than `asked`."""
    modifiers = bool(asked.procedure and granted.modifiers) and set(granted.modifiers) != set(asked.modifiers)
    if modifiers or _another(asked.procedure, granted.procedure) or _another(asked.revenue_code, granted.revenue_code):
        yield Difference(OTHER_CODE, _SERVICE)
    if rule := _amount(asked.quantity, asked.unit, granted.quantity, granted.unit):
        yield Difference(rule, _SERVICE)
    if asked.delivery is not None and granted.delivery is not None and (rule := _pace(asked.delivery, granted.delivery)):
        yield Difference(rule, frozenset({"HSD"}))
    if qualifiers := frozenset(_other_days(asked, granted)):
        yield Difference(OTHER_DAYS, frozenset({"DTP"}), qualifiers)


def uncovered(valid_from: date | None, valid_to: date | None, care: Span | None) -> Difference | None:
    """How an approval with these days fails this care; None when it covers it or too little is known."""
    if care is None:
        return None
    first, last = care
    if (valid_to is not None and valid_to < first) or (valid_from is not None and valid_from > last):
        return Difference(NO_DAY, frozenset({"DTP"}), VALIDITY)
    if (valid_from is not None and valid_from > first) or (valid_to is not None and valid_to < last):
        return Difference(OTHER_DAYS, frozenset({"DTP"}), VALIDITY)
    return None


def days_of_care(extents: Iterable[tuple[Extent, Extent]]) -> Span | None:
    """First and last day of care in pairs of what was asked and what the answer states; the latter only where the former is silent."""
    spans = [span for asked, stated in extents for span in (list(_spans(asked)) or _spans(stated))]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def doubt(rules: Collection[str]) -> str:
    """Why an approval that breaks these rules must be looked at before it is billed; "" for none."""
    if NO_DAY in rules:
        return "Approved, but for days that hold none of the care: have it set right before billing with the number."
    if rules:
        return "Certified, yet for less than the care, or for other care or days (see findings): compare before billing with the number."
    return ""


def _spans(extent: Extent) -> Iterator[Span]:
    if extent.service_from is not None and extent.service_to is not None:
        yield extent.service_from, extent.service_to
    admitted = extent.admission_from
    if admitted is not None:
        yield admitted, max(admitted, later(extent.discharge, -1)) if extent.discharge is not None else admitted


def _other_days(asked: Extent, granted: Extent) -> Iterator[str]:
    """The DTP qualifiers whose days leave out some that were asked."""
    ours, theirs = (asked.service_from, asked.service_to), (granted.service_from, granted.service_to)
    if ours[0] and ours[1] and theirs[0] and theirs[1] and not theirs[0] <= ours[0] <= ours[1] <= theirs[1]:
        yield from ("472", "AAH")
    admitted, window = asked.admission_from, (granted.admission_from, granted.admission_to)
    if admitted and window[0] and window[1] and not window[0] <= admitted <= window[1]:
        yield "435"
    if asked.discharge and granted.discharge and granted.discharge < asked.discharge:
        yield "096"


def _pace(asked: Delivery, granted: Delivery) -> str | None:
    found = {
        _amount(asked.quantity, asked.unit, granted.quantity, granted.unit),
        _amount(asked.periods, asked.period, granted.periods, granted.period),
        OTHER_UNIT if _another(asked.per, granted.per) else None,
    }
    return LESS if LESS in found else OTHER_UNIT if OTHER_UNIT in found else None


def _amount(asked: Decimal | None, asked_unit: str, granted: Decimal | None, granted_unit: str) -> str | None:
    if asked is None or granted is None:
        return None
    if _another(asked_unit, granted_unit):
        return OTHER_UNIT
    return LESS if granted < asked else None


def _another(asked: str, granted: str) -> bool:
    return bool(asked and granted and asked != granted)
