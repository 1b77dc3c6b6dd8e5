"""What the payer answered: 278 responses -> Decision records that say what to do next.

In: a 278 response (a file of them, a `Transaction`, or its segments), the requests it answers where they are at hand, and the day
that is today. Out: one `Decision` per patient event, and one for each answer that only rejects. A rejection is never a
denial, a service that was left out is never an approval, and an action that we don't know is for a person to read. The room is
pure: no clock but `as_of`'s default, no ledger, no network; it knows no payer's rules.
"""

from x12retro.decide.final import Standing, read_decisions
from x12retro.decide.history import History
from x12retro.decide.likeness import Care, Subject, care_of, only_like, subject
from x12retro.decide.match import AskedEvent, AskedService, Requests, read_build_report
from x12retro.decide.next_step import DEFAULT_DAYS
from x12retro.decide.outcome import ACTION_OUTCOMES, APPROVALS
from x12retro.decide.read import decide, decide_segments, why_not
from x12retro.decide.record import (
    Action,
    Case,
    Confidence,
    Decision,
    DocumentRequest,
    Extent,
    NextStep,
    Origin,
    OtherDenial,
    Outcome,
    PayerNamed,
    Rejection,
    ServiceDecision,
    ServiceOutcome,
    Traces,
    to_json,
)
from x12retro.decide.stream import decide_stream
from x12retro.decide.terms import Known, Term, Terms, read_verdicts
from x12retro.decide.trouble import TROUBLES

__all__ = [
    "ACTION_OUTCOMES",
    "APPROVALS",
    "DEFAULT_DAYS",
    "TROUBLES",
    "Action",
    "AskedEvent",
    "AskedService",
    "Care",
    "Case",
    "Confidence",
    "Decision",
    "DocumentRequest",
    "Extent",
    "History",
    "Known",
    "NextStep",
    "Origin",
    "OtherDenial",
    "Outcome",
    "PayerNamed",
    "Rejection",
    "Requests",
    "ServiceDecision",
    "ServiceOutcome",
    "Standing",
    "Subject",
    "Term",
    "Terms",
    "Traces",
    "care_of",
    "decide",
    "decide_segments",
    "decide_stream",
    "only_like",
    "read_build_report",
    "read_decisions",
    "read_verdicts",
    "subject",
    "to_json",
    "why_not",
]
