"""What a payer asks beyond the guide, as records: one `Payer` per file of maps/payers, one `Row` per thing it asks.

The vocabulary is small on purpose: a row names a place of the guide, what must hold there (`op`), and where we have it from. A row can
only narrow what the guide allows (`legal.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from x12retro.findings import Severity

Op = Literal[
    "require",
    "forbid",
    "allow_values",
    "format",
    "max_repeat",
    "max_length",
    "one_per",
    "text_required",
    "response_subset",
    "same_as",
    "advise",
]
Direction = Literal["request", "response"]
Per = Literal["file", "interchange", "set"]
Confidence = Literal["A", "B", "C", "X"]
"""A the payer's own text, B careful notes of others on it, C public code or a single line, X an interpretation of X12."""


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition: `place` holds one of `values`, or, without values, is there at all."""

    place: str
    values: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that a payer asks at one place, in one direction.

    `id` makes the rule id of its findings and is never given to another row. `seen` is the year of the source where it has one, else
    the year in which it was read. `values`, `pattern` and `words`, `limit`, `per`, `phrases` and `other` belong to some of the ops.
    """

    id: int
    place: str
    direction: Direction
    op: Op
    severity: Severity
    source: str
    seen: int
    confidence: Confidence
    note: str
    when: When | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    words: str | None = None
    limit: int | None = None
    per: Per | None = None
    phrases: tuple[str, ...] = ()
    other: str | None = None


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """A payer: `aliases` are other names and the ids by which it is addressed; `seen` is the day its file was last gone through."""

    id: str
    name: str
    seen: date
    aliases: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    def rule_id(self, row: Row) -> str:
        """The stable id of a row's findings: `P-harvard-pilgrim-4`."""
        return f"P-{self.id}-{row.id}"
