"""The claims of an 837 set: what each is about, and where a REF of its own would stand.

Guide: 005010X222A1 and 005010X223A2 2300, 2330B, 2400 REF; 2010BA NM1; 2010CA DMG
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from x12retro.decide import Care, Extent, Subject, care_of, subject
from x12retro.decide.values import number, span
from x12retro.guide.model import Guide
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Segment, Transaction

_NUMBER, _EXCEPTION = "G1", "4N"
_VOID = "8"
_BEFORE = {
    "2300": frozenset({"CLM", "DTP", "CL1", "PWK", "CN1", "AMT", "REF"}),
    "2400": frozenset({"LX", "SV1", "SV2", "SV5", "PWK", "CR1", "CR3", "CRC", "DTP", "QTY", "MEA", "CN1", "REF"}),
}
"""Loop -> the segments that the guides have before its REF, and the REF themselves: all that comes later stands behind a new one."""


class Place(NamedTuple):
    """A loop that a REF may be put into: `after` is the segment it follows; `numbers` and `exceptions` are those already there."""

    after: Segment
    numbers: tuple[Segment, ...]
    exceptions: tuple[Segment, ...]


class ClaimLine(NamedTuple):
    """A service line: `n` counts from 1, `what` is what, how much and when."""

    n: int
    what: Extent
    place: Place

    def __repr__(self) -> str:
        return f"<ClaimLine {self.n}>"


class Claim(NamedTuple):
    """A claim: `takes_lines` says whether its guide knows REF G1 in a line; `payer` is id and name of 2010BB."""

    number: str
    clm: Segment
    void: bool
    takes_lines: bool
    payer: tuple[str, str]
    care: Care
    lines: tuple[ClaimLine, ...]
    place: Place

    def __repr__(self) -> str:
        return f"<Claim of {len(self.lines)} lines>"


def claims_of(transaction: Transaction, guide: Guide, name: str) -> Iterator[Claim]:
    """The claims of one set, in order; `name` is the guide's (837P, 837I)."""
    sheet = Sheet(transaction, guide, name)
    for loop in sheet.loops("2300"):
        clm = loop.first("CLM")
        if clm is not None:
            yield _claim(sheet, loop, clm, professional=name == "837P")


def _claim(sheet: Sheet, loop: Loop, clm: Segment, *, professional: bool) -> Claim:
    lines = tuple(_lines(sheet, loop))
    frequency = sheet.components(clm[5])[2:3]
    subscriber, patient = loop.above("2000B"), loop.above("2000C")
    return Claim(
        number=clm[1].strip(),
        clm=clm,
        void=frequency == [_VOID],
        takes_lines=professional,
        payer=_payer(subscriber),
        care=care_of(_subject(subscriber, patient), _event(loop), [line.what for line in lines]),
        lines=lines,
        place=_place(loop),
    )


def _lines(sheet: Sheet, loop: Loop) -> Iterator[ClaimLine]:
    for n, line in enumerate(loop.loops("2400"), start=1):
        service = line.first("SV1") or line.first("SV2")
        if service is not None:
            yield ClaimLine(n, _what(sheet, line, service), _place(line))


def _what(sheet: Sheet, line: Loop, service: Segment) -> Extent:
    institutional = service.id == "SV2"
    parts = sheet.components(service[2 if institutional else 1])
    days = span(dtp[3]) if (dtp := line.first("DTP", "472")) is not None else None
    return Extent(
        procedure=parts[1].strip() if len(parts) > 1 else "",
        modifiers=tuple(m.strip() for m in parts[2:6] if m.strip()),
        revenue_code=service[1].strip() if institutional else "",
        quantity=_quantity(service[5 if institutional else 4]),
        unit=service[4 if institutional else 3].strip(),
        service_from=days[0] if days else None,
        service_to=days[1] if days else None,
    )


def _quantity(text: str) -> Decimal | None:
    return number(text) if text.strip() else None


def _event(loop: Loop) -> Extent:
    """The days of the claim itself: of the statement (837I), or of the admission.

    Guide: 005010X223A2 2300 DTP 434; 005010X222A1 2300 DTP 435, 096
    """
    statement = span(dtp[3]) if (dtp := loop.first("DTP", "434")) is not None else None
    admission = span(dtp[3]) if (dtp := loop.first("DTP", "435")) is not None else None
    return Extent(
        service_from=statement[0] if statement else None,
        service_to=statement[1] if statement else None,
        admission_from=admission[0] if admission else None,
    )


def _subject(subscriber: Loop | None, patient: Loop | None) -> Subject | None:
    """Whose claim it is: member id of the subscriber, birth date of the patient."""
    if subscriber is None:
        return None
    member = next((seg[9] for each in subscriber.loops("2010BA") if (seg := each.first("NM1"))), "")
    parties = patient.loops("2010CA") if patient is not None else subscriber.loops("2010BA")
    return subject(member, next((seg[2] for each in parties if (seg := each.first("DMG"))), ""))


def _payer(subscriber: Loop | None) -> tuple[str, str]:
    name = next((seg for each in subscriber.loops("2010BB") if (seg := each.first("NM1"))), None) if subscriber is not None else None
    return (name[9].strip(), name[3].strip()) if name is not None else ("", "")


def _place(loop: Loop) -> Place:
    before = _BEFORE[loop.xid]
    after = next((segment for segment in reversed(loop.segments) if segment.id in before), loop.segments[0])
    # a REF with REF04 is about another payer's number
    numbers = tuple(ref for ref in loop.all("REF", _NUMBER) if not ref[4].strip())
    return Place(after, numbers, tuple(loop.all("REF", _EXCEPTION)))
