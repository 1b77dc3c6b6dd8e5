"""Care that has a certification of its own or runs on: ambulance, spine, oxygen, home health, therapy, equipment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from x12retro.encounter import Event, Service
from x12retro.encounter.event import Ambulance, Chiropractic, Conditions, Facility, HomeHealth, Oxygen, Place, Quantity
from x12retro.synth import people, words
from x12retro.synth.care import Care, Ground


def ambulance(ground: Ground) -> Care:
    """A transport with its stops, the mileage on a line of its own."""
    dice = ground.dice
    day = ground.day()
    miles = Decimal(dice.whole(1, 900)) / 10
    places = [
        Place(role="PW", address=people.address(dice), name=dice.maybe(0.7, "Pine Gulch Clinic")),
        Place(role=dice.pick(("45", "FS")), address=people.address(dice), name=dice.maybe(0.9, dice.pick(words.FACILITIES))),
    ]
    if ground.rare:
        places.insert(1, Place(role="ND", address=people.address(dice), name="Airstrip 4"))
    transport = Ambulance(
        trip=dice.pick(("I", "R", "T", "X")),
        reason=dice.maybe(0.8, dice.pick(("A", "B", "C", "D", "E"))),
        distance=miles,
        distance_unit=dice.pick(("DH", "DH", "DK")),
        weight=dice.maybe(0.5, Decimal(dice.whole(90, 320))),
        stretcher_purpose=dice.maybe(0.3, "Monitor on the way"),
        round_trip_purpose="Scan at the other house" if ground.rare else None,
        places=tuple(places),
    )
    modifier = dice.pick(("SH", "RH", "HH"))
    services = (
        Service(
            procedure=dice.pick(("A0427", "A0429", "A0433")),
            modifiers=(modifier,),
            units=Decimal(1),
            charge=ground.charge(700, 2500),
            from_=day,
        ),
        Service(procedure="A0425", modifiers=(modifier,), units=miles, charge=ground.charge(10, 1800), from_=day),
    )
    event = Event(
        category="HS",
        service_type="56",
        facility=Facility(code=dice.pick(("41", "42"))),
        level_of_service=ground.level(),
        service_from=day,
        conditions=(Conditions(category="07", codes=dice.some(("01", "04", "06", "09", "60"), dice.whole(1, 5)), apply=dice.chance(0.9)),),
        ambulance=transport,
    )
    return Care(
        requester=people.requester(dice, "practice", "341600000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.MEDICAL, day=day),
        services=services[: dice.whole(1, 2)],
    )


def chiropractic(ground: Ground) -> Care:
    """A course of spinal manipulation."""
    dice = ground.dice
    first, last = ground.stay(3, 30)
    visits = dice.whole(1, 12)
    spine = Chiropractic(
        condition=dice.pick(("A", "C", "M")),
        complication=dice.chance(0.2),
        number=1,
        total=Decimal(visits),
        level_from=dice.pick(("C4", "T6", "L3", "SA")),
        level_to=dice.pick(("L5", "CO", None)),
        descriptions=("Worse on standing", "Better on lying down")[: dice.whole(0, 2)],
        xrays=dice.pick((True, False, None)),
    )
    event = Event(
        category="HS",
        service_type="33",
        facility=Facility(code="11"),
        onset_date=first - timedelta(days=4),
        service_from=first,
        service_to=last,
        conditions=(Conditions(category="08", codes=dice.some(("11", "12", "25", "30"), dice.whole(1, 3))),),
        chiropractic=spine,
    )
    lines = (
        Service(procedure="98941", units=Decimal(visits), charge=ground.charge(40, 900), diagnosis_pointers=(1,), from_=first, to=last),
    )
    return Care(
        requester=people.requester(dice, "person", "111N00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.BACK, day=first),
        services=lines,
    )


def oxygen(ground: Ground) -> Care:
    """Home oxygen, ordered at discharge."""
    dice = ground.dice
    first, last = ground.stay(5, 40)
    therapy = Oxygen(
        equipment=dice.some(("A", "B", "C", "D", "E"), dice.whole(1, 3)),
        flow_rate=Decimal(dice.whole(1, 12)) / 2,
        delivery=dice.pick(("A", "B", "C", "D", "E")),
        equipment_reason=dice.maybe(0.3, "Falls below 88 on walking"),
        times_a_day=dice.maybe(0.4, Decimal(3)),
        hours_a_time=dice.maybe(0.4, Decimal(2)),
        blood_gas=dice.maybe(0.5, Decimal(54)),
        saturation=dice.maybe(0.7, Decimal(86)),
        test_condition=dice.maybe(0.7, dice.pick(("E", "R", "S"))),
        findings=dice.some(("1", "2", "3"), dice.whole(0, 3)),
        portable_flow_rate=dice.maybe(0.3, Decimal(2)),
    )
    event = Event(
        category="HS",
        service_type=dice.pick(("18", "12")),
        facility=Facility(code="12"),
        service_from=first,
        service_to=last,
        conditions=(Conditions(category="11", codes=("37", "DY")),),
        oxygen=therapy,
    )
    lines = (
        Service(procedure="E1390", modifiers=("RR",), units=Decimal(1), charge=ground.charge(90, 400), from_=first),
        Service(procedure="E0431"),
    )
    return Care(
        requester=people.requester(dice, "practice", "332B00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.LUNG, day=first),
        services=lines[: dice.whole(1, 2)],
        providers=(people.provider(dice, "DK", rare=ground.rare),),
    )


def home_health(ground: Ground) -> Care:
    """Home health from discharge on, by visits a week."""
    dice = ground.dice
    first, last = ground.stay(7, 50)
    stayed = dice.chance(0.6)
    operated = dice.chance(0.3)
    plan = HomeHealth(
        prognosis=dice.pick(("2", "3", "4", "5")),
        started_on=first,
        certification=dice.pick(("I", "R")),
        period_from=first,
        period_to=first + timedelta(days=59),
        surgery_on=first - timedelta(days=6) if operated else None,
        surgery_code="27447" if operated else None,
        ordered_on=dice.maybe(0.7, first - timedelta(days=1)),
        last_visit_on=dice.maybe(0.5, last),
        physician_contact_on=dice.maybe(0.4, last - timedelta(days=2)),
        last_stay_from=first - timedelta(days=9) if stayed else None,
        last_stay_to=first - timedelta(days=1) if stayed else None,
        last_stay_place=dice.pick(("A", "B", "G")) if stayed else None,
    )
    event = Event(
        category="HS",
        service_type="42",
        facility=Facility(code="12"),
        service_from=first,
        service_to=last,
        quantity=_weekly(ground),
        conditions=(
            Conditions(category="75", codes=dice.some(("AL", "EL", "WA", "PW"), 2)),
            Conditions(category="76", codes=dice.some(("CR", "UT", "WA"), 2)),
            Conditions(category="77", codes=dice.some(("AG", "DI", "FO", "OT"), 1)),
        )[: dice.whole(0, 3)],
        home_health=plan,
    )
    services = tuple(
        Service(
            procedure=code, units=Decimal(dice.whole(2, 14)), charge=ground.charge(200, 2500), quantity=dice.maybe(0.6, _weekly(ground))
        )
        for code in dice.some(words.NURSING_VISITS, dice.whole(1, 3))
    )
    return Care(
        requester=people.requester(dice, "practice", "251E00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses((*words.MEDICAL, "Z48.812"), day=first),
        services=services,
        providers=(people.provider(dice, "DK", rare=ground.rare),),
    )


def therapy(ground: Ground) -> Care:
    """A course of therapy or counselling, several lines with the same rhythm."""
    dice = ground.dice
    first, last = ground.stay(7, 45)
    mental = dice.chance(0.3)
    services = tuple(
        Service(
            procedure=code,
            modifiers=() if mental else ("GP",),
            units=Decimal(dice.whole(2, 24)),
            quantity=_weekly(ground),
            from_=first,
            to=last,
            epsdt=True if ground.rare else None,
        )
        for code in dice.some(words.MENTAL_VISITS if mental else words.THERAPY, dice.whole(1, 4))
    )
    return Care(
        requester=people.requester(dice, dice.pick(("practice", "person")), "225100000X", rare=ground.rare),
        event=Event(
            category="HS", service_type="MH" if mental else "PT", facility=Facility(code="11"), service_from=first, service_to=last
        ),
        diagnoses=ground.diagnoses(words.MENTAL if mental else words.BACK, day=first),
        services=services,
    )


def equipment(ground: Ground) -> Care:
    """Equipment bought or rented at discharge; the days stand on the lines alone."""
    dice = ground.dice
    day = ground.day()
    services = tuple(
        Service(procedure=code, modifiers=(dice.pick(("NU", "RR")),), units=Decimal(1), charge=ground.charge(60, 6000), from_=day)
        for code in dice.some(words.EQUIPMENT, dice.whole(1, 3))
    )
    event = Event(
        category="HS",
        service_type=dice.pick(("12", "18")),
        facility=Facility(code="12"),
        conditions=(Conditions(category="09", codes=dice.some(("01", "37", "9J", "LB"), 2)),) if dice.chance(0.5) else (),
    )
    return Care(
        requester=people.requester(dice, "practice", "332B00000X", rare=ground.rare),
        event=event,
        diagnoses=ground.diagnoses(words.BACK, day=day),
        services=services,
    )


def _weekly(ground: Ground) -> Quantity:
    """So many visits a week, for so many weeks."""
    dice = ground.dice
    return Quantity(
        qualifier="VS",
        count=Decimal(dice.whole(1, 5)),
        per="WK",
        period="35" if dice.chance(0.7) else "34",
        periods=dice.whole(1, 9),
        pattern=dice.maybe(0.2, "A"),
        time_of_day=dice.maybe(0.1, "D"),
    )
