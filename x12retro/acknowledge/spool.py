"""Sets of an interchange, held until the interchange has ended: a fault of its trailer decides over all of them.

A megabyte stays in memory, the rest goes to a temporary file, so that the memory that is needed does not grow with the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

import msgspec

from x12retro.acknowledge.record import SetAck

_IN_MEMORY = 1 << 20


class Spool:
    """Records are added, then read once, first in first out."""

    __slots__ = ("_decoder", "_encoder", "_file")

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(SetAck)

    def add(self, ack: SetAck) -> None:
        data = self._encoder.encode(ack)
        self._file.write(len(data).to_bytes(4, "big") + data)

    def rewind(self) -> None:
        """Turn from adding to reading."""
        self._file.seek(0)

    def take(self, count: int) -> Iterator[SetAck]:
        """Read the next `count` records."""
        for _ in range(count):
            size = int.from_bytes(self._file.read(4), "big")
            yield self._decoder.decode(self._file.read(size))

    def close(self) -> None:
        self._file.close()
