"""What was sent, by its control numbers, so that an acknowledgment can be joined to it.

A TA1 names ISA13; a 999 names GS01 and GS06, then ST01 and ST02; an 824 names GS06, ST02 and ST01, or a reference: BGN02, BHT03 or a
trace. Numbers are compared as numbers (`0031` is `31`): partners drop and add zeros. Kept of each set: its numbers, its references and
the file, never another value.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from x12retro.acknowledge.record import Advice, GroupAck, InterchangeAck, Sent, SetAck
from x12retro.acknowledge.troubles import trouble
from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.x12 import Frame, GroupStart, InterchangeStart, Segment, Source, Transaction, read

_REFERENCES = {"BGN": 2, "BHT": 3, "TRN": 2}
_BUILT = ("HI", "278", "built")  # what a line of the build report speaks of


class _SentGroup:
    __slots__ = ("sent", "sets")

    def __init__(self, sent: Sent) -> None:
        self.sent = sent
        self.sets: dict[str, tuple[str, str, str | None]] = {}  # by number: ST01, ST02, encounter


class _ReportControl(msgspec.Struct):
    interchange: str
    group: str
    transaction: str


class _ReportLine(msgspec.Struct):
    encounter_id: str | None = None
    control: _ReportControl | None = None
    built: bool = False


class SentIndex:
    """Interchanges, groups and sets that were sent. Add files and build reports, then join acknowledgments."""

    def __init__(self) -> None:
        self._interchanges: dict[str, list[Sent]] = {}
        self._groups: dict[tuple[str, str], list[_SentGroup]] = {}
        self._references: dict[str, list[Sent]] = {}

    def read_more(self, source: Source, *, file: str = "") -> None:
        """Add an X12 file that was sent."""
        self.add_frames(read(source), file=file)

    def add_frames(self, frames: Iterable[Frame | Finding], *, file: str = "") -> None:
        """Add a message by its frames."""
        group: _SentGroup | None = None
        for frame in frames:
            if isinstance(frame, InterchangeStart):
                self._add_interchange(Sent(file=file, interchange=frame.control))
            elif isinstance(frame, GroupStart):
                code = frame.gs[1].strip() if frame.gs is not None else ""
                group = self._add_group(code, Sent(file=file, interchange=frame.interchange.control, group=frame.control))
            elif isinstance(frame, Transaction) and group is not None:
                segments = frame.segments()
                if segments:
                    control = segments[0][2].strip()
                    known = group.sets.get(_plain(control))
                    group.sets[_plain(control)] = (segments[0][1].strip(), control, known[2] if known is not None else None)
                    self._add_references(group, control, segments)

    def read_build_report(self, lines: bytes, *, file: str = "") -> None:
        """Add the lines of a build report, which name the encounters. Raises UsageError naming the line that is none."""
        for n, line in enumerate(lines.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                report = msgspec.json.decode(line, type=_ReportLine)
            except msgspec.DecodeError:
                # the decoder's own words may quote the line
                raise UsageError(f"build report, line {n}: not a JSON object with encounter_id and control") from None
            if report.control is not None and report.built:
                self._add_built(report.control, report.encounter_id, file)

    def join_interchange(self, ack: InterchangeAck) -> InterchangeAck:
        """The TA1 with what it answers, or a finding that nothing fits."""
        found = self._interchanges.get(_plain(ack.control), [])
        source = ack.source
        told = _told(len(found), "interchange", source.interchange, None, None, source.offset)
        return msgspec.structs.replace(ack, matched=bool(found), sent=found[-1] if found else None, findings=(*ack.findings, *told))

    def join_group(self, ack: GroupAck) -> GroupAck:
        """The 999 with the group and the sets that it answers; sets of the group that it does not list are added, not `listed`."""
        found = self._groups.get((ack.functional_code, _plain(ack.control)), [])
        if len(found) > 1:  # a number used again: the group that holds every set of the acknowledgment is meant
            found = [g for g in found if all(_plain(s.control) in g.sets for s in ack.sets)] or found
        source = ack.source
        told = _told(len(found), "group", source.interchange, source.group, source.transaction, source.offset)
        if not found:
            return msgspec.structs.replace(ack, matched=False, findings=(*ack.findings, *told))
        group = found[-1]
        strangers = sum(_plain(s.control) not in group.sets for s in ack.sets)
        if strangers:
            message = f"{strangers} of the sets it lists were not sent in this group"
            told.append(trouble("X12-ACK-108", message, interchange=source.interchange, group=source.group, offset=source.offset))
        sets = [msgspec.structs.replace(s, sent=_sent(group, s.control)) for s in ack.sets]
        seen = {_plain(s.control) for s in ack.sets}
        for number, (set_id, control, _) in group.sets.items():
            if number not in seen:
                sets.append(SetAck(set_id=set_id, control=control, verdict="unclear", listed=False, sent=_sent(group, control)))
        return msgspec.structs.replace(ack, matched=True, sent=group.sent, sets=tuple(sets), findings=(*ack.findings, *told))

    def join_advice(self, ack: Advice) -> Advice:
        """What an 824 says with the set (or group) that it speaks of, by its numbers, else by its reference."""
        found = self._spoken_of(ack)
        named = [one for reference in ack.numbers for one in self._references.get(reference, [])]
        if not found or len(found) > 1:  # no numbers, or a number used again: the reference tells
            found = [one for one in found if one in named] or found or list(dict.fromkeys(named))
        source = ack.source
        told = _told(len(found), "set", source.interchange, source.group, source.transaction, source.offset)
        return msgspec.structs.replace(ack, matched=bool(found), sent=found[-1] if found else None, findings=(*ack.findings, *told))

    def _spoken_of(self, ack: Advice) -> list[Sent]:
        if not ack.group:
            return []
        groups = [group for (_, number), known in self._groups.items() if number == _plain(ack.group) for group in known]
        if not ack.transaction:
            return [group.sent for group in groups]
        sets = [(group.sets.get(_plain(ack.transaction)), _sent(group, ack.transaction)) for group in groups]
        return [sent for known, sent in sets if known is not None and sent is not None and ack.set_id in ("", known[0])]

    def _add_references(self, group: _SentGroup, control: str, segments: list[Segment]) -> None:
        sent = _sent(group, control)
        for seg in segments:
            number = seg[_REFERENCES[seg.id]].strip() if seg.id in _REFERENCES else ""
            if number and sent is not None and sent not in (known := self._references.setdefault(number, [])):
                known.append(sent)

    def _add_interchange(self, sent: Sent) -> None:
        known = self._interchanges.setdefault(_plain(sent.interchange), [])
        if not any(one.file == sent.file or not one.file for one in known):
            known.append(sent)

    def _add_group(self, code: str, sent: Sent) -> _SentGroup:
        """The group of these numbers; a build report and the file it speaks of give one group."""
        known = self._groups.setdefault((code, _plain(sent.group)), [])
        for group in known:
            if _plain(group.sent.interchange) == _plain(sent.interchange):
                if not group.sent.file:
                    group.sent = sent
                return group
        known.append(_SentGroup(sent))
        return known[-1]

    def _add_built(self, control: _ReportControl, encounter_id: str | None, file: str) -> None:
        code, set_id, _ = _BUILT
        sent = Sent(file="", interchange=control.interchange, group=control.group)
        if _plain(control.interchange) not in self._interchanges:
            self._add_interchange(msgspec.structs.replace(sent, group="", file=file))
        group = self._add_group(code, sent)
        group.sets[_plain(control.transaction)] = (set_id, control.transaction, encounter_id)


def _sent(group: _SentGroup, control: str) -> Sent | None:
    known = group.sets.get(_plain(control))
    if known is None:
        return None
    return msgspec.structs.replace(group.sent, transaction=known[1], encounter_id=known[2])


def _plain(number: str) -> str:
    return number.strip().lstrip("0") or "0"


def _told(hits: int, what: str, interchange: str, group: str | None, transaction: str | None, offset: int | None) -> list[Finding]:
    if hits == 1:
        return []
    rule = "X12-ACK-109" if hits else "X12-ACK-108"
    message = (
        f"several {what}s that were sent carry these numbers; the last one is taken"
        if hits
        else f"no {what} that was sent carries these numbers"
    )
    return [trouble(rule, message, interchange=interchange, group=group, transaction=transaction, offset=offset)]
