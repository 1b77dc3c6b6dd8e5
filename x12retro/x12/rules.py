"""What can be wrong on the wire, as one table: rule id, severity, the code an acknowledgment gives it, and a line for the user.

SNIP type 1 all of them. A message says what is wrong and what would be right; counts and lengths may stand in it, values never.
"""

from __future__ import annotations

import msgspec

from x12retro.findings import Ack, AckLevel, Finding, Severity, control_number


class WireRule(msgspec.Struct, frozen=True):
    """One row of the table: `about` is the user's explanation, `ack` how a TA1 or 999 reports it (None: it doesn't)."""

    id: str
    severity: Severity
    about: str
    ack: Ack | None = None


def wire_finding(
    rule: str,
    message: str,
    *,
    interchange: str | None = None,
    group: str | None = None,
    transaction: str | None = None,
    segment: int | None = None,
    segment_id: str | None = None,
    element: int | None = None,
    offset: int | None = None,
    ack: Ack | None = None,
) -> Finding:
    """Make the finding of a wire rule; severity and acknowledgment code come from the table unless `ack` is more exact."""
    row = WIRE_RULES[rule]
    return Finding(
        rule=rule,
        snip=1,
        severity=row.severity,
        message=message,
        interchange=control_number(interchange),
        group=control_number(group),
        transaction=control_number(transaction),
        segment=segment,
        segment_id=segment_id,
        element=element,
        offset=offset,
        ack=ack or row.ack,
    )


def _row(rule: str, severity: Severity, about: str, level: AckLevel | None = None, code: str = "") -> WireRule:
    return WireRule(rule, severity, about, Ack(level, code) if level else None)


_ROWS = (
    _row("X12-FILE-001", "error", "The file holds no byte, or nothing but white space."),
    _row("X12-FILE-002", "error", "No ISA, GS or ST was found anywhere in the file: it is not X12."),
    _row("X12-FILE-003", "error", "The text is UTF-16 or UTF-32; X12 is sent one byte a character. Convert it and send it again."),
    _row("X12-FILE-004", "info", "A byte order mark stands before the ISA. It is skipped; strict receivers refuse it."),
    _row("X12-FILE-005", "warning", "Text (a mail header, a log line) stands before the first ISA. It is skipped."),
    _row("X12-FILE-006", "warning", "Text that is no X12 follows the IEA. It is skipped."),
    _row("X12-ISA-101", "warning", "The ISA has fixed widths (106 bytes in all); elements are shorter or longer. Read by separator."),
    _row("X12-ISA-102", "error", "The ISA has fewer than 16 elements: nothing after it can be cut.", "TA1", "022"),
    _row("X12-ISA-103", "error", "ISA16, the component separator, equals the element separator.", "TA1", "027"),
    _row(
        "X12-ISA-104", "error", "The delimiters must be four different characters that are neither letter, digit nor blank.", "TA1", "026"
    ),
    _row("X12-ISA-105", "error", "The ISA holds zero bytes: the file was damaged or is not text.", "TA1", "022"),
    _row("X12-ISA-106", "error", "ISA13, the interchange control number, is nine digits.", "TA1", "018"),
    _row("X12-ISA-107", "error", "There is no ISA; the set or group was read with guessed delimiters. Nobody can route or acknowledge it."),
    _row("X12-ISA-108", "error", "Two interchanges of the file carry the same ISA13.", "TA1", "025"),
    _row("X12-IEA-001", "error", "The interchange is not closed by an IEA; the file may have been cut short.", "TA1", "023"),
    _row("X12-IEA-002", "error", "IEA02 must repeat ISA13.", "TA1", "001"),
    _row("X12-IEA-003", "error", "IEA01 must count the groups of the interchange.", "TA1", "021"),
    _row("X12-GS-101", "error", "A transaction set stands in an interchange without a GS before it.", "TA1", "024"),
    _row("X12-GS-102", "error", "GS06 must be unique within the interchange.", "AK9", "19"),
    _row("X12-GE-001", "error", "GE01 must count the transaction sets of the group.", "AK9", "5"),
    _row("X12-GE-002", "error", "GE02 must repeat GS06.", "AK9", "4"),
    _row("X12-GE-003", "error", "The group is not closed by a GE.", "AK9", "3"),
    _row("X12-ST-001", "error", "ST02 must be unique within the group.", "IK5", "23"),
    _row("X12-SE-001", "error", "SE01 must count the segments of the set, ST and SE included.", "IK5", "4"),
    _row("X12-SE-002", "error", "SE02 must repeat ST02.", "IK5", "3"),
    _row("X12-SE-003", "error", "The transaction set is not closed by an SE.", "IK5", "2"),
    _row("X12-SET-001", "error", "The transaction set is larger than the reader was told to hold; it was cut off.", "IK5", "5"),
    _row("X12-SEG-001", "error", "A segment is longer than any real one; its terminator is probably missing. It was skipped.", "IK5", "5"),
    _row("X12-SEG-002", "warning", "Line breaks stand inside segments (hard wrap at a column); they are taken out."),
    _row("X12-SEG-003", "warning", "Text that is no segment (a comment) stands between segments; it is skipped."),
    _row(
        "X12-SEG-004",
        "error",
        "A segment stands where none may: outside any transaction set, or out of the envelope's order.",
        "TA1",
        "024",
    ),
    _row("X12-SEG-005", "info", "White space between the segments is uneven (indentation, blank lines); it is skipped."),
    _row("X12-SEG-006", "warning", "A segment has no terminator: the end of the file or the next ISA follows at once."),
    _row("X12-SEG-007", "warning", "A terminator follows a terminator: the empty segment is skipped and not counted."),
    _row(
        "X12-BIN-001",
        "error",
        "BDS02 and BIN01 count the octets of the data behind them; where the count is wrong the end of the data is found by what follows.",
        "IK4",
        "4",
    ),
    _row("X12-TA1-001", "warning", "A TA1 belongs between ISA and the first GS; this one comes later."),
)

WIRE_RULES: dict[str, WireRule] = {row.id: row for row in _ROWS}
