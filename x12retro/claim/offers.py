"""What decisions offer to claims, found by the claim's number or, failing it, by what the claim is like.

A decision offers a number only where the payer approved, a number came, the answer still stands (neither superseded nor a copy) and no
step of it asks a person to look first. All other decisions are kept too, so that a claim can be told why it got nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, NamedTuple

from x12retro.claim.record import Policy, Status
from x12retro.decide import APPROVALS, Care, Confidence, Decision, ServiceDecision, only_like

MatchedBy = Literal["claim_number", "trace", "member_dates_procedure"]
_SAME_MINUTE = "DEC-SET-013"


class Offer(NamedTuple):
    """A decision as claims see it: `refusal` is why it gives no number (None: it does), `note` the same in a sentence."""

    n: int
    case: str
    outcome: str
    number: str | None
    services: tuple[ServiceDecision, ...]
    payer: tuple[str, str]
    refusal: Status | None
    note: str

    def __repr__(self) -> str:
        return f"<Offer {self.outcome}>"


class Found(NamedTuple):
    """The offers that a claim may mean, by what they were found and how surely."""

    offers: tuple[Offer, ...]
    by: MatchedBy
    confidence: Confidence


class Offers:
    """The decisions of a run, those that stand (`Standing.with_care`)."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._all: list[Offer] = []
        self._by_encounter: dict[str, list[Offer]] = defaultdict(list)
        self._by_trace: dict[str, list[Offer]] = defaultdict(list)
        self._by_member: dict[bytes, list[tuple[Care, Offer]]] = defaultdict(list)
        self._used: set[int] = set()

    def add(self, decision: Decision, care: Care | None = None) -> None:
        """Keep what a decision offers; one that was superseded, or read before, offers nothing and is not kept."""
        if decision.superseded_by is not None or decision.duplicate:
            return
        refusal, note = _refusal(decision, self._policy)
        offer = Offer(
            n=len(self._all),
            case=decision.encounter_id or next(iter(decision.traces.event), "") or decision.traces.bht03,
            outcome=decision.outcome,
            number=decision.authorization_number,
            services=decision.services,
            payer=(decision.payer.id, decision.payer.name) if decision.payer is not None else ("", ""),
            refusal=refusal,
            note=note,
        )
        self._all.append(offer)
        if decision.encounter_id is not None:
            self._by_encounter[decision.encounter_id].append(offer)
        elif care is not None and care.subject is not None:
            # one that is known by name belongs to the claim of that name, and to none that is merely like it
            self._by_member[care.subject.member].append((care, offer))
        for trace in set(decision.traces.event):
            self._by_trace[trace].append(offer)

    def find(self, claim_number: str, care: Care) -> Found | None:
        """The offers of a claim: by its number as encounter or trace, else the one that is alike; None where there is none."""
        found: Found | None = None
        if hits := self._by_encounter.get(claim_number):
            found = Found(tuple(hits), "claim_number", "exact")
        elif hits := self._by_trace.get(claim_number):
            found = Found(tuple(hits), "trace", "exact")
        elif care.subject is not None:
            alike = only_like(care, self._by_member.get(care.subject.member, []))
            found = Found((alike[0],), "member_dates_procedure", alike[1]) if alike is not None else None
        if found is not None:
            self._used.update(offer.n for offer in found.offers)
        return found

    def unclaimed(self) -> list[Offer]:
        """The offers of a number that no claim has come up for."""
        return [offer for offer in self._all if offer.n not in self._used and offer.refusal is None]


def _refusal(decision: Decision, policy: Policy) -> tuple[Status | None, str]:
    """Why a decision gives no number; (None, "") where it does."""
    if decision.outcome not in APPROVALS:
        return "not_approved", f"the decision is {decision.outcome}: it gives no number"
    if not decision.authorization_number and not any(s.authorization_number for s in decision.services if s.outcome in APPROVALS):
        return "no_number", "approved, but the payer gave no number"
    steps = {step.do for step in (decision.next_step, *decision.further_steps)}
    if policy.reviewed:
        return None, ""
    if "review" in steps or any(finding.rule == _SAME_MINUTE for finding in decision.findings):
        return "held", "the decision is to be looked at before anything is billed (see its next step)"
    return None, ""
