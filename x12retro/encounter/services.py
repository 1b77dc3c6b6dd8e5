"""The services given within the event, the documents behind them, and the earlier authorization they may belong to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from x12retro.encounter.event import Facility, Quantity
from x12retro.encounter.fields import (
    AMOUNT_DIGITS,
    QUANTITY_DIGITS,
    REPORT_TYPE_PATTERN,
    TOOTH_PATTERN,
    Address,
    Certification,
    Code2,
    Code3,
    Contact,
    FirstName,
    Kind,
    MiddleName,
    Modifier,
    Name,
    NameAffix,
    Npi,
    ProcedureCode,
    Record,
    Reference,
    RevenueCode,
    TaxId,
    Taxonomy,
    Text80,
    Text264,
    check_amounts,
    text,
)

ProviderRole = Literal["71", "72", "73", "77", "AAJ", "DD", "DK", "DN", "DQ", "FA", "G3", "P3", "QB", "QV", "SJ", "1T"]
ReportType = Annotated[str, Meta(pattern=REPORT_TYPE_PATTERN)]


class ProviderId(Record, frozen=True):
    """A further id of a provider: licence 0B, UPIN 1G, facility 1J, tax EI, networks N5 N7, SSN SY, the payer's own ZH.

    Guide: 005010X217 REF
    """

    qualifier: Literal["0B", "1G", "1J", "EI", "G5", "N5", "N7", "SY", "ZH"]
    value: Reference
    description: Text80 | None = None


class Provider(Record, frozen=True):
    """Who gave the care: a person (`last_name`) or an organisation (`organization`).

    `role` is the standard's code: 71 attending, 72 operating, 73 other, 77 place of service, AAJ admitting, DD assistant surgeon,
    DK ordering, DN referring, DQ supervising, FA facility, G3 clinic, P3 primary care, QB purchased service, QV group,
    SJ service provider, 1T practice.

    Guide: 005010X217 2010EA, 2010F
    """

    role: ProviderRole
    npi: Npi | None = None
    tax_id: TaxId | None = None
    last_name: Name | None = None
    first_name: FirstName | None = None
    middle_name: MiddleName | None = None
    suffix: NameAffix | None = None
    organization: Name | None = None
    taxonomy: Taxonomy | None = None
    address: Address | None = None
    contact: Contact | None = None
    other_ids: Annotated[tuple[ProviderId, ...], Meta(max_length=7)] = ()


class Document(Record, frozen=True):
    """A document sent with the request or held for it. `type` and `delivery` are the report type and transmission codes of PWK.

    A document that travels apart (BM mail, EL 275, EM e-mail, FX fax) gets a control number when none is given; `path` is for
    whoever sends it and never leaves the house. One that is `sensitive` is neither told of nor sent until it is `released`.

    Guide: 005010X217 PWK
    """

    type: ReportType
    delivery: Literal["AA", "BM", "EL", "EM", "FX", "VO"] = "AA"
    control_number: Annotated[str, text(min_length=2, max_length=50)] | None = None
    description: Text80 | None = None
    path: Annotated[str, text()] | None = None
    sensitive: Literal["psychotherapy", "substance_use", "other"] | None = None
    released: bool = False

    @property
    def held(self) -> bool:
        """True for what may not leave the house."""
        return self.sensitive is not None and not self.released


class Prior(Record, frozen=True):
    """What an earlier answer gave: the authorization number, or the payer's reference while it had none.

    Guide: 005010X217 REF BB, NT
    """

    authorization: Reference | None = None
    reference: Reference | None = None


class Tooth(Record, frozen=True):
    """A tooth (1-32 or A-T) and up to five surfaces.

    Guide: 005010X217 2000F TOO
    """

    number: Annotated[str, Meta(pattern=TOOTH_PATTERN)]
    surfaces: Annotated[tuple[Literal["B", "D", "F", "I", "L", "M", "O"], ...], Meta(max_length=5)] = ()


class Service(Record, frozen=True):
    """One service line.

    Without `kind`, a revenue code makes it institutional (SV2), code set AD or teeth dental (SV3), anything else professional
    (SV1). `from` and `to` are the days of this line; without them the event's days hold. Category, certification, service type,
    facility and prior are given only where the line differs from the event.

    Guide: 005010X217 2000F
    """

    amounts: ClassVar[dict[str, int]] = {"charge": AMOUNT_DIGITS, "units": QUANTITY_DIGITS, "rate": 10}

    procedure: ProcedureCode | None = None
    procedure_to: ProcedureCode | None = None
    code_set: Literal["HC", "IV", "N4", "WK", "ID", "ZZ", "AD"] | None = None
    kind: Kind | None = None
    modifiers: Annotated[tuple[Modifier, ...], Meta(max_length=4)] = ()
    revenue_code: RevenueCode | None = None
    description: Text80 | None = None
    charge: Decimal | None = None
    units: Decimal | None = None
    unit: Literal["UN", "DA", "MJ", "F2"] | None = None
    rate: Decimal | None = None
    from_: date | None = msgspec.field(default=None, name="from")
    to: date | None = None
    providers: tuple[Provider, ...] = ()
    category: Literal["HS", "SC"] | None = None
    certification: Certification | None = None
    service_type: Code2 | None = None
    facility: Facility | None = None
    diagnosis_pointers: Annotated[tuple[Annotated[int, Meta(ge=1, le=12)], ...], Meta(max_length=4)] = ()
    epsdt: bool | None = None
    nursing_home_status: Literal["1", "2", "3", "4", "5", "6", "7", "8"] | None = None
    nursing_home_level: Literal["1", "2", "3", "4", "5", "6", "7", "8"] | None = None
    teeth: Annotated[tuple[Tooth, ...], Meta(max_length=32)] = ()
    oral_cavity: Annotated[tuple[Code3, ...], Meta(max_length=5)] = ()
    placement: Literal["I", "R"] | None = None
    quantity: Quantity | None = None
    documents: Annotated[tuple[Document, ...], Meta(max_length=10)] = ()
    message: Text264 | None = None
    prior: Prior | None = None
    trace: Reference | None = None

    def __post_init__(self) -> None:
        check_amounts(self)

    @property
    def line_kind(self) -> Kind:
        """The kind of line: the stated one, else what revenue code, code set and teeth make clear."""
        if self.kind is not None:
            return self.kind
        if self.revenue_code is not None:
            return "institutional"
        if self.code_set == "AD" or self.teeth or self.oral_cavity:
            return "dental"
        return "professional"


class SubscriberId(Record, frozen=True):
    """A further id of the subscriber: policy 1L or IG, Medicaid NQ, identity card HJ, account EJ, Medicare F6, and so on.

    Guide: 005010X217 2010C REF
    """

    qualifier: Literal["1L", "3L", "6P", "DP", "EJ", "F6", "HJ", "IG", "N6", "NQ", "SY"]
    value: Reference


class DependentId(Record, frozen=True):
    """A further id of a dependent: patient account EJ or SSN SY.

    Guide: 005010X217 2010D REF
    """

    qualifier: Literal["EJ", "SY"]
    value: Reference
