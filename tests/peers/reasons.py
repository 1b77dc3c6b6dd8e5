"""Why pyx12 and we may differ about a set: every reason known, each with a test that sees it by what differs.

A difference is explained when each error of the side that rejects has a reason here, or the exception that pyx12 raised has. There is no
row for "something else", and none for a fault of ours: that is mended instead. The product has its own, shorter table for users
(x12retro/guide/known_differences.py); this one knows the maps, and so can be stricter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Literal, NamedTuple

from x12retro.findings import Finding
from x12retro.guide.index import qualifier_text
from x12retro.guide.model import CompositeRule, ElementRule, LoopRule, SegmentRule
from x12retro.guide.pyx12_judge import Note, Opinion
from x12retro.guide.values import FORMATS, is_date
from x12retro.x12 import Segment, Transaction


class Case(NamedTuple):
    """One set with both verdicts. `placed`: segment position -> its rule and the loops it stands in, outermost first."""

    transaction: Transaction
    findings: list[Finding]
    opinion: Opinion
    placed: dict[int, tuple[SegmentRule, list[LoopRule]]]

    def segment(self, position: int | None) -> Segment:
        segments = self.transaction.segments()
        return segments[position - 1] if position and position <= len(segments) else Segment([""])

    def rule(self, position: int | None) -> SegmentRule | None:
        return self.placed[position][0] if position in self.placed else None

    def text(self, position: int | None, element: int | None) -> str:
        return self.segment(position)[element] if element else ""

    def member(self, position: int | None, element: int | None) -> ElementRule | CompositeRule | None:
        rule = self.rule(position)
        return rule.elements[element - 1] if rule is not None and element and element <= len(rule.elements) else None


class Reason(NamedTuple):
    """`side` is who rejects, `right` who is right; `test` sees the reason in one error of that side (for "raises": in the case)."""

    id: str
    side: Literal["ours", "pyx12", "raises"]
    what: str
    right: Literal["ours", "pyx12", "either"]
    why: str
    test: Callable[..., bool]


def unexplained(case: Case) -> tuple[list[str], list[str]]:
    """(the ids of the reasons, the errors without one) for a case in which the verdicts differ."""
    if case.opinion.accepts is None:
        ids = [reason.id for reason in REASONS if reason.side == "raises" and reason.test(case)]
        return ids[:1], [] if ids else [f"pyx12 raises {case.opinion.failure}"]
    known: list[str] = []
    unknown: list[str] = []
    side = "pyx12" if not case.opinion.accepts else "ours"
    for error in case.opinion.notes if side == "pyx12" else [f for f in case.findings if f.is_error]:
        found = next((reason.id for reason in REASONS if reason.side == side and reason.test(error, case)), None)
        if found is not None:
            known.append(found)
        elif isinstance(error, Finding):
            unknown.append(f"ours: {error.segment} {error.segment_id} {error.element} {error.component} {error.ack} {error.message}")
        else:
            unknown.append(f"pyx12: {error}")
    return list(dict.fromkeys(known)), unknown


# -- what we reject -------------------------------------------------------------------------------------------------------------------


def _code(finding: Finding) -> str:
    return f"{finding.ack.level} {finding.ack.code}" if finding.ack is not None else ""


def _value(finding: Finding, case: Case) -> str:
    return finding.value if finding.value is not None else case.text(finding.segment, finding.element)


def _is_repeat_not_allowed(finding: Finding, case: Case) -> bool:
    return _code(finding) == "IK4 12" and "^" in case.text(finding.segment, finding.element)


def _names_another_open_level(finding: Finding, case: Case) -> bool:
    return finding.segment_id == "HL" and finding.element == 2 and _code(finding) == "IK4 7" and finding.message.endswith("the level above")


def _is_child_flag(finding: Finding, case: Case) -> bool:
    return finding.segment_id == "HL" and finding.element == 4 and finding.message.startswith("HL04 is ")


def _opens_the_same_loop_again(finding: Finding, case: Case) -> bool:
    """What is missing was skipped by going from a loop's first segment straight to the first segment of the same loop."""
    if _code(finding) != "IK3 3" or finding.segment is None:
        return False
    here, before = case.placed.get(finding.segment), case.placed.get(finding.segment - 1)
    return here is not None and before is not None and here[0] is before[0] and here[0] is here[1][-1].children[0]


