"""Places of a guide by name: `2000E/UM06`, `2000E/UM04-1`, `2000E/REF[BB]02`, `2000F/SV2`, `2000D`, `ST03`, `ISA08`, `GS03`.

A code in brackets picks one of several segments of a name. `element-separator` and `segment-terminator` are what the ISA cuts with (the
other two delimiters are ISA11 and ISA16).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from x12retro.guide.model import CompositeRule, ElementRule, Guide, LoopRule, SegmentRule
from x12retro.x12 import Delimiters, Segment

_PLACE = re.compile(
    r"(?:(?P<loop>[0-9]{4}[A-Z]{0,2})(?:/(?=.)|$))?"
    r"(?:(?P<segment>[A-Z][A-Z0-9]{1,2})(?:\[(?P<code>[0-9A-Z]{1,3})\])?(?:(?P<element>[0-9]{2})(?:-(?P<component>[1-9][0-9]?))?)?)?"
)
_HEADS = {"ISA": "ISA_LOOP", "GS": "GS_LOOP", "ST": "ST_LOOP", "BHT": "HEADER"}
_CUTS: dict[str, Literal["element", "segment"]] = {"element-separator": "element", "segment-terminator": "segment"}


class Spot(msgspec.Struct, frozen=True):
    """A place, found in a guide. `segment` is None for a loop as a whole, `element` for a segment as a whole.

    `above` are the ids of the loops that hold `loop`, `around` those and all that hold them; `levels` the HL03 codes of the level it
    belongs to (none for the header and the envelope). `rules` are the guide's rules for the segment; `code` must stand at `code_at`
    (element, component or 0).
    """

    text: str
    loop: LoopRule
    above: frozenset[str]
    around: frozenset[str]
    levels: frozenset[str]
    segment: str | None = None
    rules: tuple[SegmentRule, ...] = ()
    code: str | None = None
    code_at: tuple[int, int] = (1, 0)
    element: int | None = None
    component: int | None = None
    cut: Literal["element", "segment"] | None = None

    @property
    def kind(self) -> str:
        """`loop`, `segment`, `element`, or of the envelope: `envelope segment`, `envelope element`."""
        kind = "element" if self.element or self.cut else "segment" if self.segment else "loop"
        return f"envelope {kind}" if self.in_envelope else kind

    @property
    def in_envelope(self) -> bool:
        return self.loop.xid in ("ISA_LOOP", "GS_LOOP")

    @property
    def label(self) -> str:
        """How messages call the place: `UM06`, `UM04-1`, `REF*BB`, `loop 2000D`."""
        if self.cut is not None:
            return f"the {self.text.replace('-', ' ')}"
        if self.segment is None:
            return f"loop {self.loop.xid}"
        text = self.segment if self.element is None else f"{self.segment}{self.element:02d}"
        text += f"-{self.component}" if self.component else ""
        return f"{text} of {self.segment}*{self.code}" if self.code and self.element else f"{text}*{self.code}" if self.code else text

    @property
    def is_level(self) -> bool:
        """True for a loop that begins with an HL."""
        return _is_level(self.loop)

    def elements(self) -> Iterator[ElementRule | CompositeRule]:
        """The guide's rules for the element or component: several where same-named segments differ."""
        for rule in self.rules:
            element = next((e for e in rule.elements if e.seq == self.element), None)
            if isinstance(element, CompositeRule) and self.component:
                yield from (c for c in element.components if c.seq == self.component)
            elif element is not None:
                yield element

    def fits(self, seg: Segment, delimiters: Delimiters) -> bool:
        """True when `seg` has the code in brackets, if there is one."""
        return self.code is None or _at(seg[self.code_at[0]], self.code_at[1], delimiters) == self.code

    def values(self, seg: Segment, delimiters: Delimiters) -> list[str]:
        """What stands at the element or component of `seg`: one text per repeat, none where it is empty."""
        text = seg[self.element or 0] if self.element else ""
        if not text:
            return []
        found = delimiters.repeats(text) if any(rule.repeat != 1 for rule in self.elements()) else [text]
        return [value for one in found if (value := _at(one, self.component or 0, delimiters))]


