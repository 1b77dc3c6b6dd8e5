"""`decide` with a crew: responses are decided by many hands, and their records come back as lines in the order of file and place.

What one answer says of another (superseded, copies) is known here alone, from a look over all files; the lines of answers that repeat are
read again and marked. All other lines are passed on as they came. What others cannot read is decided here.
"""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from x12retro.cli.decide_inputs import PayerLookup, cases_of, encounters_of, requests_of
from x12retro.cluster.files import Unseen, absolute, parted, size_of, unlike, unseen
from x12retro.cluster.ranges import Ahead, Range, Sight, frames_of, sight
from x12retro.crew import Crew, in_order
from x12retro.decide import Care, Decision, History, Known, Requests, to_json
from x12retro.decide.history import Answer, FarAnswer, answer_of
from x12retro.decide.record import Origin
from x12retro.decide.stream import Deciding, sha256_of
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.x12 import Transaction, read

_RANGE = 1 << 20
"""Bytes of a range: its records are some four times as long."""
_decoder = msgspec.json.Decoder(Decision)
_Tell = Callable[[Finding], None]


class Recipe(NamedTuple):
    """Where to find what is known beside the responses: files by name, as seen from `folder`. `key` tells one run from another."""

    key: str
    folder: Path
    requests: tuple[str, ...]
    report: tuple[str, ...]
    verdicts: tuple[str, ...]
    payer: str | None
    payers: Path | None
    as_of: date

    def elsewhere(self) -> Recipe:
        """The same for who may stand in another folder."""
        if Path.cwd() == self.folder:
            return self
        return self._replace(
            folder=Path.cwd(),
            requests=self._named(self.requests),
            report=self._named(self.report),
            verdicts=self._named(self.verdicts),
            payers=self.folder / self.payers if self.payers is not None else None,
        )

    def _named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(self.folder / name) for name in names)


def recipe(chosen: dict[str, Any], as_of: date) -> Recipe:
    """What the user has chosen."""
    payer, payers = chosen["payer"], chosen["payers"]
    return Recipe(uuid.uuid4().hex, Path.cwd(), chosen["requests"], chosen["report"], chosen["verdicts"], payer, payers, as_of)


class Knowledge(NamedTuple):
    """What is known beside the responses."""

    asked: Requests | None
    encounters: dict[str, str]
    known: Known


@functools.lru_cache(maxsize=2)
def knowledge(of: Recipe, on_care: Callable[[Decision, Care], None] | None = None) -> Knowledge:
    """Read what is known; kept for as long as a run asks for it."""
    terms = PayerLookup(of.payer, of.payers, of.as_of)
    known = Known(terms=terms, cases=cases_of(of.verdicts), on_care=on_care)
    return Knowledge(requests_of(of.requests), encounters_of(of.report), known)


class Record(NamedTuple):
    """A decision as it is written; the first trace of its event with its company, and whether its request was found."""

    line: bytes
    trace: tuple[str, str] | None
    matched: bool

    def decision(self) -> Decision:
        return _decoder.decode(self.line)


class Said(NamedTuple):
    """The records of a set, with what tells it from others."""

    answer: FarAnswer
    records: tuple[Record, ...]


def decide_files(of: Recipe, paths: list[str], sizes: list[int]) -> list[list[Said | Finding] | str]:
    """Decide whole files where they are taken; for one that cannot be read there, why."""
    try:
        what = _there(of)
    except UsageError as problem:
        return [str(problem)] * len(paths)
    return [_decide_file(what, of, *one) for one in zip(paths, sizes, strict=True)]


def decide_range(of: Recipe, origin: Origin, range_: Range) -> dict[Sight, tuple[Record, ...] | Finding]:
    """Decide the sets of a range."""
    deciding = _deciding(_there(of), of, origin)
    return {
        sight(frame, range_.within, range_.begin): _records(deciding, frame)
        for frame in frames_of(range_)
        if isinstance(frame, Transaction)
    }


def _decide_file(what: Knowledge, of: Recipe, path: str, size: int) -> list[Said | Finding] | str:
    try:
        with Path(path).open("rb") as stream:
            if os.fstat(stream.fileno()).st_size != size:
                return unlike(path)
    except OSError as problem:
        return unseen(path, problem)
    deciding = _deciding(what, of, _origin(path))
    found: list[Said | Finding] = []
    for frame in read(path):
        if isinstance(frame, Finding):
            found.append(frame)
        elif isinstance(frame, Transaction):
            records = _records(deciding, frame)
            found.append(records if isinstance(records, Finding) else Said(FarAnswer(frame), records))
    return found