def _is_backwards(finding: Finding, case: Case) -> bool:
    start, dash, end = _value(finding, case).partition("-")
    return dash != "" and is_date(start) and is_date(end) and start > end


def _is_beyond_the_last_year(finding: Finding, case: Case) -> bool:
    dates = re.findall(r"(?<![0-9])([0-9]{4})([0-9]{4})(?![0-9]{5})", _value(finding, case))
    return _code(finding) == "IK4 8" and any(year > "2199" and is_date("2000" + day) for year, day in dates)


def _lacks_the_first_component(finding: Finding, case: Case) -> bool:
    member = case.member(finding.segment, finding.element)
    return _code(finding) == "IK4 1" and finding.component == 1 and isinstance(member, CompositeRule) and member.usage == "S"


def _is_a_condition_between_components(finding: Finding, case: Case) -> bool:
    return finding.component is not None and _code(finding) in ("IK4 2", "IK4 10") and finding.message.startswith("in ")


def _is_a_period_within_a_composite(finding: Finding, case: Case) -> bool:
    return finding.component is not None and _code(finding) in ("IK4 8", "IK4 9")


def _is_of_another_format(finding: Finding, case: Case) -> bool:
    """A DE 1251 outside DTP that fits some format of a DE 1250 before it, but not the one that was sent."""
    member, rule = case.member(finding.segment, finding.element), case.rule(finding.segment)
    if not (isinstance(member, ElementRule) and member.data.number == "1251" and rule is not None and finding.segment_id != "DTP"):
        return False
    before = [e for e in rule.elements[: member.seq] if isinstance(e, ElementRule) and e.data.number == "1250"]
    return any(FORMATS[code][0](_value(finding, case)) for e in before for code in e.codes & FORMATS.keys())


def _is_nothing_but_blanks(finding: Finding, case: Case) -> bool:
    value = _value(finding, case)
    return value != "" and not value.strip()


def _ends_with_empty_components(finding: Finding, case: Case) -> bool:
    text = case.text(finding.segment, finding.element)
    return _code(finding) == "IK4 13" and any(one.endswith(":") for one in text.split("^"))


def _holds_only_separators(finding: Finding, case: Case) -> bool:
    text = case.text(finding.segment, finding.element)
    return text != "" and not text.strip(":^")


def _is_longer_than_its_form(finding: Finding, case: Case) -> bool:
    member = case.member(finding.segment, finding.element)
    pattern = member.pattern if isinstance(member, ElementRule) else None
    return pattern is not None and _code(finding) == "IK4 7" and re.search(pattern, _value(finding, case)) is not None


# -- what pyx12 rejects ---------------------------------------------------------------------------------------------------------------


def _noted(note: Note, case: Case) -> str:
    """The text of the element that a note speaks of."""
    digits = (note.reference or "")[len(note.segment_id) :][:2]
    return case.text(note.segment, int(digits)) if digits.isdecimal() else ""


def _is_read_as_one_value(note: Note, case: Case) -> bool:
    return note.level == "element" and "^" in _noted(note, case)


def _has_a_repeated_qualifier(note: Note, case: Case) -> bool:
    """The segment found no place because its qualifier is written twice in a repeated composite."""
    rule, segment = case.rule(note.segment), case.segment(note.segment)
    if note.level != "segment" or note.code != "1" or rule is None or rule.qualifier is None:
        return False
    element, component, codes = rule.qualifier
    return "^" in segment[element] and qualifier_text(segment, element, component, case.transaction.delimiters) in codes


def _ends_with_blanks(note: Note, case: Case) -> bool:
    text = _noted(note, case)
    return note.code == "6" and any(part.endswith(" ") for part in re.split("[:^]", text))


