"""What came is held against its guide, and answered with TA1 and 999."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from x12retro.acknowledge import AckWriter, acknowledging
from x12retro.build import ControlNumbers
from x12retro.flow.decided import Place
from x12retro.flow.incoming import Incoming
from x12retro.flow.sealing import sealed
from x12retro.flow.survey import Survey
from x12retro.guide.judge import Checked, validate
from x12retro.ledger import NewFile
from x12retro.x12 import InterchangeStart, Transaction, read


class Judged(NamedTuple):
    """The sets that the guide does not accept, and the acknowledgments that wait in the outbox to be taken down."""

    refused: frozenset[Place]
    acks: list[NewFile]


def judged(file: Incoming, found: Survey) -> Judged:
    """Hold what came against its guide, and where the partner wants it write TA1 and 999 into the outbox."""
    desk = file.desk
    today = desk.now.date()
    if desk.exchange.answer == "none":
        return Judged(frozenset(_refused(validate(file.path, as_of=today))), [])
    with desk.change() as change:
        isa = change.draw("interchange", 2 * found.interchanges)
        group = change.draw("group", found.interchanges)
    now = desk.now.astimezone().replace(tzinfo=None)
    functional, ta1 = bytearray(), bytearray()
    writer = AckWriter(functional, ta1, ControlNumbers(isa, group), now)
    refused = frozenset(_refused(acknowledging(validate(file.path, as_of=today), writer)))
    waits = [
        (kind, isa13, desk.waiting_as(isa13, kind), content)
        for kind, written in (("999", functional), ("TA1", ta1))
        for isa13, content in _interchanges(bytes(written))  # each in a file of its own, as every file of ours has one ISA13
    ]
    desk.house.write_all([(target, content) for _, _, target, content in waits])
    return Judged(refused, [_ack_file(file, *one) for one in waits])


def _ack_file(file: Incoming, kind: str, isa13: str, target: Path, content: bytes) -> NewFile:
    """What is to be taken down of an acknowledgment that lies in the outbox."""
    plain = NewFile(
        direction="out",
        kind="acknowledgment",
        name=target.name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        state="staged",
        isa13=isa13,
        path=file.desk.house.kept(target),
        note=f"{kind} for {file.row.name}",
    )
    return sealed(file.desk, plain)


def _interchanges(written: bytes) -> Iterator[tuple[str, bytes]]:
    """What was written, cut before each ISA: its number, and the interchange."""
    starts = [frame for frame in read(written) if isinstance(frame, InterchangeStart)]
    for frame, following in zip_longest(starts, starts[1:]):
        yield frame.control, written[frame.offset : following.offset if following is not None else None]


def _refused(judged: Iterable[Checked]) -> Iterator[Place]:
    """The sets with errors."""
    for checked in judged:
        part = checked.part
        if isinstance(part, Transaction) and not checked.accepted:
            yield part.interchange.control, part.group.control, part.control
