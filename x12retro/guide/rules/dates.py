"""The dates of a set that rules compare, read off its text in one pass.

Dates are CCYYMMDD text, which compares like a date; "" stands for none. A set has one patient event, so its dates need no levels: the
earliest start and the latest end of what it says are kept. Where a set is laid out, rules look at the sheet instead.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Loop
from x12retro.x12 import Segment

_TEMPLATE = "<s>(D(?:TP<e>(?:472|435|096|AAH|439)<e>R?D[8T]|MG<e>D8)<e><v>|BHT<e>0007<e><v><e><v><e><v>|ST(?=<e>))"


class Dates(msgspec.Struct, frozen=True, gc=False):
    """What one set says; "" stands for what it does not say.

    `made` is BHT04. `oldest` and `youngest` are the first and the last birth date. `event` is DTP*AAH, `services` the DTP*472, as (first
    day, last day); the last day of an event with a single date, which may go on, is "". `first` and `last` are the first and the last
    day of care that is named at all.
    """

    made: str
    oldest: str
    youngest: str
    admission: str
    discharge: str
    accident: str
    event: tuple[str, str]
    services: tuple[str, str]
    first: str
    last: str


class DateReader:
    """Reads `Dates` off clean sets of one kind of cut."""

    __slots__ = ("_find",)

    def __init__(self, cuts: Cuts) -> None:
        self._find = cuts.pattern(_TEMPLATE).findall

    def read(self, text: str) -> Dates:
        """The dates of one set."""
        return next(self.read_all(text))

    def read_all(self, text: str) -> Iterator[Dates]:
        """The dates of each of the sets that follow each other in `text`."""
        made = oldest = youngest = admission = discharge = accident = first = last = start = end = ""
        event = ("", "")
        for found in self._find(text):  # `DTP*472*RD8*20261020-20261022`, `DMG*D8*19840617`, `BHT*0007*13*A1*20261103`, `ST`
            id_ = found[:3]
            if id_ == "ST":
                yield Dates(made, oldest, youngest, admission, discharge, accident, event, (start, end), first, last)
                made = oldest = youngest = admission = discharge = accident = first = last = start = end = ""
                event = ("", "")
                continue
            if id_ == "BHT":
                made = found[-8:]
                continue
            if id_ == "DMG":
                birth = found[7:]
                if not oldest or birth < oldest:
                    oldest = birth
                if birth > youngest:
                    youngest = birth
                continue
            kind = found[4:7]
            begins = ends = found[11:19]
            if found[8] == "R":
                begins, ends = found[12:20], found[-8:]
            if kind == "439":
                accident = begins
                continue
            if not first or begins < first:
                first = begins
            if ends > last:
                last = ends
            if kind == "472":
                if not start or begins < start:
                    start = begins
                if ends > end:
                    end = ends
            elif kind == "AAH":
                event = (begins, ends if found[8] == "R" else "")
            elif kind == "435":
                admission = begins
            else:
                discharge = begins
        yield Dates(made, oldest, youngest, admission, discharge, accident, event, (start, end), first, last)


def period(seg: Segment | None) -> tuple[str, str]:
    """The first and last day of a DTP with D8, RD8 or DT; two times "" without one."""
    if seg is None or seg[2] not in ("D8", "RD8", "DT"):
        return "", ""
    first, _, last = seg[3].partition("-")
    return first[:8], last or first[:8]


def event_period(event: Loop) -> tuple[str, str]:
    """From when to when the patient event lasts: admission to discharge, else DTP*AAH; "" where it does not say."""
    admission, discharge = period(event.first("DTP", "435"))[0], period(event.first("DTP", "096"))[1]
    if admission:
        return admission, discharge
    seg = event.first("DTP", "AAH")
    first, last = period(seg)
    return first, last if seg is not None and seg[2] == "RD8" else ""


def care_days(event: Loop) -> list[tuple[str, str]]:
    """All periods of care of an event: its own and those of its services."""
    places = [event.first("DTP", code) for code in ("435", "096", "AAH")]
    places += [service.first("DTP", "472") for service in event.loops("2000F")]
    return [found for found in map(period, places) if found[0]]
