"""Care with a bed: admissions by day rate, surgery as inpatient, newborns, deliveries, psychiatry, skilled nursing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from x12retro.encounter import Event, Service
from x12retro.encounter.event import Admission, Facility, Quantity
from x12retro.encounter.services import Provider, ProviderRole
from x12retro.synth import people, words
from x12retro.synth.care import Care, Ground


def medical(ground: Ground) -> Care:
    """A hospital admission, billed by the day."""
    dice = ground.dice
    first, last = ground.stay(1, 12)
    days = (last - first).days
    intensive = dice.whole(1, days - 1) if days > 2 and dice.chance(0.4) else 0
    services = [_days(ground, "0120", days - intensive)]
    if intensive:
        services.append(_days(ground, "0200", intensive))
    if dice.chance(0.3):
        services.append(Service(revenue_code="0450", procedure="99285", units=Decimal(1), charge=ground.charge(600, 3000), from_=first))
    event = Event(
        category="AR",
        service_type=dice.pick(("1", "2", "A9", "AF")),
        facility=Facility(code="21") if dice.chance(0.6) else Facility(code="11", qualifier="A"),
        level_of_service=ground.level(),
        admission_date=first,
        discharge_date=last if dice.chance(0.9) else None,
        admission=Admission(
            type=dice.pick("12"), source=dice.pick(("1", "2", "4", "D")), status=dice.maybe(0.8, dice.pick(("01", "03", "06")))
        ),
        quantity=Quantity(qualifier="DY", count=Decimal(days)) if dice.chance(0.7) else None,
        drg="871" if ground.rare else None,
    )
    return _care(ground, event, words.MEDICAL, services, ("71", "AAJ"))


def surgical(ground: Ground) -> Care:
    """An admission for surgery, told by procedures."""
    dice = ground.dice
    first, last = ground.stay(1, 6)
    services = [
        Service(
            procedure=code,
            modifiers=dice.some(words.MODIFIERS, dice.whole(0, 2)),
            units=Decimal(1),
            charge=ground.charge(1800, 22_000),
            from_=first,
            diagnosis_pointers=(1,) if dice.chance(0.6) else (),
            providers=(people.provider(dice, "72", taxonomy="208600000X", rare=ground.rare),) if dice.chance(0.5) else (),
        )
        for code in dice.some(words.SURGERIES, dice.whole(1, 3))
    ]
    event = Event(
        category="AR",
        service_type="2",
        facility=Facility(code="21"),
        level_of_service=ground.level(),
        admission_date=first,
        discharge_date=last,
        admission=Admission(type=dice.pick("125"), source="1", status="01"),
    )
    return _care(ground, event, words.SURGICAL, services, ("71", "72", "DD"))


def newborn(ground: Ground) -> Care:
    """A newborn's stay; the child is the dependent."""
    born, last = ground.stay(2, 30)
    event = Event(
        category="AR",
        service_type="NI",
        facility=Facility(code="21"),
        admission_date=born,
        discharge_date=last,
        admission=Admission(type="4", source=ground.dice.pick("56"), status="01"),
        quantity=Quantity(qualifier="DY", count=Decimal((last - born).days)),
    )
    care = _care(ground, event, words.BIRTH, [_days(ground, ground.dice.pick(("0172", "0174")), (last - born).days)], ("71",))
    return msgspec.structs.replace(care, born=born)


def delivery(ground: Ground) -> Care:
    """A delivery, with the dates of the pregnancy."""
    dice = ground.dice
    first, last = ground.stay(1, 4)
    event = Event(
        category="AR",
        service_type="69",
        facility=Facility(code="21"),
        admission_date=first,
        discharge_date=last,
        last_menstrual_period=dice.maybe(0.6, first - timedelta(days=dice.whole(250, 285))),
        due_date=dice.maybe(0.6, first),
        admission=Admission(type="2", source="1", status="01"),
    )
    procedure = Service(procedure=dice.pick(("59510", "59400", "59622")), units=Decimal(1), charge=ground.charge(3000, 12_000), from_=first)
    return _care(ground, event, words.MATERNAL, [procedure], ("71",))


def psychiatric(ground: Ground) -> Care:
    """A psychiatric stay."""
    dice = ground.dice
    first, last = ground.stay(3, 20)
    event = Event(
        category="AR",
        service_type="MH",
        facility=Facility(code="51"),
        health_condition=dice.maybe(0.4, "4"),
        level_of_service=ground.level(),
        admission_date=first,
        discharge_date=last,
        admission=Admission(type="1", source="8"),
        quantity=Quantity(qualifier="DY", count=Decimal((last - first).days)),
    )
    return _care(ground, event, words.MENTAL, [_days(ground, "0124", (last - first).days)], ("71",))


def nursing(ground: Ground) -> Care:
    """A stay in a skilled nursing facility."""
    dice = ground.dice
    first, last = ground.stay(7, 40)
    days = (last - first).days
    level: Literal["1", "2", "3"] = dice.pick(("1", "2", "3"))
    service = Service(
        revenue_code=dice.pick(("0191", "0192", "0022")),
        units=Decimal(days),
        unit="DA",
        rate=Decimal("412.5"),
        nursing_home_status="2",
        nursing_home_level=level,
        from_=first,
        to=last,
    )
    event = Event(
        category="AR",
        service_type=dice.pick(("54", "A9")),
        facility=Facility(code="21", qualifier="A"),
        prognosis=dice.maybe(0.5, "4"),
        admission_date=first,
        admission=Admission(type="3", source="4", status="30"),
        nursing_home_status=dice.pick(("2", "5")),
        quantity=Quantity(qualifier="DY", count=Decimal(days)),
    )
    return _care(ground, event, words.MEDICAL, [service], ("71",))


def _days(ground: Ground, revenue_code: str, days: int) -> Service:
    return Service(revenue_code=revenue_code, units=Decimal(days), unit="DA", charge=ground.charge(900, 4000) * days)


def _care(ground: Ground, event: Event, codes: tuple[str, ...], services: list[Service], roles: tuple[ProviderRole, ...]) -> Care:
    dice = ground.dice
    providers: list[Provider] = [
        people.provider(dice, role, taxonomy="207R00000X", rare=ground.rare) for role in dice.some(roles, dice.whole(1, len(roles)))
    ]
    if dice.chance(0.3):
        providers.append(people.provider(dice, "FA", organization=dice.pick(words.FACILITIES), rare=ground.rare))
    return Care(
        requester=people.requester(dice, "facility", "282N00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(codes, admitted=True, day=event.admission_date),
        services=tuple(services),
        providers=tuple(providers),
    )
