"""Looks at a clean set and names the rules that may have something to say about it: most often none.

This runs on every set, so each way of suspicion (see `base.py`) is asked as seldom as it can be. One pass cuts the pieces of the outline
(`outline.py`). A piece that was seen before has its mark, and was found to carry good codes or not; an outline that was seen before
has its verdict. Dates and the few other values are read only for outlines whose rules ask for them.
"""

from __future__ import annotations

import msgspec

from x12retro.guide.rules.base import RESPONSE, Context, DatesTest, Rule, ValuesTest
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.rules.dates import DateReader
from x12retro.guide.rules.outline import ODD_PIECES, PIECES, REQUEST_PIECES, RESPONSE_PIECES, mark
from x12retro.x12 import Delimiters, Segment

_MOST_OUTLINES, _MOST_PIECES = 10_000, 50_000
"""What is remembered at most: about five megabytes each."""


class Lookout:
    """The lookout for `rules` over clean sets of one guide, cut by `delimiters` and `line_break`."""

    __slots__ = ("_asked", "_coded", "_context", "_cuts", "_diagnoses", "_marks", "_pieces", "_read_dates", "_rules", "_today", "_verdicts")

    def __init__(self, rules: tuple[Rule, ...], context: Context, delimiters: Delimiters, line_break: str) -> None:
        self._rules = tuple(rule for rule in rules if rule.token is None)
        self._today = context.today
        self._cuts = Cuts(delimiters, line_break)
        odd = ("PRV<e><r>", *ODD_PIECES[1:]) if "TAXONOMY" in context.lists else ODD_PIECES
        direction = RESPONSE_PIECES if any(rule.guides == RESPONSE for rule in rules) else REQUEST_PIECES
        self._pieces = self._cuts.pattern("<s>(?:" + "|".join(PIECES + direction + odd) + ")").findall
        self._read_dates = DateReader(self._cuts).read
        self._context = context
        self._coded = tuple(rule for rule in rules if rule.token is not None)
        self._marks: dict[str, str] = {}
        self._diagnoses: set[str] = set()
        """Good ones, for the pieces of HI vary by which stand together."""
        self._asked: dict[str, _Asked] = {}
        self._verdicts: dict[tuple[str, ...], _Asked] = {}

    def suspects(self, raw: bytes) -> tuple[Rule, ...]:
        """The rules that may find something in the set `raw`."""
        text = raw.decode("latin-1")
        pieces = self._pieces(text)
        marks = self._marks
        try:
            outline = "".join([marks[piece] for piece in pieces])
        except KeyError:
            outline = "".join([marks[piece] if piece in marks else self._mark(piece) for piece in pieces])
        asked = self._asked.get(outline) or self._ask(outline)
        suspected = asked.sure
        if asked.dated:
            dates, today = self._read_dates(text), self._today
            for dates_suspect, rule in asked.dated:
                if dates_suspect(dates, today):
                    suspected += (rule,)
        for values_suspect, rule in asked.valued:
            if values_suspect(text, self._cuts):
                suspected += (rule,)
        return suspected

    def _mark(self, piece: str) -> str:
        """The mark of a piece and, after it, the rules that a code in the piece breaks: `~HI*ABF!X217-HI-501!`. Remembered."""
        delimiters = self._cuts.delimiters
        fields = piece[self._cuts.head :].split(delimiters.element)
        broken: list[str] = []
        if fields[0] != "HI" or not self._diagnoses.issuperset(fields[1:]):
            seg = Segment(fields)
            broken = [rule.id for rule in self._coded if fields[0] in rule.tokens and rule.speaks(seg, delimiters, self._context)]
            if fields[0] == "HI" and not broken:
                self._diagnoses.update(fields[1:])
        if len(self._marks) >= _MOST_PIECES:
            self._marks.clear()
            self._diagnoses.clear()
        found = self._marks[piece] = mark(fields, delimiters) + "".join(f"!{id_}!" for id_ in broken)
        return found

    def _ask(self, outline: str) -> _Asked:
        left = [rule for rule in self._rules if rule.outline is None or rule.outline(outline)]
        if "!" in outline:
            left += (rule for rule in self._coded if f"!{rule.id}!" in outline)
        several = outline.count("~HL*EV") > 1
        key = (str(several), *(rule.id for rule in left))
        asked = self._verdicts.get(key)  # outlines are many, verdicts few
        if asked is None:
            asked = self._verdicts[key] = _asked(left, several)
        if len(self._asked) >= _MOST_OUTLINES:
            self._asked.clear()
        self._asked[outline] = asked
        return asked


class _Asked(msgspec.Struct, frozen=True):
    """What an outline leaves to ask: `sure` rules are suspected already, the others look at dates or text."""

    sure: tuple[Rule, ...]
    dated: tuple[tuple[DatesTest, Rule], ...]
    valued: tuple[tuple[ValuesTest, Rule], ...]


def _asked(rules: list[Rule], several: bool) -> _Asked:
    """`several` events in a set: their dates cannot be told apart here, so rules that ask for them are suspected."""
    dated = tuple((rule.dates, rule) for rule in rules if rule.dates is not None)
    sure = tuple(rule for rule in rules if (rule.dates is not None and several) or (rule.dates is None and rule.values is None))
    return _Asked(sure, () if several else dated, tuple((rule.values, rule) for rule in rules if rule.values is not None))
