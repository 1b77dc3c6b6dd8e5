"""One request is reviewed: read back into levels, answered by a story that fits it."""

from __future__ import annotations

from datetime import date

from x12retro.build import Built
from x12retro.build.records import Element, Line
from x12retro.payer.behaviour import Behaviour
from x12retro.synth import FOR_RECORDS
from x12retro.synth.asked import Question, parts, read_question, text
from x12retro.synth.dice import Dice
from x12retro.synth.plan import Desk
from x12retro.synth.reply import reply
from x12retro.synth.stories import stories_for, tell
from x12retro.x12 import Delimiters, Transaction, read
from x12retro.x12.writer import Repeats

_FINAL = ("cancelled", "certified", "certified by line", "denied", "modified")


def question_of(transaction: Transaction) -> Question:
    """A request as it came over the wire."""
    delimiters = transaction.delimiters
    lines = tuple(
        Line(segment.id, tuple(_element(text, delimiters) for text in segment.fields[1:]), "") for segment in transaction.segments()[1:-1]
    )
    return read_question(Built(encounter_id=None, built=True, lines=lines))


def question_in(raw: str) -> Question:
    """The request in an interchange that holds it alone."""
    return question_of(next(frame for frame in read(raw.encode("latin-1")) if isinstance(frame, Transaction)))


def member_of(question: Question) -> str:
    """The member id, "" where there is none."""
    names = (name[0] for level in question.levels for name in level.names)
    return next((text(name, 9) for name in names if text(name, 1) == "IL"), "")


def trace_of(question: Question) -> str:
    """The trace number of the event, ours to give back."""
    line = question.event.first("TRN")
    return str(line.elements[1]) if line is not None and len(line.elements) > 1 else question.bht03


def story_for(question: Question, behaviour: Behaviour, dice: Dice, today: date, *, records_came: bool = False) -> str:
    """The answer that this request gets: the one for its procedure, else one of those that fit, by weight.

    Where the rule is that records are asked for, all that fit get that; one whose records are here already is approved.
    """
    story = _chosen(question, behaviour, dice, stories_for(Desk(question, dice, today)))
    return "certified" if story == FOR_RECORDS and records_came else story


def _chosen(question: Question, behaviour: Behaviour, dice: Dice, fitting: list[str]) -> str:
    for service in question.services:
        for line in service.own:
            code = (*parts(line, 1), *parts(line, 2), None, None)[1] if line.id in ("SV1", "SV2", "SV3") else None
            named = behaviour.procedures.get(code or "")
            if named in fitting:
                return named
    if behaviour.pend_for_records and FOR_RECORDS in fitting:
        return FOR_RECORDS
    weighted = [name for name, weight in behaviour.answers.items() if name in fitting for _ in range(weight)]
    return dice.pick(weighted) if weighted else "cancelled" if "certified" not in fitting else "certified"


def final_story(question: Question, dice: Dice, today: date) -> str:
    """What becomes of a pended one."""
    fitting = stories_for(Desk(question, dice, today))
    if "certified" not in fitting:  # a cancellation
        return "cancelled"
    return dice.pick([name for name in _FINAL if name in fitting and name != "cancelled"])


def said_by(seed: int, word: str, question: Question) -> Dice:
    """What the answer to a request is made up by: the same whenever it is told again. `word`: first, or last on a pended one."""
    return Dice(seed, "said", word, trace_of(question))


def answered(question: Question, story: str, dice: Dice, today: date, records: tuple[str, ...] = ()) -> tuple[tuple[Line, ...], str]:
    """The segments of the response, and its outcome. `records`: what is asked for where the review waits for records."""
    lines, truth = reply(question, tell(story, Desk(question, dice, today, records)), story, dice, today)
    return lines, truth.outcome


def _element(text: str, delimiters: Delimiters) -> Element:
    c, r = delimiters.component, delimiters.repetition
    if r and r in text:
        return Repeats([part.split(c) if c in part else part for part in text.split(r)])
    return tuple(part or None for part in text.split(c)) if c in text else text or None
