"""Verdicts as a worklist for people: what runs out first on top, of equal days what is worth most; the totals below.

However many encounters there are, only the rows that are shown are kept; the totals count all.
"""

from __future__ import annotations

import heapq
import sys
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from io import StringIO

from x12retro.assess import Verdict

_COLOURS = {"permitted": "green", "conditional": "yellow", "not_permitted": "red", "unknown": "cyan"}
_WIDE = 400
"""Columns where no terminal sets them: a row is then one line."""
_STRANGER, _UNREAD = "of payers without a rule", "of no payer that could be read"


class Worklist:
    """Verdicts as a table of at most `rows` rows."""

    def __init__(self, rows: int) -> None:
        self._most = rows
        # the heap's top is the least pressing row that is kept
        self._kept: list[tuple[int, Decimal, int, Verdict]] = []
        self._count = 0
        self._totals: dict[str, Counter[str]] = {"verdict": Counter(), "scenario": Counter(), "payer": Counter()}
        self._money: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def add(self, verdict: Verdict) -> None:
        self._count += 1
        worth = verdict.charges_at_risk or Decimal(0)
        words = {
            "verdict": verdict.verdict,
            "scenario": verdict.scenario or "none given",
            "payer": verdict.payer or (_STRANGER if verdict.payer_name else _UNREAD),
        }
        for kind, word in words.items():
            self._totals[kind][word] += 1
            self._money[kind, word] += worth
        entry = (-_day(verdict).toordinal(), worth, -self._count, verdict)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, entry)
        elif self._kept and entry[:3] > self._kept[0][:3]:
            heapq.heapreplace(self._kept, entry)

    def text(self, *, colour: bool) -> str:
        """The worklist as text, coloured when `colour` is wanted and standard output is a terminal."""
        from rich.console import Console

        terminal = colour and sys.stdout.isatty()
        written = StringIO()
        console = Console(file=written, force_terminal=terminal, width=None if terminal else _WIDE, highlight=False)
        console.print(self._rows())
        if self._count > len(self._kept):
            console.print(f"... and {self._count - len(self._kept)} more, all less pressing; --rows shows more")
        console.print(f"{self._count} encounter{'s' if self._count != 1 else ''}")
        for kind, counts in self._totals.items():
            parts = [f"{n} {word}{_sum(self._money[kind, word])}" for word, n in counts.most_common()]
            console.print(f"by {kind}: " + ", ".join(parts) if parts else f"by {kind}: -", markup=False, soft_wrap=True)
        return written.getvalue()

    def _rows(self) -> object:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("by", "days left", "at risk", "encounter", "payer", "verdict", "rule", "route", "next step", "missing"):
            right = column in ("days left", "at risk")
            table.add_column(column, overflow="fold", no_wrap=column == "by", justify="right" if right else "left", min_width=len(column))
        for _, worth, _, one in sorted(self._kept, key=lambda entry: entry[:3], reverse=True):
            table.add_row(
                str(one.then.by or ""),
                str(one.days_left) if one.days_left is not None else "",
                f"{worth:,.2f}" if worth else "",
                Text(one.encounter_id or "(no encounter_id)"),
                Text(one.payer or one.payer_name or ""),
                Text(one.verdict, style=_COLOURS[one.verdict]),
                one.rule or "",
                one.route,
                one.then.do,
                Text(", ".join((*(need.document for need in one.documents_needed if not need.have), *one.missing_facts))),
            )
        return table


def _day(verdict: Verdict) -> date:
    return verdict.then.by or date.max


def _sum(money: Decimal) -> str:
    return f" ({money:,.2f})" if money else ""
