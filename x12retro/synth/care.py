"""What every kind of care is made of: the ground it is drawn from, and the record it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from x12retro.encounter import Event, Scenario, Service
from x12retro.encounter.record import Diagnosis, Requester
from x12retro.encounter.services import Provider
from x12retro.synth import words
from x12retro.synth.dice import Dice

_RETRO_DAYS = 75
"""How long ago care may have ended."""


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of care, as the parts of an encounter. `born` is the day of birth where the patient is a newborn."""

    requester: Requester
    event: Event
    diagnoses: tuple[Diagnosis, ...]
    services: tuple[Service, ...]
    providers: tuple[Provider, ...] = ()
    born: date | None = None


class Ground:
    """Where a kind of care is drawn from: dice, today, why nobody asked first, and whether rare parts are wanted."""

    __slots__ = ("dice", "rare", "scenario", "today")

    def __init__(self, dice: Dice, today: date, scenario: Scenario, rare: bool) -> None:
        self.dice = dice
        self.today = today
        self.scenario = scenario
        self.rare = rare

    def stay(self, shortest: int, longest: int) -> tuple[date, date]:
        """First and last day of care that is over."""
        last = self.today - timedelta(days=self.dice.whole(2, _RETRO_DAYS))
        return last - timedelta(days=self.dice.whole(shortest, longest)), last

    def day(self) -> date:
        return self.stay(0, 0)[1]

    def charge(self, least: int, most: int) -> Decimal:
        """Whole dollars, or dollars and cents."""
        dollars = self.dice.whole(least, most)
        return Decimal(f"{dollars}.{self.dice.whole(1, 99):02d}") if self.dice.chance(0.4) else Decimal(dollars)

    def diagnoses(self, codes: Sequence[str], *, admitted: bool = False, most: int = 4, day: date | None = None) -> tuple[Diagnosis, ...]:
        """A principal diagnosis and others; a rare record fills all eleven places it may, and dates one."""
        dice = self.dice
        found = [Diagnosis(code=dice.pick(codes), kind="principal", date=day if self.rare and dice.chance(0.5) else None)]
        if admitted and dice.chance(0.6):
            found.append(Diagnosis(code=dice.pick(codes), kind="admitting"))
        elif self.rare and dice.chance(0.3):
            found.append(Diagnosis(code="R10.9", kind="reason"))
        pool = [code for code in (*codes, *words.HISTORY) if code != found[0].code]
        others = 11 - len(found) if self.rare and dice.chance(0.3) else dice.whole(0, most - 1)
        found += [Diagnosis(code=self._spelled(code)) for code in dice.some(pool, others)]
        return tuple(found)

    def level(self) -> Literal["03", "U"] | None:
        """How urgent the care was, where the scenario is one that says so."""
        if self.scenario == "emergency":
            return "03"
        return self.dice.pick(("U", "03")) if self.scenario in ("urgent", "after_hours") and self.dice.chance(0.5) else None

    def _spelled(self, code: str) -> str:
        """Some hospitals leave the dot out."""
        return code.replace(".", "") if self.dice.chance(0.2) else code
