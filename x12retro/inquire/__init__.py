"""How does a pended request stand: 278 inquiries (005010X215), and when it is time for one.

In: what is known of a pended request (the record of the answer that pended it, and the request itself as it was sent), the `Partner`
that it went to, today, and control numbers that the caller owns. Out: one `Asking` per pended request: the inquiry, composed from what
was sent and proven against the guide before it is handed out, or why there is none. `when` says when the next inquiry is due, by the
partner's `Schedule`. The room is pure: no clock, no ledger, no network.

An inquiry names payer, requester and patient as the request did, and the care by the payer's reference (REF NT) or number (REF BB) and
the days; what explained and proved the request is not said again. Its trace number is its own and holds the request's
(`x12retro.x12.traces`), so that its answer finds the request.

Guide: 005010X215
"""

from x12retro.inquire.batch import inquiries
from x12retro.inquire.compose import GUIDE_VERSION, compose
from x12retro.inquire.pended import Pended, PendedRequests
from x12retro.inquire.record import Asking, Report, asked_at, read_reports
from x12retro.inquire.schedule import Due, Schedule, load_schedule, when

__all__ = [
    "GUIDE_VERSION",
    "Asking",
    "Due",
    "Pended",
    "PendedRequests",
    "Report",
    "Schedule",
    "asked_at",
    "compose",
    "inquiries",
    "load_schedule",
    "read_reports",
    "when",
]
