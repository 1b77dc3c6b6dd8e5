"""What is in a file that came, before anything is made of it: acknowledgments, answers, or nothing that we know.

Of a 278 the trace numbers, when it was answered (BHT04, BHT05) and a digest of what it says are taken, so that its request is found
and a copy is known, whatever envelope it comes in.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import msgspec

from x12retro.findings import Finding
from x12retro.x12 import Delimiters, InterchangeStart, Ta1, Transaction, read
from x12retro.x12.traces import asks_after

_ACKNOWLEDGES = (b"999", b"997", b"824")
_BREAKS_OFF = ("X12-SE-003", "X12-GE-003", "X12-IEA-001")
"""A trailer is missing: what follows it may be missing too."""


class Answer(msgspec.Struct):
    """One 278: where it stands, the numbers that it may be known by (TRN02, BHT03), when it was answered, and the digest of what it says.

    With the number of an inquiry goes that of the request that it asks after.
    """

    place: tuple[str, str, str]
    traces: tuple[str, ...]
    answered: str
    content: str


class Survey(msgspec.Struct):
    """What a file holds. `kind` is the ledger's word for it; `cut_short` says so where it breaks off in the middle."""

    interchanges: int = 0
    acknowledgments: int = 0
    answers: int = 0
    cut_short: str | None = None
    addressed: set[tuple[str, str, str]] = set()
    """Sender (ISA06), receiver (ISA08) and usage (ISA15) of each interchange."""

    @property
    def kind(self) -> str:
        return "response" if self.answers else "acknowledgment" if self.acknowledgments else "unknown"


def survey(path: Path) -> Survey:
    """Look through a file, one set in memory at a time. Raises UsageError when it cannot be opened."""
    found = Survey(addressed=set())
    for frame in read(path):
        if isinstance(frame, Finding):
            if frame.rule in _BREAKS_OFF:
                found.cut_short = frame.message
        elif isinstance(frame, InterchangeStart):
            found.interchanges += 1
            if frame.isa is not None:
                found.addressed.add((frame.isa[6].strip(), frame.isa[8].strip(), frame.isa[15].strip()))
        elif isinstance(frame, Ta1):
            found.acknowledgments += 1
        elif isinstance(frame, Transaction):
            kind = _cut(frame.delimiters).kind(frame.raw)
            if kind in _ACKNOWLEDGES:
                found.acknowledgments += 1
            elif kind == b"278":
                found.answers += 1
    return found


def answer_of(frame: Transaction) -> Answer:
    """What is taken of a 278."""
    return _cut(frame.delimiters).answer(frame.raw, (frame.interchange.control, frame.group.control, frame.control))


class _Cut:
    """Finds what is looked for in the bytes of a set, by its delimiters."""

    def __init__(self, delimiters: Delimiters) -> None:
        e, s = re.escape(delimiters.element), re.escape(delimiters.segment)
        self._end = delimiters.segment.encode("latin-1")
        self._kind = re.compile(f"\\s*ST{e}([0-9]{{3}})".encode("latin-1"))
        self._trace = re.compile(f"{s}\\s*TRN{e}[^{e}{s}]*{e}([^{e}{s}]{{1,50}})".encode("latin-1"))
        word = f"[^{e}{s}]*{e}"
        self._bht = re.compile(f"{s}\\s*BHT{e}{word}{word}([^{e}{s}]*){e}([0-9]{{8}})(?:{e}([0-9]{{4,8}}))?".encode("latin-1"))

    def kind(self, raw: bytes) -> bytes:
        match = self._kind.match(raw)
        return match[1] if match else b""

    def answer(self, raw: bytes, place: tuple[str, str, str]) -> Answer:
        begin, end = raw.find(self._end) + 1, raw.rfind(self._end, 0, -1) + 1
        told = self._bht.search(raw)
        traces = [trace.decode("latin-1").strip() for trace in self._trace.findall(raw)]
        named = [*traces, told[1].decode("latin-1").strip()] if told else traces
        return Answer(
            place=place,
            traces=(*named, *(request for number in named if (request := asks_after(number)) is not None)),
            answered="".join(part.decode() for part in told.groups(b"")[1:]) if told else "",
            content=hashlib.sha256(raw[begin : max(begin, end)]).hexdigest(),
        )


@cache
def _cut(delimiters: Delimiters) -> _Cut:
    return _Cut(delimiters)