def _there(of: Recipe) -> Knowledge:
    try:
        return knowledge(of.elsewhere())
    except UsageError as problem:
        raise UsageError(f"on a worker: {problem}: every worker must see the files under the same path") from problem


def _deciding(what: Knowledge, of: Recipe, origin: Origin) -> Deciding:
    return Deciding(what.asked, of.as_of, encounters=what.encounters, known=what.known, origin=origin)


def _origin(path: str) -> Origin:
    return Origin(file=Path(path).name, sha256=sha256_of(Path(path)))


def _records(deciding: Deciding, frame: Transaction) -> tuple[Record, ...] | Finding:
    found = deciding.set(frame)
    return found if isinstance(found, Finding) else tuple([_record(decision) for decision in found])


def _record(decision: Decision) -> Record:
    traces = decision.traces.details
    return Record(to_json(decision), (traces[0].number, traces[0].company) if traces else None, decision.matched_by is not None)


class Elsewhere:
    """The responses of a run in the hands of a crew. Ask for each file in its order."""

    def __init__(self, crew: Crew, names: Sequence[str], of: Recipe, tell: Callable[[str], None]) -> None:
        """`tell` is told when workers cannot read what there is. Raises UsageError for requests that cannot be read but once."""
        if "-" in of.requests:
            raise UsageError("--requests -: others cannot read standard input; name a file, or leave out --jobs and --scheduler")
        self._crew, self._of, self._unseen = crew, of, Unseen(tell)
        self._here = knowledge(of)  # processes that are forked later have it then
        sizes = {name: size_of(name) for name in names}
        self._names = [name for name in names if 0 <= sizes[name] <= _RANGE]
        self._small = {name: sizes[name] for name in self._names}
        pieces = ((of, absolute(part), [sizes[name] for name in part]) for part in parted(self._names, sizes, _RANGE))
        self._files = (one for piece in in_order(crew, decide_files, pieces) for one in piece)
        self._next = iter(self._names)

    def records(self, name: str, history: History | None, tell: _Tell) -> Iterator[Record] | None:
        """The records of a file, marked; None for what only this process can read. Findings go to `tell`.

        Raises UsageError when it cannot be read, here or elsewhere.
        """
        if size_of(name) < 0 and name not in self._small:
            return None
        found = self._small_file(name) if name in self._small else self._large_file(name)
        return self._marked(found, history, tell)

    def _marked(
        self, found: Iterator[tuple[Answer, tuple[Record, ...]] | Finding], history: History | None, tell: _Tell
    ) -> Iterator[Record]:
        for one in found:
            if isinstance(one, Finding):
                tell(one)
                continue
            answer, records = one
            for record in records:
                if history is not None and history.repeats(record.trace, answer):
                    yield _record(history.weigh(record.decision(), answer))
                else:
                    yield record

    def _small_file(self, name: str) -> Iterator[tuple[Answer, tuple[Record, ...]] | Finding]:
        for given in self._next:
            found = next(self._files)
            if given == name:
                if isinstance(found, str):
                    self._unseen(found, name, self._small[name])
                    yield from self._here_alone(name)
                else:
                    yield from found
                return
        raise AssertionError("files are asked for in their order")

    def _large_file(self, name: str) -> Iterator[tuple[Answer, tuple[Record, ...]] | Finding]:
        origin = _origin(name)
        ahead: Ahead[dict[Sight, tuple[Record, ...] | Finding]]
        ahead = Ahead(self._crew, decide_range, (self._of, origin), name, self._unseen, length=_RANGE)
        try:
            yield from self._decided(name, origin, ahead)
        finally:
            ahead.close()

    def _here_alone(self, name: str) -> Iterator[tuple[Answer, tuple[Record, ...]] | Finding]:
        return self._decided(name, _origin(name), None)

    def _decided(
        self, name: str, origin: Origin, ahead: Ahead[dict[Sight, tuple[Record, ...] | Finding]] | None
    ) -> Iterator[tuple[Answer, tuple[Record, ...]] | Finding]:
        deciding = _deciding(self._here, self._of, origin)
        for frame in read(Path(name)):
            if isinstance(frame, Finding):
                yield frame
            elif isinstance(frame, Transaction):
                made = ahead.at(frame.offset, frame.group) if ahead is not None else None
                found = made.found.get(sight(frame)) if made is not None else None
                records = found if found is not None else _records(deciding, frame)
                yield records if isinstance(records, Finding) else (answer_of(frame), records)
