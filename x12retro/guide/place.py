"""Where a finding stands and how it is made: one small builder, so that every finding is filled alike."""

from __future__ import annotations

from x12retro.findings import Ack, AckLevel, Finding, Severity, control_number
from x12retro.x12 import Segment, Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS


class Reporter:
    """Collects the findings of one transaction against one guide. `tag` begins each rule id (`X217`)."""

    __slots__ = ("_control", "_group", "_interchange", "findings", "tag")

    def __init__(self, tag: str, transaction: Transaction) -> None:
        self.tag = tag
        self._interchange = control_number(transaction.interchange.control)
        self._group = control_number(transaction.group.control)
        segments = transaction.segments()
        self._control = control_number(segments[0][2] if segments else None)
        self.findings: list[Finding] = []

    def segment(
        self, seg: Segment, message: str, code: str, *, loop: str | None, segment_id: str | None = None, severity: Severity = "error"
    ) -> None:
        """A finding about a whole segment (or one that is missing before `seg`): IK3 `code`."""
        name = segment_id or seg.id
        self._add(f"{self.tag}-{_safe(name)}-000", message, "IK3", code, seg, loop, severity, segment_id=_safe(name))

    def element(
        self,
        seg: Segment,
        n: int,
        message: str,
        code: str,
        *,
        loop: str | None,
        component: int | None = None,
        repeat: int | None = None,
        value: str | None = None,
        severity: Severity = "error",
        snip: int = 2,
    ) -> None:
        """A finding about element `n` (and its `component`, `repeat`): IK4 `code`."""
        self._add(f"{self.tag}-{seg.id}-{n:03d}", message, "IK4", code, seg, loop, severity, n, component, repeat, value, snip)

    def _add(
        self,
        rule: str,
        message: str,
        level: AckLevel,
        code: str,
        seg: Segment,
        loop: str | None,
        severity: Severity,
        element: int | None = None,
        component: int | None = None,
        repeat: int | None = None,
        value: str | None = None,
        snip: int = 2,
        segment_id: str | None = None,
    ) -> None:
        self.findings.append(
            Finding(
                rule=rule,
                snip=snip,
                severity=severity,
                message=message,
                interchange=self._interchange,
                group=self._group,
                transaction=self._control,
                segment=seg.position,
                segment_id=segment_id or seg.id,
                loop=loop,
                element=element,
                component=component,
                repeat=repeat,
                offset=seg.offset,
                ack=Ack(level, code),
                value=value,
            )
        )


def _safe(segment_id: str) -> str:
    """A segment id fit for print: what is no id of X12 may be a piece of a patient's name."""
    return segment_id if segment_id in KNOWN_SEGMENTS else "?"
