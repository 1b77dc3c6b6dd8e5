"""Whether two accounts are about the same care: the same member, days and procedures. For what no number joins.

Of the patient a key is kept, not a name or an id: a keyed digest of the member id, and of the birth date, with a secret that this
process draws at its start. It is compared within one run, never written and never the same in another run.

How alike two are is said in words: `high` where member, all days and all procedures are the same, `medium` where the days overlap
and at least one procedure is the same. A birth date that differs is another member of the family, and no likeness at all.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from x12retro.decide.compare import days_of_care
from x12retro.decide.levels import DEPENDENT, SUBSCRIBER, Level
from x12retro.decide.record import NOTHING, Confidence, Extent

_SECRET = secrets.token_bytes(32)
T = TypeVar("T")


class Subject(NamedTuple):
    """Whose care it is: keys of the member id, of the patient's birth date and of the patient's name (b"" where it is not told)."""

    member: bytes
    born: bytes = b""
    name: bytes = b""

    def __repr__(self) -> str:
        return "<Subject>"


class Care(NamedTuple):
    """What two accounts are compared by. `procedures` are codes, or revenue codes where a line has no procedure."""

    subject: Subject | None
    days: tuple[date, date] | None
    procedures: frozenset[str]

    def __repr__(self) -> str:
        return "<Care>"


def subject(member_id: str, birth_date: str = "", name: str = "") -> Subject | None:
    """The keys of a member; None without a member id. `birth_date` is CCYYMMDD, `name` last and first name."""
    member, born, called = "".join(member_id.split()).upper(), birth_date.strip(), " ".join(name.split()).upper()
    return Subject(_key(member), _key(born) if born else b"", _key(called) if called else b"") if member else None


def subject_of(levels: Iterable[Level]) -> Subject | None:
    """Whose the levels above an event are: the subscriber's member id, and the birth date of the dependent, else of the subscriber.

    Guide: 005010X217 2010C, 2010D NM1, DMG
    """
    member = born = called = ""
    dependent = False
    for level in levels:
        if level.rank in (SUBSCRIBER, DEPENDENT) and (name := level.first("NM1")) is not None:
            member = name[9] if level.rank == SUBSCRIBER else member
            called = f"{name[3]} {name[4]}"
        dependent |= level.rank == DEPENDENT
        if level.rank in (SUBSCRIBER, DEPENDENT):
            birth = level.first("DMG")
            born = birth[2] if birth is not None else "" if dependent else born
    return subject(member, born, called)


def care_of(whose: Subject | None, event: Extent, services: Iterable[Extent]) -> Care:
    """The care that an event and its services state."""
    lines = list(services)
    codes = frozenset(code for line in lines if (code := line.procedure or line.revenue_code))
    return Care(whose, days_of_care([(NOTHING, each) for each in (event, *lines)]), codes)


def is_other(asked: Care | None, answered: Care) -> bool | None:
    """True where an answer is about another patient than was asked about; None where the member id alone differs, as when it is corrected.

    What one side does not tell is no difference.
    """
    one, other = asked.subject if asked is not None else None, answered.subject
    if one is None or other is None:
        return False
    both_born = bool(one.born and other.born)
    if both_born and one.born != other.born:
        return True
    if one.member == other.member:
        return False
    return None if both_born or (one.name and one.name == other.name) else True


def likeness(one: Care, other: Care) -> Confidence | None:
    """How surely both are about the same care; None where they are not, or where too little is told."""
    if one.subject is None or other.subject is None or one.subject.member != other.subject.member:
        return None
    if one.subject.born and other.subject.born and one.subject.born != other.subject.born:
        return None
    if one.days is None or other.days is None or one.days[0] > other.days[1] or other.days[0] > one.days[1]:
        return None
    if one.procedures == other.procedures and one.days == other.days:
        return "high"
    both_silent = not one.procedures and not other.procedures
    return "medium" if both_silent or one.procedures & other.procedures else None


def only_like(care: Care, among: Sequence[tuple[Care, T]]) -> tuple[T, Confidence] | None:
    """The one that is most alike, and how surely; None where there is none, or where several are equally alike."""
    found: dict[Confidence, list[T]] = {"high": [], "medium": []}
    for other, what in among:
        if (sure := likeness(care, other)) is not None:
            found[sure].append(what)
    for sure, hits in found.items():
        if hits:
            return (hits[0], sure) if len(hits) == 1 else None
    return None


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), key=_SECRET, digest_size=12).digest()
