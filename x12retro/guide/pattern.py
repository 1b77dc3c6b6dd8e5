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
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

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
    """Writes the pattern of a loop for one set of delimiters. `line_break` follows each terminator; `code_sets` are the guide's."""

    def __init__(self, delimiters: Delimiters, line_break: str, code_sets: dict[str, frozenset[str]]) -> None:
        self._e = re.escape(delimiters.element)
        self._c = re.escape(delimiters.component)
        self._r = re.escape(delimiters.repetition)
        self._t = re.escape(delimiters.segment)
        self._end = self._t + re.escape(line_break)
        cuts = self._e + self._c + self._r + self._t
        self._char = rf"[^\x00-\x1f\x7f-\xff{cuts}]"
        self._cut = rf"[{cuts}]"
        self._delimiters = delimiters
        self._code_sets = code_sets
        self.left_open: set[tuple[str, int, str]] = set()
        """(segment id, element, code set): places of the patterns written so far whose codes are too many to be spelled out."""

    # -- loops --------------------------------------------------------------------------------------------------------

    def loop(self, loop: LoopRule) -> str:
        """One occurrence of `loop`: its first segment, then its children position by position."""
        parts: list[str] = []
        children = [c for c in loop.children if c.usage != "N"]
        if children and isinstance(children[0], SegmentRule):
            parts.append(self.segment(children[0]))
            children = children[1:]
        for _, same in groupby(sorted(children, key=lambda c: c.pos), key=lambda c: c.pos):
            parts.append(self._position(list(same)))
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
        skip = rf"(?:{self._e}[^{self._e}{self._t}]*+){{{element - 1}}}{self._e}" if element > 1 else self._e
        if component > 1:
            skip += rf"(?:[^{self._c}{self._e}{self._t}]*+{self._c}){{{component - 1}}}"
        return rf"{rule.xid}{skip}{self._codes(codes)}(?={self._cut})"

    # -- segments -----------------------------------------------------------------------------------------------------

    def segment(self, rule: SegmentRule) -> str:
        """One segment with its terminator and the line break after it."""
        conditions = self._conditions(rule.syntax, {e.seq: e.usage for e in rule.elements}, self._present)
        return rf"{rule.xid}{conditions}{self._chain(rule.elements, self._e)}{self._end}"

    def _chain(self, rules: Sequence[ElementRule | CompositeRule], separator: str, *, first_bare: bool = False) -> str:
        """Elements (or components) in turn, the last one never empty; `first_bare`: the first has no separator before it."""
        last = max((n for n, rule in enumerate(rules) if rule.usage == "R"), default=-1)
        text = ""
        for n, rule in enumerate(rules[: last + 1]):
            lead = "" if first_bare and n == 0 else separator
            value = self._value(rules, n, separator)
            text += lead + (value if rule.usage == "R" else f"(?:{value})?+" if rule.usage == "S" else "")
        tail = ""
        for n in range(len(rules) - 1, last, -1):
            rule = rules[n]
            lead = "" if first_bare and n == 0 else separator
            empty = f"(?={separator})"
            value = f"(?:{self._value(rules, n, separator)}|{empty})" if rule.usage == "S" else empty
            tail = f"{lead}{value}{tail}" if first_bare and n == 0 else f"(?:{lead}{value}{tail})?+"
        return text + tail

    def _value(self, rules: Sequence[ElementRule | CompositeRule], n: int, separator: str) -> str:
        rule = rules[n]
        if rule.usage == "N":
            return ""
        if isinstance(rule, CompositeRule):
            conditions = self._conditions(rule.syntax, {c.seq: c.usage for c in rule.components}, self._present_component)
            one = conditions + self._chain(rule.components, self._c, first_bare=True)
            return self._repeated(one, rule.repeat)
        after = rules[n + 1] if n + 1 < len(rules) else None
        if rule.data.number == "1250" and isinstance(after, ElementRule) and after.data.number == "1251":
            return self._format(rule, separator)
        one = self._simple(rule)
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
        return self._typed(rule.data)

    def _typed(self, data: DataElement) -> str:
        match data.type:
            case "DT":
                return _DATE8 if data.min > 6 else _DATE6 if data.max < 8 else f"(?:{_DATE8}|{_DATE6}(?![0-9]))"
            case "TM":
                return f"(?=[0-9]{{{data.min},{data.max}}}+(?![0-9])){_TIME}"
            case "R":
                return rf"(?!-?+(?:\.?[0-9]){{{data.max + 1}}})(?=-?+(?:\.?[0-9]){{{data.min}}})-?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)"
            case "AN" | "ID":
                return self._text(data.min, data.max)
            case _:
                return f"-?+[0-9]{{{data.min},{data.max}}}+"

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
        skip = rf"(?:{self._e}[^{self._e}{self._t}]*+){{{n - 1}}}" if n > 1 else ""
        return rf"{skip}{self._e}[^{self._e}{self._t}]"

    def _present_component(self, n: int) -> str:
        body = rf"[^{self._c}{self._e}{self._r}{self._t}]"
        return rf"(?:{body}*+{self._c}){{{n - 1}}}{body}" if n > 1 else body

    def _conditions(self, notes: Sequence[SyntaxNote], usage: dict[int, str], present: Callable[[int], str]) -> str:
        return "".join(_condition(note, usage, present) for note in notes)


def _condition(note: SyntaxNote, usage: dict[int, str], present: Callable[[int], str]) -> str:
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
            return "".join(f"(?!(?={present(a)}){present(b)})" for n, a in enumerate(perhaps) for b in perhaps[n + 1 :])
        case "C":
            return _if_first(first, [n for n in others if n not in there], usage, present, every=True)
        case "L":
            if any(n in there for n in others):
                return ""
            return _if_first(first, others, usage, present, every=False)


def _if_first(first: int, others: Sequence[int], usage: dict[int, str], present: Callable[[int], str], *, every: bool) -> str:
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
