"""What was asked, said again by the payer: as it was, or less of it; and what it then comes to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from x12retro.build.records import Element, Line
from x12retro.synth.asked import element, parts, text
from x12retro.synth.truth import Amounts, Pace

_KEPT = {
    "HSD": (1, 2, 3, 4, 5, 6, 7, 8),
    "CL1": (1, 2, 3, 4),
    "CR1": (3, 4, 5, 6),
    "CR2": (1, 2, 3, 4),
    "CR5": (3, 4, 5, 6, 7, 8, 9, 16, 17, 18),
    "CR6": (1, 2, 3, 4, 7, 8),
    "SV1": (1, 2, 3, 4, 7, 11, 20),
    "SV2": (1, 2, 3, 4, 5, 6, 9, 10),
    "SV3": (1, 2, 4, 5, 6),
    "TOO": (2, 1, 3),
}
"""Segment -> the elements that a response has.

Guide: 005010X217 response 2000E, 2000F
"""
_QUANTITY = {"HSD": 2, "SV1": 4, "SV2": 5, "SV3": 6}
_PLACES = {"SV1": (1, 2, 3, 4, 0), "SV2": (2, 3, 4, 5, 1), "SV3": (1, 2, 0, 6, 0)}
"""Service segment -> where procedure, charge, unit, quantity and revenue code stand (0: nowhere)."""


class Restated:
    """Says one level again, a segment at a time, and keeps account. `less` grants one day and one unit less where there are more."""

    def __init__(self, less: bool) -> None:
        self._less = less
        self._dates: dict[str, tuple[date, date]] = {}
        self._service = Amounts()
        self._pace: Pace | None = None

    @property
    def event_days(self) -> tuple[date | None, date | None]:
        return self._dates.get("AAH", (None, None))

    def date(self, line: Line) -> tuple[str, str, str]:
        """The elements of a DTP."""
        qualifier = text(line, 1)
        first, _, last = text(line, 3).partition("-")
        begins, ends = _day(first), _day(last or first)
        if self._less and ends > begins:
            ends -= timedelta(days=1)
        self._dates[qualifier] = (begins, ends)
        return qualifier, *period(begins, ends)

    def segment(self, line: Line) -> tuple[Element, ...]:
        """The elements of any other segment."""
        kept = _KEPT[line.id]
        elements = [element(line, n) if n in kept else None for n in range(1, max(kept) + 1)]
        place = _QUANTITY.get(line.id)
        if place is not None and self._less and isinstance(asked := element(line, place), str):
            elements[place - 1] = _one_less(asked)
        said = Line(line.id, tuple(elements), "")
        if line.id == "HSD":
            self._pace = _pace(said)
        elif line.id in _PLACES:
            self._service = _service(said)
        return said.elements

    def amounts(self) -> Amounts:
        """What was said, in all."""
        service, days = self._service, self._dates
        first, last = days.get("472") or days.get("AAH") or (None, None)
        admitted, until = days.get("435", (None, None))
        return Amounts(
            procedure=service.procedure,
            code_set=service.code_set,
            modifiers=service.modifiers,
            revenue_code=service.revenue_code,
            quantity=service.quantity,
            unit=service.unit,
            charge=service.charge,
            service_from=first,
            service_to=last,
            admission_from=admitted,
            admission_to=until,
            discharge=days["096"][0] if "096" in days else None,
            delivery=self._pace,
        )


def d8(day: date) -> str:
    return day.isoformat().replace("-", "")


def period(first: date, last: date | None) -> tuple[str, str]:
    """DTP02 and DTP03.

    Guide: 005010X217 DTP02, DTP03
    """
    return ("D8", d8(first)) if last is None or last == first else ("RD8", f"{d8(first)}-{d8(last)}")


def _service(line: Line) -> Amounts:
    procedure, charge, unit, quantity, revenue = _PLACES[line.id]
    code = (*parts(line, procedure), "", "", "", "", "", "")[:6]
    return Amounts(
        procedure=code[1] or "",
        code_set=code[0] or "",
        modifiers=tuple(modifier for modifier in code[2:] if modifier),
        revenue_code=text(line, revenue) if revenue else "",
        quantity=_decimal(text(line, quantity)),
        unit=text(line, unit) if unit else "",
        charge=_decimal(text(line, charge)),
    )


def _pace(line: Line) -> Pace:
    return Pace(
        unit=text(line, 1),
        quantity=_decimal(text(line, 2)),
        per=text(line, 3),
        rate=_decimal(text(line, 4)),
        period=text(line, 5),
        periods=_decimal(text(line, 6)),
        calendar=text(line, 7),
        time_of_day=text(line, 8),
    )


def _one_less(asked: str) -> str:
    count = Decimal(asked)
    return str(count - 1) if count > 1 else asked


def _decimal(asked: str) -> Decimal | None:
    return Decimal(asked) if asked else None


def _day(asked: str) -> date:
    return date(int(asked[:4]), int(asked[4:6]), int(asked[6:]))
