"""What can be odd about acknowledgments, as one table: rule id, severity, a line for the user.

`X12-ACK-0..` is told when acknowledgments are written (something cannot be acknowledged), `X12-ACK-1..` when they are read.
Severity `error` is for what makes an acknowledgment useless to read; a rejection that it reports is no fault of its own.
"""

from __future__ import annotations

from x12retro.findings import Finding, Severity

TROUBLES: dict[str, tuple[Severity, str]] = {
    "X12-ACK-001": ("warning", "There is no ISA: nobody is known to send an acknowledgment to."),
    "X12-ACK-002": ("warning", "The ISA does not say who sent it (its ids are blank, too long, or damaged): it cannot be answered."),
    "X12-ACK-003": ("warning", "A 999 cannot name this kind of functional group; the TA1 tells of it instead."),
    "X12-ACK-004": ("warning", "A 999 cannot name this kind of transaction set; it is counted as rejected and not listed."),
    "X12-ACK-005": ("info", "Acknowledgments are not acknowledged: a 999 about a 999 or 997 would go back and forth for ever."),
    "X12-ACK-006": (
        "warning",
        "The set's control number cannot be repeated in a 999 (missing, too long, odd characters); 0000 stands for it.",
    ),
    "X12-ACK-101": ("warning", "AK9 says better of the group than its sets or counts do: the worse one counts."),
    "X12-ACK-102": ("warning", "AK9 says worse of the group than its sets do: the worse one counts, its sets included."),
    "X12-ACK-103": ("warning", "The counts of AK9 disagree with each other or with the sets that are listed."),
    "X12-ACK-104": ("warning", "AK9 is missing: the group's verdict is taken from its sets."),
    "X12-ACK-105": ("warning", "A set has no IK5 (AK5): nobody says that it was accepted."),
    "X12-ACK-106": ("warning", "An acknowledgment code is not one of the standard: nobody says that it was accepted."),
    "X12-ACK-107": ("error", "AK1 is missing: nobody knows which group is meant."),
    "X12-ACK-108": ("warning", "Nothing that was sent carries the numbers of this acknowledgment."),
    "X12-ACK-109": ("warning", "Several things that were sent carry the numbers of this acknowledgment; the last one is taken."),
    "X12-ACK-110": (
        "warning",
        "A segment of the acknowledgment stands where none may, or has an id that it cannot have; it was passed over.",
    ),
    "X12-ACK-111": ("warning", "A set was sent in this group, and the acknowledgment does not list it."),
    "X12-ACK-112": ("warning", "The acknowledgment lists a set twice; the worse verdict counts."),
    "X12-ACK-113": ("warning", "OTI01 says accepted, and errors are told below it: it counts as accepted with errors."),
    "X12-ACK-114": ("error", "An 824 has no OTI: nobody knows what is meant."),
    "X12-ACK-115": ("warning", "An OTI has neither a number of a group or set nor a reference: nobody knows what is meant."),
}


def trouble(
    rule: str,
    message: str,
    *,
    interchange: str | None = None,
    group: str | None = None,
    transaction: str | None = None,
    segment: int | None = None,
    segment_id: str | None = None,
    offset: int | None = None,
) -> Finding:
    """Make the finding of a row of the table."""
    return Finding(
        rule=rule,
        snip=1,
        severity=TROUBLES[rule][0],
        message=message,
        interchange=interchange or None,
        group=group or None,
        transaction=transaction or None,
        segment=segment,
        segment_id=segment_id,
        offset=offset,
    )
