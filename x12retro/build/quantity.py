"""How much and how often: HSD, the same for the event and for a service."""

from __future__ import annotations

from x12retro.build.codes import check_code
from x12retro.build.draft import Draft, number
from x12retro.encounter.event import Quantity


def add_quantity(draft: Draft, path: str, quantity: Quantity | None) -> None:
    """Add a quantity and its rhythm.

    Guide: 005010X217 2000E HSD, 2000F HSD
    """
    if quantity is None:
        return
    if (quantity.qualifier is None) != (quantity.count is None):
        draft.problem(f"{path}.{'qualifier' if quantity.qualifier is None else 'count'}", "missing; qualifier and count go together")
    if quantity.periods is not None and quantity.period is None:
        draft.problem(f"{path}.period", "missing; a number of periods needs to say of what")
    for key in ("count", "every"):
        if getattr(quantity, key) == 0:
            draft.problem(f"{path}.{key}", "must be more than 0; it asks for nothing")
    check_code(draft, f"{path}.pattern", quantity.pattern, "HSD07")
    elements = (
        quantity.qualifier,
        number(quantity.count),
        quantity.per,
        number(quantity.every),
        quantity.period,
        number(quantity.periods),
        quantity.pattern,
        quantity.time_of_day,
    )
    if not any(elements):
        draft.problem(path, "says nothing; leave it out or give a qualifier and a count")
        return
    draft.add(path, "HSD", *elements)
