"""The verdict on one encounter: may the payer still be asked, until when, with what, and what else is to be done.

Keys are those of docs/contract.md; `others`, `channel`, `hint` and the like are added to them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from x12retro.assess.record import Channel, RuleType, Unit

Word = Literal["permitted", "conditional", "not_permitted", "unknown"]
Route = Literal["278", "claim", "appeal", "phone", "portal", "none"]
Todo = Literal[
    "send_request",
    "notify_payer",
    "complete_and_send",
    "get_facts",
    "wait_until_open",
    "ask_payer",
    "send_claim",
    "send_claim_then_appeal",
    "appeal",
    "correct_record",
    "review",
]


class ClockUsed(msgspec.Struct, frozen=True):
    """The clock of the window: the day it started, the key of the encounter that says so, and its length (None: none is published)."""

    start: date | None = None
    basis: str | None = None
    unit: Unit | None = None
    count: int | None = None


class DocumentNeeded(msgspec.Struct, frozen=True):
    """A document that the payer wants, and whether the encounter shows that it is at hand."""

    document: str
    have: bool


class Step(msgspec.Struct, frozen=True):
    """What to do, by which day (inclusive), and why in a sentence. `by` None: there is no day to give."""

    do: Todo
    by: date | None
    why: str


class OtherRule(msgspec.Struct, frozen=True):
    """Another rule that applies: what it alone would say."""

    rule: str
    type: RuleType
    verdict: Word
    opens: date | None
    closes: date | None


class Hint(msgspec.Struct, frozen=True):
    """For a payer without a rule: the shortest window that any payer of that line of business has published."""

    rule: str
    count: int
    unit: Unit
    closes: date | None


class Problem(msgspec.Struct, frozen=True):
    """Why a record could not be assessed at all: JSON path, what, line of the source."""

    path: str
    message: str
    line: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one encounter.

    `days_left` counts calendar days to `closes`: 0 on the last day, negative behind it. `charges_at_risk` are the
    encounter's, else the sum of its charges. `closes_at` is the minute in which a window of hours closes (ISO 8601), where the encounter
    tells when it began. `payer` is the id of the payer's file, None where
    it is not known; `payer_name` is what the encounter calls it. `problems` are told for a record that could not be read.
    """

    encounter_id: str | None
    verdict: Word
    route: Route
    rule: str | None = None
    opens: date | None = None
    closes: date | None = None
    days_left: int | None = None
    clock: ClockUsed | None = None
    reasons: tuple[str, ...] = ()
    documents_needed: tuple[DocumentNeeded, ...] = ()
    missing_facts: tuple[str, ...] = ()
    then: Step
    others: tuple[OtherRule, ...] = ()
    charges_at_risk: Decimal | None = None
    payer: str | None = None
    scenario: str | None = None
    channel: Channel | None = None
    hint: Hint | None = None
    closes_at: str | None = None
    payer_name: str | None = None
    problems: tuple[Problem, ...] = ()
