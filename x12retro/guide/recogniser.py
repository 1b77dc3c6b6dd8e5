"""Say yes at the speed of C: a set that the recogniser accepts has no finding, and the diagnoser need not look at it.

One pattern per guide, delimiters and line break (see pattern.py), compiled when it first pays. What no pattern can say follows as
cheap passes over the accepted bytes: HL numbering (remembered by its text, since most sets are numbered alike), the order of the two
dates of a range, and code sets too large to be spelled out in a pattern. Counts and
control numbers are the x12 room's, whoever judges the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache

from x12retro.guide import catalog
from x12retro.guide.model import Guide, LoopRule, SegmentRule
from x12retro.guide.pattern import PatternWriter
from x12retro.x12 import Delimiters

_REMEMBERED = 4096
"""How many different HL numberings are kept; a file of large sets may have as many as it has sets."""


class Recogniser:
    """Accepts well-formed sets of one guide, written with these delimiters and this line break."""

    __slots__ = ("_below", "_blank", "_element", "_hl", "_known", "_match", "_open", "_range")

    def __init__(self, guide: Guide, delimiters: Delimiters, line_break: str) -> None:
        writer = PatternWriter(delimiters, line_break, guide.code_sets)
        text = writer.loop(guide.loop("ST_LOOP")).removesuffix(re.escape(line_break))  # a set ends with the terminator of its SE
        self._match = re.compile(text.encode("latin-1")).fullmatch
        element, component = re.escape(delimiters.element), re.escape(delimiters.component)
        end = re.escape(delimiters.segment + line_break)
        not_end = f"[^{re.escape(delimiters.segment)}]"
        skip = f"(?:{element}[^{element}{re.escape(delimiters.segment)}]*+)"
        places: dict[str, dict[int, frozenset[bytes]]] = {}
        for xid, n, external in writer.left_open:
            places.setdefault(xid, {})[n] = frozenset(code.encode("ascii") for code in guide.code_sets[external])
        self._open = [
            (re.compile(f"{end}({xid}{skip}{{{min(codes) - 1}}}{element}{not_end}*+)".encode("latin-1")).findall, codes)
            for xid, codes in sorted(places.items())
        ]
        self._hl = re.compile(f"{end}HL{element}({not_end}*+)".encode("latin-1")).findall
        self._blank = re.compile(
            f" [{element}{component}{re.escape(delimiters.repetition)}{re.escape(delimiters.segment)}]".encode("latin-1")
        ).search
        self._range = re.compile(f"RD8[{element}{component}]([0-9]{{8}})-([0-9]{{8}})".encode("latin-1")).finditer
        self._element = delimiters.element.encode("latin-1")
        self._below = _levels(guide.loop("ST_LOOP"))
        self._known: dict[bytes, bool] = {}

    def accepts(self, raw: bytes) -> bool:
        """True when `raw`, the bytes from ST through the terminator of SE, is a set without any finding of SNIP 1 and 2."""
        if self._match(raw) is None or self._blank(raw) is not None:
            return False
        if b"RD8" in raw and any(m[1] > m[2] for m in self._range(raw)):
            return False
        for find, codes in self._open:
            for segment in find(raw):
                if not self._codes_known(segment, codes):
                    return False
        levels = self._hl(raw)
        return not levels or self._numbered_right(levels)

    def _codes_known(self, segment: bytes, codes: dict[int, frozenset[bytes]]) -> bool:
        fields = segment.split(self._element)
        return all(n >= len(fields) or not fields[n] or fields[n] in known for n, known in codes.items())

    def _numbered_right(self, levels: list[bytes]) -> bool:
        key = b"\n".join(levels)
        verdict = self._known.get(key)
        if verdict is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            verdict = self._known[key] = self._check(levels)
        return verdict

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
