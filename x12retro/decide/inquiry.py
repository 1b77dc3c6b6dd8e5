"""The answer to an inquiry (005010X215): which request it is about, and what of it may be joined to that request.

An inquiry asks after a review, so its answer tells of one: HCR, REF and dates mean there what they mean in the answer to a request, and
the records are the same. Three things differ. The number that comes back is the inquiry's, and the request's is read off it. A payer
that was asked by member and days may tell of another review of the same patient: that is no answer to our request. And where nothing was
decided (an AAA, or no HCR at all) nothing is known that was not known before: the record is `unanswered`, and changes nothing.

Guide: 005010X215 2000E TRN, AAA, HCR
"""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.decide.likeness import Care
from x12retro.decide.match import AskedEvent
from x12retro.decide.record import Trace
from x12retro.x12.traces import asks_after

NO_DECISION = "DEC-HCR-009"
OTHER_CARE = "DEC-MATCH-007"
WHICH_OF_THEM = "DEC-MATCH-008"


IN_BHT03 = -1


def request_named(traces: Sequence[Trace], bht03: str, asked: AskedEvent | None) -> tuple[int, Trace] | None:
    """The trace of the request that an inquiry's number holds, and which of `traces` that number is; None where there is none.

    An answer that gives no trace back is known by its BHT03 (`IN_BHT03`). `asked` is the request where it is known: then its own number is
    meant, be it too long to stand in the inquiry's.
    """
    for n, trace in enumerate(traces):
        if (number := asks_after(trace.number)) is not None:
            if asked is not None and asked.traces:
                number = asked.traces[0].number
            if any(other.number == number for other in traces):
                return None
            return n, Trace(number=number, company=trace.company, detail=trace.detail, kind=trace.kind)
    if traces or (number := asks_after(bht03)) is None:
        return None
    own = asked.traces[0] if asked is not None and asked.traces else Trace(number=number)
    return IN_BHT03, Trace(number=own.number, company=own.company, kind="2")


def is_other_care(asked: Care | None, answered: Care) -> bool:
    """Whether a review cannot be the one that was asked after: no day in common, or no procedure.

    What one does not tell is no difference.
    """
    if asked is None:
        return False
    if asked.days is not None and answered.days is not None and (asked.days[0] > answered.days[1] or answered.days[0] > asked.days[1]):
        return True
    return bool(asked.procedures and answered.procedures) and not asked.procedures & answered.procedures
