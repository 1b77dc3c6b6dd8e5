"""The seam to the judge: a 275 is read back and held against its guide before anybody writes it.

Its documents are stood in for by a few octets: what they hold is nothing that the guide speaks of, and that as many are written as the
count says is the writer's to hold to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from x12retro.findings import Finding

STAND_IN = b"AAAA"
Writing = Callable[[bytearray], object]
"""Writes one interchange to what it is given."""


def prove(writing: Writing, now: datetime) -> list[Finding]:
    """The errors of what is written; an empty list proves it right."""
    from x12retro.guide.judge import validate  # loads the guide; only who writes needs it

    out = bytearray()
    writing(out)
    return [finding for checked in validate(bytes(out), as_of=now.date()) for finding in checked.findings if finding.is_error]
