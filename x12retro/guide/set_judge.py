"""Judge transaction sets: the recogniser's yes, else the diagnoser's findings, then the rules that look across segments.

Before sets are judged one by one, `look` finds those that need no judging: each of its passes goes over many sets at once, so that a
right one costs little.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from x12retro.findings import Finding
from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.pick import pick
from x12retro.guide.recogniser import Sets
from x12retro.guide.rules import Context, Lookout, Rule, for_guide
from x12retro.guide.sheet import Sheet
from x12retro.guide.swift import Swift
from x12retro.x12 import Delimiters, GroupStart, InterchangeStart, Transaction

if TYPE_CHECKING:
    from x12retro.guide.overlay import SetOverlay

OVERLAY_SNIP = 7
"""What a payer asks beyond the guide."""
Judged = tuple[str, tuple[Finding, ...]]
"""The name of the guide ("" when none is known) and the findings in segment order."""
_NOTHING: tuple[Finding, ...] = ()


class Right(NamedTuple):
    """Right sets that follow each other in a text: their guide, where each starts, its ST02, and where the last one ends."""

    guide: str
    starts: list[int]
    controls: list[str]
    end: int


class SetJudge:
    """Judges sets one after the other, up to SNIP type `snip`; what it learns on the way (compiled recognisers) it keeps."""

    __slots__ = ("_context", "_interchange", "_lookouts", "_overlay", "_snip", "_swift", "_these")

    def __init__(self, snip: int, context: Context) -> None:
        self._snip = snip
        self._context = context
        self._overlay = _overlay(context) if snip >= OVERLAY_SNIP else None
        self._swift = Swift()
        self._lookouts: dict[tuple[str, Delimiters, str], Lookout | None] = {}
        self._interchange: InterchangeStart | None = None  # the one whose sets are judged now, and its lookouts
        self._these: dict[str, Lookout | None] = {}

    @property
    def asks_each(self) -> bool:
        """True where every set must be judged by itself: a payer's rows are asked of one set at a time."""
        return self._overlay is not None

    def look(self, buf: bytes, pos: int, stop: int, group: GroupStart) -> tuple[list[Right], int]:
        """Find the sets of a group in which there is nothing to find, from `pos`, where an ST stands, to `stop` at the furthest.

        Returns them, and how far it has seen: not beyond the end of the group, nor beyond a set that may go on behind `stop`.
        """
        gap = len(group.interchange.line_break)
        next_envelope = _next_envelope(group.interchange.delimiters, group.interchange.line_break)
        rights: list[Right] = []
        while True:
            name, sets, wrong = self._swift.right(buf, pos, stop, group)
            if name:
                rights += self._rights(buf, name, sets, wrong, group.interchange)
                pos = sets.end + gap
            if not buf.startswith(b"ST", pos):
                return rights, pos
            following = next_envelope(buf, pos, stop)
            if following is None:
                return rights, pos
            pos = following.end()
            if not buf.startswith(b"ST", pos):
                return rights, pos

    def _rights(self, buf: bytes, name: str, sets: Sets, wrong: set[int], interchange: InterchangeStart) -> Iterator[Right]:
        """What is left of matching sets when those are taken out in which a pass or a rule may find something."""
        begin, gap = sets.starts[0], len(interchange.line_break)
        lookout = self._lookout_for(name, interchange)
        if lookout is not None:
            wrong = wrong.union(lookout.suspects(buf[begin : sets.end], [start - begin for start in sets.starts]))
        first = 0
        for n in (*sorted(wrong), len(sets.starts)):
            if first < n:
                end = sets.starts[n] - gap if n < len(sets.starts) else sets.end
                yield Right(name, sets.starts[first:n], sets.controls[first:n], end)
            first = n + 1

    def judge(self, transaction: Transaction) -> Judged:
        """Judge one set."""
        name = self._swift.accepts(transaction)
        if name:
            suspected = self._suspected(transaction, name)
            if self._overlay is not None:
                suspected += self._overlay.suspected(transaction, name)
            return name, self._breaches(suspected, transaction, name) if suspected else _NOTHING
        chosen = pick(transaction)
        if chosen.guide is None:
            return "", chosen.findings
        told = {(f.segment, f.element) for f in chosen.findings}
        found = [f for f in diagnose(transaction, chosen.guide, chosen.tag) if (f.segment, f.element) not in told]
        found += chosen.findings
        told |= {(f.segment, f.element) for f in found}
        rules = self._suspected(transaction, chosen.name) if transaction.clean else for_guide(chosen.name, self._snip)
        if self._overlay is not None:
            doubted = not transaction.clean or found  # then the text alone does not say what stands where
            rules += self._overlay.rules(chosen.name) if doubted else self._overlay.suspected(transaction, chosen.name)
        if rules:
            found += (f for f in self._breaches(rules, transaction, chosen.name) if (f.segment, f.element) not in told)
        return chosen.name, tuple(f for f in found if f.snip <= self._snip)

    def _suspected(self, transaction: Transaction, name: str) -> tuple[Rule, ...]:
        lookout = self._lookout_for(name, transaction.group.interchange)
        return lookout.suspects(transaction.raw).get(0, ()) if lookout is not None else ()

    def _lookout_for(self, name: str, interchange: InterchangeStart) -> Lookout | None:
        if interchange is not self._interchange:
            self._interchange, self._these = interchange, {}
        if name not in self._these:
            self._these[name] = self._lookout(name, interchange)
        return self._these[name]

    def _lookout(self, name: str, interchange: InterchangeStart) -> Lookout | None:
        """The lookout for sets of this interchange; None where no rule speaks of the guide."""
        key = (name, interchange.delimiters, interchange.line_break)
        if key not in self._lookouts:
            rules = for_guide(name, self._snip)
            self._lookouts[key] = Lookout(rules, self._context, *key[1:]) if rules else None
        return self._lookouts[key]

    def _breaches(self, rules: tuple[Rule, ...], transaction: Transaction, name: str) -> tuple[Finding, ...]:
        sheet = Sheet(transaction, catalog.load(name), name)
        return tuple(finding for rule in rules for finding in rule.findings(sheet, self._context))


@lru_cache(maxsize=64)
def _next_envelope(delimiters: Delimiters, line_break: str) -> Callable[..., re.Match[bytes] | None]:
    """Finds the terminator before the next ST, or before what ends the group, and the line break behind it."""
    segment, element = re.escape(delimiters.segment + line_break), re.escape(delimiters.element)
    return re.compile(f"{segment}(?=(?:ST|G[SE]|I(?:SA|EA)){element})".encode("latin-1")).search


def _overlay(context: Context) -> SetOverlay | None:
    if context.payer is None:
        return None
    from x12retro.guide.overlay import SetOverlay  # who names no payer need not wait for it

    return SetOverlay(context.payer)
