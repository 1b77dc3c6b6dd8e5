"""What the tests of acknowledgments share (as `acks`): to acknowledge a message, and two judges of what is written, ours and pyx12."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import pyx12.params
import pyx12.x12n_document
from maps_kept import pyx12_maps_kept

from x12retro.acknowledge import AckOptions, AckWriter, read_acknowledgments
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.x12 import InterchangeStart, read
from x12retro.x12.control import ControlNumbers

MOMENT = datetime(2026, 11, 24, 10, 30)  # noqa: DTZ001 - X12 writes the sender's local time


def acknowledge(data: bytes, *, numbers=None, peek=True, snip=7, **options):
    """Acknowledge `data`: the bytes of 999 and TA1, what they read back as, the tally, what was told, and the segments of each."""
    functional, ta1 = bytearray(), bytearray()
    reach = (lambda offset: data[offset : offset + 512]) if peek else None
    writer = AckWriter(functional, ta1, numbers or ControlNumbers(), MOMENT, AckOptions(**options), reach)
    for checked in validate(data, snip=snip):
        writer.feed(checked)
    writer.close()
    return SimpleNamespace(
        functional=bytes(functional),
        ta1=bytes(ta1),
        acks=[*read_acknowledgments(bytes(ta1)), *read_acknowledgments(bytes(functional))] if ta1 or functional else [],
        tally=writer.tally,
        told=[f.rule for f in writer.findings],
        findings=writer.findings,
        lines=segments(bytes(ta1)) + segments(bytes(functional)),
    )


def segments(data: bytes) -> list[str]:
    return [piece.strip() for piece in data.decode("ascii").split("~") if piece.strip()]


def only(lines: list[str], *ids: str) -> list[str]:
    return [one for one in lines if one.split("*")[0] in ids]


def our_verdict(data: bytes) -> list[str]:
    """What our own engine says against what we wrote; TA1 interchanges and 999s alike."""
    return [f"{f.rule} {f.message}" for checked in validate(data) for f in checked.findings if f.severity != "info"] if data else []


def pyx12_accepts(data: bytes) -> bool:
    """pyx12's verdict by its own maps, one interchange at a time: it reads a file as one."""
    for one in interchanges(data):
        told = io.StringIO()
        good = pyx12.x12n_document.x12n_document(pyx12.params.params(), io.StringIO(one), fd_997=told, fd_html=None)
        if not good:
            return False
    return True


def interchanges(data: bytes) -> list[str]:
    """The interchanges of what we wrote."""
    begins = [frame.offset for frame in read(data) if isinstance(frame, InterchangeStart)] if data else []
    return [data[begin:end].decode("ascii") for begin, end in pairwise([*begins, len(data)])]


@pytest.fixture(scope="session")
def request_lines() -> list[str]:
    path = Path(fixtures_dir()) / "guide" / "every-loop-request.edi"
    return [line.rstrip("~") for line in path.read_text(encoding="ascii").splitlines()]


@pytest.fixture(scope="session")
def acks() -> Iterator[SimpleNamespace]:
    """The functions above, for tests that cannot import from a file beside them."""
    with pyx12_maps_kept():
        yield SimpleNamespace(
            acknowledge=acknowledge, only=only, our_verdict=our_verdict, pyx12_accepts=pyx12_accepts, segments=segments, moment=MOMENT
        )
