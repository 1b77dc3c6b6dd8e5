"""What a payer answers when it is asked how a request stands: the review as it is by now, or that it found none.

A review is told in the answer to an inquiry as in the answer to the request (`reply`), but for the header and the number that comes back.

Guide: 005010X215 response BHT02, BHT06, 2000E TRN, AAA
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from x12retro.build.records import Line
from x12retro.synth.asked import Question, text
from x12retro.synth.dice import Dice
from x12retro.synth.plan import Plan
from x12retro.synth.reply import reply
from x12retro.synth.restated import d8
from x12retro.synth.truth import Rejected, Truth


def review_told(told: Sequence[Line], inquiry: Question, today: date) -> tuple[Line, ...]:
    """The segments of an answer to a request, as they answer the inquiry after it."""
    return tuple(_told(told, inquiry, today))


def nothing_told(inquiry: Question, dice: Dice, today: date) -> tuple[tuple[Line, ...], Truth]:
    """The segments of an answer that found nothing, and its truth: it does not know the patient, the review, or is in trouble itself."""
    patient = "2010D" if inquiry.has_dependent else "2010C"
    reasons = [
        Rejected(patient, "67" if patient == "2010D" else "75", dice.pick(("C", "N"))),
        Rejected("2000A", "42", dice.pick(("P", "Y"))),
    ]
    if inquiry.event.loop == "2000E" and inquiry.event.first("UM") is not None:
        reasons.append(Rejected("2000E", "T5", "C"))
    why = dice.pick(reasons)
    stop = why.loop.replace("2010", "2000")
    lines, truth = reply(inquiry, Plan(outcome="unanswered", lines=[], stop=stop, rejections=(why,)), "nothing found", dice, today)
    return review_told(lines, inquiry, today), truth


def _told(told: Sequence[Line], inquiry: Question, today: date) -> Iterator[Line]:
    own = inquiry.event.first("TRN")
    event = False
    for line in told:
        if line.id == "BHT":
            yield Line("BHT", ("0007", "49", inquiry.bht03, d8(today), "1115", "RD"), "")
            continue
        if line.id == "HL":
            event = text(line, 3) == "EV"
        elif event and line.id == "TRN" and own is not None:
            yield Line("TRN", ("2", *own.elements[1:]), "")
            event = False
            if text(line, 1) == "2":
                continue
        yield line
