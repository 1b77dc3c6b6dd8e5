"""What payers have published about late requests, as records: one `RetroRule` per `[[retro]]` row of a file in maps/payers.

Seven different things are called "retro auth"; `type` tells them apart, because for several of them a 278 is the wrong answer. A rule's
*scope* (state, line of business, network, plan, service) says whose care it is about; *scenarios* and *facts* say what must have
happened; the *window* says until when, by a clock of its own.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from x12retro.encounter import Scenario

RuleType = Literal[
    "retro_auth", "late_notification", "change_after_service", "post_service_review", "prohibited", "appeal_only", "sla_only"
]
Permitted = Literal["yes", "conditional", "no"]
Unit = Literal["calendar_days", "business_days", "months", "hours"]
Clock = Literal[
    "date_of_service",
    "first_date_of_service",
    "admission",
    "discharge",
    "eligibility_add_date",
    "card_issue",
    "eligibility_discovered",
    "eligibility_determination",
    "system_restored",
    "denial_date",
    "document_request",
    "emergency_start",
]
Line = Literal[
    "commercial",
    "individual",
    "exchange",
    "self_funded",
    "medicaid",
    "medicaid_ffs",
    "medicaid_mco",
    "medicare_advantage",
    "medicare_ffs",
    "state_program",
    "tricare",
    "va",
]
Care = Literal["emergency", "inpatient", "outpatient", "home_health", "post_acute"]
Channel = Literal["278", "portal", "phone", "fax", "unknown"]
MissedRoute = Literal["claim", "appeal", "none"]
Evidence = Literal["full", "truncated", "secondary"]
"""full: the whole rule was read; truncated: the text stopped in the middle of it; secondary: somebody else's account of it."""
Fact = Literal["prior.authorization", "retro.coverage_discovered_on", "retro.eligibility_added_on", "retro.explanation"]
Count = Annotated[int, Meta(ge=0, le=3650)]
Words = Annotated[str, Meta(min_length=1, max_length=300)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all parts of a rule."""


class Window(_Part, frozen=True):
    """How long the payer may be asked: `count` units after the day of `clock` (the day after it is day 1).

    `rolls`: a last day that is no business day moves to the next one.
    """

    count: Annotated[int, Meta(ge=1, le=3650)]
    unit: Unit
    clock: Clock
    rolls: bool = False


class Opening(_Part, frozen=True):
    """The day before which a request is refused: `count` units after the day of `clock`; 0 is that day itself."""

    clock: Clock
    count: Count = 0
    unit: Literal["calendar_days", "business_days", "months"] = "calendar_days"


class CareDates(_Part, frozen=True):
    """A rule for care on or before, or on or after, the day of a clock."""

    relation: Literal["on_or_before", "on_or_after"]
    clock: Clock


class Missed(_Part, frozen=True):
    """What follows when a request is refused or too late. `days`: within how many days of the denial an appeal must be in."""

    route: MissedRoute
    words: Words
    days: Annotated[int, Meta(ge=1, le=730)] | None = None


class Span(_Part, frozen=True):
    """A length of time without a start of its own."""

    count: Annotated[int, Meta(ge=1, le=3650)]
    unit: Unit


class RetroRule(_Part, frozen=True):
    """One published rule.

    Empty `state`, `line_of_business`, `plan_words`, `service` mean "any"; `scenarios` holds "any" where the payer names none.
    `only_these`: what the rule does not list is refused, rather than not spoken of. `also`: ids of other payers that the rule binds,
    "*" for every payer of its state and line of business. `documents_for` are asked for in one scenario only. `claim_within` runs
    from the approval. `seen` is the year of the source, `review_by` the day from which the row must be read again before it is relied on.
    """

    id: Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    type: RuleType
    permitted: Permitted
    source: Annotated[str, Meta(pattern="^https?://[^ ]+$")]
    seen: int
    evidence: Evidence
    review_by: date
    plan: Words | None = None
    plan_words: tuple[Words, ...] = ()
    state: tuple[Annotated[str, Meta(pattern="^[A-Z]{2}$")], ...] = ()
    line_of_business: tuple[Line, ...] = ()
    network: Literal["in", "any"] = "any"
    service: tuple[Care, ...] = ()
    care_dates: CareDates | None = None
    also: tuple[str, ...] = ()
    window: Window | None = None
    opens: Opening | None = None
    scenarios: tuple[Scenario | Literal["any"], ...] = ()
    only_these: bool = False
    facts: tuple[Fact, ...] = ()
    documents: tuple[str, ...] = ()
    documents_for: dict[Scenario, tuple[str, ...]] = {}
    before_claim: bool = False
    channel: Channel = "unknown"
    then: Missed | None = None
    claim_within: Span | None = None
    decision: Span | None = None
    notes: Annotated[str, Meta(max_length=600)] = ""

    @property
    def asks(self) -> bool:
        """True for the types that let somebody ask or tell the payer after the care."""
        return self.type in ("retro_auth", "late_notification", "change_after_service")


class Business(_Part, frozen=True):
    """How a payer's desk works: the `[business]` table of its file.

    `single`: the payer has one state and one line of business, so an encounter need not name them. `closed` are days of its own on
    which it does not work; `cut_off` the hour (0-23) from which what arrives counts as received the next day, in the zone of `zone`.
    """

    single: bool = False
    closed: tuple[date, ...] = ()
    cut_off: Annotated[int, Meta(ge=0, le=23)] | None = None
    zone: str | None = None


class PayerRules(msgspec.Struct, frozen=True, kw_only=True):
    """A payer and what it has published about late requests."""

    id: Annotated[str, Meta(max_length=60)]
    name: str
    seen: date
    aliases: tuple[str, ...] = ()
    business: Business = Business()
    rules: tuple[RetroRule, ...] = ()
