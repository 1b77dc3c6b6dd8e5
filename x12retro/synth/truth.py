"""What a right reader must find in a made-up response, known because it was put there.

The words for outcomes are those of the decision record. Amounts and dates are those that the answer states; where the payer approved,
they are what was certified.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class Rejected(msgspec.Struct, frozen=True):
    """One AAA: where it stands, AAA03 and AAA04."""

    loop: str
    code: str
    follow_up: str


class Wanted(msgspec.Struct, frozen=True):
    """One document the payer asks for: a report type (PWK) or a LOINC code (HI)."""

    kind: str
    code: str
    delivery: str = ""
    control_number: str = ""
    description: str = ""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """One HSD."""

    quantity: Decimal | None = None
    unit: str = ""
    per: str = ""
    rate: Decimal | None = None
    period: str = ""
    periods: Decimal | None = None
    calendar: str = ""
    time_of_day: str = ""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What, how much and when, as one level of the answer states it."""

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
    delivery: Pace | None = None


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about one level, event or service. `action` is the HCR01 that holds for it, its own or the event's."""

    outcome: str
    action: str | None = None
    authorization_number: str | None = None
    reference_number: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    issued_on: date | None = None
    reasons: tuple[str, ...] = ()
    rejections: tuple[Rejected, ...] = ()
    documents: tuple[Wanted, ...] = ()
    messages: tuple[str, ...] = ()
    second_opinion: bool | None = None
    stated: Amounts = Amounts()
    certified: bool = False


class ServiceTruth(Level, frozen=True, kw_only=True):
    """One service of the request. `outcome` is `unanswered` where the payer left it out."""

    trace: str
    procedure: str = ""


class Truth(Level, frozen=True, kw_only=True):
    """One answered event. `rejections` are all of the answer, top level first; `certified` says whether `stated` was approved.

    `story` names what kind of answer was made up; `interim` that more is to follow (BHT06 19);
    `in_doubt` that the approval's days do not cover the care, so that a person must look before it is billed.
    """

    encounter_id: str
    story: str
    bht03: str
    traces: tuple[str, ...] = ()
    earlier_authorization_number: str | None = None
    interim: bool = False
    in_doubt: bool = False
    services: tuple[ServiceTruth, ...] = ()
