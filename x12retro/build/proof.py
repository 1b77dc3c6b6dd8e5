"""The seam to the judge: what we wrote is read back and held against the guide before anybody else sees it."""

from __future__ import annotations

from datetime import date, datetime

from x12retro.findings import Finding


def prove(raw: bytes, as_of: date) -> list[Finding]:
    """Return all that the guide says about `raw`, one whole interchange of ours, on the day `as_of`; an empty list proves it right."""
    from x12retro.guide.judge import validate  # loads the guide; only who builds needs it

    day = as_of.date() if isinstance(as_of, datetime) else as_of
    return [finding for checked in validate(raw, as_of=day) for finding in checked.findings]
