"""Judge the elements of one segment against its rule: presence, length, type, codes, repeats, components, syntax notes.

One fault gives one finding: the first that explains the value wins (not used, then characters, then date or code, then length,
then type), and a syntax note stays silent about elements that have been found at fault.
Source: X12.6 and 005010X231A1 IK403 for the codes.
"""

from __future__ import annotations

import re

from x12retro.findings import Severity
from x12retro.guide import values
from x12retro.guide.codes import meaning
from x12retro.guide.model import UNBOUNDED, CompositeRule, ElementRule, SegmentRule, SyntaxNote
from x12retro.guide.place import Reporter
from x12retro.guide.syntax import breach
from x12retro.x12 import Delimiters, Segment

_DATE_FORMAT, _DATE_PERIOD = "1250", "1251"
_EXPLAINED = 4
"""Up to so many codes a message gives their meanings too."""


class Elements:
    """The judge of segments for one transaction. `code_sets` are the external sets of the guide."""

    __slots__ = ("_code_sets", "_delimiters", "_report")

    def __init__(self, report: Reporter, delimiters: Delimiters, code_sets: dict[str, frozenset[str]]) -> None:
        self._report = report
        self._delimiters = delimiters
        self._code_sets = code_sets

    def judge(self, seg: Segment, rule: SegmentRule, loop: str, *, codes: bool = True) -> set[int]:
        """Report every fault of `seg`; return the element numbers at fault. `codes=False` leaves code lists and syntax unjudged."""
        faults: set[int] = set()
        fields = seg.fields
        count = len(fields) - 1
        if count == 0 and not any(e.usage == "R" for e in rule.elements):
            self._report.element(seg, 1, f"{seg.id} is empty; a segment holds one element at least", "2", loop=loop)
            return {1}
        while count and not fields[count]:
            count -= 1
        rules = rule.elements
        missing = [e for e in rules if e.seq > count and e.usage == "R"]
        if count > len(rules):
            last = len(rules)
            self._report.element(seg, last + 1, f"{seg.id} has {count} elements, the guide knows {last}", "3", loop=loop)
            faults.add(last + 1)
        elif count < len(fields) - 1 and not missing:
            self._report.element(seg, count + 1, f"{seg.id} ends with empty elements; a segment ends after its last value", "3", loop=loop)
            faults.add(count + 1)
        if len(missing) > 1 and all(e.doubtful is None for e in missing):  # the segment was cut off: one fault
            names = " and ".join(f"{seg.id}{e.seq:02d} ({e.name})" for e in missing)
            self._report.element(seg, missing[0].seq, f"{seg.id} ends too early: {names} are required", "1", loop=loop)
            faults.update(e.seq for e in missing)
        for element in rules:
            if element.seq in faults and element.seq > count:
                continue
            text = fields[element.seq] if element.seq <= count else ""
            at = _At(seg, loop, element.seq)
            if isinstance(element, CompositeRule):
                good = self._composite(at, element, text, codes)
            else:
                good = self._element(at, element, text, self._period(element, rules, fields), codes)
            if not good:
                faults.add(element.seq)
        if codes:
            self._notes(seg, rule.syntax, faults, loop)
        return faults

    def _composite(self, at: _At, rule: CompositeRule, text: str, codes: bool) -> bool:
        if not self._presence(at, rule, text):
            return False
        if not text:
            return True
        repeats = self._delimiters.repeats(text)
        if rule.repeat != UNBOUNDED and len(repeats) > rule.repeat:
            return self._fault(at, "12", f"{at.name} is repeated {len(repeats)} times, {_times(rule.repeat)}", rule.doubtful)
        good = True
        for number, one in enumerate(repeats, 1):
            good &= self._components(at.repeated(number if len(repeats) > 1 else None), rule, one, codes)
        return good

    def _components(self, at: _At, rule: CompositeRule, text: str, codes: bool) -> bool:
        parts = self._delimiters.components(text)
        count = len(parts)
        while count and not parts[count - 1]:
            count -= 1
        if count == 0:
            if rule.usage == "R":
                return self._fault(at, "1", f"{at.name} ({rule.name}) is required", rule.doubtful)
            return self._fault(at, "13", f"{at.name} holds only component separators", None)
        if count < len(parts):
            return self._fault(at, "13", f"{at.name} ends with empty components; a composite ends after its last value", None)
        rules = rule.components
        if count > len(rules):
            return self._fault(at, "13", f"{at.name} has {count} components, the guide knows {len(rules)}", rule.doubtful)
        faults: set[int] = set()
        for component in rules:
            value = parts[component.seq - 1] if component.seq <= count else ""
            period = None
            if component.data.number == _DATE_PERIOD and component.seq > 1 and rules[component.seq - 2].data.number == _DATE_FORMAT:
                period = _format(rules[component.seq - 2], parts[component.seq - 2] if component.seq - 2 < count else "")
            if not self._element(at.part(component.seq), component, value, period, codes):
                faults.add(component.seq)
        if codes:
            for note in rule.syntax:
                broken = breach(note, lambda n: n <= count and bool(parts[n - 1]))
                if broken and not faults.intersection(note.elements):
                    number, why = broken
                    self._fault(at.part(number), "10" if note.kind == "E" else "2", f"in {at.name}, {why}", None)
                    faults.add(number)
        return not faults

    def _presence(self, at: _At, rule: ElementRule | CompositeRule, text: str) -> bool:
        if not text:
            return rule.usage != "R" or self._fault(at, "1", f"{at.name} ({rule.name}) is required", rule.doubtful)
        if rule.usage == "N":
            return self._fault(at, "I10", f"{at.name} ({rule.name}) is not used in this guide", rule.doubtful, value=text)
        return True

    def _element(self, at: _At, rule: ElementRule, text: str, period: str | None, codes: bool) -> bool:
        if not self._presence(at, rule, text):
            return False
        if not text:
            return True
        if at.component is None and rule.data.type != "B":
            if rule.repeat == 1:
                separator = self._delimiters.repetition
                if separator and separator in text:
                    return self._fault(at, "12", f"{at.name} is repeated, it may stand once", rule.doubtful, value=text)
            elif len(repeats := self._delimiters.repeats(text)) > 1:
                if rule.repeat != UNBOUNDED and len(repeats) > rule.repeat:
                    return self._fault(at, "12", f"{at.name} is repeated {len(repeats)} times, {_times(rule.repeat)}", rule.doubtful)
                good = [self._value(at.repeated(n), rule, one, period, codes) for n, one in enumerate(repeats, 1)]
                return all(good)
        return self._value(at, rule, text, period, codes)

    def _value(self, at: _At, rule: ElementRule, text: str, period: str | None, codes: bool) -> bool:
        data = rule.data
        kind = data.type
        if kind == "B":  # any octet; that there are as many as the segment says is the x12 room's to judge
            return True
        if values.has_control_character(text):
            return self._fault(at, "6", f"{at.name} holds a control character", None, value=text)
        if at.component is None and self._delimiters.component in text:
            return self._fault(at, "6", f"{at.name} is one value but holds the component separator", None, value=text)
        if not text.strip():
            return self._fault(at, "6", f"{at.name} holds nothing but blanks", None, value=text)
        if period is not None:
            test, wanted = values.FORMATS[period]
            if not test(text):
                return self._fault(at, "9" if period == "TM" else "8", f"{at.name} must be {wanted}", None, value=text)
            return True
        if kind == "DT":
            if not (data.min <= len(text) <= data.max and values.is_date(text)):
                return self._fault(at, "8", f"{at.name} must be a real date, {'CCYYMMDD' if data.max == 8 else 'YYMMDD'}", None, value=text)
            return True
        if kind == "TM":
            if not (data.min <= len(text) <= data.max and values.is_time(text)):
                return self._fault(at, "9", f"{at.name} must be a real time, HHMM", None, value=text)
            return True
        if rule.codes or rule.external:
            return not codes or self._code(at, rule, text)
        size = values.length(text, kind)
        if size < data.min:
            return self._fault(at, "4", f"{at.name} has {size} characters, at least {data.min} are needed", None, value=text)
        if size > data.max:
            return self._fault(at, "5", f"{at.name} has {size} characters, at most {data.max} fit", None, value=text)
        if kind == "R":
            if not values.is_decimal(text):
                return self._fault(at, "6", f"{at.name} must be a number", None, value=text)
        elif kind[0] == "N":
            if not values.is_integer(text):
                return self._fault(at, "6", f"{at.name} must be a whole number", None, value=text)
        elif text[-1] == " ":
            self._fault(at, "6", f"{at.name} ends with blanks", None, value=text, severity="warning")
        elif not text.isascii():
            self._fault(at, "6", f"{at.name} holds letters outside the X12 character set", None, value=text, severity="warning")
        if rule.pattern is not None and re.fullmatch(rule.pattern, text) is None:
            return self._fault(at, "7", f"{at.name} ({rule.name}) must be of the form {rule.pattern}", rule.doubtful, value=text)
        return True

    def _code(self, at: _At, rule: ElementRule, text: str) -> bool:
        if text in rule.codes or (rule.external is not None and text in self._code_sets.get(rule.external, frozenset())):
            return True
        if rule.codes:
            wanted = _some(rule.codes, rule.xid)
            return self._fault(at, "7", f"{at.name} ({rule.name}) must be {wanted}", rule.doubtful or rule.codes_doubtful, value=text)
        if rule.external not in self._code_sets:
            return True
        return self._fault(at, "7", f"{at.name} ({rule.name}) is not in the code set {rule.external}", rule.doubtful, value=text, snip=5)

    def _period(self, element: ElementRule, rules: tuple[ElementRule | CompositeRule, ...], fields: list[str]) -> str | None:
        """The format that the DE 1250 before a DE 1251 names, when it is one this place allows."""
        if element.data.number != _DATE_PERIOD or element.seq < 2:
            return None
        before = rules[element.seq - 2]
        if not isinstance(before, ElementRule) or before.data.number != _DATE_FORMAT:
            return None
        return _format(before, fields[before.seq] if before.seq < len(fields) else "")

    def _notes(self, seg: Segment, notes: tuple[SyntaxNote, ...], faults: set[int], loop: str) -> None:
        for note in notes:
            if (broken := breach(note, lambda n: bool(seg[n]))) and not faults.intersection(note.elements):
                number, why = broken
                code = "10" if note.kind == "E" else "2"
                self._report.element(seg, number, f"in {seg.id}, {why}", code, loop=loop)
                faults.add(number)

    def _fault(
        self,
        at: _At,
        code: str,
        message: str,
        doubt: str | None,
        *,
        value: str | None = None,
        severity: Severity = "error",
        snip: int = 2,
    ) -> bool:
        """Report and return False; a doubtful rule only warns."""
        if doubt is not None:
            severity, message = "warning", f"{message} (the guide is not certain here: {doubt})"
        self._report.element(
            at.seg,
            at.element,
            message,
            code,
            loop=at.loop,
            component=at.component,
            repeat=at.repeat,
            value=value,
            severity=severity,
            snip=snip,
        )
        return False


