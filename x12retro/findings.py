"""A problem in data, as a value.

Everything that looks at a message says what it saw as `Finding` records; nothing stops at the first problem. The text of a
finding is composed from the guide's words and never holds a value of the message: the value sits in `value`, apart, and is
shown only on request. Keys are those of the validation report (docs/contract.md).
"""

from __future__ import annotations

import functools
import re
from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]
AckLevel = Literal["TA1", "AK9", "IK5", "IK3", "IK4"]


class Ack(msgspec.Struct, frozen=True):
    """The place and code by which an acknowledgment reports the finding: e.g. level `IK4`, code `7`."""

    level: AckLevel
    code: str


_CONTROL_NUMBER = re.compile(r"[A-Za-z0-9]{1,9}")


@functools.lru_cache(maxsize=1024)
def control_number(text: str | None) -> str | None:
    """A control number fit for a report: None for an empty one, "?" for what is no such number (it may be a piece of data)."""
    if not text:
        return None
    return text if _CONTROL_NUMBER.fullmatch(text) else "?"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One problem at one place.

    `rule` is a stable id (`X12-SE-001`, `X217-UM-010`); `segment` counts from ST = 1 and is None for the envelope;
    `element`, `component` and `repeat` count from 1; `offset` is the byte at which the segment starts in the file.
    """

    rule: str
    snip: int
    severity: Severity
    message: str
    interchange: str | None = None
    group: str | None = None
    transaction: str | None = None
    segment: int | None = None
    segment_id: str | None = None
    loop: str | None = None
    element: int | None = None
    component: int | None = None
    repeat: int | None = None
    offset: int | None = None
    ack: Ack | None = None
    value: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity == "error"
