"""What the caller knows beyond the answer: the payer's own terms, and the encounter's case.

This room knows no payer's rules and no encounter; who does (`assess`, `cli`) passes both in. Nothing here is required: where a term is
not known, the short default of `next_step.DEFAULT_DAYS` holds and the step says so.

Source: WORKFLOW section 5 (clocks that an answer starts); maps/payers for the terms themselves
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from x12retro.decide.likeness import Care
from x12retro.decide.record import Action, Case, Decision, PayerNamed
from x12retro.errors import UsageError


class Term(NamedTuple):
    """How long a payer gives for one step: `last` maps the day it runs from to its last day; `words` is the length, `rule` whose it is."""

    last: Callable[[date], date]
    words: str
    rule: str


Terms = Mapping[Action, Term]
"""What is known of one payer, by step; the shortest where several rules speak."""

TermsFor = Callable[[PayerNamed | None, Case | None], Terms | None]
"""Finds a payer's terms: by what the answer calls it and by what is known of the case."""


class _Verdict(msgspec.Struct):
    encounter_id: str | None = None
    payer: str | None = None
    scenario: str | None = None
    rule: str | None = None
    closes: date | None = None
    charges_at_risk: Decimal | None = None


def read_verdicts(lines: bytes) -> dict[str, Case]:
    """What is known of each encounter, from the verdicts that `assess` wrote (JSON lines).

    Raises UsageError naming the line that is no verdict.
    """
    cases: dict[str, Case] = {}
    for n, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line, type=_Verdict)
        except msgspec.DecodeError:
            # the decoder's own words may quote the line
            raise UsageError(f"verdicts, line {n}: not a JSON object as `x12retro assess` writes it") from None
        if found.encounter_id is not None:
            cases[found.encounter_id] = Case(
                payer=found.payer,
                scenario=found.scenario,
                rule=found.rule,
                window_closes=found.closes,
                charges_at_risk=found.charges_at_risk,
            )
    return cases


class Known(NamedTuple):
    """All that the caller passes in: terms by payer, cases by encounter id, and who wants to hear of each decision's care."""

    terms: TermsFor | None = None
    cases: Mapping[str, Case] = {}
    on_care: Callable[[Decision, Care], None] | None = None


NOTHING_KNOWN = Known()
