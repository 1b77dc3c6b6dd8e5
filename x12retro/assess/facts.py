"""What an encounter says about a rule: the day a clock starts, and whether a fact is there.

Where an encounter has no key for a payer's clock, the nearest one stands in for it and the verdict says so: such a window is never
counted as certain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec

from x12retro.assess.record import Clock, Fact
from x12retro.encounter import Encounter


class Start(msgspec.Struct, frozen=True):
    """The day a clock starts and the key it was read from; `day` is None where the encounter does not say. `doubt`: why it is not exact.

    `time` (HH:MM, on the clock of the place of care) is given where the encounter tells it.
    """

    day: date | None
    path: str
    doubt: str | None = None
    time: str | None = None


def start_of(clock: Clock, encounter: Encounter) -> Start:
    """The start of a clock in this encounter."""
    return _STARTS[clock](encounter)


def has(fact: Fact, encounter: Encounter) -> bool:
    """True when the encounter states the fact."""
    part, _, key = fact.partition(".")
    holder = encounter.prior if part == "prior" else encounter.retro
    return holder is not None and getattr(holder, key) is not None


def _care(encounter: Encounter) -> Start:
    """The first day of care: a window that runs from each service closes first for the first."""
    event = encounter.event
    first, path, time = event.service_from, "event.service_from", event.service_time
    for n, service in enumerate(encounter.services):
        if service.from_ is not None and (first is None or service.from_ < first):
            first, path, time = service.from_, f"services[{n}].from", None
    if first is None and event.admission_date is not None:
        return Start(event.admission_date, "event.admission_date", time=event.admission_time)
    return Start(first, path, time=time)


def _admission(encounter: Encounter) -> Start:
    event = encounter.event
    if event.admission_date is None and event.category == "AR" and event.service_from is not None:
        return Start(event.service_from, "event.service_from", "the day of admission is not given; the first day of care stands for it")
    return Start(event.admission_date, "event.admission_date", time=event.admission_time)


def _emergency(encounter: Encounter) -> Start:
    """The earlier of the care and the admission; on one day, what tells its hour."""
    care, event = _care(encounter), encounter.event
    admitted = Start(event.admission_date, "event.admission_date", time=event.admission_time)
    if admitted.day is None or (care.day is not None and care.day < admitted.day):
        return care
    if care.day != admitted.day or care.time is None:
        return admitted
    return care if admitted.time is None or care.time <= admitted.time else admitted


def _added(doubt: str | None = None) -> Callable[[Encounter], Start]:
    def start(encounter: Encounter) -> Start:
        day = encounter.retro.eligibility_added_on if encounter.retro is not None else None
        return Start(day, "retro.eligibility_added_on", doubt if day is not None else None)

    return start


def _found(encounter: Encounter) -> Start:
    return Start(encounter.retro.coverage_discovered_on if encounter.retro is not None else None, "retro.coverage_discovered_on")


def _restored(encounter: Encounter) -> Start:
    return Start(encounter.retro.system_restored_on if encounter.retro is not None else None, "retro.system_restored_on")


def _denied(encounter: Encounter) -> Start:
    denial = encounter.retro.denial if encounter.retro is not None else None
    return Start(denial.date if denial is not None else None, "retro.denial.date")


_STARTS: dict[Clock, Callable[[Encounter], Start]] = {
    "date_of_service": _care,
    "first_date_of_service": _care,
    "admission": _admission,
    "discharge": lambda encounter: Start(encounter.event.discharge_date, "event.discharge_date"),
    "eligibility_add_date": _added(),
    "card_issue": _added("the day the card was issued has no key; the day eligibility was added stands for it"),
    "eligibility_discovered": _found,
    "eligibility_determination": _added(
        "the day of the determination may be earlier than the day eligibility was added, which stands for it"
    ),
    "system_restored": _restored,
    "denial_date": _denied,
    "document_request": lambda _: Start(None, "document_request"),
    "emergency_start": _emergency,
}
"""One for each clock; a test holds the two together."""
