"""Right messages of any guide, made by walking its map: what the map allows, with values that mean nothing.

Where `requests` and `responses` tell stories, this tells none: it takes every turn that a guide has, so that engines that read the
same map can be held against each other (ours and pyx12, the recogniser and the diagnoser), and whoever receives claims or remittances
has something to try their reader on. What is required is always there, what may be there by chance, repeats within their limits;
values have the type and length of their element, codes come from its list, relational conditions hold, levels are numbered.

In: a guide, a number, a seed. Out: the same sets for the same seed on every machine. What the map cannot say (balances, check digits,
dates that agree) is not heeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from x12retro.guide.index import Candidate, index, matches
from x12retro.guide.model import CompositeRule, DataElement, ElementRule, Guide, LoopRule, SegmentRule, SyntaxNote
from x12retro.guide.syntax import breach
from x12retro.guide.values import FORMATS
from x12retro.synth.dice import Dice
from x12retro.x12 import Delimiters, Segment

_SHARES = (0.0, 0.05, 0.12, 0.3, 0.5)
"""How much of what may be left out is there; each set draws one, so that bare sets and full ones come about."""
_MOST_REPEATS = 3
_TRIES = 500
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS_AND_DIGITS = _LETTERS + "0123456789"
_TEXT = _LETTERS_AND_DIGITS + "abcdefgh ./-"
_COUNTED = frozenset({"LX"})
"""Segments whose first element counts them within the loop around theirs."""

_DELIMITERS = Delimiters()


class Made(msgspec.Struct, frozen=True):
    """One set: its segments from ST through SE as text without terminators, and the group they belong in (GS01, GS08)."""

    lines: tuple[str, ...]
    group: tuple[str, str]


def made(guide: Guide, n: int, seed: int = 0, *, share: float | None = None, repeats: bool = True) -> Iterator[Made]:
    """Yield `n` right sets of `guide`, written with `* : ^`.

    `share` of the optional parts is there; drawn for each set when None. Without `repeats` no element is repeated.
    """
    gs = next(c for c in guide.loop("GS_LOOP").children if isinstance(c, SegmentRule) and c.xid == "GS")
    group = (_only_code(gs, 1), _only_code(gs, 8))
    for number in range(n):
        dice = Dice(seed, guide.xid, group[1], number)
        richness = dice.pick(_SHARES) if share is None else share
        yield Made(tuple(_plain(guide, dice, richness, f"{number + 1:04d}", group[1], repeats)), group)


def enveloped(sets: Iterable[Made], *, line_break: str = "\n") -> bytes:
    """One interchange with one group of `sets`, all of one guide; raises ValueError when there are none."""
    sets = list(sets)
    if not sets:
        raise ValueError("an interchange needs at least one set")
    code, label = sets[0].group
    blank = " " * 10
    lines = [
        f"ISA*00*{blank}*00*{blank}*ZZ*{'MADEUP':<15}*ZZ*{'NOBODY':<15}*261201*0930*^*00501*000000001*0*T*:",
        f"GS*{code}*MADEUP*NOBODY*20261201*0930*1*X*{label}",
        *(line for one in sets for line in one.lines),
        f"GE*{len(sets)}*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{line}~{line_break}" for line in lines).encode("ascii")


def _only_code(rule: SegmentRule, n: int) -> str:
    element = rule.elements[n - 1]
    assert isinstance(element, ElementRule)
    return min(element.codes)


class _Ambiguous(Exception):
    """What follows could be read as part of what stands before it."""


def _plain(guide: Guide, dice: Dice, share: float, control: str, label: str, repeats: bool) -> list[str]:
    """The lines of a set that can be read in one way only: a reader takes a segment at the first place that has one like it."""
    for _ in range(_TRIES):
        try:
            return _SetWriter(guide, dice, share, control, label, repeats).lines()
        except _Ambiguous:
            continue
    raise ValueError(f"no plain set of guide {guide.xid} comes about")


class _Place:
    """A loop being written: how far it has come, and how many counted segments it has."""

    __slots__ = ("counts", "loop", "reached")

    def __init__(self, loop: LoopRule) -> None:
        self.loop = loop
        self.reached = 0
        self.counts: dict[str, int] = {}

    def first(self, segment: Segment) -> Candidate | None:
        """The place within this loop, or at the head of one below it, at which a reader would take `segment`."""
        for candidate in index(self.loop).by_id.get(segment.id, ()):
            again = candidate.rule is self.loop.children[0] and candidate.rule.max_use == 1
            if candidate.pos >= self.reached and not again and matches(candidate.rule, segment, _DELIMITERS):
                return candidate
        return None


class _Level:
    """An HL on its way: its segment, to be told whether levels follow below, and the number it has."""

    __slots__ = ("number", "segment")

    def __init__(self, segment: list[str], number: int) -> None:
        self.segment = segment
        self.number = number


class _SetWriter:
    """Writes one set. The envelope's own facts (ST02, ST03, SE01) are put in at the end."""

    def __init__(self, guide: Guide, dice: Dice, share: float, control: str, label: str, repeats: bool) -> None:
        self._guide = guide
        self._values = _Values(dice, guide.code_sets, repeats)
        self._dice = dice
        self._share = share
        self._control = control
        self._label = label
        self._segments: list[list[str]] = []
        self._levels: list[_Level] = []
        self._count = 0
        self._left: list[_Place] = []  # loops that have ended, innermost first, which a reader cannot know before the next segment

    def lines(self) -> list[str]:
        outermost = _Place(self._guide.loop("GS_LOOP"))
        self._loop(self._guide.loop("ST_LOOP"), outermost)
        st, se = self._segments[0], self._segments[-1]
        st[2] = self._control
        if len(st) > 3:
            st[3] = self._label
        se[1:] = [str(len(self._segments)), self._control]
        return ["*".join(fields) for fields in self._segments]

    # -- loops --------------------------------------------------------------------------------------------------------

    def _loop(self, loop: LoopRule, within: _Place) -> None:
        place = _Place(loop)
        children = list(loop.children)
        level = None
        if isinstance(entry := children[0], SegmentRule):
            children.pop(0)
            segment = self._segment(entry, within)
            if entry.xid == "HL":
                level = self._open_level(segment, entry)
        for child in self._occurrences(children, must=level is not None and level.segment[4:] == ["1"]):
            self._child(child, place)
        if level is not None:
            self._levels.pop()
        self._left.append(place)

    def _child(self, child: SegmentRule | LoopRule, place: _Place) -> None:
        """Write `child`; one that may be left out is, where it would be read as something else."""
        written, left = len(self._segments), list(self._left)
        try:
            if isinstance(child, SegmentRule):
                self._segment(child, place)
            else:
                self._loop(child, place)
        except _Ambiguous:
            if len(self._segments) > written or (child.usage == "R" and place.reached < child.pos):
                raise
            self._left = left
        else:
            place.reached = child.pos

    def _occurrences(self, children: Sequence[SegmentRule | LoopRule], *, must: bool) -> list[SegmentRule | LoopRule]:
        """The children as often as they shall stand, in order; those of one position in any order. `must`: a level is among them."""
        found: list[SegmentRule | LoopRule] = []
        for _, same in groupby(sorted(children, key=lambda c: c.pos), key=lambda c: c.pos):
            run = [child for child in same for _ in range(self._times(child))]
            if all(isinstance(child, SegmentRule) for child in run):  # loops stay in map order: pyx12 wants the required one first
                self._shuffle(run)
            found += run
        if must and not any(_is_level(child) for child in found):
            found.append(self._dice.pick([child for child in children if _is_level(child)]))
        return found

    def _times(self, child: SegmentRule | LoopRule) -> int:
        most = child.repeat if isinstance(child, LoopRule) else child.max_use
        # loops are likelier than segments: what lies three loops deep would never be seen else
        share = self._share**0.5 if isinstance(child, LoopRule) else self._share
        if child.usage == "N" or (child.usage == "S" and not self._dice.chance(share)):
            return 0
        if most == 1 or (isinstance(child, LoopRule) and isinstance(child.children[0], LoopRule)) or not self._dice.chance(0.3):
            return 1
        return self._dice.whole(1, min(most or _MOST_REPEATS, _MOST_REPEATS))

    def _shuffle(self, things: list[SegmentRule | LoopRule]) -> None:
        for n in range(len(things) - 1, 0, -1):
            m = self._dice.whole(0, n)
            things[n], things[m] = things[m], things[n]

    # -- segments -----------------------------------------------------------------------------------------------------

    def _segment(self, rule: SegmentRule, place: _Place) -> list[str]:
        """Write a segment of the loop at `place`, or the first one of a loop below it."""
        fields = [rule.xid, *(self._values.of(rule.elements, rule.syntax, self._share) or self._values.of(rule.elements, rule.syntax, 1.0))]
        segment = Segment(fields)
        if any(left.first(segment) is not None for left in self._left) or ((taken := place.first(segment)) and taken.rule is not rule):
            raise _Ambiguous
        if rule.xid in _COUNTED:
            place.counts[rule.xid] = place.counts.get(rule.xid, 0) + 1
            fields[1] = str(place.counts[rule.xid])
        self._segments.append(fields)
        self._left = []
        return fields

    def _open_level(self, segment: list[str], rule: SegmentRule) -> _Level:
        """Number the HL, tell the level above that it has one below, and say for now that this one has none."""
        self._count += 1
        above = self._levels[-1] if self._levels else None
        if above is not None and len(above.segment) > 4:
            above.segment[4] = "1"
        flag = rule.elements[3]
        assert isinstance(flag, ElementRule)
        segment[1:4] = [str(self._count), str(above.number) if above else "", segment[3]]
        if flag.usage == "R":
            segment[4:] = ["1" if flag.codes == {"1"} else "0"]
        level = _Level(segment, self._count)
        self._levels.append(level)
        return level


