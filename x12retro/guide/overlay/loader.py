"""Read the files of maps/payers: one TOML file per payer, its overlay in `[[overlay]]` rows.

Everything wrong with a file is found in one go, with the line of its row: `problems` tells it to the linter, `read_payer` raises the
first. Other tables that a payer's file may hold belong to other readers (`OTHER_TABLES`) and are passed over.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from x12retro.errors import MapError, UsageError
from x12retro.guide import catalog
from x12retro.guide.overlay.legal import faults
from x12retro.guide.overlay.records import Payer, Row
from x12retro.guide.overlay.slips import in_words
from x12retro.guide.places import payer_files, payers_dir

OTHER_TABLES = ("business", "retro", "scenario")
"""Tables of a payer's file that are no business of the overlay."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ROW = re.compile(r"\s*\[\[\s*overlay\s*\]\]")
_FIRST_YEAR = 2000
Fault = tuple[int, str]


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    name: str
    seen: date
    aliases: tuple[str, ...] = ()


def read_payer(file: Path) -> Payer:
    """The payer of one file. Raises MapError, with file and line, for the first thing that is wrong."""
    payer, found = _read(file)
    if found:
        line, message = found[0]
        raise MapError(f"{file}:{line}: {message}")
    assert payer is not None
    return payer


def find_payer(name: str, own: Path | None = None) -> Payer:
    """The payer of this id, name or alias, case and punctuation aside; files in `own` go before those of the package.

    Raises UsageError, with the ids that are known and the nearest, when there is none; MapError when its file is at fault.
    """
    wanted = _key(name)
    known: dict[str, Path] = {}
    called: dict[str, str] = {}
    for file in payer_files(*([own] if own is not None else []), payers_dir()):
        head = _head(_toml(file), file)
        if head.id in known:
            continue  # the user's own file stands in for ours
        known[head.id] = file
        for text in (head.id, head.name, *head.aliases):
            called.setdefault(_key(text), head.id)
    if wanted in called:
        return read_payer(known[called[wanted]])
    import difflib

    near = difflib.get_close_matches(wanted, called, n=1, cutoff=0.5)
    hint = f"Did you mean {called[near[0]]}? " if near else ""
    raise UsageError(f"no payer is called {name}. {hint}Known: {', '.join(sorted(known))}")


def problems(*files: Path) -> Iterator[tuple[Path, int, str]]:
    """Everything wrong with these files, and between them: file, line, what."""
    taken: dict[str, Path] = {}
    for file in files:
        payer, found = _read(file)
        yield from ((file, line, message) for line, message in found)
        for text in dict.fromkeys(_key(text) for text in ((payer.id, payer.name, *payer.aliases) if payer is not None else ())):
            if text in taken:
                yield file, 1, f"the name or alias {text} is taken by {taken[text].name}"
            taken.setdefault(text, file)


def _read(file: Path) -> tuple[Payer | None, list[Fault]]:
    try:
        content = _toml(file)
        head = _head(content, file)
    except MapError as problem:
        return None, [_cut(str(problem), file)]
    found: list[Fault] = []
    if not _SLUG.fullmatch(head.id) or head.id != file.stem:
        found.append((1, f"id: small letters, digits and hyphens, as the file is called: {file.stem}"))
    raw = content.get("overlay", [])
    if not isinstance(raw, list):
        return None, [*found, (1, "overlay: rows begin with [[overlay]]")]
    lines = [n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if _ROW.match(line)]
    lines += [1] * (len(raw) - len(lines))  # rows in another notation of TOML have no line of their own
    rows: dict[int, Row] = {}
    said: dict[tuple[object, ...], int] = {}
    for line, item in zip(lines, raw, strict=False):
        try:
            row = msgspec.convert(item, Row)
        except msgspec.ValidationError as problem:
            found.append((line, in_words(problem, Row)))
            continue
        name = f"row {row.id}"
        found += ((line, f"{name}: {why}") for why in faults(row, catalog.load(f"278-{row.direction}")))
        if not _FIRST_YEAR <= row.seen <= head.seen.year:
            found.append((line, f"{name}: seen is a year from {_FIRST_YEAR} to that of the file, {head.seen.year}"))
        if row.id in rows:
            found.append((line, f"{name}: the id is taken; ids are never given twice"))
        same = (row.place, row.direction, row.op, row.when, row.values if row.op in ("advise", "forbid") else ())
        if same in said:
            found.append((line, f"{name}: row {said[same]} says the same of the same place"))
        said.setdefault(same, row.id)
        rows.setdefault(row.id, row)
    return Payer(id=head.id, name=head.name, seen=head.seen, aliases=head.aliases, rows=tuple(rows.values())), found


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise MapError(f"{file}:1: cannot be read ({problem.strerror})") from problem
    except UnicodeDecodeError:
        raise MapError(f"{file}:1: is no UTF-8 text") from None
    except tomllib.TOMLDecodeError as problem:
        line = re.search(r"line ([0-9]+)", str(problem))
        raise MapError(f"{file}:{line[1] if line else 1}: {problem}") from problem


def _head(content: dict[str, Any], file: Path) -> _Head:
    try:
        return msgspec.convert({key: value for key, value in content.items() if key not in ("overlay", *OTHER_TABLES)}, _Head)
    except msgspec.ValidationError as problem:
        raise MapError(f"{file}:1: {in_words(problem, _Head)}") from problem


def _cut(text: str, file: Path) -> Fault:
    line, _, message = text.removeprefix(f"{file}:").partition(": ")
    return int(line), message


def _key(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())
