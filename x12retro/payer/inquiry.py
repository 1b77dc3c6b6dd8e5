"""One inquiry is answered: from what the payer remembers of the request, or with the word that it found none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from x12retro.build.records import Line
from x12retro.payer.memory import Answered, Memory
from x12retro.payer.review import answered, member_of, question_in, said_by
from x12retro.synth.asked import Question, text
from x12retro.synth.dice import Dice
from x12retro.synth.inquired import nothing_told, review_told
from x12retro.x12.traces import request_key


class Told(msgspec.Struct, frozen=True):
    """The segments of the answer, and what is noted of it in the log; `review` is what it tells of, None where nothing was found."""

    lines: tuple[Line, ...]
    story: str
    outcome: str
    review: Answered | None = None


def numbers_of(question: Question) -> Iterator[str]:
    """What the request that is asked after may be found by."""
    for level in reversed(question.levels):
        for line in level.own:
            if line.id == "TRN":
                yield request_key(text(line, 2))
    yield request_key(question.bht03)


def found(question: Question, memory: Memory) -> Answered | None:
    """The review that is asked after: by its number, and of the same member."""
    one = memory.find(numbers_of(question))
    return one if one is not None and member_of(question_in(one.raw)) == member_of(question) else None


def tell(question: Question, review: Answered | None, seed: int, today: date, records: tuple[str, ...] = ()) -> Told:
    """The answer about a review; one that was rejected is on nobody's file. `records`: what is asked for where it waits for records."""
    if review is None or review.outcome == "rejected":
        lines, _ = nothing_told(question, Dice(seed, "inquiry", question.bht03), today)
        return Told(lines, "nothing found", "unanswered")
    asked = question_in(review.raw)
    said, outcome = answered(asked, review.story, said_by(seed, review.word, asked), review.day, records)
    return Told(review_told(said, question, today), review.story, outcome, review)
