"""The header of a table: each column as a place of the record, and the kind of value that place takes.

What a header says is not repeated in messages (a file without a header begins with somebody's data): columns are told by number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from x12retro.encounter.mapping import Column, Mapping
from x12retro.encounter.paths import Kind, kind_of

_EACH_ROW = re.compile(r"[a-z_]+\[\]\..+")
_YES, _NO = frozenset(("true", "yes", "y", "1")), frozenset(("false", "no", "n", "0"))
_LIST_MARK = "|"
_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}", re.ASCII | re.IGNORECASE)


class Place(msgspec.Struct, frozen=True):
    """Where a column goes: `path` has `{}` for the entry that each row adds to `each` (`services`), which is "" for other places."""

    number: int
    path: str
    kind: Kind
    each: str = ""
    date_format: str | None = None
    values: dict[str, str] = {}

    @property
    def has_form(self) -> bool:
        """True where not every text fits, so that a cell can tell that it stands in another's place."""
        return self.kind not in ("text", "list")

    def value(self, cell: str) -> Any:  # noqa: ANN401 - a value of a tree
        """The cell as the record takes it; as it stands when it is nothing of the kind. Raises ValueError for a date of another format."""
        cell = self.values.get(cell, cell)
        match self.kind:
            case "date" if self.date_format is not None:
                return datetime.strptime(cell, self.date_format).date().isoformat()  # noqa: DTZ007 - a day, not a moment
            case "integer" if cell.isdecimal() and len(cell) < 10:
                return int(cell)
            case "flag" if cell.casefold() in _YES | _NO:
                return cell.casefold() in _YES
            case "list":
                return [part.strip() for part in cell.split(_LIST_MARK) if part.strip()]
        return cell


def is_shortened(cell: str) -> bool:
    """True for a number in scientific notation: what a spreadsheet makes of a long one."""
    return _SHORTENED.fullmatch(cell) is not None


def places(header: Sequence[str], mapping: Mapping) -> tuple[list[Place | None], list[str]]:
    """The place of each column (None for one that is not read), and what is wrong with the header."""
    found: list[Place | None] = []
    wrong: list[str] = []
    for number, name in enumerate(header, start=1):
        column = mapping.column(name)
        path = name.strip() if column is None else column.path
        try:
            place = _place(number, path)
        except ValueError as fault:
            if column is None and mapping.ignores(name):
                found.append(None)
                continue
            wrong.append(f"column {number}: {'the mapping sends it to what' if column is not None else 'its name'} {fault}")
            found.append(None)
            continue
        own = column or Column(path)
        found.append(msgspec.structs.replace(place, date_format=own.date_format or mapping.csv.date_format, values=own.values))
    return found, wrong + list(_faults(header, found, mapping))


def _faults(header: Sequence[str], found: Sequence[Place | None], mapping: Mapping) -> Iterator[str]:
    paths = [place.path for place in found if place is not None]
    for place in found:
        if place is not None and paths.index(place.path) != [p for p in found if p is not None].index(place):
            yield f"column {place.number}: goes to the same place as an earlier one ({place.path.format('')})"
    if "encounter_id" not in paths:
        yield "no column is the encounter_id"
    names = {name.strip().casefold() for name in header}
    for name in mapping.columns:
        if name.strip().casefold() not in names:
            yield f"the mapping's column {name!r} is not in the header"


def _place(number: int, path: str) -> Place:
    """Raises ValueError, with the rest of a sentence, for what is no place of a record."""
    path = path.removeprefix("$.")
    each = path.partition("[")[0] if _EACH_ROW.fullmatch(path) else ""
    whole = path.replace("[]", "[0]", 1) if each else path
    return Place(number, path.replace("[]", "[{}]", 1) if each else path, kind_of(whole), each)
