"""The parts of a validated stream -> TA1 and 999, in the same pass that validates.

What is said of a received interchange:

    TA1  R  the envelope has an error: nothing of the interchange counts as received. Its 999 rejects every group, and still
            tells what else is wrong, so that one resend mends all
         E  a group could not be acknowledged or its GS is at fault: that group is rejected, the others stand
         A  ISA14 asked, and nothing is wrong
    AK9  R  the interchange or the group's own envelope is at fault, or no set was accepted: no set of it counts as received
         P  some sets were accepted, one bad set does not sink its group
         E  accepted, errors noted (only when warnings are to be told)
         A  accepted

IK5 of a set never says better than AK9 of its group, and AK9 never better than the TA1: whoever reads one of them knows. That is
known only at the IEA, so the sets of an interchange wait for it in a spool; of a set nothing is kept but its own IK segments.
Acknowledgments themselves (GS01 FA, a TA1) are not acknowledged.

Guide: 005010X231A1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import msgspec

from x12retro.acknowledge.address import Address, address_of, from_fields
from x12retro.acknowledge.compose import VERSION, write_999, write_ta1
from x12retro.acknowledge.record import GroupAck, InterchangeAck, SetAck
from x12retro.acknowledge.set_notes import SET_IDS, UNKNOWN_SET, set_ack
from x12retro.acknowledge.tally import AckTally, GroupTally, InterchangeTally, functional_codes
from x12retro.acknowledge.troubles import trouble
from x12retro.findings import Finding
from x12retro.guide.judge import Checked
from x12retro.x12 import Delimiters, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Ta1, Transaction, Writer
from x12retro.x12.control import ControlNumbers
from x12retro.x12.writer import Out

Peek = Callable[[int], bytes]
"""The bytes of the file from an offset on (some 512 are enough): an ISA that was refused is looked at again there."""

_ISA_REACH = 512


class AckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How acknowledgments are written.

    `ta1_before_gs`: put the TA1 into the interchange of the 999, before its GS, instead of one of its own. `warnings`: tell warnings
    too; sets that have only those are accepted with errors. `values`: copy bad values (IK404) and trace numbers (CTX) into the 999;
    they may be a patient's. `always_ta1`: write a TA1 though nobody asked.
    """

    ta1_before_gs: bool = False
    warnings: bool = False
    values: bool = False
    always_ta1: bool = False


def acknowledging(parts: Iterable[Checked], writer: AckWriter) -> Iterator[Checked]:
    """Pass the parts of a validated stream on, and acknowledge them on their way: one pass gives report and acknowledgments."""
    for checked in parts:
        writer.feed(checked)
        yield checked
    writer.close()


