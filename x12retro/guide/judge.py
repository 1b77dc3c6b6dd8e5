"""Judge a whole stream: frames in, one `Checked` per interchange, group and transaction out, memory flat.

A transaction's findings are complete when its `Checked` is yielded: those of the envelope that speak of it (SE01, SE02) included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import msgspec

from x12retro.findings import Finding
from x12retro.guide import catalog
from x12retro.guide.envelope import judge_gs, judge_isa
from x12retro.guide.rules import Context
from x12retro.guide.run_lane import RunLane
from x12retro.guide.set_judge import OVERLAY_SNIP, Judged, SetJudge
from x12retro.x12 import Frame, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Lane, Run, Source, Ta1, Transaction, read
from x12retro.x12.envelope import check_envelope

if TYPE_CHECKING:
    from x12retro.guide.overlay import EnvelopeRows, Payer

Part = InterchangeStart | Ta1 | GroupStart | Transaction | Run | GroupEnd | InterchangeEnd


class Checked(msgspec.Struct, frozen=True):
    """What was found about one part of a stream.

    `part` is the frame it speaks of; the ends and a TA1 come without findings, so that whoever follows the parts (to acknowledge
    them) knows where they end. What is found between the parts or at an end follows with `part` None. `guide` names the guide a
    transaction was judged by ("" for none).
    """

    findings: tuple[Finding, ...]
    part: Part | None = None
    guide: str = ""

    @property
    def accepted(self) -> bool:
        return not any(f.is_error for f in self.findings)


def validate(
    source: Source,
    *,
    snip: int = 7,
    as_of: date | None = None,
    lists: Mapping[str, frozenset[str]] = MappingProxyType({}),
    pool: Pool | None = None,
    payer: Payer | None = None,
    runs: bool = False,
) -> Iterator[Checked]:
    """Judge everything in `source` (bytes, path or binary stream) up to SNIP type `snip`; the parts come in file order.

    `as_of` is today, for rules about dates in the future; the clock's date when None. `lists` are the user's own code lists by name
    (`Context`). `payer` adds what that payer asks beyond the guide (SNIP type 7). With a `pool` (x12retro.guide.parallel) others
    judge the sets, by what they were begun with (the same payer among it); the result is the same. With `runs`, right sets that follow
    each other are spoken of together, which is quicker for who only counts them.
    """
    found = _validate(source, snip, Context(as_of=as_of or date.today(), lists=lists, payer=payer), pool)  # noqa: DTZ011 - the calendar day where the message is judged
    return found if runs else _one_by_one(found)


def _one_by_one(found: Iterator[Checked]) -> Iterator[Checked]:
    for checked in found:
        if isinstance(run := checked.part, Run):
            yield from (Checked((), transaction, checked.guide) for transaction in run.transactions())
        else:
            yield checked


def _validate(source: Source, snip: int, context: Context, pool: Pool | None) -> Iterator[Checked]:
    payer = context.payer
    rows = _envelope_rows(payer) if payer is not None and snip >= OVERLAY_SNIP else None
    if pool is not None:
        ahead = pool.ahead(check_envelope(read(source, lane=pool.lane())))
        yield from _judge(ahead, ahead, rows)
        return
    judge = SetJudge(snip, context)
    lane = RunLane(judge) if not judge.asks_each else None
    yield from _judge(check_envelope(read(source, lane=lane)), judge, rows)


def _envelope_rows(payer: Payer) -> EnvelopeRows:
    from x12retro.guide.overlay import EnvelopeRows  # who names no payer need not wait for it

    return EnvelopeRows(payer)


class _Judge(Protocol):
    def judge(self, transaction: Transaction, /) -> Judged: ...


class Informed(_Judge, Protocol):
    """The items of a stream, with a judge who knows the answers by the time they are asked for: in their order."""

    def __iter__(self) -> Iterator[Frame | Finding]: ...


class Pool(Protocol):
    """Others who judge, for one stream after the other: a lane through it, and its items with a judge."""

    def lane(self) -> Lane | None: ...
    def ahead(self, items: Iterable[Frame | Finding], /) -> Informed: ...


def _judge(items: Iterable[Frame | Finding], judge: _Judge, rows: EnvelopeRows | None) -> Iterator[Checked]:
    held: Checked | None = None  # a set whose envelope findings may still come
    group: GroupStart | None = None
    for item in items if rows is None else rows.ahead(items):
        if isinstance(item, Finding):
            if held is not None and item.transaction is not None:
                held = msgspec.structs.replace(held, findings=(*held.findings, item))
            else:
                yield Checked((item,))
            continue
        if held is not None:
            yield _in_order(held)
            held = None
        match item:
            case Transaction():
                guide, findings = judge.judge(item)
                if group is item.group:
                    yield Checked(_gs(group, guide, rows), group)
                    group = None
                held = Checked(findings if rows is None else findings + rows.set(item, guide), item, guide)
            case Run():
                if group is item.group:
                    yield Checked(_gs(group, item.kind, rows), group)
                    group = None
                yield Checked((), item, item.kind)
            case GroupStart():
                group = item
            case InterchangeStart():
                yield Checked(_once(judge_isa(item), rows.interchange(item) if rows is not None else ()), item)
            case GroupEnd() | InterchangeEnd() | Ta1():
                if group is not None:  # it holds no set
                    yield Checked((), group)
                    group = None
                yield Checked((), item)
            case _:
                pass  # strays are reported by the x12 room
    if held is not None:
        yield _in_order(held)


def _gs(group: GroupStart, guide: str, rows: EnvelopeRows | None) -> tuple[Finding, ...]:
    if not guide:
        return ()
    return _once(judge_gs(group, catalog.load(guide)), rows.group(group, guide) if rows is not None else ())


def _once(told: list[Finding], more: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What a payer says of an element that the guide finds at fault is left out: one finding for one fault."""
    elements = {f.element for f in told}
    return (*told, *(f for f in more if f.element is None or f.element not in elements))


def _in_order(checked: Checked) -> Checked:
    if len(checked.findings) < 2:
        return checked
    return msgspec.structs.replace(checked, findings=tuple(sorted(checked.findings, key=lambda f: (f.segment or 1 << 30, f.element or 0))))
