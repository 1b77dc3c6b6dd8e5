"""One 275 is filed: each document with the request that it goes by number with, or held until that request is known.

The numbers that a document may bear (TRN02): the control number that the request promised it under (PWK06), the payer's own number for the
review or the one it asked for the document by, and our trace number. A document of another member than the request's is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from x12retro.acknowledge import Advice, AdviceVerdict, Reason, Reference
from x12retro.attach import Carried, Received
from x12retro.build.records import Line
from x12retro.payer.cabinet import name_of
from x12retro.payer.memory import Memory
from x12retro.payer.review import member_of, question_in
from x12retro.payer.state import Held, State
from x12retro.synth.asked import Question, text

LAST_WORD = "certified"
"""What becomes of a request whose records came."""


class Fate(msgspec.Struct, frozen=True):
    """What became of the documents under one number: with their request, held until it is known, or refused; and the files they are in."""

    number: str
    fate: Literal["matched", "held", "refused"]
    files: tuple[str, ...] = ()


class Filed(msgspec.Struct, frozen=True):
    """What is said of a 275 (`advice`), and what became of each of its numbers."""

    advice: Advice
    fates: tuple[Fate, ...]


def file(one: Received, state: State, memory: Memory) -> Filed:
    """File the documents of a 275; a request that waits for them is decided in the next round."""
    reasons: list[Reason] = []
    fates: list[Fate] = []
    for carried in one.carried:
        wrong = _wrong(carried)
        fate = Fate(carried.control_number, "refused")
        good = tuple(name_of(found) for found in carried.documents if not found.why)
        if carried.control_number and good:
            fate, other = _fate(carried.control_number, one.member_id, good, state, memory)
            wrong += other
        reasons += wrong
        fates.append(fate)
    if not one.carried:
        reasons.append(Reason(code="007", segment_id="LX", text=("no document is in it",)))
    return Filed(_advice(one, reasons, fates), tuple(fates))


def taken_out(numbers: Sequence[str], member: str, state: State) -> Iterator[Held]:
    """Take the documents that were held for a request with these numbers and this member."""
    for one in [held for held in state.held if held.number in numbers and _same(held.member, member)]:
        state.held.remove(one)
        yield one


def document_numbers(question: Question, answer: Iterable[Line]) -> tuple[str, ...]:
    """The numbers that a document for this request may bear."""
    asked = [line for level in (*question.levels, *question.services) for line in level.own]
    found = [text(line, 6) for line in (*asked, *answer) if line.id == "PWK"]
    found += [text(line, 2) for line in question.event.own if line.id == "TRN"]
    found += [text(line, 2) for line in answer if line.id == "TRN" and text(line, 1) == "1"]
    return tuple(dict.fromkeys(number for number in found if number))


def _fate(number: str, member: str, files: tuple[str, ...], state: State, memory: Memory) -> tuple[Fate, list[Reason]]:
    review = memory.find_document(number)
    if review is None:
        state.held.append(Held(number, member, files))
        return Fate(number, "held", files), []
    if not _same(member, member_of(question_in(review.raw))):
        return Fate(number, "refused", files), [Reason(code="011", segment_id="NM1", text=("its member is not the request's",))]
    state.records_came(review.raw, LAST_WORD)
    return Fate(number, "matched", files), []


def _wrong(carried: Carried) -> list[Reason]:
    """What keeps documents of an LX from being taken."""
    found = [Reason(code="024", segment_id=carried.segment_id, text=(one.why,)) for one in carried.documents if one.why]
    if not carried.documents:
        found.append(Reason(code="007", segment_id=carried.segment_id, text=("no document is in it",)))
    if not carried.control_number:
        found.append(Reason(code="812", segment_id="TRN"))
    return found


def _advice(one: Received, reasons: Sequence[Reason], fates: Sequence[Fate]) -> Advice:
    refused = sum(fate.fate == "refused" for fate in fates)
    verdict: AdviceVerdict = "rejected" if refused == len(fates) else "partially_accepted" if reasons else "accepted"
    return Advice(
        level="set",
        verdict=verdict,
        reference_kind="TN",
        reference=one.reference,
        group=one.group,
        transaction=one.transaction,
        set_id="275",
        guide=one.guide,
        references=tuple(Reference(qualifier="TN", number=carried.control_number) for carried in one.carried if carried.control_number),
        reasons=tuple(reasons),
    )


def _same(one: str, other: str) -> bool:
    """Two member ids that do not contradict each other."""
    return not one or not other or one == other
