"""Put bytes through everything that reads what a stranger sent. Loaded by conftest.py."""

from __future__ import annotations

import time
from datetime import date, datetime

from x12retro.acknowledge import AckOptions, AckWriter, read_acknowledgments
from x12retro.decide import Requests, decide_stream
from x12retro.guide.judge import validate
from x12retro.guide.outline import outline
from x12retro.x12 import Transaction, read
from x12retro.x12.control import ControlNumbers

MOMENT = datetime(2026, 12, 1, 9, 30)  # noqa: DTZ001 - X12 writes the sender's local time
AS_OF = date(2026, 12, 8)
MOST_SECONDS = 3.0
"""Of processor time, for one input of some ten thousand bytes; ordinary ones take a hundredth of it."""


class TooSlow(Exception):
    """An input took longer than its size can explain."""


def exercise(data: bytes) -> None:
    """Read, validate, outline, acknowledge, decide; raises whatever any of them raises, AssertionError for a bad acknowledgment."""
    begin = time.process_time()
    for frame in read(data):
        if isinstance(frame, Transaction):
            for _ in outline(frame):
                pass
    functional, ta1 = bytearray(), bytearray()
    writer = AckWriter(
        functional, ta1, ControlNumbers(), MOMENT, AckOptions(warnings=True, always_ta1=True), lambda offset: data[offset : offset + 512]
    )
    for checked in validate(data, as_of=AS_OF):
        writer.feed(checked)
    writer.close()
    for written in (bytes(functional), bytes(ta1)):
        wrong = [f.rule for checked in validate(written) for f in checked.findings if f.is_error] if written else []
        assert wrong == [], f"our own acknowledgment is wrong: {wrong}"
    for _ in read_acknowledgments(data):
        pass
    for _ in decide_stream(data, Requests.read(read(data)), AS_OF):
        pass
    if time.process_time() - begin > MOST_SECONDS:
        raise TooSlow
