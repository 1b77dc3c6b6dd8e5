"""Care of a day: hospital outpatients, ambulatory surgery, imaging, specialists, dentists, infusions."""

from __future__ import annotations

from decimal import Decimal

from x12retro.encounter import Event, Service
from x12retro.encounter.event import Facility, Quantity
from x12retro.encounter.services import Tooth
from x12retro.synth import people, words
from x12retro.synth.care import Care, Ground


def hospital(ground: Ground) -> Care:
    """A hospital outpatient day: revenue codes with procedures."""
    dice = ground.dice
    day = ground.day()
    lines = (("0450", "99285"), ("0762", "G0378"), ("0360", "49505"), ("0636", "J1745"), ("0351", "74177"), ("0300", None))
    services = tuple(
        Service(
            revenue_code=revenue if dice.chance(0.8) else revenue.lstrip("0"),
            procedure=procedure,
            units=Decimal(dice.whole(1, 24)),
            unit=dice.pick(("UN", None)),
            charge=ground.charge(40, 9000),
            from_=dice.maybe(0.5, day),
        )
        for revenue, procedure in dice.some(lines, dice.whole(1, 5))
    )
    event = Event(
        category="HS",
        service_type=dice.pick(("86", "1", "5")),
        facility=Facility(code="13", qualifier="A"),
        level_of_service=ground.level(),
        service_from=day,
        service_to=day,
    )
    return Care(
        requester=people.requester(dice, "facility", "282N00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.MEDICAL, day=day),
        services=services,
        providers=(people.provider(dice, "71", taxonomy="207P00000X", rare=ground.rare),),
    )


def surgery(ground: Ground) -> Care:
    """Ambulatory surgery, told by procedures that point at their diagnoses."""
    dice = ground.dice
    day = ground.day()
    services = tuple(
        Service(
            procedure=code,
            modifiers=dice.some(words.MODIFIERS, dice.whole(0, 4 if ground.rare else 1)),
            units=Decimal(1),
            charge=ground.charge(900, 14_000),
            from_=day,
            diagnosis_pointers=(1,),
            description="as found during surgery" if ground.rare else None,
            providers=(people.provider(dice, "72", taxonomy="208600000X", rare=ground.rare), people.provider(dice, "DD"))[
                : dice.whole(0, 2)
            ],
        )
        for code in dice.some(words.SURGERIES, dice.whole(1, 4))
    )
    event = Event(
        category="HS",
        service_type="2",
        facility=Facility(code=dice.pick(("22", "24"))),
        level_of_service=ground.level(),
        service_from=day,
    )
    return Care(
        requester=people.requester(dice, dice.pick(("facility", "practice")), "261QA1903X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.SURGICAL, day=day),
        services=services,
        providers=(people.provider(dice, "72", rare=ground.rare),) if dice.chance(0.5) else (),
    )


def imaging(ground: Ground) -> Care:
    """Scans that could not wait."""
    dice = ground.dice
    day = ground.day()
    services = tuple(
        Service(procedure=code, modifiers=("26",) if dice.chance(0.3) else (), units=Decimal(1), from_=dice.maybe(0.7, day))
        for code in dice.some(words.IMAGING, dice.whole(1, 2))
    )
    return Care(
        requester=people.requester(dice, dice.pick(("practice", "person")), "2085R0202X", rare=ground.rare),
        event=Event(category="HS", service_type=dice.pick(("4", "62", "5")), facility=Facility(code="22"), service_from=day),
        diagnoses=ground.diagnoses(words.MEDICAL, day=day),
        services=services,
        providers=(people.provider(dice, "DK", taxonomy="207Q00000X"), people.provider(dice, "DN"))[: dice.whole(0, 2)],
    )


def specialist(ground: Ground) -> Care:
    """A referral asked for late: specialty care, by visits; sometimes without a single service line."""
    dice = ground.dice
    first, last = ground.stay(0, 30)
    visits = dice.whole(1, 6)
    services = (
        () if dice.chance(0.3) else (Service(procedure=dice.pick(words.VISITS), units=Decimal(visits), service_type="3", category="SC"),)
    )
    event = Event(
        category="SC",
        service_type=dice.pick(("3", "1", "MH")),
        facility=Facility(code="11"),
        service_from=first,
        service_to=last,
        quantity=Quantity(qualifier="VS", count=Decimal(visits)),
        release_of_information=dice.maybe(0.2, "Y"),
    )
    return Care(
        requester=people.requester(dice, "person", "207Q00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.MEDICAL, day=first),
        services=services,
        providers=(people.provider(dice, "SJ", taxonomy="207RC0000X", rare=ground.rare),),
    )


def dental(ground: Ground) -> Care:
    """A dentist's lines, with teeth and surfaces or parts of the mouth."""
    dice = ground.dice
    day = ground.day()
    services = tuple(
        Service(
            procedure=code,
            code_set="AD",
            units=Decimal(1),
            charge=ground.charge(80, 1900),
            placement=dice.maybe(0.4, dice.pick(("I", "R"))),
            oral_cavity=dice.some(("00", "10", "20", "30", "40"), dice.whole(1, 5)) if dice.chance(0.3) else (),
            teeth=tuple(
                Tooth(number=number, surfaces=dice.some(("B", "D", "F", "I", "L", "M", "O"), dice.whole(0, 5)))
                for number in dice.some(("1", "8", "14", "19", "32", "A", "T"), dice.whole(0, 3))
            ),
            from_=day,
        )
        for code in dice.some(words.DENTAL, dice.whole(1, 4))
    )
    crash = dice.chance(0.4)
    event = Event(
        category="HS",
        service_type=dice.pick(("35", "37", "25")),
        facility=Facility(code="11"),
        level_of_service=ground.level(),
        service_from=day,
        related_causes=("AA",) if crash else (),
        accident_date=day if crash else None,
        accident_state="CO" if crash else None,
    )
    return Care(
        requester=people.requester(dice, "person", "1223S0112X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.MOUTH, day=day),
        services=services,
    )


def infusion(ground: Ground) -> Care:
    """Drugs by HCPCS and national drug code, with part units."""
    dice = ground.dice
    first, last = ground.stay(0, 21)
    services = [
        Service(procedure=dice.pick(words.INFUSIONS), units=Decimal(dice.whole(1, 400)), charge=ground.charge(300, 30_000), from_=first)
    ]
    if dice.chance(0.6):
        services.append(Service(procedure=dice.pick(words.DRUGS), code_set="N4", units=Decimal("2.5"), unit="F2", from_=first))
    if dice.chance(0.4):
        services.append(Service(procedure="00840", units=Decimal(dice.whole(30, 180)), unit="MJ", from_=last))
    return Care(
        requester=people.requester(dice, "practice", "261QI0500X", rare=ground.rare),
        event=Event(category="HS", service_type=dice.pick(("78", "1")), facility=Facility(code="11"), service_from=first, service_to=last),
        diagnoses=ground.diagnoses(("C50.911", "M06.9", "K50.90", "K51.90"), day=first),
        services=tuple(services),
        providers=(people.provider(dice, "DK", rare=ground.rare),),
    )
