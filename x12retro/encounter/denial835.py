"""Denials for want of authorization from 835 remittances (005010X221A1), one transaction at a time, one claim payment at a time.

A `Denial` says which claim, which of its lines, under which codes, how much money, when, and what answers it. Payments without such
a code are told only as `Paid`: they settle a denial of an earlier day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from x12retro.encounter.denial_codes import ANSWERS, What
from x12retro.encounter.gathering import as_date, as_money
from x12retro.encounter.json_source import EncounterProblem, Slip
from x12retro.encounter.unforeseen import unforeseen
from x12retro.encounter.x12_source import JudgedSet, judged_sets, place_of, told
from x12retro.findings import Finding
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Delimiters, Segment, Source

_REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}
_NEEDED: dict[str, frozenset[int]] = {
    "CLP": frozenset((1,)),
    "CAS": frozenset(range(1, 20)),
    "SVC": frozenset((1,)),
    "BPR": frozenset((16,)),
}
_TELLING = frozenset(("CLP", "CAS", "SVC", "SE"))
_REVERSAL = "22"


class Adjustment(msgspec.Struct, frozen=True):
    """Money taken off, by whose fault (CO, PR, OA, PI), and the reason code (CARC)."""

    group: str
    carc: str
    amount: Decimal


class DeniedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A service line with an adjustment for want of authorization. `number` is the claim's own number for it (REF 6R)."""

    adjustments: tuple[Adjustment, ...]
    number: str | None = None
    procedure: str | None = None
    modifiers: tuple[str, ...] = ()
    revenue_code: str | None = None
    day: date | None = None
    charge: Decimal | None = None
    rarcs: tuple[str, ...] = ()

    def __repr__(self) -> str:  # never the data: it is a patient's
        return "<DeniedLine>"


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that was denied, in whole or in some lines, for want of authorization.

    `claim` is the claim number (CLP01), `payer_claim` the payer's (CLP07), `day` the remittance's. `carc` is the code that decides
    `what` answers it. `adjustments` are those of the whole claim, `lines` those of single lines; both hold authorization codes only.
    """

    claim: str
    day: date
    carc: str
    what: What
    adjustments: tuple[Adjustment, ...] = ()
    lines: tuple[DeniedLine, ...] = ()
    rarcs: tuple[str, ...] = ()
    payer_claim: str | None = None

    @property
    def amount(self) -> Decimal:
        """The money denied under authorization codes."""
        every = (*self.adjustments, *(adjustment for line in self.lines for adjustment in line.adjustments))
        return sum((adjustment.amount for adjustment in every), Decimal(0))

    def __repr__(self) -> str:
        return f"<Denial {self.carc} of {self.day}>"


class Paid(msgspec.Struct, frozen=True):
    """A claim that was paid without such a denial: one of an earlier day has been settled."""

    claim: str
    day: date

    def __repr__(self) -> str:
        return f"<Paid on {self.day}>"


def read_denials(source: Source) -> Iterator[Denial | Paid | EncounterProblem]:
    """Yield a Denial for each claim payment of `source` that was denied for want of authorization, a Paid for each other that brought
    money, and problems for what cannot be read.

    `source` is bytes, a path or a binary stream. Raises UsageError when a path cannot be read.
    """
    index = 0
    for item in judged_sets(source, ("835",), "a remittance (835)"):
        for one in [EncounterProblem(index=0, slips=item)] if not isinstance(item, JudgedSet) else _denials(item):
            if isinstance(one, EncounterProblem):
                index += 1
                yield msgspec.structs.replace(one, index=index)
            else:
                yield one


def _denials(a_set: JudgedSet) -> Iterator[Denial | Paid | EncounterProblem]:
    sheet = Sheet(a_set.transaction, a_set.guide, a_set.name)
    day = _day(sheet)
    payments = list(sheet.loops("2100"))
    for payment in payments:
        try:
            one = _one(payment, a_set, sheet.delimiters, day)
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one payment must not cost the others
            one = EncounterProblem(index=0, slips=(Slip("$", unforeseen(failure)),))
        if one is not None:
            yield one
    doubtful = tuple(told(finding) for finding in a_set.errors if finding.segment_id in _TELLING)
    if doubtful:
        yield EncounterProblem(index=0, slips=(Slip("$", f"{a_set.called} has errors that may hide denials"), *doubtful))
    if not a_set.transaction.complete:
        yield EncounterProblem(index=0, slips=(Slip("$", f"{a_set.called} breaks off: what comes after its last claim is lost"),))


def _one(payment: Loop, a_set: JudgedSet, delimiters: Delimiters, day: date | None) -> Denial | Paid | EncounterProblem | None:
    clp = payment.first("CLP")
    if clp is None or clp[2] == _REVERSAL:
        return None
    own = tuple(_adjustments(payment))
    lines = tuple(line for loop in payment.children if loop.xid == "2110" and (line := _line(loop, delimiters)) is not None)
    codes = {adjustment.carc for adjustment in (*own, *(a for line in lines for a in line.adjustments))}
    carc = next((code for code in ANSWERS if code in codes), None)
    if carc is None:
        paid = as_money(clp[4])
        return Paid(clp[1], day) if paid is not None and paid > 0 and clp[1] and day is not None else None
    slips = [told(finding) for finding in a_set.errors_within(_all(payment)) if _is_needed(finding)]
    if not clp[1]:
        slips.append(Slip("$", f"a denial without its claim number ({place_of(clp, a_set)})"))
    if day is None:
        slips.append(Slip("$", f"{a_set.called} has no day of payment (BPR16): the denial has none ({place_of(clp, a_set)})"))
    if slips or day is None:
        return EncounterProblem(index=0, slips=tuple(slips))
    return Denial(
        claim=clp[1],
        day=day,
        carc=carc,
        what=ANSWERS[carc].what,
        adjustments=own,
        lines=lines,
        rarcs=tuple(seg[n] for seg in payment.segments for n in _REMARKS.get(seg.id, ()) if seg[n]),
        payer_claim=clp[7] or None,
    )


def _day(sheet: Sheet) -> date | None:
    """The day of the remittance: its production date, or the day of payment; the earlier start of a clock is the safer one.

    Guide: 005010X221A1 DTM 405, BPR16
    """
    segments = [seg for loop in (sheet.root, *sheet.root.children) for seg in loop.segments]
    texts = [seg[2] for seg in segments if seg.id == "DTM" and seg[1] == "405"] + [seg[16] for seg in segments if seg.id == "BPR"]
    return min((day for day in map(as_date, texts) if day is not None), default=None)


def _line(loop: Loop, delimiters: Delimiters) -> DeniedLine | None:
    """A service line, when it was denied for want of authorization. The code that was billed (SVC06) counts, not the one paid.

    Guide: 005010X221A1 2110
    """
    svc, adjustments = loop.first("SVC"), tuple(_adjustments(loop))
    if svc is None or not adjustments:
        return None
    parts = delimiters.components(svc[6] or svc[1])
    is_revenue = parts[0] == "NU"
    number, dtm = loop.first("REF", "6R"), loop.first("DTM", "472", "150")
    return DeniedLine(
        adjustments=adjustments,
        number=None if number is None else number[2],
        procedure=parts[1] if len(parts) > 1 and not is_revenue else None,
        modifiers=tuple(parts[2:6]),
        revenue_code=parts[1] if len(parts) > 1 and is_revenue else svc[4] or None,
        day=None if dtm is None else as_date(dtm[2]),
        charge=as_money(svc[2]),
        rarcs=tuple(lq[2] for lq in loop.all("LQ", "HE")),
    )


def _adjustments(loop: Loop) -> Iterator[Adjustment]:
    """The adjustments of a loop that are for want of authorization; a CAS holds up to six of one group.

    Guide: 005010X221A1 2100 CAS, 2110 CAS
    """
    for cas in loop.all("CAS"):
        for n in range(2, 20, 3):
            if cas[n] in ANSWERS and (amount := as_money(cas[n + 1])) is not None and amount > 0:
                yield Adjustment(cas[1], cas[n], amount)


def _all(loop: Loop) -> Iterator[Segment]:
    yield from loop.segments
    for child in loop.children:
        yield from _all(child)


def _is_needed(finding: Finding) -> bool:
    return finding.element is not None and finding.element in _NEEDED.get(finding.segment_id or "", ())
