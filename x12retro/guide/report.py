"""The report of one file: counts, verdict and the first findings, as the validation report's JSON line has them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import msgspec

from x12retro.findings import Finding
from x12retro.guide.judge import Checked, validate
from x12retro.x12 import GroupStart, InterchangeStart, Run, Transaction

if TYPE_CHECKING:
    from x12retro.guide.judge import Pool
    from x12retro.guide.overlay import Payer

_CATCH_UP = 1 << 18
Verdict = Literal["accepted", "accepted_with_warnings", "rejected"]


class FileReport(msgspec.Struct, kw_only=True):
    """One input file. `findings` holds at most the asked number, `findings_total` counts them all."""

    file: str
    sha256: str = ""
    verdict: Verdict = "accepted"
    interchanges: int = 0
    groups: int = 0
    transactions: int = 0
    transactions_rejected: int = 0
    findings_total: int = 0
    errors: int = 0
    warnings: int = 0
    findings: list[Finding] = []


class Report:
    """Validates one stream and keeps the tally. Iterate for the findings as they come; `summary` is complete afterwards.

    `tap` is given every `Checked` as it passes, so that one validation serves the report and, say, the acknowledgments.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        *,
        snip: int = 7,
        as_of: date | None = None,
        lists: Mapping[str, frozenset[str]] = MappingProxyType({}),
        show_values: bool = False,
        tap: Callable[[Checked], None] | None = None,
        pool: Pool | None = None,
        payer: Payer | None = None,
    ) -> None:
        self._pool = pool
        self._payer = payer
        self._lists = lists
        self._tap = tap
        self._stream = Hashing(stream)
        self._snip = snip
        self._as_of = as_of
        self._show_values = show_values
        self.summary = FileReport(file=name)

    def __iter__(self) -> Iterator[Finding]:
        total = self.summary
        stream = cast(BinaryIO, self._stream)  # read() is all the reader asks of a stream
        for checked in validate(
            stream, snip=self._snip, as_of=self._as_of, lists=self._lists, pool=self._pool, payer=self._payer, runs=self._tap is None
        ):
            if self._tap is not None:
                self._tap(checked)
            self._count(checked)
            for finding in checked.findings:
                total.findings_total += 1
                total.errors += finding.severity == "error"
                total.warnings += finding.severity == "warning"
                yield finding if self._show_values else msgspec.structs.replace(finding, value=None)
        total.sha256 = self._stream.hexdigest()
        if total.errors:
            total.verdict = "rejected"
        elif total.warnings:
            total.verdict = "accepted_with_warnings"

    def _count(self, checked: Checked) -> None:
        total = self.summary
        match checked.part:
            case InterchangeStart():
                total.interchanges += 1
            case GroupStart():
                total.groups += 1
            case Transaction():
                total.transactions += 1
                total.transactions_rejected += not checked.accepted
            case Run() as run:
                total.transactions += len(run)
            case _:
                pass


class Hashing:
    """A binary stream that is hashed while it is read, each byte once: what was leapt over too, where it can be sought in."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._leaps = False
        self._place = self._hashed = 0  # where the next read begins, and up to where all is hashed; once there are leaps

    def read(self, size: int = -1) -> bytes:
        if not self._leaps:
            data = self._stream.read(size)
            self._hash.update(data)
            return data
        self._catch_up(self._place)
        self._stream.seek(self._place)
        data = self._stream.read(size)
        self._place += len(data)
        if self._place > self._hashed:
            self._hash.update(data[len(data) - (self._place - self._hashed) :])
            self._hashed = self._place
        return data

    def seekable(self) -> bool:
        return self._stream.seekable()

    def tell(self) -> int:
        return self._place if self._leaps else self._stream.tell()

    def seek(self, offset: int) -> int:
        if not self._leaps:
            self._place = self._hashed = self._stream.tell()
            self._leaps = True
        self._place = offset
        return offset

    def hexdigest(self) -> str:
        return self._hash.hexdigest()

    def _catch_up(self, place: int) -> None:
        if self._hashed < place:
            self._stream.seek(self._hashed)
            while self._hashed < place and (data := self._stream.read(min(_CATCH_UP, place - self._hashed))):
                self._hash.update(data)
                self._hashed += len(data)
