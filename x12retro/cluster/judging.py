"""Validate an archive with a crew: whole files by many hands at once, and the sets of one large file by ranges.

A file that would keep one pair of hands longer than its share is read here, in order, as ever; of its sets the crew has already said which
are right, and what it found in the others (`RangePool` stands where `--jobs` has a JudgePool). Every other file is validated where it is
taken, and its report comes back; what cannot be read there is read here. Either way a file's report is the one that one process gives.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from x12retro.cluster.files import Unseen, absolute, parted, size_of, unlike, unseen
from x12retro.cluster.ranges import Ahead, Range, Sight, frames_of, place, sight
from x12retro.crew import Crew, in_order
from x12retro.findings import Finding
from x12retro.guide.report import FileReport, Report
from x12retro.guide.rules import Context
from x12retro.guide.run_lane import RUN, RunLane, run_at
from x12retro.guide.set_judge import Judged, Right, SetJudge
from x12retro.x12 import Frame, GroupStart, Run, Transaction, Window

if TYPE_CHECKING:
    from x12retro.guide.overlay import Payer

_LARGE = 32 << 20
"""A file below that is not worth to be cut."""
_TOGETHER = 4 << 20
"""So many bytes of small files go out together."""


class Judging(NamedTuple):
    """How a file is to be judged. `key` tells one from another, so that who judges keeps what it has learnt."""

    key: str
    snip: int
    as_of: date
    lists: Mapping[str, frozenset[str]]
    payer: Payer | None
    show_values: bool
    most: int


class Whole:
    """The report of a file that was validated elsewhere, as a Report is one: iterate for the findings to be listed, then `summary`."""

    __slots__ = ("_findings", "summary")

    def __init__(self, summary: FileReport, findings: list[Finding]) -> None:
        self.summary = summary
        self._findings = findings

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings)


class Archive:
    """The files of a run, given out in good time; ask for each `report` in their order. `whole`: files may be validated elsewhere."""

    def __init__(self, crew: Crew, names: Sequence[str], judging: Judging, tell: Callable[[str], None], *, whole: bool) -> None:
        self._crew, self._judging, self._unseen = crew, judging, Unseen(tell)
        sizes = {name: size_of(name) for name in names} if whole else {}
        share = max(_LARGE, sum(sizes.values()) // (2 * crew.size))
        self._names = [name for name in names if 0 <= sizes.get(name, -1) <= share]
        self._given = {name: sizes[name] for name in self._names}
        pieces = ((absolute(part), part, [sizes[name] for name in part], judging) for part in parted(self._names, sizes, _TOGETHER))
        self._reports = (one for piece in in_order(crew, report_files, pieces) for one in piece)
        self._next = iter(self._names)

    def report(self, name: str) -> Whole | None:
        """The report of the next file of that name; None where it is to be read here (see `pool`)."""
        if name not in self._given:
            return None
        for given in self._next:
            found = next(self._reports)
            if given == name:
                if isinstance(found, str):
                    self._unseen(found, name, self._given[name])
                    return None
                return found
        raise AssertionError("files are asked for in their order")

    def pool(self, name: str) -> RangePool | None:
        """Who has judged the sets of a file that is read here; None for what others cannot read, as standard input."""
        return RangePool(self._crew, name, self._judging, self._unseen) if name not in self._given and size_of(name) >= 0 else None


def report_files(paths: list[str], names: list[str], sizes: list[int], judging: Judging) -> list[Whole | str]:
    """Validate files where they are taken, or say why one cannot be read there; `names` are what the user called them."""
    return [_report_file(*one, judging) for one in zip(paths, names, sizes, strict=True)]


def _report_file(path: str, name: str, size: int, judging: Judging) -> Whole | str:
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening may fail here
    except OSError as problem:
        return unseen(path, problem)
    with stream:
        if os.fstat(stream.fileno()).st_size != size:
            return unlike(path)
        report = Report(
            stream,
            name,
            snip=judging.snip,
            as_of=judging.as_of,
            lists=judging.lists,
            show_values=judging.show_values,
            payer=judging.payer,
        )
        found = [finding for n, finding in enumerate(report) if n < judging.most]  # the others are counted
    return Whole(report.summary, found)


class Judgements(NamedTuple):
    """What was found in a range: right sets that follow each other, by the place of their ISA and GS; and the verdict on the others."""

    rights: dict[tuple[int, int], list[Right]]
    verdicts: dict[Sight, Judged]


def judge_range(judging: Judging, range_: Range) -> Judgements:
    """Judge the sets of a range."""
    judge = _judge(judging)
    found = Judgements({}, {})
    for frame in frames_of(range_, lane=None if judge.asks_each else RunLane(judge)):
        if isinstance(frame, Run):
            first = frame.offset - range_.begin
            right = Right(frame.kind, [first + start for start in frame.starts], frame.controls, first + len(frame.raw))
            found.rights.setdefault(place(frame.group, range_.within, range_.begin), []).append(right)
        elif isinstance(frame, Transaction):
            found.verdicts[sight(frame, range_.within, range_.begin)] = judge.judge(frame)
    return found


_kept = threading.local()


def _judge(judging: Judging) -> SetJudge:
    """The judge of this thread, which keeps what it learns."""
    if getattr(_kept, "key", None) != judging.key:
        _kept.judge = SetJudge(judging.snip, Context(judging.as_of, judging.lists, judging.payer))
        _kept.key = judging.key
    judge: SetJudge = _kept.judge
    return judge


class RangePool:
    """Answers for one file what a JudgePool answers: who has judged its sets, and the lane of those that are right."""

    def __init__(self, crew: Crew, name: str, judging: Judging, unseen: Unseen) -> None:
        self._ahead: Ahead[Judgements] = Ahead(crew, judge_range, (judging,), name, unseen)
        self._judge = _judge(judging)
        self._verdicts: dict[Sight, Judged] = {}

    def lane(self) -> RangeLane:
        return RangeLane(self._ahead, self._verdicts)

    def ahead(self, items: Iterable[Frame | Finding]) -> Known:
        return Known(items, self._verdicts, self._judge, self._ahead)


class RangeLane:
    """Takes the runs of right sets that the crew has found (it is a `Lane`), and keeps its verdicts on the other sets for `Known`."""

    wants = 2 * RUN

    def __init__(self, ahead: Ahead[Judgements], verdicts: dict[Sight, Judged]) -> None:
        self._ahead, self._verdicts = ahead, verdicts
        self._range: Range | None = None
        self._rights: dict[tuple[int, int], deque[Right]] = {}

    def take(self, window: Window, group: GroupStart, reach: int) -> Run | None:
        """See `Lane`."""
        made = self._ahead.at(window.offset + len(group.interchange.line_break), group)
        if made is None:
            return None
        if made.range is not self._range:
            self._range = made.range
            self._rights = {at: deque(rights) for at, rights in made.found.rights.items()}
            self._verdicts.clear()  # each was asked for when its set was read, or never will be
            self._verdicts.update(made.found.verdicts)
        rights = self._rights.get(place(group))
        return run_at(window, group, reach, rights, made.range.begin) if rights else None


class Known:
    """The items of a stream, with a judge who knows most answers already."""

    def __init__(self, items: Iterable[Frame | Finding], verdicts: dict[Sight, Judged], judge: SetJudge, ahead: Ahead[Judgements]) -> None:
        self._items, self._verdicts, self._judge, self._ahead = items, verdicts, judge, ahead

    def __iter__(self) -> Iterator[Frame | Finding]:
        try:
            yield from self._items
        finally:
            self._ahead.close()

    def judge(self, transaction: Transaction) -> Judged:
        """The verdict on a set."""
        known = self._verdicts.get(sight(transaction))
        return known if known is not None else self._judge.judge(transaction)
