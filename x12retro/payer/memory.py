"""What the payer remembers of the requests that it has answered, so that it can be asked how they stand, and documents find them.

A file of JSON lines beside its state, added to with each answer; it is read when the first inquiry or document comes, so that a payer who
gets none pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec


class Answered(msgspec.Struct, frozen=True):
    """A request (`raw`, an interchange with its set alone) and its answer: the `story` that was told, and on which day.

    `word` is last for one that had been pended, else first. `key` is what the request is found by, `numbers` what its documents may bear.
    """

    key: str
    raw: str
    story: str
    outcome: str
    word: Literal["first", "last"]
    day: date
    numbers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Answered {self.outcome}>"


class Memory:
    """The answers given so far. Without a file they are kept for the run."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, Answered] | None = None if file is not None else {}
        self._by_number: dict[str, str] = {}
        self._new: list[Answered] = []

    def note(self, one: Answered) -> None:
        """Take down an answer; it is found from now on, and in the file with the next `keep`."""
        self._new.append(one)
        if self._known is not None:
            self._index(self._known, one)

    def find(self, keys: Iterable[str]) -> Answered | None:
        """The latest answer to the request that one of these keys names."""
        known = self._all()
        return next((known[key] for key in keys if key in known), None)

    def find_document(self, number: str) -> Answered | None:
        """The latest answer to the request whose documents may bear this number."""
        known = self._all()
        key = self._by_number.get(number)
        return known[key] if key is not None else None

    def _all(self) -> dict[str, Answered]:
        if self._known is None:
            self._known = {}
            for one in (*self._read(), *self._new):
                self._index(self._known, one)
        return self._known

    def _index(self, known: dict[str, Answered], one: Answered) -> None:
        known[one.key] = one
        self._by_number.update(dict.fromkeys(one.numbers, one.key))

    def keep(self) -> None:
        if self._file is not None and self._new:
            with self._file.open("ab") as out:
                out.writelines(msgspec.json.encode(one) + b"\n" for one in self._new)
        self._new.clear()

    def _read(self) -> list[Answered]:
        if self._file is None or not self._file.exists():
            return []
        return [msgspec.json.decode(line, type=Answered) for line in self._file.read_bytes().splitlines()]