def _ends_with_its_point(note: Note, case: Case) -> bool:
    return note.code == "6" and any(part.endswith(".") for part in re.split("[:^]", _noted(note, case)))


def _is_required_beside(note: Note, case: Case) -> bool:
    """A required loop that is said to be missing shares its position with the loop that stands there, so it may follow."""
    if note.level != "segment" or note.code != "3" or note.segment not in case.placed:
        return False
    loops = case.placed[note.segment][1]
    return any(
        sibling.usage == "R" and sibling is not loop and sibling.pos == loop.pos and _first_id(sibling) == note.segment_id
        for above, loop in pairwise(loops)
        for sibling in above.children
        if isinstance(sibling, LoopRule)
    )


def _is_a_repeated_first_segment(note: Note, case: Case) -> bool:
    rule = case.rule(note.segment)
    return note.code == "4" and rule is not None and rule.max_use != 1 and rule is case.placed[note.segment][1][-1].children[0]


def _is_counted_with_its_namesakes(note: Note, case: Case) -> bool:
    rule = case.rule(note.segment)
    if note.code != "5" or rule is None or rule.xid != "CTX":
        return False
    return sum(child.xid == "CTX" for child in case.placed[note.segment][1][-1].children) > 1


def _is_a_line_number(note: Note, case: Case) -> bool:
    return note.level == "segment" and note.code == "LX"


def _is_a_warning_of_ours(note: Note, case: Case) -> bool:
    digits = (note.reference or "")[len(note.segment_id) :][:2]
    return any(
        f.segment == note.segment
        and f.severity == "warning"
        and (note.code in ("2", "10") or not digits.isdecimal() or f.element == int(digits))
        for f in case.findings
    )


def _follows_what_is_in_doubt(note: Note, case: Case) -> bool:
    """Behind a code in doubt where segments are told apart, or behind where a loop should begin that may have to be there."""
    return note.level == "segment" and any(
        f.severity == "warning" and (f.segment or 0) <= note.segment and (_is_of_a_qualifier(f, case) or _code(f) == "IK3 3")
        for f in case.findings
    )


def _is_of_a_qualifier(finding: Finding, case: Case) -> bool:
    rule = case.rule(finding.segment)
    told_apart = rule is not None and rule.qualifier is not None and rule.qualifier[0] == finding.element
    return told_apart and _code(finding) in ("IK4 7", "IK4 1")


def _first_id(loop: LoopRule) -> str:
    first = loop.children[0]
    return _first_id(first) if isinstance(first, LoopRule) else first.xid


# -- what pyx12 raises ----------------------------------------------------------------------------------------------------------------


def _has_too_many_components(case: Case) -> bool:
    """Somewhere pyx12 counts more components than the composite has, the repeats of one that is repeated taken together."""
    if case.opinion.failure != "IndexError":
        return False
    for position, (rule, _) in case.placed.items():
        segment = case.segment(position)
        for member in rule.elements:
            if isinstance(member, CompositeRule) and segment[member.seq].count(":") >= len(member.components):
                return True
    return False


def _has_a_range_of_three(case: Case) -> bool:
    if case.opinion.failure != "ValueError":
        return False
    return any(
        isinstance(member, ElementRule) and member.data.number == "1251" and case.segment(position)[member.seq].count("-") > 1
        for position, (rule, _) in case.placed.items()
        for member in rule.elements
    )


