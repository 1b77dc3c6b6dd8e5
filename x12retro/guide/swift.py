"""The quick way to a verdict: which guide a clean set asks for is read off its first two segments, and its recogniser says yes or not.

A recogniser costs a twentieth of a second to compile, so the first sets of a kind go to the diagnoser, unless many are seen to follow;
a small file never pays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from x12retro.guide.pick import name_of
from x12retro.guide.recogniser import Recogniser, Sets, recogniser
from x12retro.x12 import Delimiters, GroupStart, InterchangeStart, Transaction

PAYS_AFTER = 40
"""Sets of one kind that are diagnosed before their recogniser is compiled: about what compiling costs."""


class Swift:
    """Says yes to sets that have no finding, one or many that follow each other.

    Keeps count of what it has seen; one for each stream or many, as the caller likes.
    """

    __slots__ = ("_ahead", "_head", "_heads", "_interchange", "_recognisers", "_seen", "_these")

    def __init__(self) -> None:
        self._interchange: InterchangeStart | None = None  # the one whose sets are judged now, and what holds for all of them:
        self._head: Callable[..., re.Match[bytes] | None]
        self._ahead = b""  # what an ST looks like from the terminator before it on
        self._these: dict[str, Recogniser] = {}
        self._seen: dict[tuple[str, Delimiters, str], int] = {}
        self._recognisers: dict[tuple[str, Delimiters, str], Recogniser] = {}
        self._heads: dict[Delimiters, re.Pattern[bytes]] = {}

    def accepts(self, transaction: Transaction) -> str:
        """The name of the guide by which the set is right; "" when the diagnoser must look."""
        if not transaction.clean:
            return ""
        name = self._name(transaction.raw, 0, transaction.group)[0]
        judge = (self._these.get(name) or self._recogniser(name, transaction.group.interchange, 1)) if name else None
        return name if judge is not None and judge.accepts(transaction.raw) else ""

    def right(self, buf: bytes, pos: int, stop: int, group: GroupStart) -> tuple[str, Sets, set[int]]:
        """The sets that follow each other from `pos` on and match the pattern of their guide, up to `stop`.

        Returns the guide's name ("" where there is no set or no guide), the sets, and the numbers of those that are not right after all.
        """
        name, label = self._name(buf, pos, group)
        interchange = group.interchange
        judge = self._these.get(name)
        if judge is None and name:
            judge = self._recogniser(name, interchange, buf.count(self._ahead, pos, stop))
        if judge is None:
            return "", Sets([], [], pos), set()
        sets = judge.matching(buf, pos, stop, label)
        return (name, sets, judge.doubts(buf, sets)) if sets.starts else ("", sets, set())

    def _name(self, buf: bytes, pos: int, group: GroupStart) -> tuple[str, bytes]:
        """The name of the guide that the set at `pos` asks for ("" for none), and what says so between its ST02 and its BHT03."""
        interchange = group.interchange
        if interchange is not self._interchange:
            self._interchange, self._these = interchange, {}
            self._head = (self._heads.get(interchange.delimiters) or self._compile_head(interchange.delimiters)).match
            self._ahead = interchange.terminator + interchange.line_break.encode("latin-1") + b"ST" + interchange.element
        found = self._head(buf, pos)
        if found is None:
            return "", b""
        gs = group.gs
        name = name_of(found[1], found[3] or b"", gs[8] if gs is not None else "", found[4])
        return name, buf[found.end(2) : found.end() + 1]

    def _recogniser(self, name: str, interchange: InterchangeStart, sets: int) -> Recogniser | None:
        """The recogniser for sets of this interchange, of which there are so many; None while it does not pay yet."""
        key = (name, interchange.delimiters, interchange.line_break)
        judge = self._recognisers.get(key)
        if judge is None:
            seen = self._seen.get(key, 0)
            if seen + sets < PAYS_AFTER:
                self._seen[key] = seen + (sets == 1)
                return None
            judge = self._recognisers[key] = recogniser(*key)
        self._these[name] = judge
        return judge

    def _compile_head(self, delimiters: Delimiters) -> re.Pattern[bytes]:
        """ST01, ST02, ST03, and BHT02 where a BHT follows (b"" else)."""
        e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
        value = f"[^{e}{t}]*+"
        text = f"ST{e}({value}){e}({value})(?:{e}({value}))?+{t}(?:[\r\n]*+BHT{e}{value}{e}({value})|)"
        pattern = self._heads[delimiters] = re.compile(text.encode("latin-1"))
        return pattern
