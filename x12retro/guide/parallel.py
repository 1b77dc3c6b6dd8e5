"""Judge the sets of one stream on several processors: one process reads and keeps the order, the others judge.

Text travels twice at most. Before the reader comes to it, it is sent off in chunks of about a quarter of a megabyte, cut where a set
starts: the others look for the sets in which there is nothing to find (`SetJudge.look`), which the reader then takes as runs (`LookAhead`).
The sets that are left are judged in batches of the same size (`Ahead`). So many of both are under way that nobody waits, and no more, so
that memory stays flat. What comes out is what one process gives, in the same order.

Chunks travel in memory that all processes share where they can (`_Slots`), since a pipe would copy them four times.
"""

from __future__ import annotations

import mmap
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple, Self

from x12retro.findings import Finding
from x12retro.guide.rules import Context
from x12retro.guide.run_lane import RUN, run_at
from x12retro.guide.set_judge import Judged, Right, SetJudge
from x12retro.x12 import Delimiters, Frame, GroupStart, InterchangeStart, Run, Segment, Transaction, Window

_BATCH = 256 * 1024
_BATCH_SETS = 2000
_UNDER_WAY = 3
"""Batches under way per process: one in work, one waiting, one whose answer is being read."""


class JudgePool:
    """`jobs` processes that judge sets; use it as a context manager, for one stream after the other."""

    def __init__(self, jobs: int, snip: int, context: Context) -> None:
        self._jobs = jobs
        self._context = context
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        self._slots = _Slots(2 * jobs * _UNDER_WAY) if method == "fork" else None
        shared = self._slots.memory if self._slots is not None else None
        self._pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _begin, (snip, context, shared))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def ahead(self, items: Iterable[Frame | Finding]) -> Ahead:
        """The items of a stream with a judge who already knows the answers."""
        return Ahead(items, self._pool, self._jobs * _UNDER_WAY)

    def lane(self) -> LookAhead | None:
        """A lane through a stream; None where a payer's rows are asked of each set by itself."""
        return LookAhead(self._look, self._jobs * _UNDER_WAY) if self._context.payer is None else None

    def _look(self, text: bytes, setting: _Setting) -> Future[list[Right]]:
        if self._slots is None or (place := self._slots.put(text)) is None:
            return self._pool.submit(_look, text, setting)
        slots, answer = self._slots, self._pool.submit(_look_at, place, len(text), setting)
        answer.add_done_callback(lambda _: slots.free(place))
        return answer


class _Slots:
    """Places for texts in memory that processes forked later share with this one; a place is free again when its text was looked at."""

    def __init__(self, number: int) -> None:
        self.memory = mmap.mmap(-1, number * RUN)
        self._free = deque(range(0, number * RUN, RUN))  # others than the owner's thread give places back

    def put(self, text: bytes) -> int | None:
        """Copy the text into a free place; where it begins. None when no place is free or the text is too long."""
        if not self._free or len(text) > RUN:
            return None
        place = self._free.popleft()
        self.memory[place : place + len(text)] = text
        return place

    def free(self, place: int) -> None:
        self._free.append(place)


class _Chunk(NamedTuple):
    """Text that others look at: where it begins and ends in the file, and what is found there."""

    begin: int
    end: int
    rights: Future[list[Right]]


class LookAhead:
    """Sends off what the reader's window holds ahead, and takes runs by the answers (it is a `Lane`).

    Where groups begin and end ahead is guessed; an answer counts only where the reader comes to its place, within the delimiters and the
    label of the group (GS08) that the text was looked at with.
    """

    def __init__(self, look: Callable[[bytes, _Setting], Future[list[Right]]], most: int) -> None:
        self._look = look
        self._most = most
        self.wants = (most + 1) * RUN
        self._setting: _Setting | None = None
        self._chunks: deque[_Chunk] = deque()
        self._next: int | None = None  # where in the file the next chunk is to begin, if that is known
        self._rights: deque[Right] = deque()  # of the chunk that the reader is in, which stands in the file
        self._begin = self._end = -1  # from here to here

    def take(self, window: Window, group: GroupStart, reach: int) -> Run | None:
        """See `Lane`."""
        offset = window.offset + len(group.interchange.line_break)
        if (setting := _setting(group)) != self._setting:
            self._setting, self._end = setting, -1
            self._chunks.clear()
        while self._chunks and self._chunks[0].end <= offset:
            self._chunks.popleft()
        if not self._chunks and offset >= self._end:
            self._next = offset
        self._send(window, group.interchange, setting)
        if offset >= self._end and self._chunks and self._chunks[0].begin <= offset:
            self._begin, self._end, rights = self._chunks.popleft()
            self._rights = deque(rights.result())
        return run_at(window, group, reach, self._rights, self._begin) if offset < self._end else None

    def _send(self, window: Window, interchange: InterchangeStart, setting: _Setting) -> None:
        base = window.offset - window.pos
        while len(self._chunks) < self._most and self._next is not None:
            begin = self._next - base
            cut = _cut(window, begin, interchange)
            if cut is None:
                return
            end, following = cut
            self._chunks.append(_Chunk(self._next, base + end, self._look(window.buf[begin:end], setting)))
            self._next = None if following is None else base + following


