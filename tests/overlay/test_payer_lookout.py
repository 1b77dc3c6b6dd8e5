"""The lookout may suspect needlessly, never overlook: asked about every place of the guide, over every clean fixture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.model import LoopRule, SegmentRule
from x12retro.guide.overlay import Payer, Row, SetOverlay, When
from x12retro.guide.places import fixtures_dir
from x12retro.guide.rules import Context
from x12retro.guide.sheet import Sheet
from x12retro.x12 import Transaction, read

CONTEXT = Context(as_of=date(2026, 11, 24))
FILES = sorted((fixtures_dir() / "guide").glob("*.edi")) + sorted((fixtures_dir() / "encounters").glob("*.edi"))
FILES += sorted((fixtures_dir() / "responses").glob("*a1*.edi"))


def places(loop: LoopRule) -> Iterator[str]:
    for child in loop.children:
        if isinstance(child, LoopRule):
            if child.xid[0] == "2":
                yield child.xid
            yield from places(child)
        elif loop.xid[0] == "2":
            yield f"{loop.xid}/{child.xid}"
            yield from (f"{loop.xid}/{child.xid}{element.seq:02d}" for element in child.elements)
            yield from (f"{loop.xid}/{child.xid}[{code}]" for code in sorted(qualifying(child)))


def qualifying(segment: SegmentRule) -> frozenset[str]:
    return segment.qualifier[2] if segment.qualifier is not None else frozenset()


def everything(direction: str) -> Payer:
    """A payer that asks about every place whatever can be asked."""
    rows: list[Row] = []
    conditions = (None, When("2000E/UM10"), When("2010FA/AAA" if direction == "response" else "2010F/PRV"))
    for place in dict.fromkeys(places(catalog.load(f"278-{direction}").loop("ST_LOOP"))):
        element = place[-2:].isdecimal() and "/" in place
        for op in ("require", "forbid", "max_repeat", *(() if element else ("one_per",)), *(("text_required",) if element else ())):
            rows.append(
                Row(
                    id=len(rows) + 1,
                    place=place,
                    direction=direction,
                    op=op,
                    severity="info",
                    source="https://payer.example",
                    seen=2026,
                    confidence="A",
                    note="all",
                    limit=1 if op == "max_repeat" else None,
                    per="set" if op == "one_per" else None,
                    phrases=("HIP",) if op == "text_required" else (),
                    when=conditions[len(rows) % 3],
                )
            )
    return Payer(id="all", name="All", seen=date(2026, 11, 24), rows=tuple(rows))


def clean_sets(content: bytes, name: str) -> Iterator[Transaction]:
    for frame in read(content):
        if isinstance(frame, Transaction) and frame.clean and not diagnose(frame, catalog.load(name), "X217"):
            yield frame


@pytest.mark.parametrize("direction", ["request", "response"])
def test_nothing_is_overlooked_at_any_place(direction):
    name = f"278-{direction}"
    overlay = SetOverlay(everything(direction))
    rules = overlay.rules(name)
    assert len(rules) > 1000
    sets = spoken = spared = 0
    for path in FILES:
        for transaction in clean_sets(path.read_bytes(), name):
            sheet = Sheet(transaction, catalog.load(name), name)
            breaking = {rule.id for rule in rules if any(True for _ in rule.findings(sheet, CONTEXT))}
            suspected = {rule.id for rule in overlay.suspected(transaction, name)}
            assert breaking <= suspected, (path.name, sorted(breaking - suspected))
            sets, spoken, spared = sets + 1, spoken + len(breaking), spared + len(rules) - len(suspected)
    assert sets > 5
    assert spoken
    assert spared > spoken
