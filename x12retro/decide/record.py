"""What a payer answered about one patient event, as a record that says what to do.

Keys are those of the decision record (docs/decision.md); no patient's name, id or birth date is among them. Dates are `date`,
quantities and money `Decimal`; codes are kept verbatim, meanings are our own words and None where we have none. `repr` shows no
value of the message, so that a record may pass through a log; `to_json` writes it in full.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec

from x12retro.findings import Finding

Outcome = Literal[
    "certified",
    "partially_certified",
    "modified",
    "denied",
    "pended",
    "cancelled",
    "contact_payer",
    "not_required",
    "rejected",
    "manual_review",
    "unanswered",
]
"""`unanswered`: of an answer to an inquiry (005010X215) that decides nothing; the request stands as it did before."""
ServiceOutcome = Literal[
    "certified",
    "partially_certified",
    "modified",
    "denied",
    "pended",
    "cancelled",
    "contact_payer",
    "not_required",
    "rejected",
    "manual_review",
    "unanswered",
]
"""As `Outcome`, and `unanswered`: the payer left the service out, or gave no decision that reaches it. Never an approval."""

Action = Literal[
    "attach_number_to_claim",
    "send_documents",
    "correct_and_resend",
    "appeal",
    "peer_to_peer",
    "follow_up",
    "call_payer",
    "bill",
    "send_claim_then_appeal",
    "review",
]
MatchedBy = Literal["event_trace", "trace_number", "service_trace", "bht03", "member_dates_procedure"]
Confidence = Literal["exact", "high", "medium"]
"""How sure a match is: by a number that only one request has; by a number that leaves a doubt, or by all of the care; by a part of it."""


Place = tuple[int, int]
"""Where a value stands: its segment, counted from ST = 1, and the byte of the file at which that segment begins."""

Places = dict[str, list[Place]]
"""Key of the record -> where its value stands; for a key that is a list one place for each entry, in its order."""


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the parts; shows itself without its values."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Trace(_Record, frozen=True, kw_only=True):
    """A TRN: `number` TRN02, `company` TRN03, `detail` TRN04; `kind` is TRN01 (2 is ours echoed, 1 the payer's own, in theory)."""

    number: str
    company: str = ""
    detail: str = ""
    kind: str = ""


class Traces(_Record, frozen=True, kw_only=True):
    """How the answer names its request: `event` holds the trace numbers, ours first; `details` the same TRNs in full.

    The answer to an inquiry gives back the inquiry's number; that of the request, which it holds, stands before it.
    """

    event: tuple[str, ...] = ()
    bht03: str = ""
    details: tuple[Trace, ...] = ()


class Reason(_Record, frozen=True, kw_only=True):
    """An HCR03, code source 886."""

    code: str
    meaning: str | None = None


class Rejection(_Record, frozen=True, kw_only=True):
    """An AAA: the payer did not review. `loop` is where it stands, `follow_up` AAA04; `segment` and `offset` its place."""

    loop: str
    code: str
    meaning: str | None = None
    follow_up: str = ""
    segment: int = 0
    offset: int = 0


class DocumentRequest(_Record, frozen=True, kw_only=True):
    """A document the payer wants: a PWK report type or a LOINC code of HI. `trace` names the service it is for ("" the event).

    `description` is the payer's free text (PWK07) and may hold anything about the patient, as `messages` may.
    """

    kind: Literal["report_type", "loinc"]
    code: str
    meaning: str | None = None
    delivery: str = ""
    control_number: str = ""
    description: str = ""
    loop: str = ""
    trace: str = ""


class Delivery(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """An HSD: `quantity` of `unit`, `rate` per `per`, over `periods` of `period`; calendar and time of day as coded."""

    quantity: Decimal | None = None
    unit: str = ""
    per: str = ""
    rate: Decimal | None = None
    period: str = ""
    periods: Decimal | None = None
    calendar: str = ""
    time_of_day: str = ""


class Extent(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """What, how much and when, of an event or a service; keys that the message does not give are left out."""

    procedure: str = ""
    code_set: str = ""
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    charge: Decimal | None = None
    service_from: date | None = None
    service_to: date | None = None
    admission_from: date | None = None
    admission_to: date | None = None
    discharge: date | None = None
    delivery: Delivery | None = None


NOTHING = Extent()


class Provider(_Record, frozen=True, kw_only=True):
    """A provider the answer names (NM101 `role`), by number only. `requested` is None when the request is not known."""

    loop: str
    role: str
    id_qualifier: str = ""
    id: str = ""
    taxonomy: str = ""
    requested: bool | None = None


class OtherDenial(_Record, frozen=True, kw_only=True):
    """A denial by another organisation that the answer repeats (NM101 00, CA or GG): no decision of this payer's. `reasons`: REF ZZ."""

    role: str
    reasons: tuple[str, ...] = ()
    denied_on: date | None = None
    segment: int = 0
    offset: int = 0


class PayerNamed(_Record, frozen=True, kw_only=True):
    """The organisation that answers, as the answer names it (2010A NM1, organisations only)."""

    name: str = ""
    id_qualifier: str = ""
    id: str = ""


class Case(_Record, frozen=True, kw_only=True):
    """What is known of the encounter from elsewhere (`assess`): payer's file, scenario, the rule and last day of asking, money at risk."""

    payer: str | None = None
    scenario: str | None = None
    rule: str | None = None
    window_closes: date | None = None
    charges_at_risk: Decimal | None = None


class Contact(_Record, frozen=True, kw_only=True):
    """Where to reach the payer: pairs of PER qualifier (TE, FX, EM, UR, EX) and number."""

    loop: str
    numbers: tuple[tuple[str, str], ...]


class ServiceDecision(_Record, frozen=True, kw_only=True):
    """What was answered about one service.

    `certified` is filled only where the payer approved; `stated` is what the answer's line says, approved or not; `requested`
    comes from the request when it is known. `inherited` is True when the event's decision was applied to this line. `places` says
    where each value stands, be it in the event's segments.
    """

    trace: str = ""
    procedure: str = ""
    outcome: ServiceOutcome
    action: str | None = None
    authorization_number: str | None = None
    requested: Extent = NOTHING
    certified: Extent = NOTHING
    reasons: tuple[Reason, ...] = ()
    reference_number: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    issued_on: date | None = None
    stated: Extent = NOTHING
    rejections: tuple[Rejection, ...] = ()
    messages: tuple[str, ...] = ()
    second_opinion: bool | None = None
    inherited: bool = False
    places: Places = {}


class NextStep(_Record, frozen=True, kw_only=True):
    """What to do, by when, and why. `overdue` is True when `due` lay before the day that was taken for today."""

    do: Action
    due: date
    why: str
    overdue: bool = False


class Origin(_Record, frozen=True, kw_only=True):
    """Where the answer was read. `sha256` is "" for what cannot be read twice (a pipe); `received` is the caller's word."""

    file: str = ""
    sha256: str = ""
    interchange: str = ""
    group: str = ""
    transaction: str = ""
    received: str = ""


class Decision(_Record, frozen=True, kw_only=True):
    """The payer's answer about one patient event.

    `superseded_by` names a later answer about the same event that was read in the same run (of an inquiry's "still pended" also an
    earlier one, which says more), `duplicate` is True for one that was read before; both need a `History`. `answers` is `inquiry` where
    the payer was asked how a request stands (005010X215), else not there.
    """

    outcome: Outcome
    encounter_id: str | None = None
    traces: Traces = Traces()
    action: str | None = None
    authorization_number: str | None = None
    reference_number: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    issued_on: date | None = None
    reasons: tuple[Reason, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    documents_requested: tuple[DocumentRequest, ...] = ()
    messages: tuple[str, ...] = ()
    services: tuple[ServiceDecision, ...] = ()
    next_step: NextStep
    source: Origin = Origin()
    further_steps: tuple[NextStep, ...] = ()
    category: str = ""
    certification: str = ""
    interim: bool = False
    answered_on: date | None = None
    answered_time: str | None = None
    denied_on: date | None = None
    earlier_authorization_number: str | None = None
    second_opinion: bool | None = None
    requested: Extent = NOTHING
    certified: Extent = NOTHING
    stated: Extent = NOTHING
    providers: tuple[Provider, ...] = ()
    contacts: tuple[Contact, ...] = ()
    other_denials: tuple[OtherDenial, ...] = ()
    payer: PayerNamed | None = None
    case: Case | None = None
    asked_on: date | None = None
    matched_by: MatchedBy | None = None
    match_confidence: Confidence | None = None
    superseded_by: Origin | None = None
    duplicate: bool = False
    findings: tuple[Finding, ...] = ()
    places: Places = {}
    answers: Literal["inquiry"] | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return f"<Decision {self.outcome}, {len(self.services)} services, {len(self.findings)} findings>"


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_json(decision: Decision) -> bytes:
    """Write the record as one line of JSON (no line end); quantities and money as JSON numbers."""
    return _ENCODER.encode(decision)
