"""Make the table files of this room from published lists of codes, one release at a time.

The releases that a table holds already stay; a release of the same day is replaced. Lists come as text, one code a line: the
`icd10cm-codes` and `icd10cm-order` files of the CDC, or a bare list. The package simple-icd-10-cm carries the latest one
(`installed_lists`); it is needed here and nowhere else.
"""

from __future__ import annotations

import importlib.util
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from x12retro.errors import UsageError
from x12retro.guide.tables import read_table

_CODE = re.compile(r"[A-Z][0-9][A-Z0-9]{1,5}", re.ASCII)
_ORDER = re.compile(r"[0-9]{5} ([A-Z0-9]{3,7}) +([01]) ")


def billable(lines: Iterable[str]) -> set[str]:
    """The codes of a list that have no finer ones below them, without dots; ranges and headings are left out."""
    codes: set[str] = set()
    for line in lines:
        ordered = _ORDER.match(line)
        word = ordered[1] if ordered else (line.split(maxsplit=1) or [""])[0].replace(".", "")
        if _CODE.fullmatch(word):
            codes.add(word)
    ordered_codes = sorted(codes)
    return {code for code, after in zip(ordered_codes, [*ordered_codes[1:], ""], strict=True) if not after.startswith(code)}


def add_release(content: bytes | None, name: str, day: str, codes: set[str]) -> bytes:
    """The table file `content` (None for a new one) with the release of `day` (CCYYMMDD) added."""
    held: dict[str, set[str]] = {day: codes}
    if content is not None:
        table = read_table(content)
        for release in table.releases:
            if release != day:
                held[release] = table.of_release(release)
    releases = sorted(held)
    groups: dict[str, list[str]] = {}
    for code in sorted(set().union(*held.values())):
        groups.setdefault("".join("1" if code in held[r] else "0" for r in releases), []).append(code)
    text = "".join(f"\n={bits}\n" + "\n".join(members) for bits, members in sorted(groups.items(), reverse=True))
    return zlib.compress(f"{name} {' '.join(releases)}{text}".encode("ascii"), 9)


def read_release(text: str) -> tuple[str, set[str]]:
    """The first day (CCYYMMDD) and the codes that `DATE=FILE` names. Raises UsageError where it names none."""
    day, _, name = text.partition("=")
    try:
        first = date.fromisoformat(day).strftime("%Y%m%d")
        codes = billable(Path(name).read_text(encoding="utf-8", errors="replace").splitlines())
    except ValueError as problem:
        raise UsageError(f"{text}: a release is DATE=FILE, with a date as 2026-10-01") from problem
    except OSError as problem:
        raise UsageError(f"{name}: cannot be read ({problem.strerror})") from problem
    if not codes:
        raise UsageError(f"{name}: holds no codes")
    return first, codes


def installed_lists() -> Iterator[tuple[str, str, set[str]]]:
    """(table, day, codes) for each list of the package simple-icd-10-cm, where that is installed."""
    for folder in _folders("simple_icd_10_cm"):
        for file in sorted((folder / "data").glob("*.txt")):
            named = re.search(r"([A-Z][a-z]{2})[a-z]*-([0-9]{4})\.txt$", file.name)
            if named:
                day = datetime.strptime(f"1 {named[1]} {named[2]}", "%d %b %Y").strftime("%Y%m%d")  # noqa: DTZ007 - a calendar day
                yield "icd-10-cm", day, billable(file.read_text(encoding="utf-8").splitlines())


def _folders(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec is not None else []
