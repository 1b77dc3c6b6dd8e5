"""What an answer cannot be taken for, whatever it says: one that bears our number and another patient, or speaks of a cancellation.

It holds for the event and for every line of it.

Guide: 005010X217 2010C, 2010D NM1, DMG; 2000E UM02
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from x12retro.decide.match import AskedEvent
from x12retro.decide.outcome import APPROVALS
from x12retro.decide.record import ServiceOutcome

CANCEL = "3"
Barred = Literal["decisions", "approvals", "care"] | None
"""decisions: nothing is taken for decided (another patient's); approvals: nothing is taken for approved; care: what is approved is a
cancellation, not care."""


class Bar(NamedTuple):
    """What is barred, and the rules that say why."""

    barred: Barred
    rules: tuple[str, ...] = ()


def bar(asked: AskedEvent | None, other: bool | None, said: str) -> Bar:
    """Hold an answer against its request, found by number. `other`: whether it is another patient's (`likeness.is_other`); `said` is UM02
    of the answer, "" where it has none.
    """
    if other:
        return Bar("decisions", ("DEC-MATCH-005",))
    rules = ("DEC-MATCH-006",) if other is None else ()
    wanted = asked.certification if asked is not None and asked.certification else said
    if CANCEL not in (said, wanted):
        return Bar(None, rules)
    if (said or wanted) == wanted:
        return Bar("care", rules)
    return Bar("approvals", (*rules, "DEC-UM-001"))


def held_to(outcome: ServiceOutcome, barred: Barred) -> ServiceOutcome:
    """The outcome of a level, as far as it may be taken for what it says."""
    if barred == "decisions" and outcome not in ("rejected", "unanswered"):
        return "manual_review"
    if outcome not in APPROVALS or barred in (None, "decisions"):
        return outcome
    return "cancelled" if barred == "care" else "manual_review"
