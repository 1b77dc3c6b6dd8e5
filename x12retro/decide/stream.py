"""A file of answers -> Decision records, one transaction in memory at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

import msgspec

from x12retro.decide.history import History, may_be_read_twice
from x12retro.decide.match import Requests
from x12retro.decide.read import decide_plain, decide_response, why_not
from x12retro.decide.record import Decision, Origin
from x12retro.decide.terms import NOTHING_KNOWN, Known
from x12retro.decide.values import today
from x12retro.errors import UsageError
from x12retro.findings import Finding, control_number
from x12retro.x12 import Source, Transaction, read


def decide_stream(
    source: Source,
    requests: Requests | Source | Sequence[Source] | None = None,
    as_of: date | None = None,
    *,
    encounters: Mapping[str, str] | None = None,
    known: Known = NOTHING_KNOWN,
    history: History | None = None,
    file: str = "",
    received: str = "",
    on_finding: Callable[[Finding], None] | None = None,
) -> Iterator[Decision]:
    """Yield the decisions of every 278 response in `source`, as they are read.

    `requests` are the 278 requests to match with, read already or as sources; `encounters` maps trace numbers to encounter ids
    (`read_build_report`); `known` is what the caller knows of payers and encounters; `history`, which has looked at this path, marks
    answers that were superseded or read before; `file` and `received` go into each record's source (`file` is the path's name when not
    given). Sets that hold no decision (other transactions, requests) yield nothing: what was skipped and what the reader saw on the
    wire is told to `on_finding`. Raises UsageError for a source that cannot be opened, SystemFailure when reading breaks off.
    """
    tell = on_finding or _ignore
    path = source if isinstance(source, str | os.PathLike) else None
    origin = Origin(file=file or (Path(path).name if path is not None else ""), sha256=sha256_of(source), received=received)
    deciding = Deciding(_requests(requests), as_of or today(), encounters=encounters, known=known, origin=origin)
    for frame in read(source):
        if isinstance(frame, Finding):
            tell(frame)
        elif isinstance(frame, Transaction):
            decisions = deciding.set(frame)
            if isinstance(decisions, Finding):
                tell(decisions)
                continue
            for decision in decisions:
                yield history.mark(decision, frame, path) if history is not None and path is not None else decision


class Deciding:
    """Decides one set after the other, in whatever order; `origin` names the file that they stand in."""

    def __init__(
        self, requests: Requests | None, as_of: date, *, encounters: Mapping[str, str] | None, known: Known, origin: Origin
    ) -> None:
        self._requests, self._as_of = requests, as_of
        self._encounters, self._known, self._origin = encounters, known, origin

    def set(self, frame: Transaction) -> Iterator[Decision] | Finding:
        """The decisions of a set, or why it holds none."""
        with_what: _With = {"encounters": self._encounters, "known": self._known, "origin": self._origin}
        decisions = decide_plain(frame, self._requests, self._as_of, **with_what)
        if decisions is not None:
            return decisions
        if (refusal := why_not(frame.segments())) is not None:
            return _placed(refusal, frame)
        return decide_response(frame, self._requests, self._as_of, **with_what)


class _With(TypedDict):
    encounters: Mapping[str, str] | None
    known: Known
    origin: Origin


def _ignore(_: Finding) -> None:
    pass


def _placed(finding: Finding, frame: Transaction) -> Finding:
    segments = frame.segments()
    return msgspec.structs.replace(
        finding,
        interchange=control_number(frame.interchange.control),
        group=control_number(frame.group.control),
        transaction=control_number(segments[0][2].strip()) if segments else None,
    )


def _requests(requests: Requests | Source | Sequence[Source] | None) -> Requests | None:
    if requests is None or isinstance(requests, Requests):
        return requests
    sources: Sequence[Source] = requests if isinstance(requests, list | tuple) else [requests]  # type: ignore[list-item]
    gathered = Requests()
    for source in sources:
        gathered.read_more(read(source))
    return gathered


def sha256_of(source: Source) -> str:
    """The digest of the whole source, which is read for it once more; "" for one that can be read but once (a pipe)."""
    if isinstance(source, bytes | bytearray | memoryview):
        return hashlib.sha256(source).hexdigest()
    if isinstance(source, str | os.PathLike):
        if not may_be_read_twice(source):
            return ""
        try:
            with Path(source).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as e:
            raise UsageError(f"{os.fspath(source)}: {e.strerror or 'cannot be read'}") from e
    if not (hasattr(source, "seekable") and source.seekable()):
        return ""
    start = source.tell()
    digest = hashlib.sha256()
    while part := source.read(1 << 20):
        digest.update(part)
    source.seek(start)
    return digest.hexdigest()
