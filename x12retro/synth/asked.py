"""A request as the payer reads it: who is in it, what is asked about the event and about each service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from x12retro.build import Built
from x12retro.build.records import Element, Line

_LEVELS = {"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D", "EV": "2000E", "SS": "2000F"}


_CARE = ("AAH", "472", "435", "096")
"""DTP qualifiers of days on which care was given: event, service, admission, discharge."""


class Asked(msgspec.Struct, frozen=True):
    """One level: its own segments, and those of each name (NM1 and what follows it)."""

    loop: str
    own: tuple[Line, ...]
    names: tuple[tuple[Line, ...], ...]

    def first(self, segment: str, qualifier: str | None = None) -> Line | None:
        """The level's own segment of this id (and first element), or None."""
        return next((line for line in self.own if line.id == segment and qualifier in (None, line.elements[0])), None)


class Question(msgspec.Struct, frozen=True):
    """One request: its BHT03 and its levels from the top down to the event, then the services."""

    encounter_id: str
    bht03: str
    levels: tuple[Asked, ...]
    services: tuple[Asked, ...]

    @property
    def event(self) -> Asked:
        return self.levels[-1]

    @property
    def has_dependent(self) -> bool:
        return any(level.loop == "2000D" for level in self.levels)


def read_question(built: Built) -> Question:
    """Read what was built back into levels."""
    header, levels = built.lines[0], []
    own: list[Line] = []
    names: list[list[Line]] = []
    code = ""
    for line in (*built.lines[1:], Line("HL", ("", None, ""), "")):
        if line.id == "HL":
            if code:
                levels.append(Asked(_LEVELS[code], tuple(own), tuple(map(tuple, names))))
            own, names, code = [], [], text(line, 3)
        elif line.id == "NM1":
            names.append([line])
        elif names:
            names[-1].append(line)
        else:
            own.append(line)
    services = tuple(level for level in levels if level.loop == "2000F")
    return Question(built.encounter_id or "", text(header, 3), tuple(levels[: len(levels) - len(services)]), services)


def days_of_care(question: Question) -> tuple[date, date] | None:
    """First and last day of care that the request states, of its event and of its services."""
    days = []
    for level in (question.event, *question.services):
        for line in level.own:
            if line.id == "DTP" and text(line, 1) in _CARE:
                days += [date.fromisoformat(day) for day in text(line, 3).split("-")]
    return (min(days), max(days)) if days else None


def text(line: Line, n: int) -> str:
    """Element `n` of a line, from 1, where it is plain text; else ""."""
    found = element(line, n)
    return found if isinstance(found, str) else ""


def parts(line: Line, n: int) -> Sequence[str | None]:
    """The components of element `n`."""
    found = element(line, n)
    return found if isinstance(found, tuple) else ()


def element(line: Line, n: int) -> Element:
    return line.elements[n - 1] if n <= len(line.elements) else None
