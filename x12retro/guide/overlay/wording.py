"""What the findings of a row say: what is wrong, what would be right, who asks for it and how sure that is. Never a value."""

from __future__ import annotations

from x12retro.guide.overlay.records import Payer, Row
from x12retro.guide.overlay.spot import Spot


def message(payer: Payer, row: Row, spot: Spot) -> str:
    """The text of a row's findings."""
    said = f"{_wrong(payer, row, spot)}{_condition(row)}"
    return f"{said}: {row.note} (source of {row.seen}, confidence {row.confidence})"


def _wrong(payer: Payer, row: Row, spot: Spot) -> str:
    place, who = spot.label, payer.name
    match row.op:
        case "require":
            return f"{place} is missing, which {who} asks for"
        case "forbid" if row.values:
            return f"{place} holds a value that {who} does not take (it bars {_list(row.values)})"
        case "forbid":
            return f"{place} is filled, which {who} does not take" if spot.element else f"{place} is there, which {who} does not take"
        case "allow_values":
            return f"{place} must be {_list(row.values)} for {who}"
        case "response_subset":
            return f"{place} is none of the codes that {who} is known to answer with ({', '.join(row.values)})"
        case "format":
            return f"{place} must be {row.words} for {who}"
        case "max_length":
            return f"{place} is longer than the {row.limit} characters that {who} takes"
        case "max_repeat":
            return f"{place} comes more often than the {row.limit} that {who} takes"
        case "one_per":
            return f"{who} takes one {place} per {row.per}; this is another"
        case "text_required":
            return f"{place} must say {_list(row.phrases, quoted=True)} for {who}"
        case "same_as":
            return f"{place} must be the same as {row.other} for {who}"
        case _:
            return f"{who} takes note of {place}"


def _condition(row: Row) -> str:
    if row.when is None:
        return ""
    return f" where {row.when.place} is {_list(row.when.values)}" if row.when.values else f" where there is {row.when.place}"


def _list(values: tuple[str, ...], *, quoted: bool = False) -> str:
    shown = [f"'{value}'" if quoted else value for value in values]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
