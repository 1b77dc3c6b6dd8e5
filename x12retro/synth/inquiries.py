"""Made-up inquiries after made-up requests, and the payer's answers to them with their known truth.

Each asks after a request that was pended, perhaps for documents, and is answered in one of three ways: the review is pended still, it is
decided by now, or nothing was found.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import msgspec

from x12retro.build import Built, ControlNumbers, Partner, Traces, write
from x12retro.build.records import Line
from x12retro.inquire import GUIDE_VERSION, Asking, Pended, inquiries
from x12retro.inquire.pended import PendedTraces
from x12retro.synth.asked import Question, read_question
from x12retro.synth.dice import Dice
from x12retro.synth.encounters import AS_OF
from x12retro.synth.inquired import nothing_told, review_told
from x12retro.synth.messages import Unsound, answered_on, hold_against_guide, partner_for, payer_side, requests
from x12retro.synth.plan import Desk
from x12retro.synth.reply import reply
from x12retro.synth.stories import stories_for, tell
from x12retro.synth.truth import Truth
from x12retro.x12 import Transaction, read

_PENDS = ("pended", "pended for documents")
_DECISIONS = ("certified", "certified by line", "modified", "partly, by line", "denied", "not required", "cancelled")
_ASKED_AFTER = timedelta(days=5)


class InquiryPair(msgspec.Struct, frozen=True):
    """A request, the answer that pended it, the inquiry after it, the answer to that, and what a right reader must find in it.

    `truth.outcome` is `unanswered` where the payer found nothing.
    """

    request: Built
    pended: Built
    inquiry: Asking
    answer: Built
    truth: Truth

    def __repr__(self) -> str:
        return f"<InquiryPair {self.truth.outcome}>"


def inquired_on(as_of: date) -> date:
    """The day on which the payer is asked how the requests of `as_of` stand, and on which it answers."""
    return answered_on(as_of) + _ASKED_AFTER


def inquiry_pairs(n: int, seed: int = 0, *, partner: Partner | None = None, as_of: date = AS_OF) -> Iterator[InquiryPair]:
    """Yield `n` pairs; the requests are those of `requests(n, seed)` of the same partner and day, in order.

    What the payer says is ready for `write(..., payer_side(partner))`, the inquiries and their answers with `version=GUIDE_VERSION`; both
    have been held against the guide.
    """
    partner = partner_for(partner)
    payer, today = payer_side(partner), inquired_on(as_of)
    waiting: deque[tuple[Built, Built, Dice]] = deque()

    def pended() -> Iterator[tuple[Pended, Transaction]]:
        numbers = _Numbers(payer)
        for i, request in enumerate(requests(n, seed, partner=partner, as_of=as_of)):
            dice = Dice(seed, "inquiry", i)
            answer, known = _pended(request, dice, numbers, answered_on(as_of))
            waiting.append((request, answer, dice))
            yield known, _sent(request, partner, as_of)

    numbers = _Numbers(payer)
    # another run than that of the requests: the numbers of its inquiries go on behind theirs
    control = ControlNumbers(1 + n, 1 + n)
    for inquiry in inquiries(pended(), partner, as_of=datetime.combine(today, time(12)), control=control):
        request, pend, dice = waiting.popleft()
        if not inquiry.built:
            raise Unsound(f"no inquiry after {request.encounter_id}: {', '.join(problem.path for problem in inquiry.problems)}")
        answer, truth = _answer(request, inquiry, dice, numbers, today)
        hold_against_guide(answer, payer, today, truth.story, GUIDE_VERSION)
        yield InquiryPair(request, pend, inquiry, answer, truth)


class _Numbers:
    """Control numbers of sets that are written one behind the other."""

    def __init__(self, partner: Partner) -> None:
        self._control, self._most, self._sets = ControlNumbers(), partner.batch.sets_per_interchange, 0

    def built(self, request: Built, lines: tuple[Line, ...], traces: Traces | None) -> Built:
        if self._sets and self._sets == self._most:
            self._control.next_interchange()
            self._sets = 0
        numbers = self._control.propose()
        self._control.keep()
        self._sets += 1
        return Built(encounter_id=request.encounter_id, built=True, lines=lines, traces=traces, control=numbers)


def _pended(request: Built, dice: Dice, numbers: _Numbers, today: date) -> tuple[Built, Pended]:
    """The answer that pended a request, and what is known of it."""
    question = read_question(request)
    story = dice.pick([name for name in _PENDS if name in stories_for(Desk(question, dice, today))])
    lines, truth = reply(question, tell(story, Desk(question, dice, today)), story, dice, today)
    known = Pended(
        outcome=truth.outcome,
        encounter_id=request.encounter_id,
        traces=PendedTraces(truth.traces, truth.bht03),
        reference_number=truth.reference_number,
        authorization_number=truth.authorization_number,
        answered_on=today,
    )
    return numbers.built(request, lines, request.traces), known


def _sent(request: Built, partner: Partner, as_of: date) -> Transaction:
    """The request as it went out."""
    raw = io.BytesIO()
    for _ in write(raw, [request], partner, as_of=as_of):
        pass
    return next(frame for frame in read(raw.getvalue()) if isinstance(frame, Transaction))


def _answer(request: Built, inquiry: Asking, dice: Dice, numbers: _Numbers, today: date) -> tuple[Built, Truth]:
    """The answer to an inquiry, and its truth."""
    question, asked = read_question(request), read_question(inquiry)
    if dice.chance(0.25):
        lines, told = nothing_told(asked, dice, today)
        truth = msgspec.structs.replace(told, encounter_id=request.encounter_id or "", traces=(inquiry.request, *told.traces))
        return numbers.built(request, lines, inquiry.traces), truth
    story = _story(question, dice, today)
    lines, told = reply(question, tell(story, Desk(question, dice, today)), story, dice, today)
    truth = msgspec.structs.replace(told, bht03=asked.bht03, traces=(told.traces[0], asked.bht03, *told.traces[1:]), interim=False)
    return numbers.built(request, review_told(lines, asked, today), inquiry.traces), truth


def _story(question: Question, dice: Dice, today: date) -> str:
    fitting = stories_for(Desk(question, dice, today), crooked=False)
    return dice.pick([name for name in (_PENDS if dice.chance(0.4) else _DECISIONS) if name in fitting] or ["pended"])
