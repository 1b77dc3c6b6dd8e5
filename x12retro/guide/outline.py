"""A transaction in plain words: each segment with its loop, its name, and each value with its name and, for codes, its meaning."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from x12retro.guide import codes
from x12retro.guide.model import CompositeRule, ElementRule, SegmentRule
from x12retro.guide.pick import pick
from x12retro.guide.place import Reporter
from x12retro.guide.walk import Walk
from x12retro.x12 import Delimiters, Segment, Transaction


class Value(msgspec.Struct, frozen=True):
    """One value: its place (`UM04-1`), its name, the text as sent, what it means where it is a known code, and its data element.

    `listed` is True for a code of the guide's own closed list: never a name, a number or a text.
    """

    place: str
    name: str
    text: str
    meaning: str | None = None
    data: str = ""
    listed: bool = False


class Line(msgspec.Struct, frozen=True):
    """One segment. `loop` and `loop_name` are set on the first segment of a loop; `depth` counts loops from the set."""

    depth: int
    segment: str
    name: str
    values: tuple[Value, ...]
    loop: str = ""
    loop_name: str = ""


def outline(transaction: Transaction) -> Iterator[Line]:
    """Yield the lines of a transaction; one whose guide is unknown, and segments that fit nowhere, come without names."""
    chosen = pick(transaction)
    placed: dict[int, tuple[SegmentRule, str, int, str]] = {}
    if chosen.guide is not None:
        walk = Walk(chosen.guide.loop("ST_LOOP"), transaction, Reporter(chosen.tag, transaction), lambda *_: set())
        walk.on_place = lambda seg, rule, loops: placed.__setitem__(seg.position, (rule, loops[-1].xid, len(loops) - 1, loops[-1].name))
        walk.run()
    depth, current = 0, ""
    for seg in transaction.segments():
        if seg.position not in placed:
            yield Line(depth, seg.id, "", tuple(Value(f"{seg.id}{n:02d}", "", t) for n, t in enumerate(seg.fields[1:], 1) if t))
            continue
        rule, loop, depth, loop_name = placed[seg.position]
        starts = rule is _first(chosen.guide, loop) if chosen.guide else loop != current
        current = loop
        yield Line(
            depth,
            seg.id,
            rule.name,
            tuple(_values(seg, rule, transaction.delimiters)),
            loop if starts and loop not in ("ST_LOOP", "HEADER") else "",
            loop_name,
        )


def _first(guide: object, xid: str) -> object:
    from x12retro.guide.model import Guide

    assert isinstance(guide, Guide)
    return guide.loop(xid).children[0]


def _values(seg: Segment, rule: SegmentRule, delimiters: Delimiters) -> Iterator[Value]:
    rules = {r.seq: r for r in rule.elements}
    for n, text in enumerate(seg.fields[1:], 1):
        if not text:
            continue
        element = rules.get(n)
        place = f"{seg.id}{n:02d}"
        if isinstance(element, CompositeRule):
            for part in delimiters.repeats(text):
                for number, (component, value) in enumerate(zip(element.components, delimiters.components(part), strict=False), 1):
                    if value:
                        at = f"{place}-{number}"
                        yield Value(
                            at, component.name, value, _meaning(at, component, value), component.data.number, value in component.codes
                        )
        elif element is None:
            yield Value(place, "", text)
        else:
            for part in delimiters.repeats(text):
                yield Value(place, element.name, part, _meaning(place, element, part), element.data.number, part in element.codes)


def _meaning(place: str, rule: ElementRule, value: str) -> str | None:
    return codes.meaning(place, value) if rule.codes or rule.data.type in ("ID", "AN") else None
