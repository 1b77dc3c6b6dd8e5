"""Claims and their denials put together: which claim was denied, in which lines, and what answers it.

A denial belongs to the claim whose number it repeats (CLP01 = CLM01), a denied line to the line whose number it repeats (REF 6R), or
else to the only line with its procedure or revenue code and day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from x12retro.encounter.claim837 import Claim
from x12retro.encounter.denial835 import Denial, DeniedLine, Paid
from x12retro.encounter.denial_codes import ANSWERS, What
from x12retro.encounter.json_source import EncounterProblem, Slip
from x12retro.encounter.record import ClaimDenial, Encounter, Retro
from x12retro.encounter.services import Service
from x12retro.encounter.tree import fits_id

REQUESTS: frozenset[What] = frozenset(("retro_request", "extension"))
"""What a 278 request answers."""


class Denials:
    """The denials of a run by claim number, and which of them found their claim.

    Of several denials of a claim the latest counts, and none that a payment of a later day has settled (`settled` counts them).
    """

    def __init__(self, told: Iterable[Denial | Paid]) -> None:
        self._by_claim: dict[str, Denial] = {}
        self._matched: set[str] = set()
        self.without_denial = 0
        paid: dict[bytes, date] = {}
        for one in told:
            if isinstance(one, Paid):
                key = _short(one.claim)
                paid[key] = max(one.day, paid.get(key, one.day))
            elif (before := self._by_claim.get(one.claim)) is None or before.day <= one.day:
                self._by_claim[one.claim] = one
        settled = [number for number, denial in self._by_claim.items() if denial.day < paid.get(_short(number), denial.day)]
        for number in settled:
            del self._by_claim[number]
        self.settled = len(settled)

    def __len__(self) -> int:
        return len(self._by_claim)

    def of(self, claim_number: str) -> Denial | None:
        """The denial of a claim, remembered as matched; a claim without one is counted."""
        denial = self._by_claim.get(claim_number)
        if denial is None:
            self.without_denial += 1
        else:
            self._matched.add(claim_number)
        return denial

    def unmatched(self) -> list[Denial]:
        """The denials whose claim has not come up, in the order of their remittance."""
        return [denial for number, denial in self._by_claim.items() if number not in self._matched]


def encounters_of(
    claims: Iterable[Claim | Encounter | EncounterProblem], denials: Denials, *, wanted: frozenset[What] = REQUESTS
) -> Iterator[Claim | EncounterProblem]:
    """Yield each denied claim with its denial in the record, or a problem that says what answers it instead of a request, and holds it.

    Claims that were not denied are passed over and counted (`denials.without_denial`). When the claims are at an end,
    `denials.unmatched()` names the denials that found none. `wanted` says which answers make an encounter: all four, for one
    who only wants to list them.
    """
    for one in claims:
        if isinstance(one, EncounterProblem):
            yield one
            continue
        claim = one if isinstance(one, Claim) else Claim(encounter=one)
        denial = denials.of(claim.encounter.encounter_id)
        if denial is None:
            continue
        if denial.what in wanted:
            yield _denied(claim, denial)
        else:
            answer = ANSWERS[denial.carc]
            slip = Slip("$.retro.denial", f"denied with CARC {denial.carc} ({answer.meaning}): no request; {answer.step}")
            denied = _denied(claim, denial).encounter
            yield EncounterProblem(index=0, slips=(slip,), encounter_id=denied.encounter_id, denied=denied)


def _denied(claim: Claim, denial: Denial) -> Claim:
    encounter, notes = claim.encounter, list(claim.notes)
    retro = encounter.retro or Retro()
    retro = msgspec.structs.replace(retro, denial=ClaimDenial(date=denial.day, carc=denial.carc))
    event, prior = encounter.event, encounter.prior
    if denial.what == "extension":
        event = msgspec.structs.replace(event, certification="4")
        notes.append(Slip("$.event.certification", "asks for an extension: the denial says that more was done than authorized (CARC 198)"))
    elif prior is not None and prior.authorization is not None:
        notes.append(Slip("$.prior.authorization", "the claim carries a number, but was denied for want of one: check it before asking"))
    services, lines = _denied_services(claim, denial, notes)
    amount = denial.amount
    changed = msgspec.structs.replace(
        encounter, retro=retro, event=event, services=services, charges_at_risk=amount if amount > 0 else encounter.charges_at_risk
    )
    return Claim(encounter=changed, lines=lines, notes=tuple(notes))


def _denied_services(claim: Claim, denial: Denial, notes: list[Slip]) -> tuple[tuple[Service, ...], tuple[str, ...]]:
    """The lines to ask for: those that were denied, unless the whole claim or an admission was."""
    services = claim.encounter.services
    if denial.adjustments or not denial.lines or claim.encounter.event.category == "AR":
        return services, claim.lines
    found = [_line_of(claim, line) for line in denial.lines]
    kept = sorted({n for n in found if n is not None})
    if None in found or not kept:
        notes.append(Slip("$.services", "a denied line of the remittance is not found in the claim: all lines are asked for"))
        return services, claim.lines
    if len(kept) < len(services):
        left = len(services) - len(kept)
        notes.append(Slip("$.services", f"{left} of {len(services)} lines left out: they were not denied for want of authorization"))
    return tuple(services[n] for n in kept), tuple(claim.lines[n] for n in kept if n < len(claim.lines))


def _line_of(claim: Claim, line: DeniedLine) -> int | None:
    """The line of the claim that a denied line is about; None when there is none, or more than one."""
    if line.number is not None and claim.lines.count(line.number) == 1:
        return claim.lines.index(line.number)
    alike = [n for n, service in enumerate(claim.encounter.services) if _is_alike(service, line, claim.encounter)]
    return alike[0] if len(alike) == 1 else None


def _is_alike(service: Service, line: DeniedLine, encounter: Encounter) -> bool:
    code = service.procedure == line.procedure if line.procedure is not None else service.revenue_code == line.revenue_code
    day = service.from_ or encounter.event.service_from
    return code and (line.day is None or day is None or line.day == day)


def told_unmatched(denials: Denials) -> Iterator[EncounterProblem]:
    """A problem for each denial whose claim has not come up; to be asked for when the claims are at an end."""
    for denial in denials.unmatched():
        answer = ANSWERS[denial.carc]
        message = f"denied with CARC {denial.carc}, but no claim of this number was given; to do: {answer.step}"
        known = denial.claim if fits_id(denial.claim) else None
        slip = Slip("$.encounter_id", message)
        yield EncounterProblem(index=0, slips=(slip,), encounter_id=known, at_risk=denial.amount if denial.amount > 0 else None)


def _short(claim_number: str) -> bytes:
    """A claim number in few bytes: there are many more payments than denials."""
    return hashlib.blake2b(claim_number.encode(), digest_size=12).digest()
