"""A crew takes work and answers; who it is, processes here or workers elsewhere, the work does not know."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

from x12retro.errors import killed

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
UNDER_WAY = 3
"""Pieces of work under way for each pair of hands: one in work, one waiting, one whose answer is being read."""
_TURN = 0.0005
"""Seconds for which this process works on while one of its threads has an answer to pass on: hands wait for their next work as long."""


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
    and what it has open, they hold. Each has a line of its own to this process, which ends with it: were there one for all, one that is
    killed over half an answer would have everybody wait for the other half.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._begun = False
        self._hands = [_Hand() for _ in range(size)]
        self._free: SimpleQueue[_Hand | None] = SimpleQueue()
        """Those that have nothing to do; None when all were killed."""
        self._asking = ThreadPoolExecutor(size)

    def begin(self) -> None:
        """Have them begin now; in the place of those that were killed others. They hold what this process has open: its locks too."""
        self._begun = True
        lost = [hand for hand in self._hands if hand.is_gone()]
        if not lost:
            return
        self._asking.shutdown()  # a copy of this process would have none of its threads, and all that they hold
        for hand in lost:
            hand.begin()
        sys.setswitchinterval(_TURN)
        self._asking, self._free = ThreadPoolExecutor(self.size), SimpleQueue()
        for hand in self._hands:
            self._free.put(hand)

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401
        """See `Crew`."""
        if all(hand.lost for hand in self._hands):
            if self._begun:
                raise killed()
            self.begin()
        return _Asked(self._asking.submit(self._ask, pickle.dumps((work, given))))

    def _ask(self, work: bytes) -> bytes:
        hand = self._free.get()
        try:
            if hand is None:
                raise killed()
            return hand.do(work)
        finally:
            if hand is None or not hand.lost:
                self._free.put(hand)
            elif all(one.lost for one in self._hands):
                self._free.put(None)  # whoever waits waits for nobody

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._asking.shutdown(wait=kind is None, cancel_futures=True)
        for hand in self._hands:
            hand.end()


class _Hand:
    """A process that does what it is asked, one thing after the other; it is `lost` before it begins, and when it was killed."""

    def __init__(self) -> None:
        self.lost = True
        self._process: BaseProcess | None = None

    def begin(self) -> None:
        self.end()
        can_copy = "fork" in multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("fork") if can_copy else multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that it is the process's alone, and ends with it
        self.lost = False

    def is_gone(self) -> bool:
        """True before it begins, and when it was killed, over its work or for nothing."""
        return self.lost or self._process is None or not self._process.is_alive()

    def do(self, work: bytes) -> bytes:
        """Have work done; both as they are pickled. Raises SystemFailure where the process was killed."""
        if self.lost:
            raise killed()
        try:
            self._line.send_bytes(work)
            return self._line.recv_bytes()
        except (EOFError, OSError):
            self.lost = True
            raise killed() from None

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()  # it has nothing of its own that it could leave half done
            self._process.join()
            self._process = None


def _work(line: Connection) -> None:
    """What a process does. Ctrl-C and the SIGTERM of a service manager, which all are told, are the parent's, who ends its processes when
    it needs them no more; one whose parent was killed would wait for work for ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    while True:
        line.send_bytes(_done(line.recv_bytes()))


def _done(asked: bytes) -> bytes:
    """The answer to what was asked, or what was raised, as it is pickled."""
    try:
        work, given = pickle.loads(asked)  # noqa: S301 - our own process wrote it
        return pickle.dumps((work(*given), None))
    except Exception as failure:  # noqa: BLE001 - whoever asked decides what becomes of it
        failure.add_note("".join(traceback.format_exception(failure)))  # where it was raised, for --debug
        try:
            told = pickle.dumps((None, failure))
            pickle.loads(told)  # noqa: S301 - some can be written and not read
        except Exception:  # noqa: BLE001 - nor can whatever it holds be told then
            return pickle.dumps((None, RuntimeError(type(failure).__name__)))
        return told


class _Asked(Pending[T]):
    def __init__(self, future: Future[bytes]) -> None:
        self._future = future

    def result(self) -> T:
        answer, failure = pickle.loads(self._future.result())  # noqa: S301 - a process of ours wrote it
        if failure is not None:
            raise failure
        return cast("T", answer)

    def cancel(self) -> object:
        return self._future.cancel()


class Alone:
    """A crew of nobody: work is done here, when its answer is asked for."""

    size = 0

    def begin(self) -> None:
        """Nobody has to."""

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
