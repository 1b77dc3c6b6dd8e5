"""The quick way to a verdict: which guide a clean set asks for is read off its first two segments, and its recogniser says yes or not.

A recogniser costs a tenth of a second to compile, so the first sets of a kind go to the diagnoser; a small file never pays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from x12retro.guide.pick import name_of
from x12retro.guide.recogniser import Recogniser, recogniser
from x12retro.x12 import Delimiters, InterchangeStart, Transaction

PAYS_AFTER = 40
"""Sets of one kind that are diagnosed before their recogniser is compiled: about what compiling costs."""


class Swift:
    """Says yes to sets that have no finding. Keeps count of what it has seen; one for each stream or many, as the caller likes."""

    __slots__ = ("_head", "_heads", "_interchange", "_recognisers", "_seen", "_these")

    def __init__(self) -> None:
        self._interchange: InterchangeStart | None = None  # the one whose sets are judged now, and what holds for all of them:
        self._head: Callable[[bytes], re.Match[bytes] | None]
        self._these: dict[str, Recogniser] = {}
        self._seen: dict[tuple[str, Delimiters, str], int] = {}
        self._recognisers: dict[tuple[str, Delimiters, str], Recogniser] = {}
        self._heads: dict[Delimiters, re.Pattern[bytes]] = {}

    def accepts(self, transaction: Transaction) -> str:
        """The name of the guide by which the set is right; "" when the diagnoser must look."""
        if not transaction.clean:
            return ""
        group = transaction.group
        interchange = group.interchange
        if interchange is not self._interchange:
            self._interchange, self._these = interchange, {}
            self._head = (self._heads.get(interchange.delimiters) or self._compile_head(interchange.delimiters)).match
        found = self._head(transaction.raw)
        if found is None:
            return ""
        gs = group.gs
        name = name_of(found[1], found[2] or b"", gs[8] if gs is not None else "", found[3])
        if not name:
            return ""
        judge = self._these.get(name) or self._recogniser(name, interchange)
        return name if judge is not None and judge.accepts(transaction.raw) else ""

    def _recogniser(self, name: str, interchange: InterchangeStart) -> Recogniser | None:
        """The recogniser for sets of this interchange, None while it does not pay yet."""
        key = (name, interchange.delimiters, interchange.line_break)
        judge = self._recognisers.get(key)
        if judge is None:
            seen = self._seen[key] = self._seen.get(key, 0) + 1
            if seen < PAYS_AFTER:
                return None
            judge = self._recognisers[key] = recogniser(*key)
        self._these[name] = judge
        return judge

    def _compile_head(self, delimiters: Delimiters) -> re.Pattern[bytes]:
        """ST01, ST03, and BHT02 where a BHT follows (b"" else)."""
        e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
        value = f"[^{e}{t}]*+"
        text = f"ST{e}({value}){e}{value}(?:{e}({value}))?+{t}(?:[\r\n]*+BHT{e}{value}{e}({value})|)"
        pattern = self._heads[delimiters] = re.compile(text.encode("latin-1"))
        return pattern
