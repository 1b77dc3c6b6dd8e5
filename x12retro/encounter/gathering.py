"""What a claim (or a bundle) gave: the record as a tree, the segment behind each of its places, and what could not be carried over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from x12retro.encounter.json_source import Slip
from x12retro.encounter.tree import Tree, plant
from x12retro.guide.sheet import Loop
from x12retro.x12 import Delimiters, Segment


class Gathering:
    """Filled by the mappers of one claim or bundle. A note says what is left out or told from something else; it never holds a value."""

    def __init__(self, delimiters: Delimiters, set_name: str) -> None:
        self.tree: Tree = {}
        self.notes: list[Slip] = []
        self.faults: list[Slip] = []
        self._delimiters = delimiters
        self._set_name = set_name
        self._places: dict[str, str] = {}
        self._left_out: list[str] = []

    def put(self, path: str, value: Any, loop: Loop | None = None, segment: Segment | None = None) -> None:  # noqa: ANN401
        """Put a value at a path (`event.facility.code`); a blank one is passed over."""
        plant(self.tree, path, value)
        if segment is not None:
            self._places.setdefault(f"$.{path}", self.place(loop, segment))

    def count(self, key: str) -> int:
        """How many entries a list of the record has so far."""
        return len(self.tree.get(key, ()))

    def note(self, path: str, message: str, loop: Loop | None = None, segment: Segment | None = None) -> None:
        where = "" if segment is None else f" ({self.place(loop, segment)})"
        self.notes.append(Slip(f"$.{path}" if path else "$", message + where))

    def refuse(self, path: str, message: str, loop: Loop | None = None, segment: Segment | None = None) -> None:
        """Say why no record can be made of it."""
        where = "" if segment is None else f" ({self.place(loop, segment)})"
        self.faults.append(Slip(f"$.{path}", message + where))

    def leave_out(self, what: str) -> None:
        """Name something that the source says and the record has no room for; all of it is told in one note."""
        if what not in self._left_out:
            self._left_out.append(what)

    def all_notes(self) -> tuple[Slip, ...]:
        if not self._left_out:
            return tuple(self.notes)
        return (*self.notes, Slip("$", f"not carried over: {', '.join(self._left_out)}"))

    def place(self, loop: Loop | None, segment: Segment) -> str:
        return f"{'' if loop is None else loop.xid + ' '}{segment.id}, segment {segment.position} of {self._set_name}"

    def place_of(self, path: str) -> str:
        """The segment that `path`, or what is around it, came from; "" when it came from none."""
        while path not in self._places and path.rpartition(".")[0]:
            path = path.rpartition(".")[0] if not path.endswith("]") else path.rpartition("[")[0]
        return self._places.get(path, "")

    def components(self, element: str) -> list[str]:
        return self._delimiters.components(element)

    def component(self, element: str, n: int) -> str:
        """Component `n` (from 1) of an element, "" when it has fewer."""
        parts = self.components(element)
        return parts[n - 1] if n <= len(parts) else ""


def filled(**values: str | dict[str, str]) -> dict[str, Any]:
    """The keys that have a value."""
    return {key: value for key, value in values.items() if value}


def person(nm1: Segment) -> dict[str, str]:
    """A person's name.

    Guide: 005010X222A1 NM103-NM107
    """
    return filled(last_name=nm1[3], first_name=nm1[4], middle_name=nm1[5], suffix=nm1[7])


def address(loop: Loop) -> dict[str, str]:
    """The postal address that stands in a loop.

    Guide: 005010X222A1 N3, N4
    """
    n3, n4 = loop.first("N3"), loop.first("N4")
    where = {} if n3 is None else filled(line1=n3[1], line2=n3[2])
    if n4 is not None:
        where |= filled(city=n4[1], state=n4[2], postal_code=n4[3], country=n4[4], subdivision=n4[7])
    return where


def contact(loop: Loop) -> dict[str, str]:
    """Whom to call back.

    Guide: 005010X222A1 2010AA PER
    """
    per = loop.first("PER", "IC")
    if per is None:
        return {}
    numbers = {per[n]: per[n + 1] for n in (3, 5, 7)}
    return filled(
        name=per[2],
        phone=numbers.get("TE", ""),
        extension=numbers.get("EX", ""),
        fax=numbers.get("FX", ""),
        email=numbers.get("EM", ""),
    )


def day(text: str) -> str:
    """CCYYMMDD, with or without a time of day, as an ISO date; what is no such date stays as it is, to be told as none."""
    digits = text[:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else text


def days(dtp: Segment) -> tuple[str, str]:
    """First and last day of a DTP; the last is "" when there is one day only.

    Guide: 005010X222A1 DTP02, DTP03
    """
    first, _, last = dtp[3].partition("-")
    return (day(first), day(last)) if dtp[2] == "RD8" else (day(dtp[3]), "")


def as_date(text: str) -> date | None:
    """CCYYMMDD as a date, None when it is none."""
    try:
        return date.fromisoformat(day(text))
    except ValueError:
        return None


def as_money(text: str) -> Decimal | None:
    """An amount, None when it is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
