"""TA1, 999, 997 and 824 that came back -> records, liberally: real ones are crooked.

Taken as they come: AK3, AK4 and AK5 in a 999 (and IK3 to IK5 in a 997); IK4 with `2:1` whatever the component separator is; CTX
with blanks; a missing IK5 or AK9; counts that disagree; a TA1 alone, before the first GS, or after a GE. What is odd is told in
`findings` of the record it is about, and never turns a rejection into an acceptance (see `verdicts`).

Guide: 005010X231A1; 004010 and 005010X230 for the 997
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from x12retro.acknowledge.advice import read_advice
from x12retro.acknowledge.fields import CODE, ID, LABEL, SEGMENT_ID, fit, notes, number, places
from x12retro.acknowledge.record import (
    Acknowledgment,
    Context,
    ElementNote,
    GroupAck,
    InterchangeAck,
    Kind,
    SegmentNote,
    SetAck,
    Source,
    Verdict,
)
from x12retro.acknowledge.sent import SentIndex
from x12retro.acknowledge.troubles import trouble
from x12retro.acknowledge.verdicts import GROUP_VERDICTS, INTERCHANGE_VERDICTS, SET_VERDICTS, settle
from x12retro.findings import Finding
from x12retro.guide import codes
from x12retro.x12 import Segment, Ta1, Transaction, check_envelope, read
from x12retro.x12 import Source as Input

KINDS: dict[str, Kind] = {"999": "999", "997": "997"}


def read_acknowledgments(
    source: Input,
    sent: SentIndex | None = None,
    *,
    file: str = "",
    values: bool = False,
    on_finding: Callable[[Finding], None] | None = None,
) -> Iterator[Acknowledgment]:
    """Yield the TA1s, the acknowledged groups and what 824s speak of in `source`, in file order.

    `sent` is what was sent, to join them with. `values`: keep copied values (IK404, CTX01-2, TED07), free text and references of any kind;
    they may be a patient's. Other sets are passed over. What the reader saw on the wire is told to `on_finding`. Raises UsageError for a
    source that cannot be opened.
    """
    name = file or (Path(source).name if isinstance(source, str | os.PathLike) else "")
    for item in check_envelope(read(source)):
        if isinstance(item, Finding):
            if on_finding is not None:
                on_finding(item)
        elif isinstance(item, Ta1):
            ack = _ta1(item, name)
            yield sent.join_interchange(ack) if sent is not None else ack
        elif isinstance(item, Transaction):
            for group in read_set(item, file=name, values=values):
                yield settle(sent.join_group(group) if sent is not None else group)
            for advice in read_advice(item, file=name, values=values):
                yield sent.join_advice(advice) if sent is not None else advice


def read_set(transaction: Transaction, *, file: str = "", values: bool = False) -> Iterator[GroupAck]:
    """Yield the groups that one 999 or 997 acknowledges (one by the standard); nothing for any other set. Verdicts are as they are said."""
    segments = transaction.segments()
    kind = KINDS.get(segments[0][1].strip()) if segments else None
    if kind is None:
        return
    source = Source(
        file=file,
        interchange=transaction.interchange.control,
        group=transaction.group.control,
        transaction=transaction.control,
        offset=transaction.offset,
    )
    reader = _SetReader(kind, source, transaction, values)
    for seg in segments[1:]:
        yield from reader.take(seg)
    yield from reader.end()


def _ta1(item: Ta1, file: str) -> InterchangeAck:
    seg = item.segment
    said, code = fit(CODE, seg[4]), fit(CODE, seg[5])
    if code.isdigit():
        code = code.zfill(3)
    findings = []
    if said not in INTERCHANGE_VERDICTS:
        message = "TA104 is no code of the standard: nobody says that the interchange was accepted"
        findings.append(trouble("X12-ACK-106", message, interchange=item.interchange.control, segment_id="TA1", offset=seg.offset))
    return InterchangeAck(
        control=fit(ID, seg[1]),
        date=fit(ID, seg[2]),
        time=fit(ID, seg[3]),
        verdict=INTERCHANGE_VERDICTS.get(said, "unclear"),
        said=said,
        code=code,
        meaning=codes.meaning("TA105", code),
        source=Source(file=file, interchange=item.interchange.control, offset=seg.offset),
        findings=tuple(findings),
    )


class _SetReader:
    """Puts the segments of one 999 together. What is open is closed by whatever cannot stand inside it."""

    def __init__(self, kind: Kind, source: Source, transaction: Transaction, values: bool) -> None:
        self._kind = kind
        self._source = source
        self._delimiters = transaction.delimiters
        self._values = values
        self._group: GroupAck | None = None
        self._sets: list[SetAck] = []
        self._set: SetAck | None = None
        self._segments: list[SegmentNote] = []
        self._elements: list[ElementNote] = []
        self._findings: list[Finding] = []

    def take(self, seg: Segment) -> Iterator[GroupAck]:
        """Take the next segment; yields a group that it ends."""
        match seg.id.strip():
            case "AK1":
                yield from self.end()
                self._group = GroupAck(
                    functional_code=fit(ID, seg[1]),
                    control=fit(ID, seg[2]),
                    guide=fit(LABEL, seg[3]),
                    kind=self._kind,
                    verdict="unclear",
                    source=self._source,
                )
            case "AK2":
                self._end_set(seg)
                control = fit(ID, seg[2])
                self._set = SetAck(set_id=fit(ID, seg[1]), control=control, guide=fit(LABEL, seg[3]), verdict="unclear")
            case "IK3" | "AK3" if self._set is not None:
                self._end_segment()
                self._segments.append(self._segment(seg))
            case "IK4" | "AK4" if self._segments:
                self._elements.append(self._element(seg))
            case "CTX" if self._segments:
                self._add_context(tuple(self._context(seg)))
            case "IK5" | "AK5" if self._set is not None:
                self._close_set(seg)
            case "AK9":
                yield from self._close_group(seg)
            case "SE":
                pass
            case _:
                self._tell("X12-ACK-110", "a segment stands where none may in an acknowledgment; it was passed over", seg)

    def end(self) -> Iterator[GroupAck]:
        """End the group that is open, if any: its AK9 is missing."""
        if self._group is not None or self._set is not None or self._sets:
            self._end_set(None)
            if self._group is not None:
                self._tell("X12-ACK-104", "AK9 is missing: the group's verdict is taken from its sets", None)
            yield self._made(None)

    def _close_group(self, seg: Segment) -> Iterator[GroupAck]:
        self._end_set(seg)
        yield self._made(seg)

    def _made(self, ak9: Segment | None) -> GroupAck:
        group = self._group
        if group is None:
            self._tell("X12-ACK-107", "AK1 is missing: nobody knows which group is meant", ak9)
            group = GroupAck(functional_code="", control="", kind=self._kind, verdict="unclear", source=self._source)
        if ak9 is not None:
            said = fit(CODE, ak9[1])
            if said not in GROUP_VERDICTS:
                self._tell("X12-ACK-106", "AK901 is no code of the standard: nobody says that the group was accepted", ak9)
            group = msgspec.structs.replace(
                group,
                verdict=GROUP_VERDICTS.get(said, "unclear"),
                said=said or "?",
                included=number(ak9[2]),
                received=number(ak9[3]),
                accepted=number(ak9[4]),
                codes=notes("AK905", ak9, 5),
            )
        made = msgspec.structs.replace(group, sets=tuple(self._sets), findings=tuple(self._findings))
        self._group, self._sets, self._findings = None, [], []
        return made

    def _close_set(self, seg: Segment) -> None:
        assert self._set is not None
        self._end_segment()
        said = fit(CODE, seg[1])
        if said not in SET_VERDICTS:
            self._tell("X12-ACK-106", "IK501 is no code of the standard: nobody says that the set was accepted", seg)
        verdict: Verdict = SET_VERDICTS.get(said, "unclear")
        self._sets.append(
            msgspec.structs.replace(self._set, verdict=verdict, said=said, codes=notes("IK502", seg, 2), segments=tuple(self._segments))
        )
        self._set, self._segments = None, []

    def _end_set(self, seg: Segment | None) -> None:
        """Close a set whose IK5 never came."""
        self._end_segment()
        if self._set is not None:
            self._tell("X12-ACK-105", "a set has no IK5: nobody says that it was accepted", seg, transaction=self._set.control)
            self._sets.append(msgspec.structs.replace(self._set, segments=tuple(self._segments)))
        self._set, self._segments = None, []

    def _end_segment(self) -> None:
        if self._elements and self._segments:
            self._segments[-1] = msgspec.structs.replace(self._segments[-1], elements=tuple(self._elements))
        self._elements = []

    def _segment(self, seg: Segment) -> SegmentNote:
        code = fit(CODE, seg[4])
        return SegmentNote(
            segment_id=fit(SEGMENT_ID, seg[1]),
            position=number(seg[2]),
            loop=fit(ID, seg[3]),
            code=code,
            meaning=codes.meaning("IK304", code),
        )

    def _element(self, seg: Segment) -> ElementNote:
        place, code = places(seg[1]), fit(CODE, seg[3])
        return ElementNote(
            position=place[0],
            component=place[1],
            repeat=place[2],
            data_element=fit(ID, seg[2]),
            code=code,
            meaning=codes.meaning("IK403", code),
            value=seg[4] or None if self._values else None,
        )

    def _context(self, seg: Segment) -> Iterator[Context]:
        """One record for each name in CTX01; the place is that of the whole CTX."""
        place = places(seg[5])
        for repeat in self._delimiters.repeats(seg[1]):
            name, _, value = repeat.partition(self._delimiters.component)
            yield Context(
                name=_context_name(name),
                segment_id=fit(SEGMENT_ID, seg[2], otherwise=""),
                position=number(seg[3]),
                loop=fit(ID, seg[4], otherwise=""),
                element=place[0],
                component=place[1],
                repeat=place[2],
                data_element=fit(ID, self._delimiters.components(seg[6])[0], otherwise=""),
                value=value.strip() or None if self._values else None,
            )

    def _add_context(self, contexts: tuple[Context, ...]) -> None:
        """A CTX after an IK4 speaks of the element, one after an IK3 of the segment."""
        if self._elements:
            last = self._elements[-1]
            self._elements[-1] = msgspec.structs.replace(last, context=last.context + contexts)
        else:
            segment = self._segments[-1]
            self._segments[-1] = msgspec.structs.replace(segment, context=segment.context + contexts)

    def _tell(self, rule: str, message: str, seg: Segment | None, *, transaction: str | None = None) -> None:
        self._findings.append(
            trouble(
                rule,
                message,
                interchange=self._source.interchange,
                group=self._source.group,
                transaction=transaction or self._source.transaction,
                segment=seg.position if seg is not None else None,
                offset=seg.offset if seg is not None else self._source.offset,
            )
        )


_CONTEXT_NAMES = ("SITUATIONAL TRIGGER", "PATIENT NAME NM109", "SUBSCRIBER NAME NM109", "SUBSCRIBER NUMBER REF02")


def _context_name(text: str) -> str:
    """CTX01-1: a name of the guide or a place such as CLM01; anything else may be data, and is not repeated."""
    name = " ".join(text.split())
    return name if name in _CONTEXT_NAMES or re.fullmatch(r"[A-Z][A-Z0-9]{1,2}[0-9]{2}(-[0-9]{1,2})?", name, re.ASCII) else "?"