def resolve(text: str, guide: Guide) -> Spot:
    """Find a place in a guide. Raises ValueError, with a reason for the one who wrote it, when the guide has no such place."""
    if text in _CUTS:
        isa, none = guide.loop("ISA_LOOP"), frozenset[str]()
        return Spot(text, isa, none, none, none, "ISA", _segments(isa, "ISA"), cut=_CUTS[text])
    found = _PLACE.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"{text} is no place; places look like 2000E/UM06, 2000E/REF[BB]02, 2000F/SV2, 2000D, ST03, ISA08")
    segment = found["segment"]
    xid = found["loop"] or _HEADS.get(segment or "", "")
    if not xid:
        raise ValueError(f"{text} names no loop; only {', '.join(_HEADS)} go without")
    paths = list(_paths(guide.root, xid, ()))
    if not paths:
        raise ValueError(f"the guide has no loop {xid}")
    loop = paths[0][-1]
    above = frozenset(path[-2].xid for path in paths if len(path) > 1)
    around = frozenset(one.xid for path in paths for one in path[:-1])
    level = next((one for one in reversed(paths[0]) if _is_level(one)), None)
    levels = _codes(level, 3) if level is not None else frozenset()
    if segment is None:
        return Spot(text, loop, above, around, levels)
    rules = _segments(loop, segment)
    if not rules:
        raise ValueError(f"loop {xid} has no segment {segment}")
    code, at = found["code"], (1, 0)
    if code is not None:
        rules, at = _bracketed(rules, code, f"{xid}/{segment}")
    element, component = found["element"], found["component"]
    spot = Spot(
        text,
        loop,
        above,
        around,
        levels,
        segment,
        rules,
        code,
        at,
        int(element) if element is not None else None,
        int(component) if component is not None else None,
    )
    if spot.element is not None and not list(spot.elements()):
        raise ValueError(f"loop {xid} has no {segment}{element}{f'-{component}' if component else ''}")
    return spot


def _bracketed(rules: tuple[SegmentRule, ...], code: str, name: str) -> tuple[tuple[SegmentRule, ...], tuple[int, int]]:
    for rule in rules:
        if rule.qualifier is not None and code in rule.qualifier[2]:
            element, component, _ = rule.qualifier
            return tuple(r for r in rules if r.qualifier is not None and code in r.qualifier[2]), (element, component)
    known = sorted({c for rule in rules if rule.qualifier is not None for c in rule.qualifier[2]})
    raise ValueError(f"no {name} is told by {code}; there are {', '.join(known) or 'none that are told apart'}")


def _at(text: str, component: int, delimiters: Delimiters) -> str:
    if not component:
        return text
    parts = delimiters.components(text)
    return parts[component - 1] if component <= len(parts) else ""


def _paths(loop: LoopRule, xid: str, above: tuple[LoopRule, ...]) -> Iterator[tuple[LoopRule, ...]]:
    path = (*above, loop)
    if loop.xid == xid:
        yield path
        return
    for child in loop.children:
        if isinstance(child, LoopRule):
            yield from _paths(child, xid, path)


def _segments(loop: LoopRule, xid: str) -> tuple[SegmentRule, ...]:
    return tuple(child for child in loop.children if isinstance(child, SegmentRule) and child.xid == xid)


def _is_level(loop: LoopRule) -> bool:
    first = loop.children[0]
    return isinstance(first, SegmentRule) and first.xid == "HL"


def _codes(loop: LoopRule, element: int) -> frozenset[str]:
    first = loop.children[0]
    assert isinstance(first, SegmentRule)
    rule = next(e for e in first.elements if e.seq == element)
    assert isinstance(rule, ElementRule)
    return rule.codes


def first_codes(loop: LoopRule) -> tuple[str, frozenset[str]]:
    """The segment that begins a loop, and the codes of its first element."""
    first = loop.children[0]
    assert isinstance(first, SegmentRule)
    return first.xid, _codes(loop, 1)
