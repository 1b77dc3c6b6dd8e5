"""What became of each claim, as a record; and what the user allows."""

from __future__ import annotations

from typing import Literal

import msgspec

from x12retro.decide import Confidence

Status = Literal[
    "written",
    "already_there",
    "replaced",
    "conflict",
    "held",
    "not_approved",
    "no_number",
    "no_decision",
    "uncertain",
    "no_line_matches",
    "needs_line_level",
    "other_payer",
    "left_alone",
    "no_claim",
]
"""`conflict`: the claim has another number; `held`: a person must look first; `uncertain`: more than one decision may be meant, or the
match is not sure enough; `needs_line_level`: lines have numbers of their own and the claim can hold one; `left_alone`: a voided claim,
or a set that is broken; `no_claim`: a decision that found no claim."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed. `replace` overwrites another number; `reviewed` gives numbers that were to be looked at first; `confidence` is
    the least that a match needs; `exception_code` is written as REF 4N beside a number (1 to 7, for payers that use it).
    """

    replace: bool = False
    reviewed: bool = False
    any_payer: bool = False
    confidence: Confidence = "high"
    exception_code: str = ""


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one claim. `lines` are the lines (from 1) that got or have a number; empty where the whole claim did.

    `claim` is CLM01, or for `no_claim` the encounter or trace of the decision. `segment` and `transaction` say where the claim stands.
    """

    claim: str
    status: Status
    level: Literal["claim", "line"] | None = None
    numbers: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    outcome: str | None = None
    matched_by: Literal["claim_number", "trace", "member_dates_procedure"] | None = None
    confidence: Confidence | None = None
    notes: tuple[str, ...] = ()
    transaction: str = ""
    segment: int | None = None

    def __repr__(self) -> str:
        return f"<HandOver {self.status}>"


_ENCODER = msgspec.json.Encoder()


def to_json(record: HandOver) -> bytes:
    """The record as one line of JSON, without line end."""
    return _ENCODER.encode(record)
