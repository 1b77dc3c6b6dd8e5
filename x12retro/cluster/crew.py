"""A crew takes work and answers; who it is, processes here or workers elsewhere, the work does not know."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from x12retro.errors import killed

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
UNDER_WAY = 3
"""Pieces of work under way for each pair of hands: one in work, one waiting, one whose answer is being read."""


class Pending(Protocol[T_co]):
    """Work that was given out."""

    def result(self) -> T_co:
        """Wait for the answer. Raises what the work raised, and SystemFailure where nobody is left to do it."""

    def cancel(self) -> object:
        """Nobody waits for the answer any more."""


class Crew(Protocol):
    """Hands to do work: functions of a module, with arguments that can be pickled."""

    @property
    def size(self) -> int:
        """How many pieces of work it does at once."""

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401 - whatever the work takes
        """Give out a piece of work."""


class Processes:
    """A crew of `size` processes of this machine; use it as a context manager."""

    def __init__(self, size: int) -> None:
        self.size = size
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        self._pool = ProcessPoolExecutor(size, multiprocessing.get_context(method))

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401
        """See `Crew`."""
        try:
            return _Asked(self._pool.submit(work, *given))
        except BrokenProcessPool:
            raise killed() from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)


class _Asked(Pending[T]):
    def __init__(self, future: Future[T]) -> None:
        self._future = future

    def result(self) -> T:
        try:
            return self._future.result()
        except BrokenProcessPool:
            raise killed() from None

    def cancel(self) -> object:
        return self._future.cancel()


def in_order(crew: Crew, work: Callable[..., T], pieces: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """What the work makes of each piece (its arguments), in their order; no more are under way than keep the crew busy."""
    waiting: deque[Pending[T]] = deque()
    try:
        for given in pieces:
            waiting.append(crew.submit(work, *given))
            while len(waiting) >= crew.size * UNDER_WAY:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for left in waiting:
            left.cancel()
