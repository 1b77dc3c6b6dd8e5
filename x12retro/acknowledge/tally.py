"""What is known of an interchange and its groups while their parts go by, and what is said of them at the end.

Guide: 005010X231A1 TA1, AK1, AK9
"""

from __future__ import annotations

import msgspec

from x12retro.acknowledge.record import GroupAck, InterchangeAck, Note, SetAck, Verdict
from x12retro.acknowledge.set_notes import MOST_CODES, label_of
from x12retro.acknowledge.spool import Spool
from x12retro.findings import Finding
from x12retro.x12 import GroupStart, InterchangeStart, Segment

_FUNCTIONAL_CODES = frozenset(("BE", "HB", "HC", "HI", "HN", "HP", "HR", "HS", "PI", "RA"))
_ACKNOWLEDGMENTS = frozenset(("AG", "FA"))
"""Groups of 824s, and of 997s and 999s."""
_AK905 = frozenset((*map(str, range(1, 7)), *map(str, range(10, 20)), "23", "24", "25", "26"))
_CONTENT_INVALID = "024"
_NO_VERSION = "UNKNOWN"


def functional_codes() -> frozenset[str]:
    """The groups that a 999 can name (AK101)."""
    return _FUNCTIONAL_CODES


class AckTally(msgspec.Struct):
    """What was said in all: received, rejected (whole or in part), and how many TA1 and 999 were written."""

    interchanges: int = 0
    interchanges_rejected: int = 0
    groups: int = 0
    groups_rejected: int = 0
    sets: int = 0
    sets_rejected: int = 0
    ta1s: int = 0
    functional: int = 0

    @property
    def rejected(self) -> bool:
        return bool(self.interchanges_rejected or self.groups_rejected or self.sets_rejected)

    def count(self, done: InterchangeTally, ack: InterchangeAck) -> None:
        """Add an interchange that has ended."""
        self.interchanges += 1
        self.interchanges_rejected += ack.verdict == "rejected"
        for group in done.groups:
            if group.is_acknowledgment:
                continue
            said = group.ack(interchange_rejected=done.rejected)
            self.groups += 1
            self.groups_rejected += not group.answered or said.verdict == "rejected"
            self.sets += said.received or 0
            self.sets_rejected += (said.received or 0) - (said.accepted or 0)


class GroupTally:
    """One received group. `answered` is True when a 999 can speak of it; `listed` counts its sets in the spool."""

    __slots__ = (
        "_accepted",
        "_codes",
        "_included",
        "_known",
        "_noted",
        "_received",
        "_rejected",
        "_unnamed",
        "answered",
        "ended",
        "listed",
        "start",
    )

    def __init__(self, start: GroupStart) -> None:
        self.start = start
        self.ended = False
        self.listed = 0
        self.answered = start.gs is not None and start.gs[1].strip() in _FUNCTIONAL_CODES
        self._codes: list[str] = []
        self._rejected = False  # by its own envelope
        self._noted = False
        self._included: int | None = None
        self._received = self._accepted = self._known = self._unnamed = 0

    @property
    def is_acknowledgment(self) -> bool:
        return self.start.gs is not None and self.start.gs[1].strip() in _ACKNOWLEDGMENTS

    def note(self, finding: Finding) -> None:
        """Take down a finding about the group's envelope."""
        if not finding.is_error:
            return
        self._rejected = True
        if finding.ack is not None and finding.ack.level == "AK9":
            self._codes.append(finding.ack.code)

    def count(self, ack: SetAck, *, known: bool, listed: bool) -> None:
        """Count a set: `known` when there is a guide for it, `listed` when the 999 can name it."""
        self._received += 1
        self._known += known
        self.listed += listed
        self._unnamed += not listed
        self._accepted += listed and ack.accepted
        self._noted |= ack.verdict == "accepted_with_errors"

    def pass_over(self) -> None:
        """Count a set of a group that cannot be acknowledged."""
        self._received += 1

    def end(self, ge: Segment | None) -> None:
        self.ended = True
        said = ge[1].strip() if ge is not None else ""
        if said.isascii() and said.isdigit() and len(said) <= 6:
            self._included = int(said)
        if ge is None:
            self._codes.append("3")
            self._rejected = True

    def ack(self, *, interchange_rejected: bool) -> GroupAck:
        """What is said of the group, its sets left out.

        Guide: 005010X231A1 AK1, AK9
        """
        gs = self.start.gs
        assert gs is not None or not self.answered
        fields = gs if gs is not None else Segment(["GS"])
        control = fields[6].strip()
        codes = list(self._codes)
        if self._received and not self._known:
            codes.append("2")
        if self._unnamed:
            codes.append("1")
        if not (control.isascii() and control.isdigit() and len(control) <= 9):
            control = "0"
            codes.append("6")
        rejected = interchange_rejected or self._rejected or not self.answered or control == "0"
        accepted = 0 if rejected else self._accepted
        return GroupAck(
            functional_code=fields[1].strip(),
            control=control,
            guide=label_of(fields[8]) or _NO_VERSION,
            verdict=_group_verdict(rejected, self._received, accepted, noted=self._noted),
            included=self._received if self._included is None else self._included,
            received=self._received,
            accepted=accepted,
            codes=tuple(Note(code=code) for code in dict.fromkeys(codes) if code in _AK905)[:MOST_CODES],
        )


