"""`x12retro decide --claim`: the numbers of the decisions that stand, written into an 837."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import click

from x12retro.claim import HandOver, Offers, Policy, hand_over, to_json
from x12retro.cli import options
from x12retro.decide import Standing

_FINE = frozenset({"written", "replaced", "already_there", "no_decision", "not_approved"})
"""What needs nobody: a claim without a decision or an approval is in its place without a number."""


def put_numbers(claims: Path, standing: Standing, chosen: dict[str, Any], output: str, as_of: date) -> int:
    """Write the claims with the numbers to `output`, the report where it is wanted; 1 where a claim needs a person, else 0."""
    policy = Policy(
        replace=chosen["replace"],
        reviewed=chosen["reviewed"],
        any_payer=chosen["any_payer"],
        confidence=chosen["confidence"],
        exception_code=chosen["exception_code"] or "",
    )
    offers = Offers(policy)
    for decision, care in standing.with_care():
        offers.add(decision, care)
    became: Counter[str] = Counter()
    report: Any = options.writing(chosen["claim_report"]) if chosen["claim_report"] is not None else nullcontext()
    with options.writing(output) as out, report as lines:
        for record in hand_over(claims, offers, policy, out, as_of):
            became[record.status] += 1
            if lines is not None:
                lines.write(to_json(record) + b"\n")
            elif record.status not in ("written", "already_there"):
                click.echo(_told(record), err=True)
    if set(became) <= {"no_claim"}:
        click.echo(f"{claims}: error: there is no claim (837P or 837I) in it", err=True)
        return 1
    counts = ", ".join(f"{n} {word}" for word, n in became.most_common())
    click.echo(f"claims: {counts or 'none'}", err=True)
    return 0 if set(became) <= _FINE else 1


def _told(record: HandOver) -> str:
    """A record in one line: the claim by its number, and what is to be known. Nothing of the patient is in it."""
    where = f", set {record.transaction}, segment {record.segment}" if record.segment is not None else ""
    notes = f": {'; '.join(record.notes)}" if record.notes else ""
    return f"{record.claim}{where}: {record.status}{notes}"
