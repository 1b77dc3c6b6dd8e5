"""Judge a whole stream: frames in, one `Checked` per interchange, group and transaction out, memory flat.

A transaction's findings are complete when its `Checked` is yielded: those of the envelope that speak of it (SE01, SE02) included.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from x12retro.findings import Finding
from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.envelope import judge_gs, judge_isa
from x12retro.guide.pick import pick
from x12retro.guide.swift import Swift
from x12retro.x12 import Frame, GroupStart, InterchangeStart, Source, Transaction, read
from x12retro.x12.envelope import check_envelope


class Checked(msgspec.Struct, frozen=True):
    """What was found about one part of a stream.

    `part` is the frame it speaks of (an interchange's or group's start, a transaction), None for what is found between them or at an
    end. `guide` names the guide a transaction was judged by ("" for none).
    """

    findings: tuple[Finding, ...]
    part: InterchangeStart | GroupStart | Transaction | None = None
    guide: str = ""

    @property
    def accepted(self) -> bool:
        return not any(f.is_error for f in self.findings)


def validate(source: Source, *, snip: int = 7) -> Iterator[Checked]:
    """Judge everything in `source` (bytes, path or binary stream) up to SNIP type `snip`; the parts come in file order."""
    for checked in _judge(check_envelope(read(source))):
        if snip < 7:
            yield msgspec.structs.replace(checked, findings=tuple(f for f in checked.findings if f.snip <= snip))
        else:
            yield checked


def _judge(items: Iterator[Frame | Finding]) -> Iterator[Checked]:
    swift = Swift()
    held: Transaction | None = None  # a set whose envelope findings may still come
    found: list[Finding] = []
    guide = ""
    group: GroupStart | None = None
    for item in items:
        if isinstance(item, Finding):
            if held is not None and item.transaction is not None:
                found.append(item)
            else:
                yield Checked((item,))
            continue
        if held is not None:
            yield _done(held, found, guide)
            held, found = None, []
        match item:
            case InterchangeStart():
                yield Checked(tuple(judge_isa(item)), item)
            case GroupStart():
                group = item
            case Transaction():
                guide = swift.accepts(item)
                if guide:
                    if group is item.group:
                        yield Checked(tuple(judge_gs(group, catalog.load(guide))), group)
                        group = None
                    held = item
                    continue
                chosen = pick(item)
                guide = chosen.name
                if group is item.group:
                    yield Checked(tuple(judge_gs(group, chosen.guide)) if chosen.guide else (), group)
                    group = None
                held = item
                told = {(f.segment, f.element) for f in chosen.findings}
                diagnosed = diagnose(item, chosen.guide, chosen.tag) if chosen.guide else []
                found = [f for f in diagnosed if (f.segment, f.element) not in told]
                found += chosen.findings
            case _:
                pass  # trailers are counted, and strays reported, by the x12 room
    if held is not None:
        yield _done(held, found, guide)


def _done(transaction: Transaction, found: list[Finding], guide: str) -> Checked:
    return Checked(tuple(sorted(found, key=lambda f: (f.segment or 0, f.element or 0))), transaction, guide)
