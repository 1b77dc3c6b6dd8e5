"""The seam to the judge: what we wrote is read back and held against the guide before anybody else sees it."""

from __future__ import annotations

from x12retro.findings import Finding


def prove(raw: bytes) -> list[Finding]:
    """Return everything the guide has to say about `raw`, one whole interchange of ours; an empty list proves it right."""
    from x12retro.guide.judge import validate  # loads the guide; only who builds needs it

    return [finding for checked in validate(raw) for finding in checked.findings]
