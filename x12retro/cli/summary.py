"""What a run of decisions comes to: counts, days and money, gathered one record at a time. No patient is in it, and no case.

Money is that of the services (charge asked for, else stated), or where none is told that of the case. It is *approved* where the payer
approved or wants no number, *denied* where it denied, and *open* for all else: pended, rejected, unanswered, or for a person to read.
Answers that were superseded, and copies, are counted as such and in nothing else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from x12retro.decide import APPROVALS, Decision

Money = Literal["approved", "denied", "open"]
DAYS = ((0, "same day"), (1, "1 day"), (3, "2 to 3"), (7, "4 to 7"), (14, "8 to 14"), (30, "15 to 30"))
"""Bounds of the classes of time to a decision, and what they are called; what lies above is "over 30"."""
_OVER = "over 30"
_DECIDED = frozenset({*APPROVALS, "denied", "cancelled", "not_required"})


class Reason(NamedTuple):
    """A code that payers refuse with: `kind` is AAA (rejected, no review) or HCR03 (denied)."""

    kind: Literal["rejected", "denied"]
    code: str
    meaning: str


class Summary:
    """The counts. `page` makes the HTML of them."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self.answers = self.superseded = self.duplicates = self.overdue = 0
        self.first_answer: date | None = None
        self.last_answer: date | None = None
        self.outcomes: Counter[str] = Counter()
        self.by_payer: dict[str, Counter[str]] = defaultdict(Counter)
        self.by_scenario: dict[str, Counter[str]] = defaultdict(Counter)
        self.days: Counter[int] = Counter()
        self.money: dict[Money, Decimal] = {"approved": Decimal(0), "denied": Decimal(0), "open": Decimal(0)}
        self.money_by_payer: dict[str, dict[Money, Decimal]] = defaultdict(
            lambda: {"approved": Decimal(0), "denied": Decimal(0), "open": Decimal(0)}
        )
        self.without_money = 0
        self.reasons: Counter[Reason] = Counter()
        self.steps: Counter[str] = Counter()
        self.overdue_steps: Counter[str] = Counter()

    def add(self, decision: Decision) -> None:
        """Count a record."""
        self.superseded += decision.superseded_by is not None
        self.duplicates += decision.duplicate
        if decision.superseded_by is not None or decision.duplicate:
            return
        self.answers += 1
        payer = payer_of(decision)
        self.outcomes[decision.outcome] += 1
        self.by_payer[payer][decision.outcome] += 1
        if decision.case is not None and decision.case.scenario is not None:
            self.by_scenario[decision.case.scenario.replace("_", " ")][decision.outcome] += 1
        self._add_time(decision)
        self._add_money(decision, payer)
        self._add_reasons(decision)
        step = decision.next_step
        self.steps[step.do] += 1
        self.overdue_steps[step.do] += step.overdue
        self.overdue += step.overdue

    def time_classes(self) -> list[tuple[str, int]]:
        """How many decisions took so long; every class, in order."""
        counts = dict.fromkeys([*(name for _, name in DAYS), _OVER], 0)
        for days, n in self.days.items():
            counts[next((name for bound, name in DAYS if days <= bound), _OVER)] += n
        return list(counts.items())

    def median_days(self) -> int | None:
        """Half of the decisions took no longer."""
        half = (self.days.total() + 1) // 2
        seen = 0
        for days in sorted(self.days):
            seen += self.days[days]
            if seen >= half:
                return days
        return None

    def page(self) -> bytes:
        """The summary as one HTML page."""
        from x12retro.cli.summary_page import page

        return page(self).encode()

    def _add_time(self, decision: Decision) -> None:
        answered = decision.answered_on
        if answered is None:
            return
        self.first_answer = min(answered, self.first_answer or answered)
        self.last_answer = max(answered, self.last_answer or answered)
        if decision.asked_on is not None and decision.outcome in _DECIDED:
            self.days[max((answered - decision.asked_on).days, 0)] += 1

    def _add_money(self, decision: Decision, payer: str) -> None:
        told = False
        for service in decision.services:
            charge = service.requested.charge if service.requested.charge is not None else service.stated.charge
            if charge is not None:
                told = True
                self._put(_kind(service.outcome), charge, payer)
        if not told and decision.case is not None and decision.case.charges_at_risk is not None:
            told = True
            self._put(_kind(decision.outcome), decision.case.charges_at_risk, payer)
        self.without_money += not told

    def _put(self, kind: Money, amount: Decimal, payer: str) -> None:
        self.money[kind] += amount
        self.money_by_payer[payer][kind] += amount

    def _add_reasons(self, decision: Decision) -> None:
        self.reasons.update({Reason("rejected", r.code, r.meaning or "") for r in decision.rejections if r.code})
        denied = [decision.reasons] if decision.outcome == "denied" else []
        denied += [service.reasons for service in decision.services if service.outcome == "denied"]
        self.reasons.update({Reason("denied", r.code, r.meaning or "") for reasons in denied for r in reasons})


def payer_of(decision: Decision) -> str:
    """The payer's file where the case names one, else what the answer calls it."""
    if decision.case is not None and decision.case.payer is not None:
        return decision.case.payer
    if decision.payer is not None:
        return decision.payer.name or decision.payer.id or "not named"
    return "not named"


def _kind(outcome: str) -> Money:
    if outcome in APPROVALS or outcome == "not_required":
        return "approved"
    return "denied" if outcome == "denied" else "open"
