"""Transactions of one kind out of an X12 file, each with what its guide has against it; shared by the readers of claims and remittances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from x12retro.encounter.json_source import Slip
from x12retro.findings import Finding, control_number
from x12retro.x12 import InterchangeEnd, Segment, Source, Transaction

if TYPE_CHECKING:
    from x12retro.guide.model import Guide

_SHAPE_OF_MESSAGE = 4
"""SNIP types that say whether a set can be read: syntax, guide, balance, situations. Outside code lists are not ours to judge."""


class JudgedSet(NamedTuple):
    """A transaction, the guide it follows by name and as data, and its errors."""

    transaction: Transaction
    name: str
    guide: Guide
    errors: tuple[Finding, ...]

    @property
    def called(self) -> str:
        """How a message names the set, by its control number."""
        number = control_number(self.transaction.control)
        return "the set" if number is None else f"set {number}"

    def errors_within(self, segments: Iterable[Segment]) -> Iterator[Finding]:
        """The errors that speak of one of these segments."""
        if self.errors:
            positions = {segment.position for segment in segments}
            yield from (finding for finding in self.errors if finding.segment in positions)


def judged_sets(source: Source, guides: tuple[str, ...], wanted: str) -> Iterator[JudgedSet | tuple[Slip, ...]]:
    """Yield the sets of `source` that follow one of `guides`, and slips for what cannot be read.

    `wanted` says in words what is looked for: a file without any is told. One file's faults outside its sets come as one entry.
    """
    from x12retro.guide import catalog  # half of the start of a run that reads JSON alone
    from x12retro.guide.judge import validate

    sets = 0
    outside: list[Slip] = []
    for checked in validate(source, snip=_SHAPE_OF_MESSAGE):
        errors = tuple(finding for finding in checked.findings if finding.is_error)
        match checked.part:
            case Transaction() as transaction:
                sets += 1
                if checked.guide in guides:
                    yield JudgedSet(transaction, checked.guide, catalog.load(checked.guide), errors)
                else:
                    number = control_number(transaction.control) or "?"
                    yield (Slip("$", f"set {number} is not {wanted}: it is passed over"),)
            case InterchangeEnd() if outside:
                yield tuple(outside)
                outside.clear()
            case _:
                outside += map(told, errors)
    if outside:
        yield tuple(outside)
    elif not sets:
        yield (Slip("$", f"the file holds no set that is {wanted}"),)


def told(finding: Finding) -> Slip:
    """A finding as a slip: its message with the place, and never the value."""
    parts = [finding.loop, f"{finding.segment_id or ''}{'' if finding.element is None else f'{finding.element:02d}'}"]
    where = " ".join(part for part in parts if part)
    if finding.segment is not None:
        where += f", segment {finding.segment} of set {finding.transaction or '?'}"
    return Slip("$", f"{finding.message} ({where}; {finding.rule})" if where else f"{finding.message} ({finding.rule})")


def place_of(segment: Segment, a_set: JudgedSet) -> str:
    return f"{segment.id}, segment {segment.position} of {a_set.called}"
