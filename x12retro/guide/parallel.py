"""Judge the sets of one stream on several processors: one process reads and keeps the order, the others judge.

Text travels twice at most. Before the reader comes to it, it is sent off in chunks, cut where a set starts: the others look for the sets
in which there is nothing to find (`SetJudge.look`), which the reader then takes as runs (`LookAhead`). The sets that are left are judged
in batches (`Ahead`). So many of both are under way that nobody waits, and no more, so that memory stays flat. What comes out is what one
process gives, in the same order.

What all need, they learn before they part: this process looks at the first sets itself, and the others are forked from it then. Chunks
travel in memory that all processes share where they can (`_Slots`), since a pipe would copy them four times.
"""

from __future__ import annotations

import mmap
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from types import TracebackType
from typing import NamedTuple, Self

from x12retro.errors import killed
from x12retro.findings import Finding
from x12retro.guide.rules import Context
from x12retro.guide.run_lane import RUN, run_at
from x12retro.guide.set_judge import Judged, Right, SetJudge
from x12retro.x12 import Delimiters, Frame, GroupStart, InterchangeStart, Run, Segment, Transaction, Window
from x12retro.x12.isa import BREAK_REACH, ISA_REACH, IsaRead, line_break, read_isa

CHUNK = 2 * RUN
"""Bytes that are sent off together: the more, the less there is to send; the fewer, the less the others wait for the last."""
_BATCH = 256 * 1024
_BATCH_SETS = 2000
_UNDER_WAY = 2
"""Chunks, and batches, under way per process: one in work, one waiting."""
_FIRST = RUN // 4


class JudgePool:
    """`jobs` processes that judge sets; use it as a context manager, for one stream after the other."""

    def __init__(self, jobs: int, snip: int, context: Context) -> None:
        self._jobs = jobs
        self._context = context
        self._judge = SetJudge(snip, context)
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        forked = method == "fork"
        self._slots = _Slots((_UNDER_WAY + 1) * jobs) if forked else None
        shared = self._slots.memory if self._slots is not None else None
        judge = (lambda: self._judge) if forked else partial(SetJudge, snip, context)
        self._pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _begin, (judge, shared))  # begun when it is needed
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Raises SystemFailure where one of the processes was killed."""
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise killed() from None

    def ahead(self, items: Iterable[Frame | Finding]) -> Ahead:
        """The items of a stream with a judge who already knows the answers."""
        return Ahead(items, self._pool, self._jobs * _UNDER_WAY)

    def lane(self) -> LookAhead | None:
        """A lane through a stream; None where a payer's rows are asked of each set by itself."""
        return LookAhead(self._look, self._jobs * _UNDER_WAY) if self._context.payer is None else None

    def _look(self, text: bytes, setting: _Setting) -> Future[list[_Seen]]:
        if not self._begun:
            self._begun = True
            self._judge.look(text, 0, min(len(text), _FIRST), _group(setting))
        if self._slots is None or (place := self._slots.put(text)) is None:
            return self._pool.submit(_look, text, setting)
        slots, answer = self._slots, self._pool.submit(_look_at, place, len(text), setting)
        answer.add_done_callback(lambda _: slots.free(place))
        return answer


class _Slots:
    """Places for texts in memory that processes forked later share with this one; a place is free again when its text was looked at."""

    def __init__(self, number: int) -> None:
        self.memory = mmap.mmap(-1, number * CHUNK)
        self._free = deque(range(0, number * CHUNK, CHUNK))  # others than the owner's thread give places back

    def put(self, text: bytes) -> int | None:
        """Copy the text into a free place; where it begins. None when no place is free or the text is too long."""
        if not self._free or len(text) > CHUNK:
            return None
        place = self._free.popleft()
        self.memory[place : place + len(text)] = text
        return place

    def free(self, place: int) -> None:
        self._free.append(place)


class _Seen(NamedTuple):
    """Right sets in a text that were looked at in one setting."""

    setting: _Setting
    rights: deque[Right]


class _Chunk(NamedTuple):
    """Text that others look at: where it begins and ends in the file, and what is found there."""

    begin: int
    end: int
    seen: Future[list[_Seen]]


