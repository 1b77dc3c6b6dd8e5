"""Values of single elements as dates, numbers and text; what cannot be read is None, never an exception.

The same days and amounts stand in answer after answer: the last few thousand are kept.
"""

from __future__ import annotations

import functools
import itertools
import re
from datetime import date, datetime
from decimal import Decimal

_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_NOTHING = frozenset(
    ("", *["NONE", "NA", "NULL", "NIL", "PENDING", "PEND", "TBD", "UNKNOWN", "UNK", "NOTREQUIRED", "NOAUTH", "NOTASSIGNED"])
)
_NUMBER = re.compile(r"-?(?:[0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
MESSAGE_LENGTH = 264
"""The most that one MSG01 holds; a text that fills it goes on in the next MSG."""


@functools.lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """A CCYYMMDD as a date; None when it is not one, or not a day of the calendar. A time behind it is passed over."""
    found = _DAY.match(text.strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def span(text: str) -> tuple[date, date] | None:
    """A D8 or RD8 as first and last day, whatever DTP02 said; one date is both. None when a date is unreal or they run backwards."""
    parts = [p for p in text.replace(" ", "").split("-") if p]
    if not 1 <= len(parts) <= 2:
        return None
    first, last = day(parts[0]), day(parts[-1])
    if first is None or last is None or last < first:
        return None
    return first, last


@functools.lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """A decimal number, or None when it is not one (an exponent, a sign of money, more digits than any real quantity)."""
    text = text.strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def stands_for_nothing(number: str) -> bool:
    """True for what is written where a number is wanted and there is none: NONE, N/A, PENDING, 0000. No payer's number is like these."""
    return "".join(filter(str.isalnum, number.upper())).strip("0") in _NOTHING


def join_messages(texts: list[str]) -> tuple[str, ...]:
    """The free texts of one loop: a text that fills MSG01 is continued in the next, with nothing between; others stand alone."""
    if len(texts) == 1:
        text = texts[0].strip()
        return (text,) if text else ()
    begin = beginnings(texts)
    return tuple(["".join([t for t in texts[a:b] if t.strip()]).strip() for a, b in itertools.pairwise([*begin, len(texts)])])


def beginnings(texts: list[str]) -> list[int]:
    """Which of the free texts of one loop begin a message: those that continue none."""
    begin: list[int] = []
    full = False
    for n, text in enumerate(texts):
        if text.strip() and not full:
            begin.append(n)
        full = len(text) >= MESSAGE_LENGTH and bool(text.strip())
    return begin


def later(day: date, days: int) -> date:
    """The day so many days after another (before, where negative), or the calendar's first or last where there is none."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def today() -> date:
    """The day it is where this runs: the billing office's day."""
    return datetime.now().astimezone().date()
