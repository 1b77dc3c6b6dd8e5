"""What can be odd in an answer, as one table: rule id, severity, and the one sentence that is said about it.

The sentences are fixed, so that no value of the message can slip into one. None of these stops a decision; each makes a record
that a person should look at easier to understand. Wire faults are the reader's to report, guide faults the validator's.
"""

from __future__ import annotations

from x12retro.findings import Finding, Severity
from x12retro.x12.known_segments import KNOWN_SEGMENTS
from x12retro.x12.segment import Segment

TROUBLES: dict[str, tuple[Severity, str]] = {
    "DEC-SET-001": ("info", "This transaction set is not a 278; it holds no decision and is skipped."),
    "DEC-SET-002": ("error", "This set is a request (BHT02, and neither HCR nor AAA in it); a response was expected."),
    "DEC-SET-003": ("warning", "BHT02 should be 11 in a response; the set holds an answer and is read as one."),
    "DEC-SET-004": (
        "error",
        "The set breaks off before its SE: what stood behind is not known, so its last event is not taken for approved.",
    ),
    "DEC-SET-005": ("info", "BHT06 says that this answer is interim: an update will follow."),
    "DEC-SET-006": ("warning", "STC belongs to other transactions; its status is no decision here and was not used."),
    "DEC-SET-007": ("warning", "The answer, or its denial, is dated after the day that is taken for today."),
    "DEC-SET-008": ("warning", "BHT04 holds no real date: the day of the answer is not known."),
    "DEC-SET-009": (
        "error",
        "SE01 counts more segments than the set has: some may be lost, so nothing is taken for approved.",
    ),
    "DEC-SET-010": ("warning", "SE01 is no count of this set's segments, but none can be missing."),
    "DEC-SET-011": (
        "error",
        "SE02 is not ST02 and SE01 not the count: the SE ends another set, what stood between is lost, and nothing is taken for approved.",
    ),
    "DEC-SET-012": ("warning", "SE02 is not ST02, but SE01 counts this set's segments: none is missing."),
    "DEC-SET-013": (
        "warning",
        "Another answer about this event is of the same minute and says otherwise: which of the two stands must be asked.",
    ),
    "DEC-SET-014": (
        "error",
        "BHT02 says request, and yet the set holds HCR or AAA: it is read, but nothing is taken for approved.",
    ),
    "DEC-HL-001": ("warning", "The set has no HL segments; the levels are told from their content."),
    "DEC-HL-002": ("warning", "HL03 names no level of a 278 response; the level is told from its content."),
    "DEC-HL-003": ("warning", "HL02 names no earlier level above this one; the order of the levels decides."),
    "DEC-HL-004": ("warning", "Data of the patient event stand at a level above it; an event is taken to begin here."),
    "DEC-HL-005": (
        "warning",
        "A service does not stand below a patient event; it is taken to belong to the event beside it, or to one of its own.",
    ),
    "DEC-HL-006": ("warning", "A service (SV1, SV2 or SV3) stands where no service level was opened; it is read as a service of its own."),
    "DEC-HCR-001": ("error", "HCR01 is empty: the action is not known."),
    "DEC-HCR-002": ("error", "HCR01 holds an action code that the guide does not know; a person must read it."),
    "DEC-HCR-003": ("error", "Several HCR at one level say different things."),
    "DEC-HCR-004": ("warning", "HCR and AAA speak of the same thing; an approval beside a rejection is not taken for an approval."),
    "DEC-HCR-005": ("warning", "A service was approved although the event as a whole was not."),
    "DEC-HCR-006": ("error", "Neither HCR nor AAA is given: nothing was decided."),
    "DEC-HCR-007": ("warning", "The event is approved, but no authorization number is given."),
    "DEC-HCR-008": ("warning", "A word or zeros stand where the authorization number is wanted; it was not taken for one."),
    "DEC-AAA-001": ("warning", "The elements of AAA are out of place; AAA03 is the reason, AAA04 the follow-up."),
    "DEC-AAA-002": ("error", "AAA gives no reject reason (AAA03)."),
    "DEC-AAA-003": ("warning", "AAA03 holds a reject reason that the guide does not know."),
    "DEC-TRN-001": ("info", "TRN01 should be 2 where a response returns the requester's trace."),
    "DEC-DTP-001": ("warning", "A DTP holds no real date; it was not used."),
    "DEC-QTY-001": ("warning", "A quantity or amount is not a number; it was not used."),
    "DEC-CMP-001": ("warning", "Less was approved than was requested (units, days, visits or periods)."),
    "DEC-CMP-002": ("warning", "Another procedure, revenue code or modifier was approved than was requested."),
    "DEC-CMP-003": ("warning", "The days that were approved do not cover all days of the care."),
    "DEC-CMP-004": ("warning", "The approval covers no day of the care: it ends before, or begins after."),
    "DEC-CMP-005": (
        "warning",
        "The amount approved is counted in another unit than the one requested: they cannot be compared.",
    ),
    "DEC-MATCH-001": ("warning", "No request that was given matches this answer."),
    "DEC-MATCH-002": ("warning", "A service that was requested does not appear in the answer."),
    "DEC-MATCH-004": ("info", "The answer carries no number of ours; it was matched by member, days and procedures."),
    "DEC-MATCH-005": (
        "error",
        "The answer returns our number for another patient (member id, birth date): nothing of it is approved.",
    ),
    "DEC-MATCH-006": ("warning", "The member id is not the one that was sent, the birth date is: the payer may have corrected it."),
    "DEC-UM-001": ("error", "A cancellation was answered where none was asked, or the other way round: nothing of it is approved."),
    "DEC-MATCH-003": ("info", "A service of the answer could not be matched to one that was requested."),
}


def trouble(rule: str, segment: Segment | None = None, loop: str | None = None, element: int | None = None) -> Finding:
    """Make the finding of a rule at a segment; severity and words come from the table."""
    severity, message = TROUBLES[rule]
    return Finding(
        rule=rule,
        snip=0,
        severity=severity,
        message=message,
        segment=segment.position if segment is not None else None,
        segment_id=segment.id if segment is not None and segment.id in KNOWN_SEGMENTS else None,
        loop=loop,
        element=element,
        offset=segment.offset if segment is not None else None,
    )
