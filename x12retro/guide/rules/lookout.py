"""Looks at clean sets and names the rules that may have something to say about them: most often none.

This runs on every set, so each way of suspicion (see `base.py`) is asked as seldom as it can be, and of many sets at once: sets that
follow each other are looked at as one text. One pass cuts the pieces of the outlines (`outline.py`). A piece that was seen before has its
mark, and was found to carry good codes or not; an outline that was seen before has its verdict. Dates and the few other values are read
only for outlines whose rules ask for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from x12retro.guide.rules.base import RESPONSE, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.rules.dates import DateReader
from x12retro.guide.rules.outline import NEXT_SET, ODD_PIECES, PIECES, REQUEST_PIECES, RESPONSE_PIECES, mark
from x12retro.x12 import Delimiters, Segment

_MOST_OUTLINES, _MOST_PIECES = 10_000, 50_000
"""What is remembered at most: about five megabytes each."""


class Lookout:
    """The lookout for `rules` over clean sets of one guide, cut by `delimiters` and `line_break`."""

    __slots__ = ("_asked", "_cuts", "_dates", "_marks", "_order", "_pieces", "_today")

    def __init__(self, rules: tuple[Rule, ...], context: Context, delimiters: Delimiters, line_break: str) -> None:
        self._today = context.today
        self._order = {rule.id: n for n, rule in enumerate(rules)}
        self._cuts = Cuts(delimiters, line_break)
        odd = ("PRV<e><r>", *ODD_PIECES[1:]) if "TAXONOMY" in context.lists else ODD_PIECES
        direction = RESPONSE_PIECES if any(rule.guides == RESPONSE for rule in rules) else REQUEST_PIECES
        self._pieces = self._cuts.pattern("<s>(?:" + "|".join(PIECES + direction + odd) + ")").findall
        self._dates = DateReader(self._cuts)
        coded = tuple(rule for rule in rules if rule.token is not None)
        self._marks = _Marks(coded, self._cuts, context)
        self._asked = _Outlines(tuple(rule for rule in rules if rule.token is None), coded)

    def suspects(self, raw: bytes, starts: Sequence[int] = (0,)) -> dict[int, tuple[Rule, ...]]:
        """By number (of 0), those of the sets that start at `starts` in `raw` in which rules may find something, and the rules."""
        text = raw.decode("latin-1")
        outlines = "".join(map(self._marks.__getitem__, self._pieces(text))).split(NEXT_SET)
        asked = list(map(self._asked.__getitem__, outlines))
        found = {n: one.sure for n, one in enumerate(asked) if one.sure}
        if any(one.dated for one in set(asked)):
            self._add(found, self._by_dates(text, asked))
        self._add(found, self._by_values(text, starts, asked))
        return found

    def _add(self, found: dict[int, tuple[Rule, ...]], more: Iterator[tuple[int, Rule]]) -> None:
        for n, rule in more:
            found[n] = (*found.get(n, ()), rule)

    def _by_dates(self, text: str, asked: list[_Asked]) -> Iterator[tuple[int, Rule]]:
        today = self._today
        for n, (one, dates) in enumerate(zip(asked, self._dates.read_all(text), strict=True)):
            for suspect, rule in one.dated:
                if suspect(dates, today):
                    yield n, rule

    def _by_values(self, text: str, starts: Sequence[int], asked: list[_Asked]) -> Iterator[tuple[int, Rule]]:
        """Rules that may be asked `together` are asked about all their sets as one text first: most often that is all."""
        kinds: dict[_Asked, list[int]] = {}
        for n, one in enumerate(asked):
            kinds.setdefault(one, []).append(n)
        asking: dict[str, tuple[Rule, list[int]]] = {}
        for one, sets in kinds.items():
            for rule in one.valued:
                asking.setdefault(rule.id, (rule, []))[1].extend(sets)
        ends = [*starts[1:], len(text)]
        for _, (rule, sets) in sorted(asking.items(), key=lambda item: self._order[item[0]]):
            everyone = len(sets) == len(asked)
            if rule.together and not _finds(rule, text if everyone else "".join(text[starts[n] : ends[n]] for n in sets), self._cuts):
                continue
            for n in sets:
                if _finds(rule, text[starts[n] : ends[n]], self._cuts):
                    yield n, rule


def _finds(rule: Rule, text: str, cuts: Cuts) -> bool:
    return rule.values is not None and rule.values(text, cuts)


class _Marks(dict[str, str]):
    """The mark of a piece and, after it, the rules that a code in the piece breaks: `~HI*ABF!X217-HI-501!`. Remembered."""

    def __init__(self, coded: tuple[Rule, ...], cuts: Cuts, context: Context) -> None:
        super().__init__()
        self._coded = {kind: tuple(rule for rule in coded if kind in rule.tokens) for rule in coded for kind in rule.tokens}
        self._delimiters, self._head = cuts.delimiters, cuts.head
        self._context = context
        self._diagnoses: dict[str, str] = {}
        """Good ones, for the pieces of HI vary by which stand together; and the mark of a piece that begins with one."""

    def __missing__(self, piece: str) -> str:
        delimiters = self._delimiters
        fields = piece[self._head :].split(delimiters.element)
        kind, *values = fields
        if kind == "HI" and self._diagnoses.keys() >= set(values):
            found = self._diagnoses[values[0]]
        else:
            found = mark(fields, delimiters)
            seg = Segment(fields)
            broken = [f"!{rule.id}!" for rule in self._coded.get(kind, ()) if rule.speaks(seg, delimiters, self._context)]
            if kind == "HI" and not broken:
                self._diagnoses.update((value, mark(["HI", value], delimiters)) for value in values)
            found += "".join(broken)
        if len(self) >= _MOST_PIECES:
            self.clear()
            self._diagnoses.clear()
        self[piece] = found
        return found


class _Outlines(dict[str, "_Asked"]):
    """What an outline leaves to ask. Remembered: outlines are many, their verdicts few."""

    def __init__(self, rules: tuple[Rule, ...], coded: tuple[Rule, ...]) -> None:
        super().__init__()
        self._tests = tuple((rule.outline, rule) for rule in rules)
        self._coded = coded
        self._verdicts: dict[tuple[str, ...], _Asked] = {}

    def __missing__(self, outline: str) -> _Asked:
        left = [rule for test, rule in self._tests if test is None or test(outline)]
        if "!" in outline:
            left += (rule for rule in self._coded if f"!{rule.id}!" in outline)
        several = outline.count("~HL*EV") > 1
        key = (str(several), *(rule.id for rule in left))
        asked = self._verdicts.get(key)
        if asked is None:
            asked = self._verdicts[key] = _Asked(left, several)
        if len(self) >= _MOST_OUTLINES:
            self.clear()
        self[outline] = asked
        return asked


class _Asked:
    """What an outline leaves to ask: `sure` rules are suspected already, the others look at dates or text."""

    __slots__ = ("dated", "sure", "valued")

    def __init__(self, rules: list[Rule], several: bool) -> None:
        """`several` events in a set: their dates cannot be told apart here, so rules that ask for them are suspected."""
        self.sure = tuple(rule for rule in rules if (rule.dates is not None and several) or (rule.dates is None and rule.values is None))
        self.dated = () if several else tuple((rule.dates, rule) for rule in rules if rule.dates is not None)
        self.valued = tuple(rule for rule in rules if rule.values is not None)
