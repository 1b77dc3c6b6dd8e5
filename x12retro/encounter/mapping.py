"""A mapping file (TOML): how a house's own columns and habits become the keys of a record.

ignore = ["Notes"]                    # columns of a table that are not read; "*" for all that are not named below
[csv]
delimiter = ";"                       # told from the header when left out
date_format = "%m/%d/%Y"              # dates of all columns that name no other; YYYY-MM-DD when left out
[columns]
"Account" = "encounter_id"
"DOB" = "subscriber.birth_date"
"Sex" = {path = "subscriber.gender", values = {Female = "F", Male = "M"}}
"CPT" = "services[].procedure"        # [] : each row of an encounter is another entry
[constants]                           # the same in every record, whatever the source says; for all but JSON
"payer.id" = "SRHP01"
[defaults]                            # where the source says nothing; for all but JSON
"event.service_type" = "2"
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from x12retro.encounter.paths import kind_of
from x12retro.encounter.tree import Tree, add_defaults, plant
from x12retro.errors import UsageError


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a column goes. `values` translates cells; `date_format` is one of strptime."""

    path: str
    date_format: str | None = None
    values: dict[str, str] = {}


class Csv(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a table is written; what is left out is told from the file."""

    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    date_format: str | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a mapping file says."""

    csv: Csv = Csv()
    columns: dict[str, str | Column] = {}
    ignore: tuple[str, ...] = ()
    constants: dict[str, Any] = {}
    defaults: dict[str, Any] = {}

    def column(self, name: str) -> Column | None:
        """Where the column of that name goes; capitals and blanks around it do not matter."""
        for known, column in self.columns.items():
            if _alike(known, name):
                return column if isinstance(column, Column) else Column(column)
        return None

    def ignores(self, name: str) -> bool:
        return any(one == "*" or _alike(one, name) for one in self.ignore)

    def fill(self, tree: Tree) -> None:
        """Put the constants and the defaults into a record."""
        for path, value in self.constants.items():
            plant(tree, path, _as_json(value))
        add_defaults(tree, {path: _as_json(value) for path, value in self.defaults.items()})


NO_MAPPING = Mapping()


def is_mapping(path: Path) -> bool:
    """True for a TOML file all of whose keys are those of a mapping file."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return bool(tree) and tree.keys() <= set(Mapping.__struct_fields__)


def load_mapping(path: str | Path) -> Mapping:
    """Read a mapping file. Raises UsageError, with the key at fault, for one that cannot be used."""
    try:
        mapping = msgspec.convert(tomllib.loads(Path(path).read_text(encoding="utf-8-sig")), Mapping)
    except OSError as failure:
        raise UsageError(f"{path}: cannot be read ({failure.strerror or type(failure).__name__})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise UsageError(f"{path}: not valid TOML: {failure}") from None
    except msgspec.ValidationError as failure:
        from x12retro.guide.overlay.slips import in_words  # only who explains needs it

        raise UsageError(f"{path}: {in_words(failure, Mapping)}") from None
    for table, key, place in _named(mapping):
        try:
            kind_of(place)
        except ValueError as fault:
            raise UsageError(f"{path}: {table}: {key!r}: {place} {fault}") from None
    return mapping


def _named(mapping: Mapping) -> Iterator[tuple[str, str, str]]:
    """Every path that a mapping names: the table and the key it stands in, and the path."""
    for key, column in mapping.columns.items():
        place = column if isinstance(column, str) else column.path
        yield "columns", key, place.replace("[]", "[0]", 1)
    for table in ("constants", "defaults"):
        yield from ((table, key, key) for key in getattr(mapping, table))


def _as_json(value: Any) -> Any:  # noqa: ANN401
    return value.isoformat() if isinstance(value, dt.date) else value


def _alike(name: str, other: str) -> bool:
    return name.strip().casefold() == other.strip().casefold()
