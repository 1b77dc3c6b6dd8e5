"""The event: one stay, visit, transport or course of care, and the certifications that go with some kinds of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from x12retro.encounter.fields import (
    CONDITION_PATTERN,
    LEVEL_PATTERN,
    QUANTITY_DIGITS,
    Address,
    Certification,
    Code1,
    Code2,
    Country,
    Drg,
    Name,
    ProcedureCode,
    Record,
    Reference,
    State,
    Text80,
    Time,
    check_amounts,
)

Role = Literal["PW", "45", "ND", "R3", "FS"]
Category = Literal["07", "08", "09", "11", "75", "76", "77"]
Equipment = Literal["A", "B", "C", "D", "E", "O"]
OxygenFinding = Literal["1", "2", "3"]
Level = Annotated[str, Meta(pattern=LEVEL_PATTERN)]
Prognosis = Literal["1", "2", "3", "4", "5", "6", "7", "8"]


class Facility(Record, frozen=True):
    """Where the care was given: `qualifier` A with the first two digits of the bill type, B with a place-of-service code.

    Guide: 005010X217 UM04
    """

    code: Code2
    qualifier: Literal["A", "B"] = "B"


class Admission(Record, frozen=True):
    """How the patient came in and left: admission type, point of origin and discharge status (NUBC codes).

    Guide: 005010X217 2000E CL1
    """

    type: Code1 | None = None
    source: Code1 | None = None
    status: Code2 | None = None


class Quantity(Record, frozen=True):
    """How much care, how often: 3 visits per week for 2 months is `{qualifier: VS, count: 3, per: WK, period: 34, periods: 2}`.

    Guide: 005010X217 HSD
    """

    amounts: ClassVar[dict[str, int]] = {"count": QUANTITY_DIGITS, "every": 6}

    qualifier: Literal["DY", "FL", "HS", "MN", "VS"] | None = None
    count: Decimal | None = None
    per: Literal["DA", "MO", "WK"] | None = None
    every: Decimal | None = None
    period: Literal["6", "7", "21", "26", "27", "34", "35"] | None = None
    periods: Annotated[int, Meta(ge=1, le=999)] | None = None
    pattern: Code2 | None = None
    time_of_day: Literal["A", "B", "C", "D", "E", "F", "G", "Y"] | None = None

    def __post_init__(self) -> None:
        check_amounts(self)


class Conditions(Record, frozen=True):
    """Up to five conditions of one category (07 ambulance, 08 chiropractic, 09 DME, 11 oxygen, 75 limits, 76 activities, 77 mental).

    `apply` false says that they do not hold.

    Guide: 005010X217 2000E CRC
    """

    category: Category
    codes: Annotated[tuple[Annotated[str, Meta(pattern=CONDITION_PATTERN)], ...], Meta(min_length=1, max_length=5)]
    apply: bool = True


class Place(Record, frozen=True):
    """A stop of a transport: PW pick-up, 45 drop-off, ND next, R3 next scheduled, FS final.

    Guide: 005010X217 2010EB
    """

    role: Role
    address: Address
    name: Name | None = None


class Ambulance(Record, frozen=True):
    """A transport. `trip`: I first, R return, T transfer, X round trip. Distance in miles (DH) or kilometres (DK).

    Guide: 005010X217 2000E CR1
    """

    amounts: ClassVar[dict[str, int]] = {"distance": QUANTITY_DIGITS, "weight": 10}

    trip: Literal["I", "R", "T", "X"]
    reason: Literal["A", "B", "C", "D", "E", "F"] | None = None
    distance: Decimal | None = None
    distance_unit: Literal["DH", "DK"] = "DH"
    weight: Decimal | None = None
    weight_unit: Literal["LB", "KG"] = "LB"
    round_trip_purpose: Text80 | None = None
    stretcher_purpose: Text80 | None = None
    places: Annotated[tuple[Place, ...], Meta(max_length=5)] = ()

    def __post_init__(self) -> None:
        check_amounts(self)


class HomeHealth(Record, frozen=True):
    """A home health plan of care.

    Guide: 005010X217 2000E CR6
    """

    prognosis: Prognosis
    started_on: date
    certification: Literal["I", "R", "S", "4", "3", "1", "2", "6"] = "I"
    period_from: date | None = None
    period_to: date | None = None
    surgery_on: date | None = None
    surgery_code_set: Literal["HC", "ID"] = "HC"
    surgery_code: ProcedureCode | None = None
    ordered_on: date | None = None
    last_visit_on: date | None = None
    physician_contact_on: date | None = None
    last_stay_from: date | None = None
    last_stay_to: date | None = None
    last_stay_place: Literal["A", "B", "C", "D", "E", "F", "G", "H", "L", "M", "O", "P", "R", "S", "T"] | None = None


class Oxygen(Record, frozen=True):
    """Home oxygen: up to three kinds of equipment, flow in litres a minute, and the test behind it.

    Guide: 005010X217 2000E CR5
    """

    amounts: ClassVar[dict[str, int]] = dict.fromkeys(
        ("flow_rate", "times_a_day", "hours_a_time", "blood_gas", "saturation", "portable_flow_rate"), QUANTITY_DIGITS
    )

    equipment: Annotated[tuple[Equipment, ...], Meta(min_length=1, max_length=3)]
    flow_rate: Decimal
    delivery: Literal["A", "B", "C", "D", "E"]
    equipment_reason: Text80 | None = None
    times_a_day: Decimal | None = None
    hours_a_time: Decimal | None = None
    therapist_order: Text80 | None = None
    blood_gas: Decimal | None = None
    saturation: Decimal | None = None
    test_condition: Literal["E", "N", "O", "R", "S", "W", "X"] | None = None
    findings: Annotated[tuple[OxygenFinding, ...], Meta(max_length=3)] = ()
    portable_flow_rate: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(self)


class Chiropractic(Record, frozen=True):
    """Spinal manipulation: treatment `number` of `total`, the subluxation levels, and the nature of the condition.

    Guide: 005010X217 2000E CR2
    """

    amounts: ClassVar[dict[str, int]] = {"total": QUANTITY_DIGITS}

    condition: Literal["A", "C", "D", "E", "F", "G", "M"]
    complication: bool
    number: Annotated[int, Meta(ge=1, le=999_999_999)] | None = None
    total: Decimal | None = None
    level_from: Level | None = None
    level_to: Level | None = None
    descriptions: Annotated[tuple[Text80, ...], Meta(max_length=2)] = ()
    xrays: bool | None = None

    def __post_init__(self) -> None:
        check_amounts(self)


class Denial(Record, frozen=True):
    """Another organisation that has already denied the care: 00 other insurer, CA carrier, GG intermediary.

    Guide: 005010X217 2010EC
    """

    role: Literal["00", "CA", "GG"]
    reasons: Annotated[tuple[Reference, ...], Meta(min_length=1, max_length=4)]
    denied_on: date
    name: Name | None = None


class Event(Record, frozen=True):
    """What the payer is asked about.

    `category`: AR admission, HS health services, SC specialty care, IN reservation. `level_of_service` (03 emergency, U urgent,
    E elective) is sent only when it is stated here: after care is over, an urgent code can start an expedited clock that nobody
    has a right to, so nothing derives it. `delay_reason` overrides the scenario's code. `service_time` and `admission_time`
    (HH:MM, on the clock of the place of care) are for windows of hours; a request has no room for them.
    Guide: 005010X217 2000E
    """

    category: Literal["AR", "HS", "SC", "IN"]
    certification: Certification = "I"
    service_type: Code2 | None = None
    facility: Facility | None = None
    level_of_service: Literal["03", "E", "U"] | None = None
    health_condition: Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "E", "F", "G", "P"] | None = None
    prognosis: Prognosis | None = None
    release_of_information: Literal["M", "Y"] | None = None
    delay_reason: Literal["1", "2", "3", "4", "7", "8", "10", "11", "15", "16", "17"] | None = None
    service_from: date | None = None
    service_to: date | None = None
    service_time: Time | None = None
    admission_date: date | None = None
    admission_time: Time | None = None
    discharge_date: date | None = None
    admission: Admission | None = None
    nursing_home_status: Literal["1", "2", "3", "4", "5", "6", "7", "8", "9"] | None = None
    drg: Drg | None = None
    related_causes: Annotated[tuple[Literal["AA", "EM", "AP"], ...], Meta(max_length=3)] = ()
    accident_date: date | None = None
    accident_state: State | None = None
    accident_country: Country | None = None
    onset_date: date | None = None
    last_menstrual_period: date | None = None
    due_date: date | None = None
    quantity: Quantity | None = None
    conditions: Annotated[tuple[Conditions, ...], Meta(max_length=7)] = ()
    ambulance: Ambulance | None = None
    chiropractic: Chiropractic | None = None
    oxygen: Oxygen | None = None
    home_health: HomeHealth | None = None
    other_umo: Annotated[tuple[Denial, ...], Meta(max_length=3)] = ()
    trace: Reference | None = None
