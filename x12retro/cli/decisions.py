"""Decisions in a few words each, for people: the rows of `decide --format table` and of the demo."""

from __future__ import annotations

import sys
from collections import Counter
from io import StringIO
from typing import BinaryIO

from x12retro.decide import APPROVALS, Decision

_COLOURS = {
    "certified": "green",
    "not_required": "green",
    "partially_certified": "yellow",
    "modified": "yellow",
    "pended": "cyan",
    "unanswered": "cyan",
}
_WIDE = 400
"""Columns where no terminal sets them: a row is then one line."""
_BILLING = frozenset({"attach_number_to_claim", "bill"})


def case(decision: Decision) -> str:
    """Whose answer it is: the encounter where it is known, else the trace or BHT03 of the request, marked as such."""
    if decision.encounter_id:
        return decision.encounter_id
    if decision.traces.event:
        return f"trace {decision.traces.event[0]}"
    return f"bht03 {decision.traces.bht03}" if decision.traces.bht03 else ""


def outcome(decision: Decision) -> str:
    """The outcome, and whether the answer is a copy, or another one has come since."""
    marks = [word for word, holds in (("superseded", decision.superseded_by), ("duplicate", decision.duplicate)) if holds]
    return f"{decision.outcome} ({', '.join(marks)})" if marks else decision.outcome


def number(decision: Decision) -> str:
    """The authorization number; `n numbers` where lines have others; `ref X` for a number that authorizes nothing."""
    if decision.outcome in APPROVALS and (numbers := numbers_of(decision)):
        return f"{len(numbers)} numbers" if len(numbers) > 1 else numbers[0]
    reference = decision.reference_number or decision.authorization_number
    return f"ref {reference}" if reference else ""


def numbers_of(decision: Decision) -> list[str]:
    """The numbers that the approved lines go by, a line's own before the event's, in the order of the lines; the event's without lines."""
    told = [s.authorization_number or decision.authorization_number for s in decision.services if s.outcome in APPROVALS]
    return [*dict.fromkeys(filter(None, told or [decision.authorization_number]))]


def next_step(decision: Decision) -> str:
    """The first step, and how many more there are; nothing for an answer that no longer counts."""
    if decision.superseded_by or decision.duplicate:
        return ""
    further = len(decision.further_steps)
    return f"{decision.next_step.do} +{further}" if further else decision.next_step.do


def due(decision: Decision) -> str:
    """The day of the first step, and whether it has passed; nothing for an answer that no longer counts."""
    if decision.superseded_by or decision.duplicate:
        return ""
    return f"{decision.next_step.due}{' overdue' if decision.next_step.overdue else ''}"


class Table:
    """Decisions as a table, one row each; the counts at the end."""

    def __init__(self, out: BinaryIO | None = None, *, colour: bool = False) -> None:
        from rich.table import Table as Rows

        self._out, self._colour = out, colour

        self._rows = Rows(box=None, pad_edge=False, header_style="bold")
        for column in ("encounter", "outcome", "number", "valid", "services", "next step", "by"):
            self._rows.add_column(column, overflow="fold", no_wrap=column in ("by", "valid"), min_width=len(column))
        self._outcomes: Counter[str] = Counter()
        self._marks: Counter[str] = Counter()

    def add(self, decision: Decision) -> None:
        from rich.text import Text

        self._outcomes[decision.outcome] += 1
        self._marks["superseded"] += decision.superseded_by is not None
        self._marks["duplicate"] += decision.duplicate
        services = Counter(service.outcome for service in decision.services)
        colour = _COLOURS.get(decision.outcome, "red")
        if colour == "green" and decision.next_step.do not in _BILLING:
            colour = "yellow"  # approved, and yet to be looked at first
        self._rows.add_row(
            Text(case(decision)),
            Text(outcome(decision), style=colour),
            Text(number(decision)),
            f"{decision.valid_from or ''}..{decision.valid_to or ''}" if decision.valid_from or decision.valid_to else "",
            ", ".join(f"{n} {word}" for word, n in services.items()),
            Text(next_step(decision)),
            Text(due(decision), style="red" if decision.next_step.overdue else ""),
        )

    def end(self) -> None:
        """Write the table to where it was said to go."""
        if self._out is not None:
            self._out.write(self.text(colour=self._colour).encode())

    def text(self, *, colour: bool) -> str:
        """The table as text, coloured when `colour` is wanted and standard output is a terminal."""
        from rich.console import Console

        terminal = colour and sys.stdout.isatty()
        written = StringIO()
        console = Console(file=written, force_terminal=terminal, width=None if terminal else _WIDE, highlight=False)
        console.print(self._rows)
        total = sum(self._outcomes.values())
        counts = [f"{n} {word}" for word, n in (*self._outcomes.most_common(), *self._marks.items()) if n]
        console.print(f"{total} decision{'s' if total != 1 else ''}" + (": " + ", ".join(counts) if counts else ""))
        return written.getvalue()
