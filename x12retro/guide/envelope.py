"""Judge the elements of ISA and GS. Counts and control-number pairs are the x12 room's; codes, dates and labels are the guide's.

ISA lengths are told by the reader (one finding for the whole ISA), so values are judged here as if they were padded right.
Source: 005010X217 envelope; TA105 note codes and AK905 codes of 005010X231A1.
"""

from __future__ import annotations

import msgspec

from x12retro.findings import Ack, Finding
from x12retro.guide import catalog
from x12retro.guide.elements import Elements
from x12retro.guide.model import ElementRule, Guide, SegmentRule
from x12retro.guide.place import Reporter
from x12retro.x12 import Delimiters, GroupStart, InterchangeStart, Segment, Transaction

_TA1_CODES = ["010", "011", "012", "013", "005", "006", "007", "008", "014", "015", "016", "017", "018", "019", "020", "027"]
_AK9_CODES = {1: "1", 6: "6", 8: "2"}
_UNCUT = Delimiters(element="\0", component="\0", repetition="", segment="\0")


def judge_isa(start: InterchangeStart) -> list[Finding]:
    """Findings about the codes, date, time and number of an ISA."""
    if start.isa is None:
        return []
    rule = _rule(catalog.load("275-X316" if start.isa[12] == "00602" else "278-request"), "ISA")
    fields = list(start.isa.fields)
    for element in rule.elements:
        if isinstance(element, ElementRule) and element.seq < len(fields):
            fields[element.seq] = _padded(fields[element.seq], element)
    # which characters may cut the message is for the reader to say
    if start.delimiters.repetition and len(fields) > 11:
        fields[11] = "^"
    if len(fields) > 16:
        fields[16] = ":"
    segment = Segment(fields, start.isa.offset)
    report = Reporter("X12", Transaction(b"", start.offset, GroupStart(None, start, start.offset)))
    Elements(report, _UNCUT, {}).judge(segment, rule, "ISA_LOOP")
    return [_enveloped(f, Ack("TA1", _TA1_CODES[(f.element or 1) - 1])) for f in report.findings if (f.element or 0) <= len(_TA1_CODES)]


def judge_gs(group: GroupStart, guide: Guide) -> list[Finding]:
    """Findings about the elements of a GS, against the guide of the first set in the group."""
    if group.gs is None:
        return []
    report = Reporter("X12", Transaction(b"", group.offset, group))
    Elements(report, group.interchange.delimiters, {}).judge(group.gs, _rule(guide, "GS"), "GS_LOOP")
    return [_enveloped(f, Ack("AK9", _AK9_CODES[n]) if (n := f.element or 0) in _AK9_CODES else Ack("TA1", "022")) for f in report.findings]


def _rule(guide: Guide, xid: str) -> SegmentRule:
    loop = guide.loop("ISA_LOOP" if xid == "ISA" else "GS_LOOP")
    return next(child for child in loop.children if isinstance(child, SegmentRule) and child.xid == xid)


def _padded(text: str, rule: ElementRule) -> str:
    text = text.strip()
    if rule.data.type == "AN":
        return text.ljust(rule.data.min, "0")[: rule.data.max]
    if rule.data.type[0] == "N" and text.isdecimal():
        return text.rjust(rule.data.min, "0")[-rule.data.max :]
    return text


def _enveloped(finding: Finding, ack: Ack) -> Finding:
    return msgspec.structs.replace(finding, segment=None, snip=1, ack=ack, transaction=None)