def _is_level(child: SegmentRule | LoopRule) -> bool:
    while isinstance(child, LoopRule):
        child = child.children[0]
    return child.xid == "HL"


class _Values:
    """Makes values. `code_sets` are the guide's external lists; without `repeats` no element is repeated."""

    def __init__(self, dice: Dice, code_sets: dict[str, frozenset[str]], repeats: bool) -> None:
        self._dice = dice
        self._may_repeat = repeats
        self._sets = {name: sorted(codes) for name, codes in code_sets.items()}

    def of(self, rules: Sequence[ElementRule | CompositeRule], notes: Sequence[SyntaxNote], share: float) -> list[str]:
        """The values of a segment or composite, without empty ones at the end. A shorter text is likelier the smaller `share` is."""
        there = self._present(rules, notes, share)
        values: list[str] = []
        for n, rule in enumerate(rules):
            if rule.seq not in there:
                values.append("")
            elif isinstance(rule, CompositeRule):
                values.append("^".join(self._composite(rule, share) for _ in range(self._repeats(rule.repeat))))
            else:
                before = rules[n - 1] if n else None
                values.append(self._after(before, values[-1] if values else "", rule))
        while values and not values[-1]:
            values.pop()
        return values

    def _composite(self, rule: CompositeRule, share: float) -> str:
        parts = self.of(rule.components, rule.syntax, share)
        if not parts:  # all of it is optional, but it was to be there
            parts = self.of(rule.components, rule.syntax, 1.0)
        return ":".join(parts)

    def _present(self, rules: Sequence[ElementRule | CompositeRule], notes: Sequence[SyntaxNote], share: float) -> set[int]:
        """Which elements are there: the required ones and, by chance, others, so that every condition holds."""
        optional = {rule.seq for rule in rules if rule.usage == "S"}
        there = {rule.seq for rule in rules if rule.usage == "R"} | {n for n in sorted(optional) if self._dice.chance(share)}
        for _ in range(_TRIES):
            broken = [note for note in notes if breach(note, there.__contains__) is not None]
            if not broken:
                return there
            may_go = optional.intersection(self._dice.pick(broken).elements)
            there = there | may_go if self._dice.chance(0.5) else there - may_go
        raise ValueError("the relational conditions of a segment cannot be met")

    def _repeats(self, most: int) -> int:
        if most == 1 or not self._may_repeat or not self._dice.chance(0.2):
            return 1
        return self._dice.whole(1, min(most or _MOST_REPEATS, _MOST_REPEATS))

    def _after(self, before: ElementRule | CompositeRule | None, value: str, rule: ElementRule) -> str:
        """A value for `rule`; a date or period (DE 1251) as the format before it (DE 1250) says."""
        if rule.data.number == "1251" and isinstance(before, ElementRule) and before.data.number == "1250" and value in FORMATS:
            return self._period(value)
        return "^".join(self._one(rule) for _ in range(self._repeats(rule.repeat)))

    def _one(self, rule: ElementRule) -> str:
        if rule.codes or rule.external:
            codes = sorted(rule.codes) + (self._sets.get(rule.external or "") or [])
            return self._dice.pick(codes)
        if rule.pattern is not None:
            return self._dice.digits(9)
        return self._typed(rule.data)

    def _typed(self, data: DataElement) -> str:
        match data.type:
            case "DT":
                return self._date() if data.max >= 8 else self._date()[2:]
            case "TM":
                return self._time()
            case "R":
                return self._decimal(data)
            case "AN":
                return self._text(data, _TEXT)
            case "ID" | "B":
                return self._text(data, _LETTERS_AND_DIGITS)
            case _:
                return ("-" if self._dice.chance(0.02) else "") + self._dice.digits(self._size(data, 6))

    def _size(self, data: DataElement, usual: int) -> int:
        """A length within the limits, most often a short one, now and then the longest."""
        if self._dice.chance(0.03):
            return min(data.max, 300)
        return self._dice.whole(data.min, max(data.min, min(data.max, usual)))

    def _text(self, data: DataElement, letters: str) -> str:
        size = self._size(data, 12)
        return "".join(self._dice.pick(letters) for _ in range(size - 1)) + self._dice.pick(_LETTERS)

    def _decimal(self, data: DataElement) -> str:
        size = self._size(data, 6)
        digits = self._dice.digits(size)
        point = self._dice.whole(1, size - 1) if size > 1 and self._dice.chance(0.5) else 0
        return ("-" if self._dice.chance(0.1) else "") + (f"{digits[:point]}.{digits[point:]}" if point else digits)

    def _date(self, year: int | None = None) -> str:
        return f"{year or self._dice.whole(1930, 2049)}{self._dice.whole(1, 12):02d}{self._dice.whole(1, 28):02d}"

    def _time(self) -> str:
        return f"{self._dice.whole(0, 23):02d}{self._dice.whole(0, 59):02d}"

    def _period(self, code: str) -> str:
        match code:
            case "D6":
                return self._date()[2:]
            case "RD8":
                return "-".join(sorted((self._date(), self._date())))
            case "DT":
                return self._date() + self._time()
            case "TM":
                return self._time()
            case _:
                return self._date()
