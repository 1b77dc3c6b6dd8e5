"""The seam to the judge: what we wrote is read back and held against the guide before anybody else sees it.

A request is proven alone, in an interchange of its own with the numbers it will have; or many are in one reading, which costs a tenth.
They then stand in interchanges that are written for the proof and numbered as they come. What a set holds between ST and SE are the very
bytes that are handed out; the numbers around them are the writer's, and nothing in a set speaks of them. So a request that fails leaves
no gap in the numbers of those behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import BinaryIO, cast

import msgspec

from x12retro.build.draft import Draft
from x12retro.build.envelope import Envelope
from x12retro.build.numbers import ControlNumbers
from x12retro.build.partner import Partner
from x12retro.build.records import Body, Built, Leave, Traces
from x12retro.errors import UnwritableData, X12RetroError
from x12retro.findings import Finding
from x12retro.x12 import Transaction

_SETS_PER_INTERCHANGE = 10_000


class Proposal(msgspec.Struct, kw_only=True):
    """A request that is composed and written, to be proven."""

    encounter_id: str
    draft: Draft
    traces: Traces
    body: Body
    leave: Leave | None


Made = Built | Proposal
"""What becomes of an encounter before the proof: an outcome that needs none, or a proposal."""

Proof = Callable[[bytes], list[Finding]]
Proven = tuple[Made, Sequence[Finding] | Exception]
"""What was made, and what the judge found about it; an exception for a fault of ours in judging it."""


def prove(raw: bytes, as_of: date) -> list[Finding]:
    """Return all that the guide says about `raw`, one whole interchange of ours, on the day `as_of`; an empty list proves it right."""
    from x12retro.guide.judge import validate  # loads the guide; only who builds needs it

    return [finding for checked in validate(raw, as_of=_day(as_of)) for finding in checked.findings]


def alone(made: Iterable[Made], partner: Partner, now: datetime, control: ControlNumbers, proof: Proof | None = None) -> Iterator[Proven]:
    """Yield what was made, in order and one at a time, each proposal with its findings by `proof` (`prove` when None).

    A proposal has the numbers that `control` proposes. What the judge raises for want of a guide is raised.
    """
    proof = partial(prove, as_of=now) if proof is None else proof
    for one in made:
        yield one, () if isinstance(one, Built) else _alone(one, partner, now, control, proof)


def together(made: Iterator[Made], partner: Partner, now: datetime, control: ControlNumbers) -> Iterator[Proven]:
    """Yield the same, but read on meanwhile: some hundred proposals are taken before the first comes out.

    Where one reading cannot tell whose a finding is, because it speaks of the envelope or because the judge itself fails, those
    that were taken are proven alone.
    """
    from x12retro.guide.judge import validate

    ended = False
    while not ended:
        reading = _Reading(made, partner, now)
        try:
            for checked in validate(cast(BinaryIO, reading), as_of=_day(now)):
                if isinstance(checked.part, Transaction):
                    yield from reading.outcomes()
                    yield reading.proposal(), checked.findings
                elif checked.findings:
                    break
        except Exception:  # noqa: BLE001, S110 - taken alone, it shows whose it is
            pass
        yield from alone(reading.waiting or made, partner, now, control)
        if reading.failure is not None:
            raise reading.failure
        ended = reading.ended


def _alone(one: Proposal, partner: Partner, now: datetime, control: ControlNumbers, proof: Proof) -> Sequence[Finding] | Exception:
    raw, numbers = bytearray(), control.propose()
    try:
        envelope = Envelope(raw, partner, numbers, now)
        envelope.add(numbers, one.body)
        envelope.close()
        return proof(bytes(raw))
    except UnwritableData as error:
        one.draft.problem(error.path, error.why)
        return ()
    except (X12RetroError, OSError):  # configuration or the system: the next one would fail as well
        raise
    except Exception as failure:  # noqa: BLE001 - a fault of ours in one encounter must not cost the others
        return failure


class _Reading:
    """A stream for the judge, written while it is read: `waiting` is what was made for it and is not judged yet.

    `failure` is what the making raised; it is to be raised when all that was made before is handed out.
    """

    def __init__(self, made: Iterator[Made], partner: Partner, now: datetime) -> None:
        self.waiting: deque[Made] = deque()
        self.failure: Exception | None = None
        self.ended = False
        self._made, self._partner, self._now = made, partner, now
        self._numbers = ControlNumbers()
        self._out = bytearray()
        self._envelope: Envelope | None = None

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        while len(self._out) < size and not self.ended:
            self._take()
        data = bytes(self._out[:size])
        del self._out[:size]
        return data

    def outcomes(self) -> Iterator[Proven]:
        """What stands before the next proposal and needs no proof."""
        while self.waiting and isinstance(self.waiting[0], Built):
            yield self.waiting.popleft(), ()

    def proposal(self) -> Proposal:
        """The next proposal, which the judge has come to."""
        one = self.waiting.popleft()
        assert isinstance(one, Proposal)
        return one

    def _take(self) -> None:
        try:
            one = next(self._made, None)
        except Exception as failure:  # noqa: BLE001 - raised again in its turn
            self.failure, one = failure, None
        if one is None:
            self.ended = True
            self._close()
            return
        self.waiting.append(one)
        if isinstance(one, Proposal):
            if self._envelope is None:
                self._envelope = Envelope(self._out, self._partner, self._numbers.propose(), self._now)
            self._envelope.add(self._numbers.propose(), one.body)
            self._numbers.keep()
            if self._numbers.transaction > _SETS_PER_INTERCHANGE:
                self._close()

    def _close(self) -> None:
        if self._envelope is not None:
            self._envelope.close()
            self._envelope = None
            self._numbers.next_interchange()


def _day(as_of: date) -> date:
    return as_of.date() if isinstance(as_of, datetime) else as_of
