"""Acknowledgments: findings -> TA1 and 999; and theirs (TA1, 999, 997, 824) -> records joined to what was sent.

Writing: feed every `Checked` of one validation pass to an `AckWriter`; it writes interchanges of TA1 and of 999 (005010X231A1) to
two streams, control numbers from a counter, date and time from the caller. Reading: `read_acknowledgments` yields an
`InterchangeAck` per TA1, a `GroupAck` per acknowledged group and an `Advice` per set that an 824 speaks of; a `SentIndex` joins them to
the files that were sent. The room is pure: no clock, no ledger, no network. No value of a message gets into an acknowledgment, or out
of one, unless it is asked for.
"""

from x12retro.acknowledge.advice import read_advice
from x12retro.acknowledge.received import read_acknowledgments, read_set
from x12retro.acknowledge.record import (
    Acknowledgment,
    Advice,
    AdviceVerdict,
    Context,
    ElementNote,
    GroupAck,
    InterchangeAck,
    Note,
    Reason,
    Reference,
    SegmentNote,
    Sent,
    SetAck,
    Source,
    Verdict,
)
from x12retro.acknowledge.sent import SentIndex
from x12retro.acknowledge.tally import AckTally
from x12retro.acknowledge.troubles import TROUBLES
from x12retro.acknowledge.writer import AckOptions, AckWriter, acknowledging

__all__ = [
    "TROUBLES",
    "AckOptions",
    "AckTally",
    "AckWriter",
    "Acknowledgment",
    "Advice",
    "AdviceVerdict",
    "Context",
    "ElementNote",
    "GroupAck",
    "InterchangeAck",
    "Note",
    "Reason",
    "Reference",
    "SegmentNote",
    "Sent",
    "SentIndex",
    "SetAck",
    "Source",
    "Verdict",
    "acknowledging",
    "read_acknowledgments",
    "read_advice",
    "read_set",
]
