"""An 824 that came back -> what it says of each set: accepted, changed, in part or rejected, and why, in our own short words.

Taken as it comes, whatever its guide: an OTI begins what is said of one set, and what follows belongs to it. OTI01 is a letter for what it
speaks of (batch, group, item, set) and one for the verdict. Free text and bad data are kept when asked for; a reference is kept where its
kind is a number of the exchange, for others name the patient.

Guide: 005010X186 BGN, OTI, REF, TED, NTE, RED, LQ; 006020X257 likewise
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from x12retro.acknowledge.fields import CODE, ID, LABEL, SEGMENT_ID, fit, number, places
from x12retro.acknowledge.record import Advice, Note, Reason, Reference, Source
from x12retro.acknowledge.troubles import trouble
from x12retro.acknowledge.verdicts import ADVICE_VERDICTS
from x12retro.findings import Finding
from x12retro.guide import codes
from x12retro.x12 import Segment, Transaction

_Level = Literal["batch", "group", "item", "set", ""]
_LEVELS: dict[str, _Level] = {"B": "batch", "G": "group", "I": "item", "T": "set"}
_OF_THE_EXCHANGE = frozenset({"TN", "2I", "F8", "D9"})
"""Kinds of references (DE 128) that are numbers of a sender, payer or clearinghouse and of no person."""
_REFERENCE = re.compile(r"NA|(?=[^0-9]*[0-9])[A-Za-z0-9._/#:-]{1,80}", re.ASCII)
_LIST_CODE = re.compile(r"[A-Za-z0-9]{1,30}", re.ASCII)
_PASSED_OVER = frozenset({"BGN", "N1", "N2", "N3", "N4", "PER", "DTM", "AMT", "QTY", "NM1", "LM", "SE"})


def read_advice(transaction: Transaction, *, file: str = "", values: bool = False) -> Iterator[Advice]:
    """Yield what one 824 says of each set; nothing for any other set. One without an OTI yields one that is about nothing known.

    `values`: keep free text, bad data, and references of any kind; they may be a patient's.
    """
    segments = transaction.segments()
    if not segments or segments[0][1].strip() != "824":
        return
    source = Source(
        file=file,
        interchange=transaction.interchange.control,
        group=transaction.group.control,
        transaction=transaction.control,
        offset=transaction.offset,
    )
    starts = [n for n, seg in enumerate(segments) if seg.id.strip() == "OTI"]
    if not starts:
        nothing = _told("X12-ACK-114", "OTI is missing: nobody knows what is meant", source, segments[0])
        yield Advice(verdict="unclear", source=source, findings=(nothing,))
        return
    for start, end in zip(starts, [*starts[1:], len(segments)], strict=True):
        yield _Said(source, values, transaction).of(segments[start], segments[start + 1 : end])


class _Said:
    """Puts the segments under one OTI together."""

    def __init__(self, source: Source, values: bool, transaction: Transaction) -> None:
        self._source = source
        self._values = values
        self._delimiters = transaction.delimiters
        self._references: list[Reference] = []
        self._reasons: list[Reason] = []
        self._codes: list[Note] = []
        self._findings: list[Finding] = []

    def of(self, oti: Segment, below: list[Segment]) -> Advice:
        for seg in below:
            self._take(seg)
        said = fit(CODE, oti[1])
        level: _Level = _LEVELS.get(said[:1], "")
        verdict = ADVICE_VERDICTS.get(said[1:])
        if verdict is None or not level:
            self._tell("X12-ACK-106", "OTI01 is no code of the standard: nobody says that the set was accepted", oti)
        elif verdict == "accepted" and self._reasons:
            verdict = "accepted_with_errors"
            self._tell("X12-ACK-113", "OTI01 says accepted, and errors are told below it: it counts as accepted with errors", oti)
        kind = fit(CODE, oti[2])
        advice = Advice(
            level=level,
            verdict=verdict if verdict is not None and level else "unclear",
            said=said,
            meaning=codes.meaning("OTI01", said),
            reference_kind=kind,
            reference=self._reference(kind, oti[3]),
            group=fit(ID, oti[8]),
            transaction=fit(ID, oti[9]),
            set_id=fit(ID, oti[10]),
            guide=fit(LABEL, oti[11]),
            references=tuple(self._references),
            reasons=tuple(self._reasons),
            codes=tuple(self._codes),
            source=self._source,
        )
        if not advice.group and not advice.numbers:
            self._tell("X12-ACK-115", "it has neither a number of a group or set nor a reference: nobody knows what is meant", oti)
        return msgspec.structs.replace(advice, findings=tuple(self._findings))

    def _take(self, seg: Segment) -> None:
        match seg.id.strip():
            case "REF":
                kind = fit(CODE, seg[1])
                self._references.append(Reference(qualifier=kind, number=self._reference(kind, seg[2])))
            case "TED":
                self._reasons.append(self._reason(seg))
            case "NTE" if self._reasons:
                self._add(seg[2])
            case "RED" if self._reasons:
                self._add(seg[1], seg[6])
            case "LQ":
                self._codes.append(Note(code=fit(_LIST_CODE, seg[2])))
            case id_ if id_ not in _PASSED_OVER:
                self._tell("X12-ACK-110", "a segment stands where none may in an 824; it was passed over", seg)

    def _reason(self, seg: Segment) -> Reason:
        code, place = fit(CODE, seg[1]), places(seg[5])
        return Reason(
            code=code,
            meaning=codes.meaning("TED01", code),
            segment_id=fit(SEGMENT_ID, seg[3], otherwise=""),
            position=number(seg[4]),
            element=place[0],
            component=place[1],
            repeat=place[2],
            data_element=fit(ID, self._delimiters.components(seg[6])[0], otherwise=""),
            text=self._texts(seg[2]),
            value=seg[7].strip() or None if self._values else None,
        )

    def _add(self, text: str, code: str = "") -> None:
        """Add what a note says to the reason that it follows."""
        last = self._reasons[-1]
        notes = (Note(code=fit(_LIST_CODE, code)),) if code.strip() else ()
        self._reasons[-1] = msgspec.structs.replace(last, text=(*last.text, *self._texts(text)), codes=(*last.codes, *notes))

    def _texts(self, text: str) -> tuple[str, ...]:
        return (text.strip(),) if self._values and text.strip() else ()

    def _reference(self, kind: str, text: str) -> str:
        text = text.strip()
        if self._values:
            return text
        return fit(_REFERENCE, text) if kind in _OF_THE_EXCHANGE else "?" if text else ""

    def _tell(self, rule: str, message: str, seg: Segment) -> None:
        self._findings.append(_told(rule, message, self._source, seg))


def _told(rule: str, message: str, source: Source, seg: Segment) -> Finding:
    return trouble(
        rule,
        message,
        interchange=source.interchange,
        group=source.group,
        transaction=source.transaction,
        segment=seg.position,
        segment_id=fit(SEGMENT_ID, seg.id),
        offset=seg.offset,
    )
