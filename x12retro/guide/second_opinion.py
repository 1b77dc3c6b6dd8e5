"""Two verdicts on the same bytes: ours and pyx12's, set by set, and where they differ, why.

In: the `Checked` of a stream, one after the other. Out: a `Comparison`, with as many disagreements as asked; memory stays flat.
Values of the message are nowhere in it. pyx12 is slow (about 0.2 MB/s) and imported when the first set is compared.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from x12retro.findings import Finding
from x12retro.guide.judge import Checked
from x12retro.guide.known_differences import why_they_reject, why_we_reject
from x12retro.guide.pyx12_judge import Note, Opinion, Pyx12Judge
from x12retro.x12 import Transaction

Word = Literal["accepted", "rejected"]
_ERRORS = 20
"""Errors of either side that a disagreement lists; one fault may make many of pyx12's."""


class OurError(msgspec.Struct, frozen=True):
    """One of our errors in short: the whole of it is among the file's findings."""

    rule: str
    segment: int | None
    segment_id: str | None
    element: int | None


class Disagreement(msgspec.Struct, frozen=True):
    """A set that one side accepts and the other rejects. `why` are known reasons; `known` is True when they cover every error."""

    interchange: str
    group: str
    transaction: str
    offset: int
    ours: Word
    pyx12: Word
    our_errors: tuple[OurError, ...]
    pyx12_errors: tuple[Note, ...]
    why: tuple[str, ...]
    known: bool


class Comparison(msgspec.Struct):
    """The tally of one file. `no_opinion_kinds` counts what pyx12 raised (`IndexError`), `NoMap` where it has no map."""

    agree: int = 0
    disagree: int = 0
    no_opinion: int = 0
    no_opinion_kinds: dict[str, int] = {}
    disagreements: list[Disagreement] = []


class SecondOpinion:
    """Compares what it is fed. `most`: how many disagreements are kept; all are counted."""

    def __init__(self, judge: Pyx12Judge, most: int) -> None:
        self._judge = judge
        self._most = most
        self.comparison = Comparison()

    def feed(self, checked: Checked) -> None:
        """Ask pyx12 about the set that `checked` speaks of, if it is one."""
        if not isinstance(checked.part, Transaction):
            return
        opinion = self._judge.judge(checked.part, checked.guide)
        tally = self.comparison
        if opinion.accepts is None:
            tally.no_opinion += 1
            tally.no_opinion_kinds[opinion.failure] = tally.no_opinion_kinds.get(opinion.failure, 0) + 1
        elif opinion.accepts == checked.accepted:
            tally.agree += 1
        else:
            tally.disagree += 1
            if len(tally.disagreements) < self._most:
                tally.disagreements.append(_disagreement(checked, checked.part, opinion))


def _disagreement(checked: Checked, transaction: Transaction, opinion: Opinion) -> Disagreement:
    errors = [f for f in checked.findings if f.is_error]
    if checked.accepted:
        why, known = why_they_reject(opinion.notes, transaction, checked.findings)
    else:
        why, known = why_we_reject(errors, transaction)
    return Disagreement(
        interchange=transaction.interchange.control,
        group=transaction.group.control,
        transaction=transaction.control,
        offset=transaction.offset,
        ours="accepted" if checked.accepted else "rejected",
        pyx12="accepted" if opinion.accepts else "rejected",
        our_errors=tuple(map(_short, errors[:_ERRORS])),
        pyx12_errors=opinion.notes[:_ERRORS],
        why=why,
        known=known,
    )


def _short(finding: Finding) -> OurError:
    return OurError(finding.rule, finding.segment, finding.segment_id, finding.element)
