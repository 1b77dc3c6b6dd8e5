"""Large code sets that others own, by release: which codes were valid when. Read from maps/tables when first asked for.

A table file is deflated text. Its first line names the code set and the first day of each release it holds, oldest first; then come
groups of codes, each headed by a line of `=` and one 1 or 0 for each release: whether these codes were in it.

`x12retro maps tables` makes them anew (`build.py`).
"""

from __future__ import annotations

import functools
import zlib
from datetime import date

from x12retro.errors import MapError
from x12retro.guide.places import maps_dir


class CodeTable:
    """The codes of one set. Days are CCYYMMDD text."""

    __slots__ = ("_always", "_sometimes", "name", "releases")

    def __init__(self, name: str, releases: tuple[str, ...], groups: dict[str, frozenset[str]]) -> None:
        self.name = name
        self.releases = releases
        self._always = groups.get("1" * len(releases), frozenset())
        self._sometimes = {codes: bits for bits, codes in groups.items() if "0" in bits}

    def always(self, code: str) -> bool:
        """True when every release has `code`."""
        return code in self._always

    def holds(self, code: str, day: str) -> bool:
        """True when a release that may have been in force on `day` has `code`."""
        if code in self._always:
            return True
        bits = next((bits for codes, bits in self._sometimes.items() if code in codes), "")
        return bool(bits) and any(bits[n] == "1" for n in self._in_force(day))

    def of_release(self, release: str) -> set[str]:
        """All codes of one release."""
        n = self.releases.index(release)
        return set(self._always).union(*(codes for codes, bits in self._sometimes.items() if bits[n] == "1"))

    def names(self, day: str) -> str:
        """The releases that `holds` looks at, in words: `April 2025 or April 2026`."""
        return " or ".join(date(int(r[:4]), int(r[4:6]), 1).strftime("%B %Y") for r in (self.releases[n] for n in self._in_force(day)))

    def aged(self, day: str) -> bool:
        """True when no release that is held was in force on `day` for sure: before the first, or in a later year than the last."""
        return day < self.releases[0] or day >= _next(self.releases[-1], ("1001",))

    def _in_force(self, day: str) -> tuple[int, ...]:
        """The release of that half-year; where it is not held, the ones before and after."""
        past = [n for n, release in enumerate(self.releases) if release <= day]
        if not past:
            return (0,)
        last = past[-1]
        if last + 1 == len(self.releases) or day < _next(self.releases[last], ("0401", "1001")):
            return (last,)
        return (last, last + 1)


def icd10cm() -> CodeTable:
    """Diagnoses: ICD-10-CM, billable codes, without dots."""
    return _load("icd-10-cm")


@functools.cache
def _load(name: str) -> CodeTable:
    file = maps_dir() / "tables" / f"{name}.z"
    try:
        return read_table(file.read_bytes())
    except (OSError, zlib.error, ValueError) as problem:
        raise MapError(f"{file}: {problem}") from problem


def read_table(content: bytes) -> CodeTable:
    """Read a table file. Raises ValueError or zlib.error for content that is none."""
    head, *groups = zlib.decompress(content).decode("ascii").split("\n=")
    name, *releases = head.split()
    if not releases:
        raise ValueError("a table without releases")
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        bits, _, codes = group.partition("\n")
        if len(bits) != len(releases):
            raise ValueError("a group of codes that does not fit the releases")
        found[bits] = frozenset(codes.split())
    return CodeTable(name, tuple(releases), found)


def _next(day: str, starts: tuple[str, ...]) -> str:
    """The first of the days of the year `starts` (MMDD) after `day`."""
    year = int(day[:4])
    return min(f"{y}{start}" for y in (year, year + 1) for start in starts if f"{y}{start}" > day)