def _group_verdict(rejected: bool, received: int, accepted: int, *, noted: bool) -> Verdict:
    if rejected or (received and not accepted):
        return "rejected"
    if accepted < received:
        return "partially_accepted"
    return "accepted_with_errors" if noted else "accepted"


class InterchangeTally:
    """One received interchange, its groups, and its sets in the spool. `rejected` is True when its envelope is at fault."""

    __slots__ = ("_codes", "_noted", "ended", "groups", "holds_ta1", "rejected", "spool", "start")

    def __init__(self, start: InterchangeStart) -> None:
        self.start = start
        self.groups: list[GroupTally] = []
        self.spool = Spool()
        self.ended = self.holds_ta1 = self.rejected = False
        self._codes: list[str] = []
        self._noted: list[str] = []

    def begin_group(self, start: GroupStart) -> GroupTally:
        self.groups.append(GroupTally(start))
        return self.groups[-1]

    def note(self, finding: Finding, group: GroupTally | None) -> None:
        """Take down a TA1 finding: one about a group's GS, or within a group, rejects that group; any other the interchange."""
        assert finding.ack is not None
        if not finding.is_error:
            self._noted.append(finding.ack.code)
        elif finding.group and group is not None and group.start.gs is not None and finding.segment_id not in ("ISA", "IEA"):
            group.note(finding)
            self._noted.append(finding.ack.code)
        else:
            self.rejected = True
            self._codes.append(finding.ack.code)

    def wants_ta1(self, *, always: bool) -> bool:
        """True when a TA1 is due; never for an interchange that only brought one."""
        isa = self.start.isa
        if isa is None or (self.holds_ta1 and not self.groups):
            return False
        return always or isa[14].strip() == "1" or self.ack().verdict != "accepted"

    def ack(self) -> InterchangeAck:
        """What is said of the interchange.

        Guide: 005010X231A1 TA1
        """
        isa = self.start.isa if self.start.isa is not None else Segment(["ISA"])
        unanswered = [g for g in self.groups if not g.answered and not g.is_acknowledgment]
        verdict: Verdict = "accepted"
        code = "000"
        if self.rejected:
            verdict, code = "rejected", self._codes[0]
        elif unanswered:
            verdict = "rejected" if len(unanswered) == len(self.groups) else "accepted_with_errors"
            code = _CONTENT_INVALID
        elif self._noted:
            verdict, code = "accepted_with_errors", self._noted[0]
        control = isa[13].strip()
        control = control.zfill(9) if control.isascii() and control.isdigit() else control
        return InterchangeAck(control=control, date=isa[9].strip(), time=isa[10].strip(), verdict=verdict, code=code)
