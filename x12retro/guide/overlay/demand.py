"""A row made ready: its place found in the guide, its question about values compiled.

`Demand` is what the three judges share: the one over a set laid out (`checks.py`), the cheap one over text (`suspicion.py`), and the one
over ISA and GS (`envelope.py`). As all ask `wrong` and `met` the same way, none can see what another does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from x12retro.guide import catalog
from x12retro.guide.overlay.backtracking import LONGEST
from x12retro.guide.overlay.records import Payer, Row
from x12retro.guide.overlay.spot import Spot, resolve
from x12retro.guide.overlay.wording import message
from x12retro.x12 import Delimiters, Segment

ValueTest = Callable[[str], bool]


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a payer. `wrong` is true for a value that breaks it; None where the row is not about values."""

    id: str
    row: Row
    spot: Spot
    text: str
    condition: Spot | None
    wrong: ValueTest | None

    def is_wrong(self, seg: Segment, delimiters: Delimiters) -> bool:
        """True when a segment of the place breaks the row by what it holds."""
        row, spot = self.row, self.spot
        if spot.element is None:
            return row.op in ("forbid", "advise")
        values = spot.values(seg, delimiters)
        if row.op == "require":
            return not values
        if row.op == "max_repeat":
            return len(values) > (row.limit or 0)
        if row.op == "text_required":
            return self.wrong is not None and all(self.wrong(value) for value in values)
        return bool(values) if self.wrong is None else any(self.wrong(value) for value in values)

    def met(self, seg: Segment, delimiters: Delimiters) -> bool:
        """True when `seg`, a segment of the condition's place, meets the condition."""
        spot, when = self.condition, self.row.when
        assert spot is not None
        assert when is not None
        if not spot.fits(seg, delimiters):
            return False
        if spot.element is None:
            return True
        values = spot.values(seg, delimiters)
        return any(value in when.values for value in values) if when.values else bool(values)


def demands(payer: Payer, guide_name: str) -> tuple[Demand, ...]:
    """The rows of a payer that speak of a guide (`278-request`, `278-response`), made ready; none for another guide."""
    direction = guide_name.removeprefix("278-")
    return tuple(_demand(payer, row, guide_name) for row in payer.rows if row.direction == direction)


def _demand(payer: Payer, row: Row, guide_name: str) -> Demand:
    guide = catalog.load(guide_name)
    spot = resolve(row.place, guide)
    return Demand(
        id=payer.rule_id(row),
        row=row,
        spot=spot,
        text=message(payer, row, spot),
        condition=resolve(row.when.place, guide) if row.when is not None else None,
        wrong=_test(row),
    )


def _test(row: Row) -> ValueTest | None:
    values = frozenset(row.values)
    if row.op in ("allow_values", "response_subset"):
        return lambda value: value not in values
    if row.values:  # forbid, advise
        return lambda value: value in values
    if row.pattern is not None:
        matches = re.compile(row.pattern).fullmatch
        # a longer value is the guide's to refuse, and may keep the pattern busy for ever
        return lambda value: len(value) <= LONGEST and matches(value) is None
    if row.op == "max_length":
        limit = row.limit or 0
        return lambda value: len(value) > limit
    if row.phrases:
        phrases = tuple(_plain(phrase) for phrase in row.phrases)
        return lambda value: not any(phrase in _plain(value) for phrase in phrases)
    return None


def _plain(text: str) -> str:
    """Text as it is compared: no case, one blank between words."""
    return " ".join(text.casefold().split())
