"""A request on its way: the segments so far, each with the JSON path that gave rise to it, and the problems met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from x12retro.build import text
from x12retro.build.records import Element, Line, Problem
from x12retro.x12 import Delimiters


class Draft:
    """Collects one transaction. A problem never stops the composing, so that one run names all that is missing."""

    __slots__ = ("_fits", "_hl", "delimiters", "lines", "problems", "why")

    def __init__(self, delimiters: Delimiters) -> None:
        self.delimiters = delimiters
        self._fits = text.fitting(delimiters)
        self.lines: list[Line] = []
        self.problems: list[Problem] = []
        self.why: list[str] = []  # what the assessment, the scenario and the payer's wishes brought in
        self._hl = 0

    def add(self, path: str, segment: str, *elements: Element, parts: Sequence[str] = ()) -> None:
        """Add a segment that `path` gave rise to; `parts` are the paths of its elements, where each has one of its own."""
        self.lines.append(Line(segment, elements, path, tuple(parts)) if parts else Line(segment, elements, path))

    def add_at(self, path: str, segment: str, elements: Mapping[int, Element]) -> None:
        """Add a segment whose elements are given by number: `{1: ..., 11: ...}`."""
        row: list[Element] = [None] * max(elements)
        for n, element in elements.items():
            row[n - 1] = element
        self.add(path, segment, *row)

    def hl(self, path: str, level: str, parent: int | None, *, children: bool) -> int:
        """Open a level; return its number.

        Guide: 005010X217 HL01-HL04
        """
        self._hl += 1
        self.add(path, "HL", str(self._hl), None if parent is None else str(parent), level, "1" if children else "0")
        return self._hl

    def problem(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def note(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message, "note"))

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    def need(self, path: str, value: object, why: str) -> bool:
        """True when `value` is there; else a problem `missing; <why>`."""
        if value is None or value in ("", ()):
            self.problem(path, f"missing; {why}")
            return False
        return True

    def words(self, path: str, value: str | None, key: str | None = None) -> str | None:
        """Free text or a name as X12 can carry it; what was changed is noted at `path`, or at its `key`."""
        if value is None or self._fits(value):
            return value
        path = path if key is None else f"{path}.{key}"
        written, change, letters = text.plain(value, self.delimiters)
        if not written:
            self.problem(path, "nothing of it can be written in X12's characters" if change else "blank")
        elif letters and _is_name(path):
            self.problem(path, "has letters that X12 cannot carry; give the name in Latin letters, as the payer has it")
        elif change:
            self.note(path, change)
        return written or None

    def id(self, path: str, value: str | None) -> str | None:
        """An identifier or code exactly as it stands; one that cannot be written is a problem."""
        if value is None or self._fits(value):
            return value
        value = value.strip()
        if not value:
            self.problem(path, "blank")
        elif fault := text.fault_of_id(value, self.delimiters):
            self.problem(path, fault)
            return None
        return value or None


def _is_name(path: str) -> bool:
    return path.endswith(("last_name", "first_name", ".name", ".organization")) and not path.endswith(".contact.name")


def d8(day: date | None) -> str | None:
    return None if day is None else day.isoformat().replace("-", "")


def period(first: date, last: date | None) -> tuple[str, str]:
    """(format, date or range): a range only when the days differ.

    Guide: 005010X217 DTP02, DTP03
    """
    if last is None or last == first:
        return "D8", first.isoformat().replace("-", "")
    return "RD8", f"{d8(first)}-{d8(last)}"


def number(value: Decimal | int | None) -> str | None:
    """A number without needless zeros, never with an exponent.

    Guide: X12 type R
    """
    if value is None:
        return None
    text_ = f"{Decimal(value):f}"
    return (text_.rstrip("0").rstrip(".") if "." in text_ else text_) or "0"


def yes_no(value: bool | None) -> str | None:
    return None if value is None else "Y" if value else "N"
