"""Chance that comes out the same everywhere: the same seed gives the same picks on every machine and every Python.

Only `random()` of `random.Random` is used, the one method whose sequence Python promises to keep; `choice`, `sample` and
`randrange` have changed between versions. Each record has dice of its own, so record 7 is the same in a run of 10 and of 10,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Dice thrown from a seed and the names of what they are for."""

    __slots__ = ("_random",)

    def __init__(self, seed: int, *names: str | int) -> None:
        text = "/".join(map(str, (seed, *names)))
        self._random = Random(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")).random  # noqa: S311 - no secret

    def pick(self, things: Sequence[T]) -> T:
        return things[int(self._random() * len(things))]

    def whole(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included."""
        return least + int(self._random() * (most - least + 1))

    def chance(self, share: float) -> bool:
        """True in `share` of the throws."""
        return self._random() < share

    def maybe(self, share: float, thing: T) -> T | None:
        return thing if self._random() < share else None

    def some(self, things: Sequence[T], count: int) -> tuple[T, ...]:
        """`count` different ones, in their own order; all when there are fewer."""
        left = list(range(len(things)))
        chosen = sorted(left.pop(int(self._random() * len(left))) for _ in range(min(count, len(left))))
        return tuple(things[i] for i in chosen)

    def digits(self, count: int) -> str:
        """`count` digits, the first not 0."""
        return str(self.whole(10 ** (count - 1), 10**count - 1))
