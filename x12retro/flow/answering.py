"""What came is held against its guide, and answered with TA1 and 999."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from x12retro.acknowledge import AckWriter, acknowledging
from x12retro.build import ControlNumbers
from x12retro.flow.incoming import Incoming
from x12retro.flow.sealing import sealed
from x12retro.flow.survey import Survey
from x12retro.guide.judge import Checked, validate
from x12retro.ledger import NewFile
from x12retro.x12 import InterchangeStart, Transaction, read

Place = tuple[str, str, str]
"""ISA13, GS06 and ST02."""


class Judging:
    """A file is held against its guide, by others meanwhile where there are any; both answers wait for them."""

    def __init__(self, file: Incoming, found: Survey) -> None:
        desk = file.desk
        self._file = file
        control = None
        if desk.exchange.answer != "none":
            with desk.change() as change:
                isa = change.draw("interchange", 2 * found.interchanges)
                control = ControlNumbers(isa, change.draw("group", found.interchanges))
        self._pending = desk.crew.submit(_judge, file.path, desk.now.astimezone().replace(tzinfo=None), desk.now.date(), control)

    @cached_property
    def _judged(self) -> _Judged:
        return self._pending.result()

    @property
    def refused(self) -> frozenset[Place]:
        """The sets that the guide does not accept."""
        return self._judged.refused

    def acknowledgments(self) -> list[NewFile]:
        """Write TA1 and 999 into the outbox, where the partner wants them; they are to be taken down."""
        desk = self._file.desk
        waits = [
            (kind, isa13, desk.waiting_as(isa13, kind), content)
            for kind, written in (("999", self._judged.functional), ("TA1", self._judged.ta1))
            for isa13, content in _interchanges(written)  # each in a file of its own, as every file of ours has one ISA13
        ]
        desk.house.write_all([(target, content) for _, _, target, content in waits])
        return [_ack_file(self._file, *one) for one in waits]


class _Judged(NamedTuple):
    """The sets that the guide does not accept, and what is to be answered."""

    refused: frozenset[Place]
    functional: bytes = b""
    ta1: bytes = b""


def _judge(path: Path, now: datetime, today: date, control: ControlNumbers | None) -> _Judged:
    """Hold a file against its guide; acknowledge it under the given numbers, if any."""
    checked = validate(path, as_of=today)
    if control is None:
        return _Judged(frozenset(_refused(checked)))
    functional, ta1 = bytearray(), bytearray()
    refused = frozenset(_refused(acknowledging(checked, AckWriter(functional, ta1, control, now))))
    return _Judged(refused, bytes(functional), bytes(ta1))


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
