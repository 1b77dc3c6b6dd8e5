"""Say yes at the speed of C: a set that the recogniser accepts has no finding, and the diagnoser need not look at it.

One pattern per guide, delimiters and line break (see pattern.py), compiled when it first pays. What no pattern can say follows as
cheap passes over the accepted bytes: HL numbering (remembered by its text, since most sets are numbered alike), the order of the two
dates of a range, values that end blank, and code sets too large to be spelled out in a pattern. A pass costs less over two hundred
sets than over one two hundred times, so many are judged as a run wherever they follow each other; a single set is a run of one.
Counts and control numbers are the x12 room's, whoever judges the rest; that they are right is asked of the sets of a run.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from x12retro.guide import catalog
from x12retro.guide.model import Guide, LoopRule, SegmentRule
from x12retro.guide.pattern import PatternWriter, other_than
from x12retro.x12 import Delimiters

_KEPT = frozenset({"ST02", "SE01", "SE02"})
_REMEMBERED = 4096
"""How many different HL numberings, and values of a kind, are kept; a file of large sets may have as many as it has sets."""


class Sets(NamedTuple):
    """Sets that follow each other in a text: where each starts, its ST02, and where the last one ends."""

    starts: list[int]
    controls: list[str]
    end: int


class Recogniser:
    """Accepts well-formed sets of one guide, written with these delimiters and this line break: one, or many that follow each other."""

    __slots__ = ("_below", "_blank", "_element", "_groups", "_hl", "_lead", "_match", "_right", "_terminator", "_values")

    def __init__(self, guide: Guide, delimiters: Delimiters, line_break: str) -> None:
        writer = PatternWriter(delimiters, line_break, guide.code_sets, _KEPT)
        text = writer.loop(guide.loop("ST_LOOP")).removesuffix(re.escape(line_break))  # a set ends with the terminator of its SE
        pattern = re.compile(text.encode("latin-1"))
        self._match = pattern.match
        self._groups = tuple(pattern.groupindex.get(name, 0) for name in ("ST02", "SE01", "SE02"))
        self._lead, self._element = line_break.encode("latin-1"), delimiters.element.encode("latin-1")
        self._terminator = delimiters.segment.encode("latin-1")
        element, component = re.escape(delimiters.element), re.escape(delimiters.component)
        end = re.escape(delimiters.segment + line_break)
        not_end = f"[^{re.escape(delimiters.segment)}]"
        skip = f"(?:{element}{other_than(delimiters.element + delimiters.segment)}*+)"
        places: dict[str, dict[int, frozenset[bytes]]] = {}
        for xid, n, external in writer.left_open:
            places.setdefault(xid, {})[n] = frozenset(code.encode("ascii") for code in guide.code_sets[external])
        self._values = [
            _Values(f"{xid}(?<={end}{xid}){skip}{{{min(codes) - 1}}}{element}({not_end}*+)", self._codes_known(min(codes), codes))
            for xid, codes in sorted(places.items())
        ]
        self._values.append(_Values(f"RD8[{element}{component}]([0-9]{{8}}-[0-9]{{8}})", _runs_forward))
        self._hl = re.compile(f"{end}(HL{element}{not_end}*+|ST(?={element}))".encode("latin-1")).findall
        self._blank = re.compile(
            f" [{element}{component}{re.escape(delimiters.repetition)}{re.escape(delimiters.segment)}]".encode("latin-1")
        ).finditer
        self._below = _levels(guide.loop("ST_LOOP"))
        self._right: set[bytes] = set()

    def accepts(self, raw: bytes) -> bool:
        """True when `raw`, the bytes from ST through the terminator of SE, is a set without any finding of SNIP 1 and 2."""
        found = self._match(raw)
        return found is not None and found.end() == len(raw) and not self.doubts(raw, Sets([0], [], len(raw)))

    def matching(self, buf: bytes, pos: int, stop: int, label: bytes) -> Sets:
        """The sets that match the pattern and follow each other from `pos`, where an ST stands; the cheap passes (`doubts`) are to come.

        They end before the first that does not match, that reaches behind `stop`, whose SE01 or SE02 is wrong, or that does not go on
        behind its ST02 with `label`.
        """
        match, terminator, lead = self._match, self._terminator, self._lead
        first, said, again = self._groups
        starts: list[int] = []
        controls: list[bytes] = []
        end = pos
        while (found := match(buf, pos, stop)) is not None:
            control, count, repeated = found.group(first, said, again)
            behind = found.end()
            if control != repeated or count != b"%d" % buf.count(terminator, pos, behind) or not buf.startswith(label, found.end(first)):
                break
            starts.append(pos)
            controls.append(control)
            end = behind
            if not buf.startswith(lead, end):
                break
            pos = end + len(lead)
        numbers = b"\n".join(controls).decode("latin-1").split("\n") if controls else []
        return Sets(starts, [number.strip() for number in numbers], end)

    def doubts(self, buf: bytes, sets: Sets) -> set[int]:
        """The numbers (of 0) of those matching sets in `buf` that are not accepted after all."""
        starts, begin, end = sets.starts, sets.starts[0], sets.end
        places = [found.start() for found in self._blank(buf, begin, end)]
        for values in self._values:
            places += values.wrong(buf, begin, end)
        doubted = {bisect_right(starts, place) - 1 for place in places}
        found = (b"", b"ST", *self._hl(buf, begin, end))  # the first ST is not found: the terminator before it is left out
        levels = b"\n".join(found).split(b"\nST")[1:]
        if not self._right.issuperset(levels):
            doubted.update(n for n, numbering in enumerate(levels) if not self._numbered_right(numbering))
        return doubted

    def _codes_known(self, first: int, codes: dict[int, frozenset[bytes]]) -> Callable[[bytes], bool]:
        """Whether the elements from number `first` on hold the codes that they may (by number), or nothing."""
        element, places = self._element, [(n - first, known) for n, known in codes.items()]

        def right(text: bytes) -> bool:
            fields = text.split(element)
            return all(n >= len(fields) or not fields[n] or fields[n] in known for n, known in places)

        return right

    def _numbered_right(self, numbering: bytes) -> bool:
        """True for the HL segments of a set, each after a line feed, that are numbered right. Right ones are remembered."""
        if numbering in self._right:
            return True
        right = self._check([level[len(b"HL*") :] for level in numbering.split(b"\n")[1:]])
        if right:
            if len(self._right) >= _REMEMBERED:
                self._right.clear()
            self._right.add(numbering)
        return right

    def _check(self, levels: list[bytes]) -> bool:
        """The rules of levels.py, for levels whose nesting the pattern has proven."""
        open_levels: list[tuple[str, str, str]] = []  # (code, HL01, ordinal)
        flags: list[tuple[str, bool]] = []  # (HL04, has children)
        places: list[int] = []
        for ordinal, level in enumerate(levels, 1):
            number, above, code, flag = [*level.decode("latin-1").split(self._element.decode("latin-1")), "", "", ""][:4]
            if not (number.isascii() and number.isdecimal() and len(number) < 13 and int(number) == ordinal):
                return False
            while open_levels and code not in self._below.get(open_levels[-1][0], ()):
                open_levels.pop()
                places.pop()
            if open_levels:
                if above and above not in open_levels[-1][1:]:
                    return False
                flags[places[-1]] = (flags[places[-1]][0], True)
            open_levels.append((code, number, str(ordinal)))
            places.append(len(flags))
            flags.append((flag, False))
        return all(flag not in ("0", "1") or (flag == "1") == children for flag, children in flags)


class _Values:
    """Values that a pattern finds (its group), and what is right of them. Each is asked about once: most come again and again."""

    __slots__ = ("_find", "_find_all", "_known", "_right")

    def __init__(self, pattern: str, right: Callable[[bytes], bool]) -> None:
        compiled = re.compile(pattern.encode("latin-1"))
        self._find, self._find_all = compiled.finditer, compiled.findall
        self._right = right
        self._known: set[bytes] = set()

    def wrong(self, buf: bytes, begin: int, end: int) -> list[int]:
        """Where in `buf`, between `begin` and `end`, a value is found that is not right."""
        new = set(self._find_all(buf, begin, end)) - self._known
        wrong = {value for value in new if not self._right(value)}
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known |= new - wrong
        return [found.start() for found in self._find(buf, begin, end) if found[1] in wrong] if wrong else []


def _runs_forward(dates: bytes) -> bool:
    """True for a range (CCYYMMDD-CCYYMMDD) that does not end before it begins."""
    first, _, last = dates.partition(b"-")
    return first <= last


def recogniser(name: str, delimiters: Delimiters, line_break: str) -> Recogniser:
    """The recogniser of the guide called `name`, compiled once for these delimiters."""
    return _compiled(name, delimiters, line_break)


@lru_cache(maxsize=32)
def _compiled(name: str, delimiters: Delimiters, line_break: str) -> Recogniser:
    return Recogniser(catalog.load(name), delimiters, line_break)


def _levels(loop: LoopRule) -> dict[str, frozenset[str]]:
    """HL03 code -> the HL03 codes of the levels directly below it."""
    below: dict[str, set[str]] = {}

    def visit(loop: LoopRule, above: frozenset[str]) -> None:
        here = above
        first = loop.children[0] if loop.children else None
        if isinstance(first, SegmentRule) and first.xid == "HL" and first.qualifier is not None:
            here = first.qualifier[2]
            for code in above:
                below.setdefault(code, set()).update(here)
        for child in loop.children:
            if isinstance(child, LoopRule):
                visit(child, here)

    visit(loop, frozenset())
    return {code: frozenset(codes) for code, codes in below.items()}
