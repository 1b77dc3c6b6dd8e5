"""What a code means, in our own short words, from maps/codes/*.toml. One file per segment, one table per element.

A table holds `codes`, and where they come from: `source`, `date`, `doubt`. `also` names the elements that take the same list
(HI04-1 as HI03-1). `open = true` marks a list that others own and that grows: a code we don't know is no error there.
UM04-1 depends on its qualifier, so its two lists are `UM04-1/A` (bill type) and `UM04-1/B` (place of service).
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from x12retro.errors import MapError
from x12retro.guide.places import maps_dir

_NONE: Mapping[str, str] = MappingProxyType({})


class CodeList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of maps/codes. `data_element` is the number of the element in the dictionary."""

    title: str
    data_element: str
    source: str
    date: date
    codes: dict[str, str]
    also: tuple[str, ...] = ()
    open: bool = False
    doubt: str | None = None


def meaning(element: str, code: str) -> str | None:
    """What `code` means at `element` (`HCR01`, `HI03-1`), or None when we have no word for it."""
    return known(element).get(code)


def known(element: str) -> Mapping[str, str]:
    """Every code of `element` that we have a word for; empty when we have none."""
    found = _of_segment(element.split("-")[0][:-2]).get(element)
    return MappingProxyType(found.codes) if found is not None else _NONE


def read_code_lists(folder: Path) -> dict[str, CodeList]:
    """All code lists of a folder by element id, those that share a list included.

    Raises MapError naming the file for TOML that is broken, a table of the wrong shape, or an element that is named twice.
    """
    lists: dict[str, CodeList] = {}
    for file in sorted(folder.glob("*.toml")):
        for name, code_list in _named(read_code_file(file)).items():
            if name in lists:
                raise MapError(f"{file}: {name} already has a code list")
            lists[name] = code_list
    return lists


def _named(tables: dict[str, CodeList]) -> dict[str, CodeList]:
    return {name: code_list for element, code_list in tables.items() for name in (element, *code_list.also)}


def read_code_file(file: Path) -> dict[str, CodeList]:
    """The tables of one file. Raises MapError naming the file."""
    try:
        tables: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return msgspec.convert(tables, dict[str, CodeList])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as problem:
        raise MapError(f"{file}: {problem}") from problem


@functools.cache
def _of_segment(segment: str) -> dict[str, CodeList]:
    """The lists of one segment: those of its own file, else, for what stands with others (ACK.toml), all there are."""
    file = maps_dir() / "codes" / f"{segment}.toml"
    return _named(read_code_file(file)) if file.exists() else _shipped()


@functools.cache
def _shipped() -> dict[str, CodeList]:
    return read_code_lists(maps_dir() / "codes")