def _cut(window: Window, begin: int, interchange: InterchangeStart) -> tuple[int, int | None] | None:
    """Where in the buffer the chunk from `begin` ends: with its group, or before an ST; and where the next set starts, if that is seen.

    None when what is in the buffer is no chunk yet.
    """
    buf, limit = window.buf, begin + RUN
    break_ = interchange.line_break.encode("latin-1")
    st = interchange.terminator + break_ + b"ST" + interchange.element
    ge = interchange.terminator + break_ + b"GE" + interchange.element
    if buf.rfind(ge, begin, limit) >= 0:  # there seldom is one, and it is the quicker way to see that there is none
        group_end = buf.find(ge, begin, limit)
        following = buf.find(st, group_end)
        return group_end + 1, following + 1 + len(break_) if following >= 0 else None
    if limit >= len(buf):
        return (len(buf), None) if window.eof and begin < len(buf) else None
    last = buf.rfind(st, begin, limit)
    return (last + 1, last + 1 + len(break_)) if last >= 0 else None


class Ahead:
    """Yields the items in order; `judge` gives the verdict of each Transaction as it is yielded, and in that order only."""

    def __init__(self, items: Iterable[Frame | Finding], pool: ProcessPoolExecutor, most: int) -> None:
        self._items = items
        self._pool = pool
        self._most = most
        self._verdicts: deque[Judged] = deque()

    def __iter__(self) -> Iterator[Frame | Finding]:
        waiting: deque[tuple[list[Frame | Finding], Future[list[Judged]] | None]] = deque()
        for batch in _batches(self._items):
            sets = [item for item in batch if isinstance(item, Transaction)]
            waiting.append((batch, self._pool.submit(_judge, sets) if sets else None))
            if len(waiting) >= self._most:
                yield from self._answered(*waiting.popleft())
        while waiting:
            yield from self._answered(*waiting.popleft())

    def _answered(self, batch: list[Frame | Finding], answer: Future[list[Judged]] | None) -> Iterator[Frame | Finding]:
        if answer is not None:
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
        if isinstance(item, Transaction | Run):
            size += len(item.raw)
        if size >= _BATCH or len(batch) >= _BATCH_SETS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_Setting = tuple[Delimiters, str, str | None]
"""The delimiters and the line break of an interchange, and the GS08 of a group (None where there is no GS)."""
_own: SetJudge | None = None
_shared: mmap.mmap | None = None


def _begin(snip: int, context: Context, shared: mmap.mmap | None) -> None:
    """Each process has a judge of its own, which keeps what it learns."""
    global _own, _shared  # the one place where a worker process keeps its state
    _own, _shared = SetJudge(snip, context), shared


def _look(text: bytes, setting: _Setting) -> list[Right]:
    assert _own is not None
    return _own.look(text, 0, len(text), _group(setting))[0]


def _look_at(place: int, size: int, setting: _Setting) -> list[Right]:
    """The same for a text in shared memory."""
    assert _shared is not None
    return _look(_shared[place : place + size], setting)


def _setting(group: GroupStart) -> _Setting:
    return group.interchange.delimiters, group.interchange.line_break, group.gs[8] if group.gs is not None else None


@lru_cache(maxsize=32)
def _group(setting: _Setting) -> GroupStart:
    """A group as the one that the reader will be in, in all that matters to whether its sets are right."""
    delimiters, line_break, label = setting
    gs = Segment(["GS", *[""] * 7, label]) if label is not None else None
    return GroupStart(gs, InterchangeStart(None, delimiters, 0, line_break), 0)


def _judge(transactions: list[Transaction]) -> list[Judged]:
    assert _own is not None
    return [_own.judge(transaction) for transaction in transactions]
