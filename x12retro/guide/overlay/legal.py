"""What a row may say: its op's own keys, at a place that the op understands, and never more than the guide allows.

An overlay narrows. A row that would take a code, a length or a repeat which the guide refuses, ask for what the guide does not use, or
bar what the guide requires, is a fault of the file; the guide's own findings stand whatever a payer's file says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from x12retro.guide.model import UNBOUNDED, CompositeRule, ElementRule, Guide
from x12retro.guide.overlay.backtracking import may_not_end
from x12retro.guide.overlay.records import Row
from x12retro.guide.overlay.spot import Spot, resolve

_ANY = ("element", "segment", "loop")
_VALUE = ("element", "envelope element")


class _Use(msgspec.Struct, frozen=True):
    """How an op is written: the kinds of place it takes, the keys it needs, and those it may have besides `when`."""

    places: tuple[str, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


USES: Mapping[str, _Use] = {
    "require": _Use((*_ANY, "envelope element")),
    "forbid": _Use((*_ANY, "envelope element"), may=("values",)),
    "allow_values": _Use(_VALUE, ("values",)),
    "format": _Use(_VALUE, ("pattern", "words")),
    "max_repeat": _Use(_ANY, ("limit",)),
    "max_length": _Use(_VALUE, ("limit",)),
    "one_per": _Use(("loop", "segment", "envelope segment"), ("per",)),
    "text_required": _Use(("element",), ("phrases",)),
    "response_subset": _Use(("element",), ("values",)),
    "same_as": _Use(("envelope element",), ("other",)),
    "advise": _Use((*_ANY, "envelope element"), may=("values",)),
}
_OWN_KEYS = ("values", "pattern", "words", "limit", "per", "phrases", "other")


def faults(row: Row, guide: Guide) -> Iterator[str]:
    """Everything that is wrong with a row, judged by the guide of its direction."""
    yield from _keys(row)
    yield from _claims(row)
    try:
        spot = resolve(row.place, guide)
        condition = resolve(row.when.place, guide) if row.when is not None else None
        other = resolve(row.other, guide) if row.other is not None else None
    except ValueError as problem:
        yield str(problem)
        return
    if spot.kind not in USES[row.op].places:
        yield f"{row.op} speaks of {' or '.join(USES[row.op].places)}; {row.place} is {_a(spot.kind)}"
        return
    if other is not None and other.kind != "envelope element":
        yield f"other: {row.other} is {_a(other.kind)}; same_as compares elements of ISA and GS"
    yield from _against_guide(row, spot, guide)
    if condition is not None and row.when is not None:
        if condition.in_envelope != spot.in_envelope:
            yield "when: a condition on the envelope goes with a place in the envelope, one on a set with a place in a set"
        if row.when.values and condition.element is None:
            yield f"when: {row.when.place} holds no value; name an element"
        yield from (f"when: {why}; this row could never speak" for why in _unknown(row.when.values, condition, guide))


def _keys(row: Row) -> Iterator[str]:
    use = USES[row.op]
    given = [key for key in _OWN_KEYS if getattr(row, key) not in (None, ())]
    yield from (f"{row.op} needs {key}" for key in use.needs if key not in given)
    yield from (f"{key} means nothing to {row.op}" for key in given if key not in use.needs + use.may)
    if row.pattern is not None:
        try:
            if may_not_end(row.pattern):
                yield (
                    "pattern: repeats within or beside each other can take the same characters, and could try a value for ever; write all "
                    "but one possessively (++, *+), or have them take other characters"
                )
        except (re.error, OverflowError) as problem:
            yield f"pattern: {problem}"
    if row.limit is not None and row.limit < 1:
        yield "limit: at least 1; to bar a thing, use forbid"
    if row.id < 1:
        yield "id: counts from 1"
    if any(not text.strip() for text in (*row.values, *row.phrases)):
        yield "an empty text among values or phrases"


def _claims(row: Row) -> Iterator[str]:
    """Who says it, and how hard it may be taken."""
    if row.severity == "error" and row.confidence not in ("A", "X"):
        yield f"severity error asks for confidence A or X; with {row.confidence} a row warns at most"
    if row.op == "advise" and row.severity != "info":
        yield "advise is of severity info"
    if not re.match(r"https?://[^\s]+$", row.source):
        yield "source is the address of what was read (https://...)"
    if not row.note.strip():
        yield "note says in your own words what the payer asks"
    if row.op == "response_subset" and row.direction != "response":
        yield "response_subset is of direction response"


def _against_guide(row: Row, spot: Spot, guide: Guide) -> Iterator[str]:
    rules: tuple[object, ...] = tuple(spot.elements()) or spot.rules or (spot.loop,)
    sure = [rule for rule in rules if getattr(rule, "doubtful", None) is None]
    if row.op == "require" and sure and all(getattr(rule, "usage", "S") == "N" for rule in sure):
        yield f"the guide does not use {row.place}: a payer cannot ask for it"
    if row.op == "forbid" and not row.values and sure and all(getattr(rule, "usage", "S") == "R" for rule in sure):
        yield f"the guide requires {row.place}: a payer cannot bar it"
    if row.op in ("allow_values", "response_subset"):
        yield from (f"{why}: an overlay cannot make it legal" for why in _unknown(row.values, spot, guide))
    elif row.values:
        yield from (f"{why}; this row could never speak" for why in _unknown(row.values, spot, guide))
    if row.values and spot.element is None and not spot.cut:
        yield f"{row.place} holds no value; name an element"
    if row.limit is not None and row.op == "max_length":
        longest = max((e.data.max for e in spot.elements() if isinstance(e, ElementRule)), default=row.limit)
        if row.limit > longest:
            yield f"the guide allows {longest} characters: an overlay cannot allow {row.limit}"
    if row.limit is not None and row.op == "max_repeat":
        allowed = _repeats(spot)
        if allowed != UNBOUNDED and row.limit > allowed:
            yield f"the guide allows {allowed}: an overlay cannot allow {row.limit}"
    if row.op == "one_per":
        counted = "ISA, GS or ST" if row.per != "set" else "a loop or segment of a set"
        if (spot.segment in ("ISA", "GS", "ST")) != (row.per != "set") or (row.per == "interchange" and spot.segment == "ISA"):
            yield f"per {row.per} counts {counted}; {row.place} is none"


def _unknown(values: tuple[str, ...], spot: Spot, guide: Guide) -> Iterator[str]:
    """Why the guide refuses values at a place: no code of it, or of a length that it does not allow."""
    elements = list(spot.elements())
    if any(isinstance(element, CompositeRule) for element in elements) and values:
        yield f"{spot.text} is made of components; name one, as in {spot.text}-1"
        return
    leaves = [element for element in elements if isinstance(element, ElementRule)]
    for value in values if leaves else ():
        if not any(_takes(leaf, value, guide, padded=spot.segment == "ISA") for leaf in leaves):
            yield f"the guide has no {value} at {spot.text}"


def _takes(leaf: ElementRule, value: str, guide: Guide, *, padded: bool) -> bool:
    codes = leaf.codes or (guide.code_sets.get(leaf.external, frozenset()) if leaf.external else frozenset())
    if codes:
        return value in codes
    return (padded or len(value) >= leaf.data.min) and len(value) <= leaf.data.max


def _repeats(spot: Spot) -> int:
    if spot.element is not None:
        found = [element.repeat for element in spot.elements()]
    elif spot.segment is not None:
        found = [rule.max_use for rule in spot.rules]
    else:
        found = [spot.loop.repeat]
    return UNBOUNDED if UNBOUNDED in found else sum(found)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ae" else f"a {kind}"
