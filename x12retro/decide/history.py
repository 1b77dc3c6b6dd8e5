"""Several answers to one request in one run: which is the latest, and which was read before.

A payer pends and decides later; an inbox holds copies; files come in any order. `look` goes over the files first, at the speed of
the reader, and keeps only what repeats; `mark` then tells each decision where it stands, so that records can be written as they are
read. An answer about an event (the first trace of 2000E) is later than another by its BHT04 and BHT05. At the same minute one that
decides stands before one that pends, one that does not approve before one that does, and then the greater digest: whatever order
files come in, the same one stands, and a finding says so. A copy is one whose set says the same from BHT to the end, whatever its
envelope. A set without any trace can be a copy, but supersedes nothing: BHT03 alone does not say which event it is about.

The answer to an inquiry is an answer to the request that was asked after. One that decides nothing neither supersedes nor is superseded;
one that says no more than "still pended" stands behind every answer to the request itself, which may ask for documents as it cannot.

Memory is flat: an event that is answered once leaves one bit. Two events whose bits meet are only looked at more closely, never
mistaken for each other.

Guide: 005010X217 2000E TRN, BHT03, BHT04, BHT05
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from x12retro.decide.record import Decision, Origin
from x12retro.decide.trouble import trouble
from x12retro.errors import UsageError
from x12retro.findings import control_number
from x12retro.x12 import Transaction, read
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.traces import request_key

_BITS = 1 << 25
_ANSWERED = 2
Rank = tuple[str, bool, bool, int]
"""When it was answered, whether it decides, whether it is none that approves, and a digest of what it says."""


class _Latest:
    """What is kept of an event that is answered more than once: its latest answer, and the contents that were seen."""

    __slots__ = ("content", "place", "rank", "seen", "tied")

    def __init__(self, rank: Rank, content: int, place: Origin, *, tied: bool) -> None:
        self.rank = rank
        self.content = content
        self.place = place
        self.tied = tied  # another of the same minute, and as final, says otherwise
        self.seen: set[int] = set()


class Answer(Protocol):
    """What tells a set from others. `copies`: whether it was read before, by event."""

    copies: dict[int, bool]

    @property
    def rank(self) -> Rank: ...
    @property
    def content(self) -> int: ...


class FarAnswer:
    """The same of a set that was read elsewhere: it can be sent."""

    __slots__ = ("content", "copies", "rank")

    def __init__(self, frame: Transaction) -> None:
        answer = _Answer(frame)
        self.rank, self.content = answer.rank, answer.content
        self.copies: dict[int, bool] = {}


class _Answer:
    """The same, found where it is asked for, once."""

    def __init__(self, frame: Transaction) -> None:
        self.frame = frame
        self.copies: dict[int, bool] = {}

    @functools.cached_property
    def rank(self) -> Rank:
        return (*_cutter_of(self.frame).weight(self.frame.raw), self.content)

    @functools.cached_property
    def content(self) -> int:
        return _cutter_of(self.frame).content(self.frame.raw)

    def place(self, file: str) -> Origin:
        frame = self.frame
        return Origin(
            file=file,
            interchange=control_number(frame.interchange.control) or "",
            group=control_number(frame.group.control) or "",
            transaction=control_number(frame.control) or "",
        )


def answer_of(frame: Transaction) -> Answer:
    """What tells a set from others."""
    return _Answer(frame)


class History:
    """The answers of one run. `look` at every file once, then pass it to `decide_stream`."""

    def __init__(self) -> None:
        self._bits = bytearray(_BITS >> 3)
        self._latest: dict[int, _Latest] = {}
        self._looked_at: set[str] = set()
        self._at_hand: _Answer | None = None  # several decisions may come of one set

    def look(self, path: str | os.PathLike[str]) -> None:
        """Note the answers of a file; what is no regular file could not be read again to be decided, and is left alone.

        Raises UsageError when it cannot be opened, SystemFailure when reading breaks off.
        """
        name = os.fspath(path)
        if name in self._looked_at or not may_be_read_twice(name):
            return
        self._looked_at.add(name)
        file = Path(name).name
        for frame in read(Path(name)):
            if isinstance(frame, Transaction):
                self._note(frame, file)

    def mark(self, decision: Decision, frame: Transaction, path: str | os.PathLike[str]) -> Decision:
        """The decision, marked where a later answer about its event, or an earlier copy of it, is in this run."""
        if os.fspath(path) not in self._looked_at or not self._latest:
            return decision
        if self._at_hand is None or self._at_hand.frame is not frame:
            self._at_hand = _Answer(frame)
        return self.weigh(decision, self._at_hand)

    def repeats(self, trace: tuple[str, str] | None, answer: Answer) -> bool:
        """Whether more than one answer about an event was seen: by its trace and company, or by what the set says where it has none."""
        return bool(self._latest) and (_key(*trace) if trace is not None else answer.content) in self._latest

    def weigh(self, decision: Decision, answer: Answer) -> Decision:
        """The same as `mark` for a set of which only what tells it from others is at hand."""
        if decision.outcome == "unanswered":
            return decision
        traces = decision.traces.details
        key = _key(traces[0].number, traces[0].company) if traces else answer.content
        known = self._latest.get(key)
        if known is None:
            return decision
        rank, content, copies = answer.rank, answer.content, answer.copies
        if key not in copies:  # two events of one set with one trace are no copies of each other
            copies[key] = content in known.seen
            known.seen.add(content)
        duplicate = copies[key]
        # of the first answer that was looked at nothing but a bit was kept: it is weighed here
        if content != known.content and rank[:2] == known.rank[:2]:
            known.tied = True
        elif rank > known.rank:
            known.tied = False
        if rank > known.rank:
            known.rank, known.content, known.place = rank, content, msgspec.structs.replace(decision.source, sha256="", received="")
        if content != known.content:
            return msgspec.structs.replace(decision, superseded_by=known.place, duplicate=duplicate)
        if known.tied:
            decision = msgspec.structs.replace(decision, findings=(*decision.findings, trouble("DEC-SET-013")))
        return msgspec.structs.replace(decision, duplicate=True) if duplicate else decision

    def _note(self, frame: Transaction, file: str) -> None:
        cutter = _cutter_of(frame)
        if not cutter.is_answer(frame.raw):
            return
        answer = _Answer(frame)
        for key in cutter.events(frame.raw):
            byte, bit = (key % _BITS) >> 3, 1 << (key & 7)
            if not self._bits[byte] & bit:
                self._bits[byte] |= bit
                continue
            rank, content = answer.rank, answer.content
            known = self._latest.get(key)
            if known is not None and known.content == content:
                continue
            tied = known is not None and known.rank[:2] == rank[:2]
            if known is not None and known.rank > rank:
                known.tied |= tied
                continue
            self._latest[key] = _Latest(rank, content, answer.place(file), tied=tied)


class _Cutter:
    """Finds in the bytes of a set what tells answers apart, without cutting it."""

    def __init__(self, delimiters: Delimiters, line_break: str | None) -> None:
        e, t = (re.escape(d.encode("latin-1")) for d in (delimiters.element, delimiters.segment))
        word = b"([^" + e + t + b"]*+)"
        # ST stands before all that is looked for; the white space has an end, else lines that are all empty take for ever
        start = t + (rb"\s{0,64}+" if line_break is None else re.escape(line_break.encode("latin-1")))
        self._bht = re.compile(start + b"BHT" + e + word + e + word + e + word + e + word + b"(?:" + e + word + b"(?:" + e + word + b")?)?")
        self._hcr = re.compile(start + b"HCR" + e + word)
        self._decided = re.compile(start + b"(?:HCR|AAA)" + e)
        self._event = re.compile(start + b"HL" + e + word + e + word + e + b"EV(?=[" + e + t + b"])")
        self._hl = re.compile(start + b"HL" + e)
        self._st = re.compile(b"\\s{0,64}+ST" + e + word + e + word + e + b"005010X215")
        self._trn = re.compile(start + b"TRN" + e + word + e + word + b"(?:" + e + word + b")?")
        self._end = re.compile(start + b"SE" + e)

    def is_answer(self, raw: bytes) -> bool:
        bht = self._bht.search(raw)
        says = bht[_ANSWERED].strip() if bht is not None else b""
        if self._is_of_inquiry(raw, says):
            return self._tells(raw, says)
        return says == b"11" or self._decided.search(raw) is not None

    def _is_of_inquiry(self, raw: bytes, says: bytes) -> bool:
        return says in (b"28", b"49") or self._st.match(raw) is not None

    def _tells(self, raw: bytes, says: bytes) -> bool:
        """Whether a set is the answer to an inquiry, and tells of a review. One that decides nothing is no later answer than any other."""
        return self._hcr.search(raw) is not None and (says == b"49" or any(self._returned(raw)))

    def _returned(self, raw: bytes) -> Iterator[tuple[str, str]]:
        """Number and company of each trace that is given back, wherever it stands."""
        for trn in self._trn.finditer(raw):
            if trn[1].strip() == b"2" and trn[2].strip():
                yield trn[2].strip().decode("utf-8", "replace"), (trn[3] or b"").strip().decode("utf-8", "replace")

    def weight(self, raw: bytes) -> tuple[str, bool, bool]:
        """BHT04 and BHT05 as text that sorts by time; whether the set decides for good, and whether it approves nothing."""
        bht = self._bht.search(raw)
        at = "" if bht is None else (bht[4].strip() + (bht[5] or b"").strip()).decode("latin-1")
        actions = {hcr[1].strip() for hcr in self._hcr.finditer(raw)}
        interim = bht is not None and (bht[6] or b"").strip() == b"19"
        if actions == {b"A4"} and self._is_of_inquiry(raw, bht[_ANSWERED].strip() if bht is not None else b""):
            at = f" {at}"  # still pended: nothing new, and the answer that pended may ask for documents, which this one cannot
        return at, not interim and b"A4" not in actions, actions.isdisjoint((b"A1", b"A2", b"A6"))

    def content(self, raw: bytes) -> int:
        """A digest of what the set says from BHT to the segment before SE; line breaks are no part of it."""
        first = self._bht.search(raw)
        ends = list(self._end.finditer(raw))
        said = raw[first.start() if first else 0 : ends[-1].start() if ends else len(raw)].translate(None, b"\r\n")
        return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest())

    def events(self, raw: bytes) -> Iterator[int]:
        """The key of each patient event that has a trace: the first that is returned (TRN01 2), else the first.

        Where none has, the content of the set.
        """
        traced = False
        for event in self._event.finditer(raw):
            below = self._hl.search(raw, event.end())
            found = [
                (trn[1].strip() != b"2", n, trn[2].strip(), (trn[3] or b"").strip())
                for n, trn in enumerate(self._trn.finditer(raw, event.end(), below.start() + 1 if below else len(raw)))
                if trn[2].strip()
            ]
            if found:
                traced = True
                *_, number, company = min(found)
                yield _key(number.decode("utf-8", "replace"), company.decode("utf-8", "replace"))
        if traced:
            return
        bht = self._bht.search(raw)
        above = next(self._returned(raw), None) if self._is_of_inquiry(raw, bht[_ANSWERED].strip() if bht is not None else b"") else None
        yield _key(*above) if above is not None else self.content(raw)


def may_be_read_twice(path: str | os.PathLike[str]) -> bool:
    """Whether a path names a regular file, and no pipe or device. Raises UsageError where there is nothing to be read."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a path as the caller wrote it
    except OSError as e:
        raise UsageError(f"{os.fspath(path)}: {e.strerror or 'cannot be read'}") from e


def _key(number: str, company: str) -> int:
    """What an event is found by: its trace with the company's number; the trace of an inquiry leads to the request's event."""
    return hash((request_key(number), company))


@functools.lru_cache(maxsize=8)
def _cutter(delimiters: Delimiters, line_break: str | None) -> _Cutter:
    return _Cutter(delimiters, line_break)


def _cutter_of(frame: Transaction) -> _Cutter:
    """That of a set: where it is proven clean, what follows each terminator is known."""
    return _cutter(frame.delimiters, frame.interchange.line_break if frame.clean else None)
