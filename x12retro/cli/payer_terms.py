"""The payers' published rules as terms for `decide`: which room knows them and which uses them must not know each other.

What a payer gives for a step is found in its `[[retro]]` rows: days to appeal (`then.days`, or the window of an appeal that runs from the
denial), to send documents (a window that runs from the payer's request), to claim after an approval (`claim_within`), and how long the
payer takes to decide (`decision`). Which of a payer's rules is about this very care an answer does not say, so the shortest counts.
A row that is due to be read again (`review_by`) is not relied on.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import date

from x12retro.assess import PayerRules, RetroRule, Rules
from x12retro.assess.clock import Calendar, last_day
from x12retro.assess.record import Unit
from x12retro.decide import Action, Case, PayerNamed, Term, Terms
from x12retro.encounter.record import Payer
from x12retro.errors import UsageError

_NONE: Terms = {}


class PayerTerms:
    """Finds the terms of the payer that a case or an answer names; `payer` names one for all of them."""

    def __init__(self, rules: Rules, as_of: date, payer: str | None = None) -> None:
        self._rules = rules
        self._as_of = as_of
        self._all = self._named(payer) if payer is not None else None
        self._found: dict[tuple[str | None, str, str], Terms] = {}

    def __call__(self, named: PayerNamed | None, case: Case | None) -> Terms:
        if self._all is not None:
            return self._all
        asked = (case.payer if case is not None else None, named.name if named else "", named.id if named else "")
        if asked not in self._found:
            self._found[asked] = self._terms(*asked)
        return self._found[asked]

    def _named(self, payer: str) -> Terms:
        found = self._rules.find(Payer(name=payer, id=payer))
        if found is None:
            raise UsageError(f"no payer is called {payer}: `x12retro maps payers` lists those that are known")
        return terms_of(found, self._as_of)

    def _terms(self, known_as: str | None, name: str, id_: str) -> Terms:
        for text in filter(None, (known_as, id_, name)):
            if (found := self._rules.find(Payer(name=text))) is not None:
                return terms_of(found, self._as_of)
        return _NONE


def terms_of(payer: PayerRules, as_of: date) -> Terms:
    """The shortest term of each step that the payer's rules speak of."""
    shortest: dict[Action, tuple[date, Term]] = {}
    for rule in payer.rules:
        if rule.review_by <= as_of:
            continue
        calendar = Calendar(rule.state[0] if len(rule.state) == 1 else None, payer.business.closed)
        for do, count, unit in _lengths(rule):
            last = functools.partial(last_day, count=count, unit=unit, calendar=calendar)
            term = Term(last, f"{count} {unit.replace('_', ' ')}", rule.id)
            if do not in shortest or last(as_of) < shortest[do][0]:
                shortest[do] = (last(as_of), term)
    return {do: term for do, (_, term) in shortest.items()}


def _lengths(rule: RetroRule) -> Iterator[tuple[Action, int, Unit]]:
    window, then = rule.window, rule.then
    if then is not None and then.days is not None:
        yield "appeal", then.days, "calendar_days"
    if window is not None and rule.permitted != "no":
        if window.clock == "denial_date" and rule.type == "appeal_only":
            yield "appeal", window.count, window.unit
        elif window.clock == "document_request":
            yield "send_documents", window.count, window.unit
    if rule.claim_within is not None:
        yield "attach_number_to_claim", rule.claim_within.count, rule.claim_within.unit
        yield "bill", rule.claim_within.count, rule.claim_within.unit
    if rule.decision is not None:
        yield "follow_up", rule.decision.count, rule.decision.unit
