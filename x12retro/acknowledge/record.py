"""What an acknowledgment says, as records: the same whether we say it or a partner does.

`InterchangeAck` is a TA1. `GroupAck` is a 999 or 997 about one functional group: it holds a `SetAck` per transaction set, that a
`SegmentNote` per segment at fault, and that an `ElementNote` per element at fault. `Advice` is an 824 about one set (or group, or item of
one), with a `Reason` per error. Codes are kept verbatim; meanings are our own
short words, None where we have none. A copied value (IK404, CTX01-2) may be a patient's: `repr` shows none, and a reader keeps
it only when it is asked to.

Guide: 005010X231A1 TA1, AK1 to AK9; 005010X186 OTI, TED
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from x12retro.findings import Finding

Verdict = Literal["accepted", "accepted_with_errors", "partially_accepted", "rejected", "unclear"]
"""`partially_accepted` is a group's only; `unclear` is what no code tells, and never an acceptance."""

AdviceVerdict = Verdict | Literal["accepted_with_change"]
"""An application may also accept a set and change its data."""

Kind = Literal["TA1", "999", "997", "824"]


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the records; shows itself without its values."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Note(_Record, frozen=True, kw_only=True):
    """A code and what it means."""

    code: str
    meaning: str | None = None


class Context(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """A CTX: what brought the fault about (`name` is SITUATIONAL TRIGGER), or which piece of business it stands in (TRN02, CLM01)."""

    name: str
    segment_id: str = ""
    position: int | None = None
    loop: str = ""
    element: int | None = None
    component: int | None = None
    repeat: int | None = None
    data_element: str = ""
    value: str | None = None


class ElementNote(_Record, frozen=True, kw_only=True):
    """An IK4 (AK4): an element at fault. `value` is its copy of the bad data."""

    position: int | None
    component: int | None = None
    repeat: int | None = None
    data_element: str = ""
    code: str
    meaning: str | None = None
    context: tuple[Context, ...] = ()
    value: str | None = None


class SegmentNote(_Record, frozen=True, kw_only=True):
    """An IK3 (AK3): a segment at fault. `position` counts from ST = 1; `loop` is that of an LS segment."""

    segment_id: str
    position: int | None
    loop: str = ""
    code: str = ""
    meaning: str | None = None
    elements: tuple[ElementNote, ...] = ()
    context: tuple[Context, ...] = ()


class Sent(_Record, frozen=True, kw_only=True):
    """What of ours an acknowledgment speaks of: the file it was read from, its numbers, and the encounter where a report names it."""

    file: str = ""
    interchange: str = ""
    group: str = ""
    transaction: str = ""
    encounter_id: str | None = None


class SetAck(_Record, frozen=True, kw_only=True):
    """AK2 to IK5 (AK5): one transaction set. `said` is IK501 verbatim.

    `verdict` is the worse of what is said of the set and of its group. `listed` is False for a set of ours that a 999 passes over.
    """

    set_id: str
    control: str
    guide: str = ""
    verdict: Verdict
    said: str = ""
    codes: tuple[Note, ...] = ()
    segments: tuple[SegmentNote, ...] = ()
    listed: bool = True
    sent: Sent | None = None

    @property
    def accepted(self) -> bool:
        return self.verdict in ("accepted", "accepted_with_errors")


class Source(_Record, frozen=True, kw_only=True):
    """Where an acknowledgment was read: the file, its own numbers, the byte it starts at."""

    file: str = ""
    interchange: str = ""
    group: str = ""
    transaction: str = ""
    offset: int | None = None


class GroupAck(_Record, frozen=True, kw_only=True, tag_field="acknowledges", tag="group"):
    """AK1 to AK9: one functional group. `said` is AK901 verbatim; the counts are AK902 to AK904, None where they are missing.

    `matched` is None when nothing was given to match with.
    """

    functional_code: str
    control: str
    guide: str = ""
    kind: Kind = "999"
    verdict: Verdict
    said: str = ""
    included: int | None = None
    received: int | None = None
    accepted: int | None = None
    codes: tuple[Note, ...] = ()
    sets: tuple[SetAck, ...] = ()
    matched: bool | None = None
    sent: Sent | None = None
    source: Source = Source()
    findings: tuple[Finding, ...] = ()


class InterchangeAck(_Record, frozen=True, kw_only=True, tag_field="acknowledges", tag="interchange"):
    """A TA1. `control`, `date` and `time` are ISA13, ISA09 and ISA10 of the interchange it answers; `code` is TA105."""

    control: str
    date: str = ""
    time: str = ""
    kind: Kind = "TA1"
    verdict: Verdict
    said: str = ""
    code: str = ""
    meaning: str | None = None
    matched: bool | None = None
    sent: Sent | None = None
    source: Source = Source()
    findings: tuple[Finding, ...] = ()


class Reference(_Record, frozen=True, kw_only=True):
    """A number by which the partner names what it speaks of; `number` is ? where it may be a patient's and was not asked for."""

    qualifier: str
    number: str


class Reason(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """A TED: an error (`code`, TED01) and where it is; `position` counts from ST = 1.

    `codes` are those of a list that the partner adds (RED06). `text` (TED02, NTE02, RED01) and `value` (TED07) are the partner's own words
    and the bad data: kept when asked for.
    """

    code: str
    meaning: str | None = None
    segment_id: str = ""
    position: int | None = None
    element: int | None = None
    component: int | None = None
    repeat: int | None = None
    data_element: str = ""
    codes: tuple[Note, ...] = ()
    text: tuple[str, ...] = ()
    value: str | None = None


class Advice(_Record, frozen=True, kw_only=True, tag_field="acknowledges", tag="application"):
    """An OTI of an 824: what an application says of a set. `said` is OTI01 verbatim, `level` what it is said of.

    `reference_kind` and `reference` are OTI02 and OTI03, `group`, `transaction`, `set_id` and `guide` OTI08 to OTI11; `references` are the
    REFs below. `codes` are those of LQ. An interchange number is not in it: `sent` has it.
    """

    level: Literal["batch", "group", "set", "item", ""] = ""
    kind: Kind = "824"
    verdict: AdviceVerdict
    said: str = ""
    meaning: str | None = None
    reference_kind: str = ""
    reference: str = ""
    group: str = ""
    transaction: str = ""
    set_id: str = ""
    guide: str = ""
    references: tuple[Reference, ...] = ()
    reasons: tuple[Reason, ...] = ()
    codes: tuple[Note, ...] = ()
    matched: bool | None = None
    sent: Sent | None = None
    source: Source = Source()
    findings: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.verdict in ("accepted", "accepted_with_errors", "accepted_with_change")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The references that it names: control numbers of attachments, a trace or BGN02 are among them."""
        found = (self.reference, *(one.number for one in self.references))
        return tuple(dict.fromkeys(one for one in found if one not in ("", "?", "NA")))


Acknowledgment = InterchangeAck | GroupAck | Advice
