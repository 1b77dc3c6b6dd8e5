"""Several answers to one request: which of them stands, by the day and the minute in which the payer says that it answered.

A payer pends and decides later, and files come in any order. Where two say different things and nobody can tell which came last, none
of them is acted on: a person asks.

Guide: 005010X217 BHT04, BHT05
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

Standing = Literal["stands", "superseded", "unclear"]
_DIGITS = 12


def when(answered: str, today: date) -> tuple[str, str] | None:
    """Day and minute (CCYYMMDD, HHMM or "") of an answer; None for no real day, or one that has not come yet."""
    day, minute = answered[:8], answered[8:_DIGITS]
    try:
        real = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except ValueError:
        return None
    if real > today + timedelta(days=1):  # a payer east of us may write tomorrow's date
        return None
    return day, minute if minute[:2] < "24" and minute[2:] < "60" and len(minute) == len("HHMM") else ""


def standing(answered: str, outcome: str, earlier: Iterable[tuple[str, str]], today: date) -> Standing:
    """Where an answer stands among the `earlier` ones (when, outcome) that were taken down for the same request."""
    mine = when(answered, today)
    unclear = False
    for other_answered, other_outcome in earlier:
        other = when(other_answered, today)
        if mine is not None and other is not None and _is_before(mine, other):
            return "superseded"
        known = mine is not None and other is not None and _is_before(other, mine)
        if known or other_outcome == outcome:
            continue
        if outcome == "pended" and mine is not None and other is not None:
            return "superseded"  # of the same minute: a decision goes before a pend
        unclear |= not (other_outcome == "pended" and mine is not None and other is not None)
    return "unclear" if unclear else "stands"


def _is_before(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """True when it is certain that `one` came before `other`."""
    return one[0] < other[0] or (one[0] == other[0] and bool(one[1]) and bool(other[1]) and one[1] < other[1])
