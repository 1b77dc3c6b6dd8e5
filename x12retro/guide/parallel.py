"""Judge the sets of one stream on several processors: one process reads and keeps the order, the others judge.

Sets travel in batches of about a quarter of a megabyte; so many batches are under way that nobody waits, and no more, so that memory
stays flat. What comes out is what one process gives, in the same order.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self

from x12retro.findings import Finding
from x12retro.guide.rules import Context
from x12retro.guide.set_judge import SetJudge
from x12retro.x12 import Frame, Transaction

Judged = tuple[str, tuple[Finding, ...]]
_BATCH = 256 * 1024
_BATCH_SETS = 2000
_UNDER_WAY = 3
"""Batches under way per process: one in work, one waiting, one whose answer is being read."""


class JudgePool:
    """`jobs` processes that judge sets; use it as a context manager, for one stream after the other."""

    def __init__(self, jobs: int, snip: int, context: Context) -> None:
        self._jobs = jobs
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        self._pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _begin, (snip, context))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def ahead(self, items: Iterable[Frame | Finding]) -> Ahead:
        """The items of a stream with a judge who already knows the answers."""
        return Ahead(items, self._pool, self._jobs * _UNDER_WAY)


class Ahead:
    """Yields the items in order; `judge` gives the verdict of each Transaction as it is yielded, and in that order only."""

    def __init__(self, items: Iterable[Frame | Finding], pool: ProcessPoolExecutor, most: int) -> None:
        self._items = items
        self._pool = pool
        self._most = most
        self._verdicts: deque[Judged] = deque()

    def __iter__(self) -> Iterator[Frame | Finding]:
        waiting: deque[tuple[list[Frame | Finding], Future[list[Judged]]]] = deque()
        for batch in _batches(self._items):
            waiting.append((batch, self._pool.submit(_judge, [item for item in batch if isinstance(item, Transaction)])))
            if len(waiting) >= self._most:
                yield from self._answered(*waiting.popleft())
        while waiting:
            yield from self._answered(*waiting.popleft())

    def _answered(self, batch: list[Frame | Finding], answer: Future[list[Judged]]) -> Iterator[Frame | Finding]:
        self._verdicts.extend(answer.result())
        yield from batch

    def judge(self, _transaction: Transaction) -> Judged:
        """The verdict on the transaction that was yielded last."""
        return self._verdicts.popleft()


def _batches(items: Iterable[Frame | Finding]) -> Iterator[list[Frame | Finding]]:
    batch: list[Frame | Finding] = []
    size = 0
    for item in items:
        batch.append(item)
        if isinstance(item, Transaction):
            size += len(item.raw)
        if size >= _BATCH or len(batch) >= _BATCH_SETS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_own: SetJudge | None = None


def _begin(snip: int, context: Context) -> None:
    """Each process has a judge of its own, which keeps what it learns."""
    global _own  # the one place where a worker process keeps its state
    _own = SetJudge(snip, context)


def _judge(transactions: list[Transaction]) -> list[Judged]:
    assert _own is not None
    return [_own.judge(transaction) for transaction in transactions]
