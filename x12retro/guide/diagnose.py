"""Explain every problem of one transaction: the walk, the elements of each segment, the numbering of levels."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import msgspec

from x12retro.findings import Ack, Finding
from x12retro.guide.elements import Elements
from x12retro.guide.levels import check_levels
from x12retro.guide.model import Guide, GuideDoubt, SegmentRule
from x12retro.guide.place import Reporter
from x12retro.guide.quick import quick_segments
from x12retro.guide.walk import Walk
from x12retro.x12 import Segment, Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS

_RIGHT: frozenset[int] = frozenset()


def diagnose(transaction: Transaction, guide: Guide, tag: str, *, thorough: bool = False) -> list[Finding]:
    """Return the findings of `transaction` against `guide` (SNIP 1 and 2), in segment order. `tag` begins their rule ids.

    `thorough` looks at every element, those of segments that a pattern accepts too; the findings are the same.
    """
    report = Reporter(tag, transaction)
    elements = Elements(report, transaction.delimiters, guide.code_sets)
    accepts = None if thorough else quick_segments(guide, transaction.delimiters).of(transaction)

    def take(seg: Segment, rule: SegmentRule, loop: str, sure: bool) -> AbstractSet[int]:
        if sure and accepts is not None and accepts(seg, rule):
            return _RIGHT
        return elements.judge(seg, rule, loop, codes=sure)

    walk = Walk(guide.loop("ST_LOOP"), transaction, report, take)
    walk.run()
    check_levels(walk.levels, walk.element_faults, report)
    if guide.doubt is not None:
        report.findings = [_doubted(finding, guide.doubt) for finding in report.findings]
    report.findings.sort(key=lambda f: (f.segment or 0, f.element or 0))
    return report.findings


def _doubted(finding: Finding, doubt: GuideDoubt) -> Finding:
    """The finding as a guide may tell it that is in doubt as a whole: it warns, unless it speaks of what is certain."""
    element = finding.ack is not None and finding.ack.level == "IK4"
    missing = finding.ack == Ack("IK3", "3")
    known = finding.segment_id in KNOWN_SEGMENTS
    if not finding.is_error or not known or finding.segment_id in (doubt.certain if element else doubt.required if missing else ()):
        return finding
    return msgspec.structs.replace(
        finding, severity="warning", message=f"{finding.message} (the guide is not certain here: {doubt.reason})"
    )
