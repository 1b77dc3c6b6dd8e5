"""The doubtful.toml beside a map: which of its facts could not be confirmed, and why.

`[rules]` names rules by path; the loader puts the reason into the rule's `doubtful`, and a breach of it warns at most. `[codes]`
names codes that stand in a list on the word of one source; they are let pass and documented, nothing else follows. `[lists]` names
elements whose code list is known from samples only: another code warns, and the code tells no segment from another. `[guide]` doubts a
whole guide: what is found in it warns, but for what is certain. `[added]` names codes that a list of others lacks.

A path is a loop, or a loop and a segment, element or component of it: `2010FB`, `2010FB/N4`, `2000E/UM07`, `2000E/UM04-3`. Where
a loop has several segments of one name the plain name means all of them and a code in brackets one: `2000E/REF[BB]02`. `2000E/*` is
all that is said of the elements in the loop's segments, for a guide whose elements are known by analogy; the HL, which is the tree
itself, is not meant. A doubt is about what a guide says (usage, codes, repeats), never about lengths, types and dates, which are the
standard's own.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from x12retro.errors import MapError
from x12retro.guide.model import GuideDoubt, SegmentRule


class DoubtfulFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`rules` and `lists`: path -> reason. `codes` and `added`: path -> code -> reason."""

    rules: dict[str, str] = {}
    codes: dict[str, dict[str, str]] = {}
    lists: dict[str, str] = {}
    added: dict[str, dict[str, str]] = {}
    guide: GuideDoubt | None = None


def read_doubtful(path: Path) -> DoubtfulFile:
    """Raises MapError naming the file when it is not TOML of that shape."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), DoubtfulFile)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as problem:
        raise MapError(f"{path}: {problem}") from problem


class Doubts:
    """The reasons by path, and which of them have found their rule."""

    def __init__(self, path: Path | None, file: DoubtfulFile) -> None:
        self._path = path
        self._file = file
        self._spent: set[str] = set()

    @classmethod
    def beside(cls, map_file: Path, doubtful: Path | None = None) -> Doubts:
        """Those of `doubtful`, else of the doubtful.toml beside the map, else none."""
        file = doubtful or map_file.with_name("doubtful.toml")
        if doubtful is None and not file.exists():
            return cls(None, DoubtfulFile())
        return cls(file, read_doubtful(file))

    def __bool__(self) -> bool:
        return bool(self._file.rules or self._file.lists or self._file.added)

    @property
    def guide(self) -> GuideDoubt | None:
        """The doubt about the guide as a whole."""
        return self._file.guide

    def of(self, names: tuple[str, ...]) -> str | None:
        """The reason to doubt the rule that goes by these names (see `rule_paths`), or None."""
        return self._found(self._file.rules, names)

    def of_list(self, names: tuple[str, ...]) -> str | None:
        """The reason to doubt the code list of the element that goes by these names, or None."""
        return self._found(self._file.lists, names)

    def added(self, names: tuple[str, ...]) -> frozenset[str]:
        """The codes that are let pass besides those of the list."""
        found = [name for name in names if name in self._file.added]
        self._spent.update(found)
        return frozenset(code for name in found for code in self._file.added[name])

    def _found(self, reasons: dict[str, str], names: tuple[str, ...]) -> str | None:
        found = [name for name in names if name in reasons]
        self._spent.update(found)
        return reasons[found[-1]] if found else None

    def must_be_spent(self) -> None:
        """Raises MapError, with file and line, when a path has met no rule."""
        for name in (*self._file.rules, *self._file.lists, *self._file.added):
            if name not in self._spent:
                raise MapError(f"{self._path}:{line_of(self._path, name)}: no rule of the map is called {name}")


def rule_paths(loop: str, segment: SegmentRule | None = None, rest: str = "") -> tuple[str, ...]:
    """The names of a place, the widest first: `2000E`, or `2000E/*`, `2000E/REF02` and `2000E/REF[BB]02`.

    `rest` is the element's part of the name (`02`, `01-2`).
    """
    if segment is None:
        return (loop,)
    wide = (f"{loop}/*",) if rest and segment.xid != "HL" else ()
    plain = f"{loop}/{segment.xid}{rest}"
    if segment.qualifier is None:
        return (*wide, plain)
    return (*wide, plain, *(f"{loop}/{segment.xid}[{code}]{rest}" for code in sorted(segment.qualifier[2])))


def line_of(path: Path | None, text: str) -> int:
    """The number of the first line of a file that holds `text` as a TOML key or string, else 1."""
    lines = path.read_text(encoding="utf-8").splitlines() if path is not None else []
    return next((number for number, line in enumerate(lines, 1) if f'"{text}"' in line or f"[{text}]" in line), 1)
