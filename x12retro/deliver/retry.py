"""Go on when the connection breaks: the same again after a while that grows, up to a number of times.

A refused login and a changed host key are passed on at once. Each step of a mailbox can be done twice: what a broken connection left
undecided (was it renamed?) is looked up before it is tried again. Only where somebody takes a file as soon as it has its name
(`taken_at_once`) one that was begun is not written again: the first one may have been taken.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from x12retro.deliver.errors import MailboxRefused, MailboxUnreachable
from x12retro.deliver.mailbox import Entry, Mailbox

_T = TypeVar("_T")


class Retrying:
    """The mailbox that `make` opens, opened again when the connection breaks. `tries` in all; waits double from `first` seconds."""

    def __init__(
        self,
        make: Callable[[], Mailbox],
        *,
        taken_at_once: bool = False,
        tries: int = 5,
        first: float = 1.0,
        longest: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._make = make
        self._taken_at_once = taken_at_once
        self._tries = tries
        self._first, self._longest = first, longest
        self._sleep = sleep
        self._open: Mailbox | None = None

    def entries(self, folder: str) -> list[Entry]:
        return self._done(lambda box: box.entries(folder))

    def names(self, folder: str) -> set[str]:
        return self._done(lambda box: box.names(folder))

    def put(self, folder: str, name: str, source: Path) -> int:
        return self._done(lambda box: box.put(folder, name, source), once=self._taken_at_once)

    def rename(self, folder: str, old: str, new: str) -> None:
        def step(box: Mailbox, again: bool) -> None:
            if again:
                there = {entry.name: entry.size for entry in box.entries(folder)}
                if old not in there:
                    if new in there:
                        return  # the answer got lost, not the deed
                    raise MailboxRefused(f"{folder or 'the mailbox'}: neither the old nor the new name is there any more")
            box.rename(folder, old, new)

        tried = False

        def once(box: Mailbox) -> None:
            nonlocal tried
            again, tried = tried, True
            step(box, again)

        self._done(once)

    def get(self, folder: str, name: str, target: Path, limit: int) -> int:
        def step(box: Mailbox) -> int:
            target.unlink(missing_ok=True)
            return box.get(folder, name, target, limit)

        return self._done(step)

    def remove(self, folder: str, name: str) -> bool:
        return self._done(lambda box: box.remove(folder, name))

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _done(self, step: Callable[[Mailbox], _T], *, once: bool = False) -> _T:
        """`once`: a step that began to write is not done again."""
        for left in range(self._tries - 1, -1, -1):
            try:
                if self._open is None:
                    self._open = self._make()
                return step(self._open)
            except MailboxUnreachable as problem:
                self.close()
                if not left or (once and problem.began):
                    raise
                wait = min(self._first * 2 ** (self._tries - 1 - left), self._longest)
                self._sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - so that many do not come back at once
        raise AssertionError("the last try returns or raises")
