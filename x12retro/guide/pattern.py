"""Guide -> the text of one possessive regular expression that matches exactly the transactions the diagnoser finds nothing in.

Theory. A set is a word over bytes. Every rule of a segment (lengths, types, codes, dates, relational conditions, no trailing
separators) and every rule of order and repetition is regular, so the whole guide is one expression. It is written so that it never
goes back: elements are told by their separators, segments by id and qualifier, and every repetition is possessive (`++ *+ ?+ {m,n}+`,
Python 3.11). What is not regular (counts, HL numbering, the order of the two dates of a range) is checked apart, see recogniser.py.

Same-position members may come in any order: they are alternatives of one repetition, each followed by a look ahead that no more of
it follow in the run than may. A lookahead is also what a relational condition becomes, at the head of its segment.

All text is Latin-1; `E C R T` below stand for the element, component and repetition separators and the terminator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise

import msgspec

from x12retro.guide.model import UNBOUNDED, CompositeRule, DataElement, ElementRule, LoopRule, SegmentRule, SyntaxNote
from x12retro.guide.values import FORMATS
from x12retro.x12 import Delimiters

_SPELLED_OUT = 100
"""The largest external code set that is written into the pattern; a larger one is checked after it."""
_MD = r"(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|1[0-9]|2[0-8]))"
_LEAP = r"(?:(?:18|19|21)(?:0[48]|[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26]))0229"
_DATE8 = rf"(?:(?:18|19|20|21)[0-9][0-9]{_MD}|{_LEAP})"
_DATE6 = rf"(?:[0-9][0-9]{_MD}|(?:[02468][048]|[13579][26])0229)"
_TIME4 = r"(?:[01][0-9]|2[0-3])[0-5][0-9]"
_TIME = rf"{_TIME4}(?:[0-5][0-9][0-9]{{0,2}}+)?+"
_PERIODS = {
    "D8": _DATE8,
    "D6": _DATE6,
    "RD8": rf"{_DATE8}-{_DATE8}",
    "DT": rf"{_DATE8}{_TIME4}(?:[0-5][0-9])?+",
    "TM": _TIME,
}
assert _PERIODS.keys() == FORMATS.keys(), "a format the diagnoser judges is unknown here"


class PatternWriter:
    """Writes the pattern of a loop for one set of delimiters. `line_break` follows each terminator; `code_sets` are the guide's.

    The values of the elements named in `kept` (each stands once in a set) become groups of that name.
    """

    def __init__(
        self, delimiters: Delimiters, line_break: str, code_sets: Mapping[str, frozenset[str]], kept: frozenset[str] = frozenset()
    ) -> None:
        self._e = re.escape(delimiters.element)
        self._c = re.escape(delimiters.component)
        self._r = re.escape(delimiters.repetition)
        self._t = re.escape(delimiters.segment)
        self._end = self._t + re.escape(line_break)
        cuts = self._e + self._c + self._r + self._t
        marks = delimiters.element + delimiters.component + delimiters.repetition + delimiters.segment
        self._char = other_than(marks, 0x20, 0x7E)  # what a value may hold: ASCII that prints, but no delimiter
        self._in_element = other_than(delimiters.element + delimiters.segment)
        self._kept = kept
        self._cut = rf"[{cuts}]"
        self._delimiters = delimiters
        self._minus = "" if "-" in delimiters else "-?+"
        self._code_sets = code_sets
        self.left_open: set[tuple[str, int, str]] = set()
        """(segment id, element, code set): places of the patterns written so far whose codes are too many to be spelled out."""

    # -- loops --------------------------------------------------------------------------------------------------------

    def loop(self, loop: LoopRule) -> str:
        """One occurrence of `loop`: its first segment, then its children position by position."""
        parts: list[str] = []
        children = [_without_shared(c, loop) for c in loop.children if c.usage != "N"]
        if children and isinstance(children[0], SegmentRule):
            parts.append(_times(self.segment(children[0]), 1, children[0].max_use))
            children = children[1:]
        positions = [list(same) for _, same in groupby(sorted(children, key=lambda c: c.pos), key=lambda c: c.pos)]
        for letter, run in groupby(positions, key=_one_letter):
            texts = [self._position(members) for members in run]
            # one look at the next letter spares many that are not there
            parts.append(f"(?:(?={letter}){''.join(texts)})?+" if letter and len(texts) > 2 else "".join(texts))
        return "".join(parts)

    def _one(self, child: SegmentRule | LoopRule) -> str:
        return self.segment(child) if isinstance(child, SegmentRule) else self.loop(child)

    def _position(self, members: Sequence[SegmentRule | LoopRule]) -> str:
        if len(members) == 1:
            child = members[0]
            return _times(self._one(child), 1 if child.usage == "R" else 0, _most(child))
        run = "|".join(sorted({xid for child in members for xid in _ids(child)}))
        run = rf"(?:{run}){self._e}[^{self._t}]*+{self._end}"
        ways = []
        before = ""
        for child in members:
            head = self._head(_entry(child))
            skip = rf"(?:(?!{head}){run})*+{head}"
            most = _most(child)
            limit = "" if most == UNBOUNDED else rf"(?!(?:{skip}[^{self._t}]*+{self._end}){{{most}}})"
            ways.append(self._one(child) + limit)
            if child.usage == "R":
                before += f"(?={skip})"
        return f"{before}(?:{'|'.join(ways)})*+"

    def _head(self, rule: SegmentRule) -> str:
        """The beginning of a segment that tells `rule` from its neighbours: its id and, where it has one, its qualifier."""
        if rule.qualifier is None:
            return rf"{rule.xid}(?={self._e}|{self._t})"
        element, component, codes = rule.qualifier
        skip = rf"(?:{self._e}{self._in_element}*+){{{element - 1}}}{self._e}" if element > 1 else self._e
        if component > 1:
            skip += rf"(?:[^{self._c}{self._e}{self._t}]*+{self._c}){{{component - 1}}}"
        return rf"{rule.xid}{skip}{self._codes(codes)}(?={self._cut})"

    # -- segments -----------------------------------------------------------------------------------------------------

    def segment(self, rule: SegmentRule) -> str:
        """One segment with its terminator and the line break after it."""
        never_empty = "" if any(element.usage == "R" for element in rule.elements) else rf"(?={self._e})"
        return rf"{rule.xid}{never_empty}{self._body(rule.elements, rule.syntax, self._e, self._present)}{self._end}"

    def _body(
        self, rules: Sequence[ElementRule | CompositeRule], notes: Sequence[SyntaxNote], separator: str, present: Callable[[int], str]
    ) -> str:
        """The conditions and values of a segment's elements or a composite's components."""
        usage = {rule.seq: rule.usage for rule in rules}
        runs = [note for note in notes if _is_run(note, usage)]
        conditions = "".join(_condition(note, usage, present) for note in notes if note not in runs)
        together = {note.elements[0] - 1: len(note.elements) for note in runs}  # index of the first -> how many come together
        return conditions + self._chain(rules, separator, together)

    def _chain(self, rules: Sequence[ElementRule | CompositeRule], separator: str, together: dict[int, int]) -> str:
        """Values in turn, the last one never empty. Components have no separator before the first."""
        last = max((n for n, rule in enumerate(rules) if rule.usage == "R"), default=-1)
        text, tail = "", ""
        starts: list[int] = []
        n = 0
        while n < len(rules):
            starts.append(n)
            n += together.get(n, 1)
        for n in starts:
            if n > last:
                break
            size = together.get(n, 1)
            values = [self._lead(m, separator) + self._value(rules, m, separator) for m in range(n, n + size)]
            if size > 1:
                text += f"(?:{''.join(values)}|{''.join(self._lead(m, separator) for m in range(n, n + size))})"
            elif rules[n].usage == "R":
                text += values[0]
            else:
                value = self._value(rules, n, separator)
                text += self._lead(n, separator) + (f"(?:{value})?+" if value else "")
        for n in reversed([n for n in starts if n > last]):
            size = together.get(n, 1)
            lead, empty = self._lead(n, separator), f"(?={separator})"
            if size > 1:
                values = [self._lead(m, separator) + self._value(rules, m, separator) for m in range(n, n + size)]
                one = "".join(values)
                if tail:  # else nothing may follow that would make up for what is empty
                    one = f"(?:{one}|{''.join(self._lead(m, separator) + empty for m in range(n, n + size))})"
            elif rules[n].usage == "S":
                value = self._value(rules, n, separator)
                one = f"{lead}(?:{value}|{empty})" if tail or not lead else f"{lead}{value}"
            elif not tail and lead:
                continue
            else:
                one = lead + empty
            tail = f"{one}{tail}" if not lead else f"(?:{one}{tail})?+"
        return text + tail

    def _lead(self, n: int, separator: str) -> str:
        return "" if n == 0 and separator == self._c else separator

    def _value(self, rules: Sequence[ElementRule | CompositeRule], n: int, separator: str) -> str:
        rule = rules[n]
        if rule.usage == "N":
            return ""
        if isinstance(rule, CompositeRule):
            one = self._body(rule.components, rule.syntax, self._c, self._present_component)
            return self._repeated(one, rule.repeat)
        after = rules[n + 1] if n + 1 < len(rules) else None
        if rule.data.number == "1250" and isinstance(after, ElementRule) and after.data.number == "1251":
            return self._format(rule, separator)
        one = self._simple(rule)
        if rule.xid in self._kept:
            one = f"(?P<{rule.xid}>{one})"
        return one if separator == self._c else self._repeated(one, rule.repeat)

    def _repeated(self, one: str, most: int) -> str:
        if most == 1 or not self._r:
            return one
        return f"{one}(?:{self._r}{one})" + ("*+" if most == UNBOUNDED else f"{{0,{most - 1}}}+")

    def _simple(self, rule: ElementRule) -> str:
        if rule.codes or rule.external:
            codes = rule.codes
            known = self._code_sets.get(rule.external or "", frozenset())
            if len(known) > _SPELLED_OUT and not codes and "-" not in rule.xid:
                self.left_open.add((rule.xid[:-2], rule.seq, rule.external or ""))
                return rf"{self._char}++"
            if rule.external in self._code_sets:
                codes |= known
            elif not codes:
                return rf"{self._char}++"
            return self._codes(codes)
        form = "" if rule.pattern is None else rf"(?=(?:{rule.pattern}){self._cut})"
        return form + self._typed(rule.data)

    def _typed(self, data: DataElement) -> str:
        match data.type:
            case "DT":
                return _DATE8 if data.min > 6 else _DATE6 if data.max < 8 else f"(?:{_DATE8}|{_DATE6}(?![0-9]))"
            case "TM":
                return f"(?=[0-9]{{{data.min},{data.max}}}+(?![0-9])){_TIME}"
            case "R":
                if "." in self._delimiters:
                    return f"{self._minus}[0-9]{{{data.min},{data.max}}}+"
                least = f"(?={self._minus}(?:\\.?[0-9]){{{data.min}}})" if data.min > 1 else ""
                whole = f"[0-9]{{1,{data.max}}}+(?![0-9.])"
                parts = rf"(?=[0-9.]{{2,{data.max + 1}}}+(?![0-9.]))(?:[0-9]++\.[0-9]*+|\.[0-9]++)"
                return f"{least}{self._minus}(?:{whole}|{parts})"
            case "AN" | "ID":
                return self._text(data.min, data.max)
            case _:
                return f"{self._minus}[0-9]{{{data.min},{data.max}}}+"

    def _text(self, least: int, most: int) -> str:
        """Text of this length. That no value is or ends blank is one check over the whole set: see Recogniser."""
        return f"{self._char}{{{least},{most}}}+"

    def _format(self, rule: ElementRule, separator: str) -> str:
        """A DE 1250 whose DE 1251 follows: each format asks for its own kind of value."""
        ways = [
            rf"{code}(?={separator}(?:{_PERIODS[code]})?+{self._cut}|(?!{separator}){self._cut})"
            for code in sorted(_PERIODS if not rule.codes else rule.codes & _PERIODS.keys())
        ]
        others = rule.codes - _PERIODS.keys()
        if others:
            ways.append(self._codes(others))
        if not rule.codes:
            ways.append(f"(?!(?:{'|'.join(_PERIODS)}){self._cut}){self._typed(rule.data)}")
        return f"(?:{'|'.join(ways)})"

    def _codes(self, codes: Iterable[str]) -> str:
        """A trie of codes, so that many of them cost no more than few; a code holding a delimiter cannot be sent."""
        sendable = sorted(c for c in codes if c and c not in self._delimiters and c.isascii())
        return _trie(sendable) if sendable else "(?!)"

    # -- relational conditions ----------------------------------------------------------------------------------------

    def _present(self, n: int) -> str:
        skip = rf"{self._e}{self._in_element}*+" * (n - 1)  # written out, for a repeat costs more than what it repeats
        return rf"{skip}{self._e}{self._in_element}"

    def _present_component(self, n: int) -> str:
        body = rf"[^{self._c}{self._e}{self._r}{self._t}]"
        return rf"(?:{body}*+{self._c}){{{n - 1}}}{body}" if n > 1 else body


def other_than(marks: str, first: int = 0, last: int = 0xFF) -> str:
    """The class of the characters from `first` to `last` but these. Said by what is in it: `re` then looks a character up in one step."""
    bounds = [first - 1, *(n for n in sorted(map(ord, marks)) if first <= n <= last), last + 1]
    ranges = (f"\\x{low + 1:02x}-\\x{high - 1:02x}" for low, high in pairwise(bounds) if high - low > 1)
    return f"[{''.join(ranges)}]"


def _is_run(note: SyntaxNote, usage: Mapping[int, str]) -> bool:
    """All or none of neighbours that are all situational: written as one alternative rather than as a look ahead."""
    first = note.elements[0]
    return (
        note.kind == "P"
        and note.elements == tuple(range(first, first + len(note.elements)))
        and all(usage.get(n) == "S" for n in note.elements)
    )


def _condition(note: SyntaxNote, usage: Mapping[int, str], present: Callable[[int], str]) -> str:
    """The lookaheads of one relational condition; what the guide requires or forbids anyway needs none."""
    there = [n for n in note.elements if usage.get(n) == "R"]
    perhaps = [n for n in note.elements if usage.get(n) == "S"]
    never = [n for n in note.elements if n not in there and n not in perhaps]
    must = "".join(f"(?={present(n)})" for n in perhaps)
    must_not = "".join(f"(?!{present(n)})" for n in perhaps)
    first, *others = note.elements
    match note.kind:
        case "P":
            if there:
                return must if not never else "(?!)"
            if never or len(perhaps) < 2:
                return must_not
            return f"(?:{must}|{must_not})"
        case "R":
            if there:
                return ""
            return f"(?={'|'.join(present(n) for n in perhaps)})" if perhaps else "(?!)"
        case "E":
            if len(there) > 1:
                return "(?!)"
            if there:
                return must_not
            return "".join(f"(?!(?={present(b)}){present(a)})" for n, a in enumerate(perhaps) for b in perhaps[n + 1 :])
        case "C":
            return _if_first(first, [n for n in others if n not in there], usage, present, every=True)
        case "L":
            if any(n in there for n in others):
                return ""
            return _if_first(first, others, usage, present, every=False)


def _if_first(first: int, others: Sequence[int], usage: Mapping[int, str], present: Callable[[int], str], *, every: bool) -> str:
    """When `first` is there, then every one (or at least one) of `others` too."""
    if not others or usage.get(first) not in ("R", "S"):
        return ""
    possible = [n for n in others if usage.get(n) == "S"]
    head = f"(?={present(first)})" if usage[first] == "S" else ""
    if every:
        if len(possible) < len(others):
            return f"(?!{present(first)})" if usage[first] == "S" else "(?!)"
        return "".join(f"(?!{head}(?!{present(n)}))" for n in possible)
    return f"(?!{head}{''.join(f'(?!{present(n)})' for n in possible)})"


def _times(text: str, least: int, most: int) -> str:
    if (least, most) == (1, 1):
        return text
    if (least, most) == (0, 1):
        return f"(?:{text})?+"
    if most == UNBOUNDED:
        return f"(?:{text})" + ("++" if least else "*+")
    return f"(?:{text}){{{least},{most}}}+"


def _most(child: SegmentRule | LoopRule) -> int:
    return child.repeat if isinstance(child, LoopRule) else child.max_use


def _entry(child: SegmentRule | LoopRule) -> SegmentRule:
    while isinstance(child, LoopRule):
        child = child.children[0]
    return child


def _without_shared(child: SegmentRule | LoopRule, loop: LoopRule) -> SegmentRule | LoopRule:
    """A loop that ends with one its parent holds too (2000E under 2000D and under 2000C) is written without it.

    The word is the same, a level of the inner loop being one of the outer, and the pattern is half as long. Which level a shared one
    hangs on, and that a level which needs one has it, is for the check of HL numbering to see.
    """
    if isinstance(child, LoopRule) and isinstance(last := child.children[-1], LoopRule):
        for other in loop.children:
            if other is not child and isinstance(other, LoopRule) and other.children is last.children and other.pos > child.pos:
                return msgspec.structs.replace(child, children=child.children[:-1])
    return child


def _one_letter(members: Sequence[SegmentRule | LoopRule]) -> str:
    """The letter that every segment of an optional position begins with; "" when there are several, or it is required."""
    letters = {_entry(child).xid[0] for child in members}
    return letters.pop() if len(letters) == 1 and all(child.usage == "S" for child in members) else ""


def _ids(child: SegmentRule | LoopRule) -> set[str]:
    if isinstance(child, SegmentRule):
        return {child.xid}
    return set().union(*(_ids(inner) for inner in child.children))


def _trie(words: Sequence[str]) -> str:
    """A pattern for sorted words that tries each byte once."""
    if words == [""]:
        return ""
    ways = []
    for letter, group in groupby((w for w in words if w), key=lambda w: w[0]):
        ways.append((re.escape(letter), _trie([w[1:] for w in group])))
    singles = [letter for letter, rest in ways if not rest]
    longer = [letter + rest for letter, rest in ways if rest]
    parts = ([f"[{''.join(singles)}]" if len(singles) > 1 else singles[0]] if singles else []) + longer
    text = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
    return f"(?:{text})?+" if "" in words else text
