"""The findings of one transaction set -> its `SetAck`: which segments and elements, by which codes, and the verdict.

Only errors reject, and by default only errors are told: partners' software takes any IK3 for a rejection. What is told stands in
order of segments. A segment that is at fault itself and in its elements gets an IK3 for each; its elements share one IK3 with
code 8. No value of the message is copied unless it is asked for.

Guide: 005010X231A1 2000 AK2, IK3, IK4, IK5
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from x12retro.acknowledge.context import data_element, loop_of_ls, trace_number, trigger
from x12retro.acknowledge.record import Context, ElementNote, Note, SegmentNote, SetAck, Verdict
from x12retro.findings import Finding
from x12retro.guide.judge import Checked
from x12retro.x12 import Segment, Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS

SET_IDS = frozenset(("270", "271", "275", "276", "277", "278", "820", "834", "835", "837"))
"""The sets that a 999 can name (AK201)."""
IK304 = frozenset(("1", "2", "3", "4", "5", "6", "7", "8", "I4", "I6", "I7", "I8", "I9"))
IK403 = frozenset((*map(str, range(1, 14)), "I6", "I9", "I10", "I11", "I12", "I13"))
IK502 = frozenset((*map(str, range(1, 14)), *map(str, range(15, 20)), "23", "24", "25", "26", "27", "I5", "I6"))
MOST_CODES = 5
UNKNOWN_SEGMENT = "UNK"
"""Stands for a segment id that is none: it may be a piece of a patient's name. No segment of X12 has this id."""
UNKNOWN_SET = "0000"

_CONTROL = re.compile(r"[A-Za-z0-9]{1,9}", re.ASCII)
_LABEL = re.compile(r"00[0-9]{4}(?:X[0-9]{3}(?:[A-Z][0-9]{1,2})?)?", re.ASCII)
_LAST_POSITION = 999_999


def set_ack(checked: Checked, *, warnings: bool = False, values: bool = False) -> SetAck:
    """Acknowledge the set of `checked.part`. `warnings`: tell them too (accepted with errors); `values`: copy bad values and traces."""
    transaction = checked.part
    assert isinstance(transaction, Transaction)
    set_id, control, label = _header(transaction)
    ack = SetAck(set_id=set_id, control=control or UNKNOWN_SET, guide=label, verdict="accepted")
    if not checked.findings and transaction.complete and control:
        return ack
    told = [f for f in checked.findings if f.is_error or (warnings and f.severity == "warning")]
    own = [f for f in told if f.ack is None or f.ack.level in ("IK3", "IK4", "IK5")]
    segments = tuple(_Notes(transaction, checked.guide, values).of(own))
    codes = _codes(own, segments)
    if not transaction.complete and "2" not in codes:
        codes.insert(0, "2")
    if not control and "7" not in codes:
        codes.insert(0, "7")
    rejected = any(f.is_error for f in own) or not transaction.complete or not control
    verdict: Verdict = "rejected" if rejected else "accepted_with_errors" if own else "accepted"
    return msgspec.structs.replace(
        ack, verdict=verdict, codes=tuple(Note(code=c) for c in codes[:MOST_CODES]) if own or rejected else (), segments=segments
    )


def label_of(text: str) -> str:
    """A guide's label (`005010X217`) fit to be repeated; "" for anything else."""
    return text.strip() if _LABEL.fullmatch(text.strip()) else ""


def _header(transaction: Transaction) -> tuple[str, str, str]:
    """ST01, ST02 and ST03 as they may be repeated: a control number of fewer than four digits is filled up, an odd one is ""."""
    if transaction.clean:
        interchange = transaction.interchange
        head = transaction.raw[: transaction.raw.find(interchange.terminator)].decode("latin-1").split(interchange.delimiters.element)
        st = Segment(head)
    else:
        segments = transaction.segments()
        st = segments[0] if segments else Segment(["ST"])
    control = st[2].strip()
    return st[1].strip(), control.zfill(4) if _CONTROL.fullmatch(control) else "", label_of(st[3])


def _codes(findings: Iterable[Finding], segments: Sequence[SegmentNote]) -> list[str]:
    """IK502 to IK506: the set's own faults, then that segments are at fault (5), or break the guide alone (I5)."""
    codes = [f.ack.code for f in findings if f.ack is not None and f.ack.level == "IK5"]
    below = [e.code for s in segments for e in s.elements] + [s.code for s in segments if not s.elements]
    if below:
        codes += [code for code, has in (("5", any(c[0] != "I" for c in below)), ("I5", any(c[0] == "I" for c in below))) if has]
    codes = [code if code in IK502 else "5" for code in codes]
    return list(dict.fromkeys(codes)) or ["5"]


class _Notes:
    """Puts the findings of one set together by segment."""

    def __init__(self, transaction: Transaction, guide: str, values: bool) -> None:
        self._transaction = transaction
        self._guide = guide
        self._values = values

    def of(self, findings: Iterable[Finding]) -> Iterable[SegmentNote]:
        notes: dict[tuple[int, str, str], list[ElementNote]] = {}
        at = [f for f in findings if f.segment is not None and f.segment <= _LAST_POSITION and f.ack is not None]
        for finding in sorted(at, key=lambda f: f.segment or 0):
            assert finding.ack is not None
            if finding.ack.level == "IK3":
                code = finding.ack.code if finding.ack.code in IK304 else "2"
                notes.setdefault((finding.segment or 0, finding.segment_id or "", code), [])
            elif finding.ack.level == "IK4" and finding.element is not None:
                elements = notes.setdefault((finding.segment or 0, finding.segment_id or "", "8"), [])
                note = self._element(finding, finding.ack.code)
                if note not in elements:
                    elements.append(note)
        for (position, segment_id, code), elements in notes.items():
            yield self._segment(position, segment_id, code, elements)

    def _segment(self, position: int, segment_id: str, code: str, elements: list[ElementNote]) -> SegmentNote:
        segments = self._transaction.segments()
        context: tuple[Context, ...] = ()
        if segment_id not in KNOWN_SEGMENTS:
            found = segments[position - 1].id if self._values and position <= len(segments) else ""
            segment_id = found if re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", found, re.ASCII) else UNKNOWN_SEGMENT
        if self._values and (trace := trace_number(segments, position)) is not None:
            context = (trace,)
        return SegmentNote(
            segment_id=segment_id,
            position=position,
            loop=loop_of_ls(segments, position),
            code=code,
            elements=tuple(elements),
            context=context,
        )

    def _element(self, finding: Finding, code: str) -> ElementNote:
        assert finding.element is not None
        assert finding.segment is not None
        return ElementNote(
            position=finding.element,
            component=finding.component,
            repeat=finding.repeat if finding.repeat and finding.repeat <= 9999 else None,
            data_element=data_element(self._guide, finding.segment_id or "", finding.element, finding.component),
            code=code if code in IK403 else "7",
            context=self._context(finding, code),
            value=finding.value if self._values and finding.value else None,
        )

    def _context(self, finding: Finding, code: str) -> tuple[Context, ...]:
        segments = self._transaction.segments()
        position = finding.segment or 0
        if code not in ("2", "10") or finding.component or position > len(segments) or finding.element is None:
            return ()
        found = trigger(self._guide, segments[position - 1], finding.loop, finding.element)
        return (found,) if found is not None else ()
