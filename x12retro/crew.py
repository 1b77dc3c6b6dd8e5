"""A crew takes work and answers; who it is, processes here or workers elsewhere, the work does not know."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
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
        """How many pieces of work it does at once, beside this process."""

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401 - whatever the work takes
        """Give out a piece of work."""


class Processes:
    """A crew of `size` processes of this machine; use it as a context manager. They end with this process, however it ends.

    They begin with the first work, or with `begin`, as copies of this process where the system can: what it has learned by then, they know,
    and what it has open, they hold.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = self._hired()

    def begin(self) -> None:
        """Have them begin now."""
        self._pool.submit(_nothing).result()

    def _hired(self) -> ProcessPoolExecutor:
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        return ProcessPoolExecutor(self.size, multiprocessing.get_context(method), initializer=_end_with_parent)

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401
        """See `Crew`."""
        try:
            return _Asked(self._pool.submit(work, *given))
        except BrokenProcessPool:  # one of them was killed over earlier work, which says so; others take its place
            self._pool = self._hired()
            return _Asked(self._pool.submit(work, *given))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)


def _nothing() -> None:
    pass


def _end_with_parent() -> None:
    """Ctrl-C is the parent's, who ends its processes; one whose parent was killed would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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


class Alone:
    """A crew of nobody: work is done here, when its answer is asked for."""

    size = 0

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401
        """See `Crew`."""
        return _ToDo(work, given)


class _ToDo(Pending[T]):
    def __init__(self, work: Callable[..., T], given: tuple[Any, ...]) -> None:
        self._work, self._given = work, given

    def result(self) -> T:
        return self._work(*self._given)

    def cancel(self) -> object:
        return None


def in_order(crew: Crew, work: Callable[..., T], pieces: Iterable[tuple[Any, ...]], *, under_way: int = UNDER_WAY) -> Iterator[T]:
    """What the work makes of each piece (its arguments), in their order; no more are under way than `under_way` for each pair of hands. It
    begins now.
    """
    rest = iter(pieces)
    waiting = deque(crew.submit(work, *given) for given in islice(rest, crew.size * under_way))
    return _answers(crew, work, waiting, rest)


def _answers(crew: Crew, work: Callable[..., T], waiting: deque[Pending[T]], rest: Iterator[tuple[Any, ...]]) -> Iterator[T]:
    try:
        for given in rest:
            waiting.append(crew.submit(work, *given))
            yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for left in waiting:
            left.cancel()
