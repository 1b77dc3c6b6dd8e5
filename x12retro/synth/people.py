"""Made-up people, organisations, numbers and addresses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from x12retro.encounter.fields import Address, Contact
from x12retro.encounter.record import Patient, Payer, Requester, Subscriber
from x12retro.encounter.services import DependentId, Provider, ProviderId, ProviderRole, SubscriberId
from x12retro.synth import words
from x12retro.synth.dice import Dice

_NPI_PREFIX_SUM = 24
"""Luhn's sum over the issuer's prefix 80840, which every NPI stands behind."""


def npi(dice: Dice) -> str:
    """A number whose check digit is right: 1 or 2, eight digits, Luhn's digit."""
    digits = str(dice.whole(100_000_000, 299_999_999))
    total = _NPI_PREFIX_SUM
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 if place % 2 else 2)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


def phone(dice: Dice) -> str:
    return f"{dice.pick(('303', '719', '217', '503'))}55501{dice.whole(10, 99)}"


def address(dice: Dice, *, rare: bool = False) -> Address:
    """A street in an invented town; a rare one has a second line or lies abroad."""
    city, state, postal_code = dice.pick(words.TOWNS)
    line1 = f"{dice.whole(1, 9999)} {dice.pick(words.STREETS)}"
    if rare and dice.chance(0.3):
        return Address(line1=line1, city="Fort Sorrel", postal_code="M5V 2T6", country="CA", subdivision="ON")
    return Address(line1=line1, line2=dice.maybe(0.5, "Suite 3") if rare else None, city=city, state=state, postal_code=postal_code)


def contact(dice: Dice, *, rare: bool = False) -> Contact:
    """A desk with a telephone; a rare one has an extension, a fax or a mail address too."""
    return Contact(
        name=dice.maybe(0.8, dice.pick(words.CONTACTS)),
        phone=phone(dice),
        extension=str(dice.whole(100, 999)) if rare else None,
        fax=phone(dice) if dice.chance(0.4) and not rare else None,
        email="review@cedarbluff.example" if rare else None,
    )


def payer(dice: Dice) -> Payer:
    name, id_, line_of_business, plan = dice.pick(words.PAYERS)
    return Payer(
        name=name,
        id=id_,
        id_qualifier=dice.pick(("PI", "PI", "PI", "XV")),
        line_of_business=line_of_business,
        plan=plan,
        state=dice.maybe(0.7, "CO"),
    )


def requester(dice: Dice, kind: Literal["facility", "practice", "person"], taxonomy: str, *, rare: bool) -> Requester:
    """Who asks. A rare one has no NPI, or further ids."""
    person = kind == "person"
    no_npi = rare and dice.chance(0.3)
    other_ids = (ProviderId(qualifier="ZH", value=f"PV{dice.digits(6)}"), ProviderId(qualifier="G5", value=f"S{dice.digits(3)}"))
    return Requester(
        name=dice.pick(words.LAST_NAMES if person else words.FACILITIES if kind == "facility" else words.PRACTICES),
        first_name=dice.pick(words.FIRST_NAMES) if person else None,
        npi=None if no_npi else npi(dice),
        tax_id=f"84{dice.digits(7)}" if no_npi or dice.chance(0.6) else None,
        entity="FA" if kind == "facility" else "1P",
        taxonomy=dice.maybe(0.8, taxonomy),
        provider_role="PE" if kind != "person" else dice.pick(("PE", "AT", "RF")),
        address=dice.maybe(0.7, address(dice, rare=rare)),
        contact=dice.maybe(0.8, contact(dice, rare=rare)),
        other_ids=other_ids[: dice.whole(1, 2)] if rare else (),
        in_network=dice.maybe(0.5, True),
    )


def provider(
    dice: Dice, role: ProviderRole, *, taxonomy: str | None = None, organization: str | None = None, rare: bool = False
) -> Provider:
    """A person, or the named organisation. A rare one is told by a tax id or by name alone, or has further ids."""
    told_by = dice.pick(("npi", "npi", "tax_id", "name")) if rare else "npi"
    return Provider(
        role=role,
        npi=npi(dice) if told_by == "npi" else None,
        tax_id=f"84{dice.digits(7)}" if told_by == "tax_id" else None,
        last_name=dice.pick(words.LAST_NAMES) if organization is None else None,
        first_name=dice.pick(words.FIRST_NAMES) if organization is None else None,
        middle_name="Q" if rare and organization is None else None,
        organization=organization,
        taxonomy=dice.maybe(0.6, taxonomy),
        address=address(dice, rare=True) if rare else None,
        contact=contact(dice) if rare and dice.chance(0.5) else None,
        other_ids=(ProviderId(qualifier="0B", value=f"CO{dice.digits(5)}", description="state licence"),) if rare else (),
    )


def subscriber(dice: Dice, today: date, *, rare: bool) -> Subscriber:
    """The insured person, grown up. A rare one has an accented or suffixed name, further ids, a military status."""
    others = (SubscriberId(qualifier="SY", value=f"9{dice.digits(8)}"), SubscriberId(qualifier="NQ", value=f"M{dice.digits(8)}"))
    return Subscriber(
        member_id=f"{dice.pick(('SRH', 'Y', 'MBR-', 'XQ'))}{dice.digits(9)}",
        last_name=dice.pick(words.ACCENTED_NAMES) if rare and dice.chance(0.4) else dice.pick(words.LAST_NAMES),
        first_name=dice.pick(words.FIRST_NAMES),
        middle_name=dice.maybe(0.2, "R"),
        prefix="Dr" if rare and dice.chance(0.3) else None,
        suffix=dice.pick(words.SUFFIXES) if rare and dice.chance(0.5) else None,
        birth_date=None if rare and dice.chance(0.1) else today - timedelta(days=dice.whole(19 * 366, 92 * 365)),
        gender=dice.pick(("F", "M", "F", "M", "F", "M", "U")),
        group_number=dice.maybe(0.5, f"GRP{dice.digits(4)}"),
        address=dice.maybe(0.5, address(dice, rare=rare)),
        other_ids=dice.some(others, dice.whole(0, 2)) if rare else (),
        military_status=dice.pick(("AO", "AU", "DI", "PV", "RU")) if rare and dice.chance(0.5) else None,
    )


def dependent(dice: Dice, today: date, insured: Subscriber, *, rare: bool) -> Patient:
    """The insured person's spouse, child or other dependent."""
    relationship: Literal["01", "19", "G8"] = dice.pick(("01", "19", "19", "G8"))
    child = relationship == "19"
    return Patient(
        relationship=relationship,
        last_name=insured.last_name if dice.chance(0.8) else dice.pick(words.LAST_NAMES),
        first_name=dice.pick(words.FIRST_NAMES),
        birth_date=today - timedelta(days=dice.whole(400, 17 * 365) if child else dice.whole(19 * 366, 80 * 365)),
        gender=dice.maybe(0.9, dice.pick(("F", "M", "U"))),
        address=insured.address if rare else None,
        other_ids=(DependentId(qualifier="EJ", value=f"CB{dice.digits(7)}"),) if dice.chance(0.3) else (),
    )


def newborn(dice: Dice, born: date, mother: Subscriber) -> Patient:
    """A child born during the stay, without a name of its own yet."""
    twin = dice.chance(0.2)
    return Patient(
        relationship="19",
        last_name=mother.last_name,
        first_name=dice.pick(("Baby Girl", "Baby Boy")),
        birth_date=born,
        gender=dice.pick(("F", "M", "U")),
        birth_order=dice.whole(1, 2) if twin else None,
    )