class LookAhead:
    """Sends off what the reader's window holds ahead, and takes runs by the answers (it is a `Lane`).

    In what setting a chunk begins is guessed: in the one where the reader is. An answer counts only where the reader comes to its place,
    within the delimiters and the label of the group (GS08) that the text was looked at with.
    """

    def __init__(self, look: Callable[[bytes, _Setting], Future[list[_Seen]]], most: int) -> None:
        self._look = look
        self._most = most
        self.wants = (most + 1) * CHUNK
        self._chunks: deque[_Chunk] = deque()
        self._next: int | None = None  # where in the file the next chunk is to begin, if that is known
        self._seen: deque[_Seen] = deque()  # of the chunk that the reader is in, which stands in the file
        self._begin = self._end = -1  # from here to here

    def take(self, window: Window, group: GroupStart, reach: int) -> Run | None:
        """See `Lane`."""
        offset = window.offset + len(group.interchange.line_break)
        setting = _setting(group)
        while self._chunks and self._chunks[0].end <= offset:
            self._chunks.popleft()
        if not self._chunks and offset >= self._end:
            self._next = offset
        self._send(window, group.interchange, setting)
        if offset >= self._end and self._chunks and self._chunks[0].begin <= offset:
            self._begin, self._end, seen = self._chunks.popleft()
            self._seen = deque(seen.result())
            self._send(window, group.interchange, setting)
        while self._seen and self._begin + self._seen[0].rights[-1].end <= offset:
            self._seen.popleft()
        if not self._seen or self._seen[0].setting != setting:
            return None
        return run_at(window, group, reach, self._seen[0].rights, self._begin)

    def _send(self, window: Window, interchange: InterchangeStart, setting: _Setting) -> None:
        base = window.offset - window.pos
        while len(self._chunks) < self._most and self._next is not None:
            begin = self._next - base
            end = _cut(window, begin, interchange)
            if end is None:
                return
            self._chunks.append(_Chunk(self._next, base + end, self._look(window.buf[begin:end], setting)))
            self._next = base + end + len(interchange.line_break) if end < len(window.buf) else None


def _cut(window: Window, begin: int, interchange: InterchangeStart) -> int | None:
    """Where in the buffer the chunk from `begin` ends: before an ST. None when what is in the buffer is no chunk yet."""
    buf, limit = window.buf, begin + CHUNK
    if limit >= len(buf):
        return len(buf) if window.eof and begin < len(buf) else None
    st = interchange.terminator + interchange.line_break.encode("latin-1") + b"ST" + interchange.element
    last = buf.rfind(st, begin, limit)
    return last + 1 if last >= 0 else None


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


def _begin(judge: Callable[[], SetJudge], shared: mmap.mmap | None) -> None:
    """Each process has a judge of its own, which keeps what it learns."""
    global _own, _shared  # the one place where a worker process keeps its state
    _own, _shared = judge(), shared


def _look(text: bytes, setting: _Setting) -> list[_Seen]:
    """Find the right sets of a text that begins with an ST, in the given setting at first, in others where groups begin."""
    assert _own is not None
    found: list[_Seen] = []
    pos = 0
    while True:
        rights, pos = _look_through(_own, text, pos, setting)
        if rights:
            found.append(_Seen(setting, rights))
        following = _next_group(text, pos, setting)
        if following is None:
            return found
        pos, setting = following


def _look_through(judge: SetJudge, text: bytes, pos: int, setting: _Setting) -> tuple[deque[Right], int]:
    """The right sets of a group, and where it ends."""
    group = _group(setting)
    rights: deque[Right] = deque()
    while text.startswith(b"ST", pos):
        stop = pos + RUN
        found, seen = judge.look(text, pos, stop, group)
        if seen == pos and stop < len(text):  # a set that is longer
            found, seen = judge.look(text, pos, len(text), group)
        rights += found
        if seen == pos:
            break
        pos = seen
    return rights, pos


def _next_group(text: bytes, pos: int, setting: _Setting) -> tuple[int, _Setting] | None:
    """Where the first set behind the end of a group stands, and in what setting; None where none is seen."""
    delimiters, break_, _ = setting
    isa_at = text.find(b"ISA", pos, pos + ISA_REACH)
    if isa_at >= 0:
        isa = read_isa(text[isa_at : isa_at + ISA_REACH])
        if not isinstance(isa, IsaRead):
            return None
        pos, delimiters = isa_at + isa.size, isa.delimiters
        break_ = line_break(text[pos : pos + BREAK_REACH])
    e, t = delimiters.element.encode("latin-1"), delimiters.segment.encode("latin-1")
    gap = break_.encode("latin-1")
    st = text.find(t + gap + b"ST" + e, pos)
    gs = text.rfind(b"GS" + e, pos, st) if st >= 0 else -1
    if gs < 0:
        return None
    fields = text[gs : text.find(t, gs)].decode("latin-1").split(delimiters.element)
    return st + len(t + gap), (delimiters, break_, fields[8] if len(fields) > 8 else "")


def _look_at(place: int, size: int, setting: _Setting) -> list[_Seen]:
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
