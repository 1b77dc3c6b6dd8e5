"""What a rule is: an id, a severity, a cheap suspicion over the bytes of a set, and a check over its sheet that yields breaches.

Sets that the recogniser accepted, and that no rule suspects, are never laid out. So a rule says how it is suspected, in one or more
of four ways; `lookout.py` asks them, each as seldom as it can:

- `outline`: a test over the set's outline (its segments without what belongs to one patient, `outline.py`); asked once per outline.
- `token`: the check of one segment that carries a code (`HI`, `SV1`, `PRV` ...); asked once per text of that segment.
- `dates`: a test over the dates of the set (`dates.py`); asked for each set whose outline is suspected.
- `values`: a test over the text of the set; asked for each set whose outline is suspected.

A rule may be suspected needlessly, never the other way round: a breach in a set that is not suspected would go unseen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from x12retro.findings import Ack, Finding, Severity, control_number
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.rules.dates import Dates
from x12retro.guide.sheet import Sheet
from x12retro.x12 import Delimiters, Segment

if TYPE_CHECKING:
    from x12retro.guide.overlay.records import Payer

REQUEST: tuple[str, ...] = ("278-request",)
RESPONSE: tuple[str, ...] = ("278-response",)
BOTH = REQUEST + RESPONSE


class Context(msgspec.Struct, frozen=True):
    """What rules are judged by besides the message.

    `as_of` is today. `lists` holds code lists that the user supplies because others license them, by name: CPT, HCPCS, CDT, NDC,
    REVENUE, TAXONOMY. `payer` is who gets or sends the messages, where it has an overlay (guide/overlay).
    """

    as_of: date
    lists: Mapping[str, frozenset[str]] = {}
    payer: Payer | None = None

    @property
    def today(self) -> str:
        """`as_of` as CCYYMMDD, which compares like a date."""
        return self.as_of.strftime("%Y%m%d")


class Breach(msgspec.Struct, frozen=True):
    """One breach: where, what is wrong and what would be right (never the value).

    `code` and `severity` are given where they are not the rule's own, `segment_id` where another segment is missing at `segment`.
    """

    segment: Segment
    message: str
    element: int | None = None
    component: int | None = None
    code: str | None = None
    severity: Severity | None = None
    segment_id: str | None = None


Outline = Callable[[str], bool]
DatesTest = Callable[[Dates, str], bool]
"""Told the dates of a set and today, CCYYMMDD."""
ValuesTest = Callable[[str, Cuts], bool]
Check = Callable[[Sheet, Context], Iterator[Breach]]
SegmentCheck = Callable[[Segment, Delimiters, Context], Iterator[Breach]]


class Rule(msgspec.Struct, frozen=True):
    """A rule. `guides` names those it speaks of (`278-request`).

    `code` is the 999 code of its findings: in an IK4 when they name an element, else in an IK3.
    `outline`, or `token` for a rule about codes, goes before `dates` and `values`; alone, its word is enough. `tokens` are the segments
    that `token` judges. `together`: `values` may be asked of the text of many sets, and then finds what it finds in any of them.
    """

    id: str
    snip: int
    severity: Severity
    guides: tuple[str, ...]
    code: str
    check: Check
    outline: Outline | None = None
    dates: DatesTest | None = None
    values: ValuesTest | None = None
    together: bool = False
    tokens: tuple[str, ...] = ()
    token: SegmentCheck | None = None

    @property
    def page(self) -> str:
        """The rule's page for users: the docstring of its module."""
        return sys.modules[(self.token or self.check).__module__].__doc__ or ""

    def speaks(self, seg: Segment, delimiters: Delimiters, context: Context) -> bool:
        """True when `token` has something to say about `seg`."""
        return self.token is not None and next(self.token(seg, delimiters, context), None) is not None

    def findings(self, sheet: Sheet, context: Context) -> Iterator[Finding]:
        """Judge a sheet."""
        group = sheet.transaction.group
        for breach in self.check(sheet, context):
            seg = breach.segment
            loop = sheet.loop_of.get(seg.position)
            yield Finding(
                rule=self.id,
                snip=self.snip,
                severity=breach.severity or self.severity,
                message=breach.message,
                interchange=control_number(group.interchange.control),
                group=control_number(group.control),
                transaction=control_number(sheet.transaction.control),
                segment=seg.position,
                segment_id=breach.segment_id or seg.id,
                loop=loop.xid if loop is not None else None,
                element=breach.element,
                component=breach.component,
                offset=seg.offset,
                ack=Ack("IK4" if breach.element is not None else "IK3", breach.code or self.code),
                value=seg[breach.element] if breach.element is not None else None,
            )


def segment_rule(
    id_: str, snip: int, severity: Severity, guides: tuple[str, ...], code: str, segments: tuple[str, ...], judge: SegmentCheck
) -> Rule:
    """A rule that judges segments one by one, wherever they stand: code sets, mostly."""

    def check(sheet: Sheet, context: Context) -> Iterator[Breach]:
        for seg in sheet.transaction.segments():
            if seg.fields[0] in segments and seg.position in sheet.loop_of:
                yield from judge(seg, sheet.delimiters, context)

    return Rule(id_, snip, severity, guides, code, check, tokens=segments, token=judge)
