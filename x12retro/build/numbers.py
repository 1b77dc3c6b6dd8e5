"""Numbers that are given out: control numbers from a counter the caller owns, and trace numbers made from the encounter's id.

Control numbers are drawn from `x12retro.x12.control`, never from the clock. A trace number is
`hash of encounter_id` + `run` [+ `L` line]: the same encounter in another run gets another number, and a number can be made
again from what the report holds. It carries nothing of the patient.
"""

from __future__ import annotations

import hashlib

from x12retro.x12.control import ControlNumbers

__all__ = ["ControlNumbers", "document_number", "event_trace", "line_of_trace", "service_trace", "trace_root"]


def event_trace(encounter_id: str, run: str) -> str:
    """The event's TRN02: 16 hexadecimal digits of the id's hash, then the run.

    Guide: 005010X217 2000E TRN02
    """
    return trace_root(encounter_id) + run


def trace_root(encounter_id: str) -> str:
    """The first 16 characters of every trace number made from this encounter's id."""
    return hashlib.blake2b(encounter_id.encode(), digest_size=8).hexdigest().upper()


def service_trace(event: str, line: int) -> str:
    """The TRN02 of service `line`, from 1.

    Guide: 005010X217 2000F TRN02
    """
    return f"{event}L{line:03d}"


def line_of_trace(trace: str) -> int | None:
    """The line, from 1, that a service's trace number was made for; None for a number that is not ours."""
    _, mark, line = trace.rpartition("L")
    return int(line) if mark and line.isascii() and line.isdigit() and len(line) < 5 else None


def document_number(event: str, number: int) -> str:
    """The control number of the event's or a service's `number`-th document that came without one.

    Guide: 005010X217 PWK06
    """
    return f"{event}D{number:03d}"