class _At:
    """A place in a segment: element, component, repeat."""

    __slots__ = ("component", "element", "loop", "repeat", "seg")

    def __init__(self, seg: Segment, loop: str, element: int, component: int | None = None, repeat: int | None = None) -> None:
        self.seg = seg
        self.loop = loop
        self.element = element
        self.component = component
        self.repeat = repeat

    @property
    def name(self) -> str:
        component = f"-{self.component}" if self.component else ""
        repeat = f", repeat {self.repeat}" if self.repeat else ""
        return f"{self.seg.id}{self.element:02d}{component}{repeat}"

    def part(self, component: int) -> _At:
        return _At(self.seg, self.loop, self.element, component, self.repeat)

    def repeated(self, repeat: int | None) -> _At:
        return _At(self.seg, self.loop, self.element, self.component, repeat)


def _format(rule: ElementRule, code: str) -> str | None:
    return code if code in values.FORMATS and (not rule.codes or code in rule.codes) else None


def _some(codes: frozenset[str], xid: str, most: int = 12) -> str:
    """The codes in words: with their meanings when they are few, else the first ones and how many more."""
    ordered = sorted(codes)
    if len(ordered) <= _EXPLAINED:
        ordered = [f"{code} ({word})" if (word := meaning(xid, code)) else code for code in ordered]
    if len(ordered) == 1:
        return ordered[0]
    if len(ordered) <= most:
        return "one of " + ", ".join(ordered)
    return f"one of {', '.join(ordered[:most])} and {len(ordered) - most} more"


def _times(most: int) -> str:
    return "it may stand once" if most == 1 else f"at most {most} are allowed"