REASONS: tuple[Reason, ...] = (
    Reason("O-REPEAT", "ours", "an element is repeated that may stand once", "ours",
           "pyx12 knows no repetition separator and reads one long value", _is_repeat_not_allowed),
    Reason("O-HL02", "ours", "HL02 names a level that is open, but not the one above", "ours",
           "pyx12 asks only that the named level is open", _names_another_open_level),
    Reason("O-HL04", "ours", "HL04 says the opposite of what follows", "ours",
           "pyx12 does not hold HL04 against the levels", _is_child_flag),
    Reason("O-AGAIN", "ours", "a loop lacks what it requires and the same loop begins again at once", "ours",
           "pyx12 goes from a first segment to the same first segment without asking what lay between", _opens_the_same_loop_again),
    Reason("O-RANGE", "ours", "the second date of a range is before the first", "ours", "pyx12 looks at each date alone", _is_backwards),
    Reason("O-YEAR", "ours", "a year after 2199", "ours", "pyx12 has no last year; it is a typing error", _is_beyond_the_last_year),
    Reason("O-FIRST", "ours", "a situational composite is there without its required first component", "ours",
           "pyx12 excuses the first component of every composite that may be left out", _lacks_the_first_component),
    Reason("O-BOTH", "ours", "components that go together do not", "ours",
           "pyx12 does not read the relational conditions of composites", _is_a_condition_between_components),
    Reason("O-PERIOD", "ours", "a date in a composite is none by its format", "ours",
           "pyx12 judges DE 1251 in segments only", _is_a_period_within_a_composite),
    Reason("O-FORMAT", "ours", "a date is right by another format than the one that was sent", "ours",
           "pyx12 takes any format that the segment's format elements allow, but in DTP", _is_of_another_format),
    Reason("O-BLANK", "ours", "a value of blanks alone", "ours", "pyx12 counts blanks as characters", _is_nothing_but_blanks),
    Reason("O-TAIL", "ours", "a composite ends with empty components", "ours",
           "pyx12 drops them silently; X12.6 does not allow them", _ends_with_empty_components),
    Reason("O-EMPTY", "ours", "an element of separators alone", "ours", "pyx12 takes it for an empty one", _holds_only_separators),
    Reason("O-FORM", "ours", "a value is longer than the form that the map gives it", "ours",
           "pyx12 looks for the form anywhere in the value", _is_longer_than_its_form),
    Reason("P-REPEAT", "pyx12", "an element is repeated as it may be", "ours",
           "pyx12 knows no repetition separator and reads one long value", _is_read_as_one_value),
    Reason("P-QUALIFIER", "pyx12", "a repeated composite holds the qualifier", "ours",
           "pyx12 compares the repeats as one code", _has_a_repeated_qualifier),
    Reason("P-BLANKS", "pyx12", "blanks at the end of a value", "either",
           "X12.6 asks that they be left out; we warn, since no meaning is lost", _ends_with_blanks),
    Reason("P-POINT", "pyx12", "a number ends with its point", "ours",
           "X12.6 allows it, pyx12 wants a digit after it", _ends_with_its_point),
    Reason("P-BESIDE", "pyx12", "a required loop follows another of the same position", "ours",
           "loops of one position may come in any order; pyx12 grants that to segments only", _is_required_beside),
    Reason("P-FIRST", "pyx12", "the first segment of a loop is repeated as it may be (PLB)", "ours",
           "pyx12 counts each as another loop", _is_a_repeated_first_segment),
    Reason("P-CTX", "pyx12", "several kinds of CTX in one loop, each within its limit", "ours",
           "pyx12 has one counter for all CTX of a loop", _is_counted_with_its_namesakes),
    Reason("P-LX", "pyx12", "LX01 does not count the lines of a claim", "pyx12",
           "the 837 guides ask it in words, no map holds it; we leave it to rules across segments", _is_a_line_number),
    Reason("P-WARNED", "pyx12", "a rule in doubt is broken", "either",
           "we warn where the guide's fact could not be confirmed", _is_a_warning_of_ours),
    Reason("P-ADRIFT", "pyx12", "a code in doubt where segments are told apart, or a loop in doubt without its first segment", "either",
           "we warn and go on; pyx12 has no place for the segment, nor for what hangs on it", _follows_what_is_in_doubt),
    Reason("R-COMPONENTS", "raises", "more components than the composite has", "ours",
           "pyx12 reaches beyond the end of its list to name the one too many", _has_too_many_components),
    Reason("R-RANGE", "raises", "a date with two hyphens", "ours",
           "pyx12 cuts a range at each hyphen and expects two parts", _has_a_range_of_three),
)  # fmt: skip
