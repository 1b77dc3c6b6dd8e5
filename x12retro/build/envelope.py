"""One interchange with one group, open until it is closed; sets are added as they come, and the writer counts the trailers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from x12retro.build.partner import Partner
from x12retro.build.records import Body, Control, Line
from x12retro.errors import UnwritableData
from x12retro.x12 import Writer
from x12retro.x12.rendering import Rendering, rendering_of

GUIDE_VERSION = "005010X217"


class Envelope:
    """Writes ISA and GS on opening, ST..SE for each set, GE and IEA on closing. `version` is the guide of the sets (GS08, ST03).

    Guide: 005010X217 ISA, GS, ST
    """

    __slots__ = ("_version", "_writer", "interchange")

    def __init__(self, out: BinaryIO | bytearray, partner: Partner, control: Control, now: datetime, version: str = GUIDE_VERSION) -> None:
        self.interchange = control.interchange
        self._version = version
        exchange, group = partner.interchange, partner.group
        self._writer = Writer(out, partner.delimiters, partner.characters.line_break)
        self._writer.open_interchange(
            [
                "00",
                "",
                "00",
                "",
                exchange.sender_qualifier,
                exchange.sender_id,
                exchange.receiver_qualifier,
                exchange.receiver_id,
                f"{now:%y%m%d}",
                f"{now:%H%M}",
                partner.characters.repetition,
                "00501",
                control.interchange,
                "1" if exchange.ack_requested else "0",
                exchange.usage,
            ]
        )
        day, clock = f"{now:%Y%m%d}", f"{now:%H%M}"
        self._writer.open_group(["HI", group.sender_code, group.receiver_code, day, clock, control.group, "X", version])

    def add(self, control: Control, body: Body) -> None:
        """Write one set."""
        self._writer.open_transaction("278", control.transaction, self._version)
        self._writer.set_body(body.data, body.segments)
        self._writer.close_transaction()

    def close(self) -> None:
        self._writer.close_group()
        self._writer.close_interchange()


def body_of(lines: Sequence[Line], partner: Partner) -> Body:
    """The lines as this partner takes them. Raises UnwritableData with the JSON path of what cannot be written."""
    delimiters, line_break = partner.delimiters, partner.characters.line_break
    rendering = rendering_of(delimiters, line_break)
    text = rendering.rows([(line.id, line.elements) for line in lines])
    if text is None:
        text = "".join([_row(rendering, line) for line in lines])
    return Body(text.encode(), len(lines), delimiters, line_break)


def _row(rendering: Rendering, line: Line) -> str:
    try:
        return rendering.row(line.id, line.elements)
    except UnwritableData as error:
        raise UnwritableData(line.path, error.why) from None