class AckWriter:
    """Takes each `Checked` of `validate` in order (`feed`), then `close`: TA1 interchanges go to `ta1`, those with 999 to `functional`.

    Control numbers are taken from `numbers`, date and time from `moment`. Afterwards `tally` counts what was said, and `findings`
    says what could not be acknowledged. An interchange is written when the next one begins, or at `close`.
    """

    def __init__(
        self,
        functional: Out | bytearray,
        ta1: Out | bytearray,
        numbers: ControlNumbers,
        moment: datetime,
        options: AckOptions | None = None,
        peek: Peek | None = None,
    ) -> None:
        self._functional = functional
        self._ta1 = ta1
        self._numbers = numbers
        self._moment = moment
        self._options = options or AckOptions()
        self._peek = peek
        self._open: InterchangeTally | None = None
        self._ahead: list[Finding] = []  # about a GS whose group is not here yet
        self.tally = AckTally()
        self.findings: list[Finding] = []

    def feed(self, checked: Checked) -> None:
        """Take the next part of the stream."""
        part = checked.part
        match part:
            case InterchangeStart():
                self._finish()
                self._open = InterchangeTally(part)
            case GroupStart():
                self._begin_group(part)
            case Transaction():
                self._add_set(checked, part)
            case GroupEnd():
                if self._open is not None and self._open.groups:
                    self._open.groups[-1].end(part.ge)
            case InterchangeEnd() if self._open is not None:
                self._open.ended = True
            case Ta1() if self._open is not None:
                self._open.holds_ta1 = True
            case _:
                pass
        for finding in checked.findings:
            self._route(finding)

    def close(self) -> None:
        """Write what is still open; the stream has ended."""
        self._finish()

    # gathering ------------------------------------------------------------------------------------------------------------

    def _begin_group(self, start: GroupStart) -> None:
        if self._open is None:
            return
        group = self._open.begin_group(start)
        ahead, self._ahead = self._ahead, []
        for finding in ahead:
            group.note(finding)

    def _add_set(self, checked: Checked, transaction: Transaction) -> None:
        if self._open is None or not self._open.groups:
            return
        group = self._open.groups[-1]
        if not group.answered:
            group.pass_over()
            return
        ack = set_ack(checked, warnings=self._options.warnings, values=self._options.values)
        listed = ack.set_id in SET_IDS
        group.count(ack, known=bool(checked.guide), listed=listed)
        if listed:
            self._open.spool.add(ack)
        else:
            self._tell(
                "X12-ACK-004", "a 999 cannot name this kind of set; it is counted as rejected and not listed", group, ack, transaction
            )
        if ack.control == UNKNOWN_SET:
            self._tell("X12-ACK-006", "ST02 cannot be repeated in a 999; 0000 stands for it", group, ack, transaction)

    def _route(self, finding: Finding) -> None:
        """Note a finding about an envelope; those about segments were the set's."""
        if finding.ack is None or finding.ack.level not in ("TA1", "AK9") or finding.severity == "info":
            return
        if self._open is None or (self._open.ended and finding.segment_id == "ISA"):
            self._refuse(finding)
            return
        group = self._open.groups[-1] if self._open.groups else None
        if finding.ack.level == "AK9" and finding.segment_id == "GS" and (group is None or group.ended):
            self._ahead.append(finding)  # the group's part comes with its first set
        elif finding.ack.level == "AK9" and group is not None:
            group.note(finding)
        else:
            self._open.note(finding, group)

    # writing --------------------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Write the acknowledgments of the open interchange."""
        done, self._open = self._open, None
        self._ahead.clear()
        if done is None:
            return
        try:
            self._answer(done)
        finally:
            done.spool.close()

    def _answer(self, done: InterchangeTally) -> None:
        start = done.start
        for group in done.groups:
            self._tell_unanswered(group)
        ack = done.ack()
        self.tally.count(done, ack)
        address = address_of(start)
        if address is None:
            rule, why = ("X12-ACK-001", "there is no ISA") if start.isa is None else ("X12-ACK-002", "its ISA does not say who sent it")
            text = f"the interchange cannot be acknowledged: {why}"
            self.findings.append(trouble(rule, text, interchange=start.control, segment_id="ISA", offset=start.offset))
            return
        wanted = done.wants_ta1(always=self._options.always_ta1)
        answered = [group for group in done.groups if group.answered]
        together = wanted and bool(answered) and self._options.ta1_before_gs
        if wanted and not together:
            self._write_ta1(address, ack)
        if answered:
            self._write_functional(address, done, answered, ack if together else None)

    def _write_ta1(self, address: Address, ack: InterchangeAck) -> None:
        writer = Writer(self._ta1, address.delimiters, address.line_break)
        with writer.interchange(address.isa(self._numbers.take_interchange(), self._moment)):
            write_ta1(writer, ack, self._moment)
        self.tally.ta1s += 1

    def _write_functional(self, address: Address, done: InterchangeTally, groups: list[GroupTally], ack: InterchangeAck | None) -> None:
        writer = Writer(self._functional, address.delimiters, address.line_break)
        done.spool.rewind()
        with writer.interchange(address.isa(self._numbers.take_interchange(), self._moment)):
            if ack is not None:
                write_ta1(writer, ack, self._moment)
                self.tally.ta1s += 1
            for group in groups:
                said = group.ack(interchange_rejected=done.rejected)
                with writer.group(address.gs(self._numbers.take_group(), self._moment, group.start, VERSION)):
                    write_999(writer, "0001", said, _under(said, done.spool.take(group.listed)))
                self.tally.functional += 1

    def _refuse(self, finding: Finding) -> None:
        """Answer an ISA that cut nothing, when its ids can be had."""
        self._finish()
        self.tally.interchanges += 1
        self.tally.interchanges_rejected += 1
        head = self._peek(finding.offset) if self._peek is not None and finding.offset is not None else b""
        isa = head[:_ISA_REACH].decode("latin-1").replace("\r", "").replace("\n", "").split(head[3:4].decode("latin-1") or "*", 15)
        address = from_fields(isa, Delimiters(), "\n") if b"\0" not in head[:106] else None
        if address is None or finding.ack is None or len(isa) < 15:
            text = "the refused ISA cannot be acknowledged: it does not say who sent it, or cannot be looked at again"
            self.findings.append(trouble("X12-ACK-002", text, segment_id="ISA", offset=finding.offset))
            return
        ack = InterchangeAck(control=isa[13].strip(), date=isa[9].strip(), time=isa[10].strip(), verdict="rejected", code=finding.ack.code)
        self._write_ta1(address, ack)

    def _tell_unanswered(self, group: GroupTally) -> None:
        if group.answered or group.start.gs is None:
            return
        if group.is_acknowledgment:
            self._tell("X12-ACK-005", "the group holds acknowledgments; those are not acknowledged", group)
        else:
            kinds = ", ".join(sorted(functional_codes()))
            self._tell("X12-ACK-003", f"a 999 cannot name this kind of group (it can: {kinds}); the TA1 tells of it", group)

    def _tell(self, rule: str, message: str, group: GroupTally, ack: SetAck | None = None, at: Transaction | None = None) -> None:
        start = group.start
        self.findings.append(
            trouble(
                rule,
                message,
                interchange=start.interchange.control,
                group=start.control,
                transaction=ack.control if ack is not None else None,
                segment_id="GS" if at is None else "ST",
                offset=start.offset if at is None else at.offset,
            )
        )


def _under(group: GroupAck, sets: Iterator[SetAck]) -> Iterator[SetAck]:
    """The sets as their group leaves them: in a rejected group none is accepted."""
    for one in sets:
        yield msgspec.structs.replace(one, verdict="rejected") if group.verdict == "rejected" and one.accepted else one
