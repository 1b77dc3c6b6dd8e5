"""Which number goes where in one claim: the rules of the hand-over, without a byte being written.

The whole claim gets a number (2300) when every line of it is approved under that one number, or when the payer decided about the event
alone. Else, in an 837P, each approved line gets its own (2400), and no other line does: what was denied, pended or left out is
never billed under a number. An 837I has no place for a number in a line: there one number goes to the claim, with a note that says
which lines it is not for, and several are reported.

Guide: 005010X222A1 2300, 2400 REF G1; 005010X223A2 2300 REF G1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from x12retro.claim.claims import Claim, ClaimLine
from x12retro.claim.offers import Found, Offer
from x12retro.claim.record import Policy, Status
from x12retro.decide import APPROVALS, Extent, ServiceDecision

_LONGEST = 50
_SURENESS = {"medium": 0, "high": 1, "exact": 2}


class Plan(NamedTuple):
    """What is to be done: `number` for the claim, or `by_line` numbers by line; with neither, `status` says why not."""

    status: Status | None = None
    number: str = ""
    by_line: Mapping[int, str] = MappingProxyType({})
    notes: tuple[str, ...] = ()
    outcome: str | None = None


def plan(claim: Claim, found: Found | None, policy: Policy) -> Plan:
    """Decide about one claim."""
    if claim.void:
        return Plan("left_alone", notes=("the claim voids an earlier one",))
    if found is None:
        return Plan("no_decision")
    giving = [offer for offer in found.offers if offer.refusal is None]
    if not giving:
        first = found.offers[0]
        return Plan(first.refusal, notes=(first.note,), outcome=first.outcome)
    outcome = giving[0].outcome
    if _SURENESS[found.confidence] < _SURENESS[policy.confidence]:
        note = "a decision may be about this claim, but the match is not sure enough (--confidence)"
        return Plan("uncertain", notes=(note,), outcome=outcome)
    if not policy.any_payer and not all(_same_payer(offer.payer, claim.payer) for offer in giving):
        return Plan("other_payer", notes=("the claim is for another payer than the one that decided",), outcome=outcome)
    planned = _numbers(claim, giving)._replace(outcome=outcome)
    if any(_in_part(offer) for offer in giving) and planned.status is None:
        planned = planned._replace(notes=(*planned.notes, "approved in part, and the answer does not say which part"))
    if not all(_fits(number) for number in (planned.number, *planned.by_line.values())):
        return Plan("left_alone", notes=("the number is none that a claim can hold",), outcome=outcome)
    return planned


def _in_part(offer: Offer) -> bool:
    """Whether a part was approved that no line and no quantity names."""
    if not offer.services:
        return offer.outcome == "partially_certified"
    return any(s.outcome == "partially_certified" and s.certified == Extent() for s in offer.services)


def _numbers(claim: Claim, giving: Sequence[Offer]) -> Plan:
    lineless = [offer for offer in giving if not offer.services]
    if lineless:
        numbers = {offer.number for offer in giving}
        if len(numbers) > 1 or not lineless[0].number:
            return Plan("uncertain", notes=("several decisions with different numbers may be about this claim",))
        return Plan(number=lineless[0].number)
    services = [service for offer in giving for service in offer.services]
    by_line, notes = _by_line(claim.lines, services)
    if not by_line:
        return Plan("no_line_matches", notes=("no line of the claim is one that was approved", *notes))
    numbers_used = set(by_line.values())
    whole = len(by_line) == len(claim.lines) and len(numbers_used) == 1
    if whole:
        return Plan(number=numbers_used.pop(), notes=notes)
    if claim.takes_lines:
        return Plan(by_line=by_line, notes=notes)
    if len(numbers_used) > 1:
        return Plan("needs_line_level", notes=("the lines were approved under different numbers, and this kind of claim holds one", *notes))
    others = ", ".join(str(line.n) for line in claim.lines if line.n not in by_line)
    return Plan(number=numbers_used.pop(), notes=(f"the number is not for line {others}: this kind of claim cannot say so", *notes))


def _by_line(lines: Sequence[ClaimLine], services: Sequence[ServiceDecision]) -> tuple[dict[int, str], tuple[str, ...]]:
    """The number of each line that was approved, and what is to be said about them."""
    by_line: dict[int, str] = {}
    notes: list[str] = []
    used: dict[int, list[ClaimLine]] = {}
    for line in lines:
        alike = [n for n, service in enumerate(services) if _about(line.what, service)]
        numbers = {services[n].authorization_number if services[n].outcome in APPROVALS else None for n in alike}
        if len(numbers) > 1:
            notes.append(f"line {line.n}: services like it were decided differently, so it gets no number")
        elif numbers and (number := numbers.pop()) is not None:
            by_line[line.n] = number
            used.setdefault(alike[0], []).append(line)
    return by_line, (*notes, *_over(used, services))


def _over(used: dict[int, list[ClaimLine]], services: Sequence[ServiceDecision]) -> Iterator[str]:
    """Where more is billed than was certified."""
    for n, lines in used.items():
        granted = services[n].certified
        if granted.quantity is None:
            continue
        billed = [line.what.quantity for line in lines if line.what.quantity is not None and line.what.unit == granted.unit]
        if sum(billed) > granted.quantity and sum(1 for s in services if _about(lines[0].what, s)) == 1:
            yield f"line {', '.join(str(line.n) for line in lines)}: more units are billed than were certified"


def _about(billed: Extent, service: ServiceDecision) -> bool:
    """Whether a line of a claim is a service of a decision: the same code, and days that do not contradict."""
    decided = service.stated if service.stated.procedure or service.stated.revenue_code else service.requested
    if billed.procedure and decided.procedure:
        if billed.procedure != decided.procedure:
            return False
    elif not billed.revenue_code or billed.revenue_code != decided.revenue_code:
        return False
    if decided.modifiers and billed.modifiers and not set(decided.modifiers) <= set(billed.modifiers):
        return False
    ours, theirs = (billed.service_from, billed.service_to), (decided.service_from, decided.service_to)
    if ours[0] and ours[1] and theirs[0] and theirs[1]:
        return theirs[0] <= ours[1] and ours[0] <= theirs[1]
    return True


def _same_payer(decided: tuple[str, str], billed: tuple[str, str]) -> bool:
    """Whether two parties may be one payer: the same id or the same name, or too little is told."""
    pairs = [(_plain(a), _plain(b)) for a, b in zip(decided, billed, strict=True)]
    told = [(a, b) for a, b in pairs if a and b]
    return not told or any(a == b for a, b in told)


def _fits(number: str) -> bool:
    """Whether REF02 can hold it, whatever the delimiters of the claims are.

    Guide: 005010X222A1 2300 REF02
    """
    return len(number) <= _LONGEST and all(c.isascii() and (c.isalnum() or c in "-_. /") for c in number)


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())
