"""Encounters from claims: 837P (005010X222A1) and 837I (005010X223A2, A3), one transaction at a time, one claim at a time.

Each set is judged by its guide first. What is wrong in a place that the record does not need is a note; a claim is given up only
when a place that it does need is wrong, or when the record made of it is not one. What a claim says and a record has no room for
is named in a note, and nothing that a claim does not say is made up.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from x12retro.encounter.claim_errors import SetErrors
from x12retro.encounter.claim_event import put_event
from x12retro.encounter.claim_lines import put_lines
from x12retro.encounter.claim_people import put_patient, put_payer, put_providers, put_requester, put_subscriber
from x12retro.encounter.claim_scenario import put_scenario
from x12retro.encounter.explain import Fault
from x12retro.encounter.gathering import Gathering, as_date, as_money
from x12retro.encounter.json_source import EncounterProblem, Slip
from x12retro.encounter.mapping import NO_MAPPING, Mapping
from x12retro.encounter.record import Encounter
from x12retro.encounter.tree import is_second, judged
from x12retro.encounter.unforeseen import unforeseen
from x12retro.encounter.x12_source import JudgedSet, judged_sets, place_of
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Segment, Source

_GUIDES = ("837P", "837I")
_VOID = "8"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as an encounter. `lines` are the numbers by which a remittance names its services, in their order.

    `notes` say what was left out, and what was told from something else.
    """

    encounter: Encounter
    lines: tuple[str, ...] = ()
    notes: tuple[Slip, ...] = ()

    def __repr__(self) -> str:  # never the data: it is a patient's
        return f"<Claim of {len(self.lines)} lines>"


def read_claims(source: Source, *, seen: set[bytes] | None = None, mapping: Mapping = NO_MAPPING) -> Iterator[Claim | EncounterProblem]:
    """Yield a Claim or an EncounterProblem for each claim of `source` (bytes, path or binary stream), in order.

    The claim number (CLM01) becomes the encounter_id; pass the same `seen` for every source of a run to have one that comes twice
    reported. `mapping` fills in what claims do not say. What is wrong with the file as a whole is a problem without
    an encounter_id. Raises UsageError when a path cannot be read.
    """
    seen = set() if seen is None else seen
    index = 0
    for item in judged_sets(source, _GUIDES, "a claim (837P or 837I)"):
        if not isinstance(item, JudgedSet):
            index += 1
            yield EncounterProblem(index=index, slips=item)
            continue
        for one in _claims(item, seen, mapping):
            index += 1
            yield msgspec.structs.replace(one, index=index) if isinstance(one, EncounterProblem) else one


def _claims(a_set: JudgedSet, seen: set[bytes], mapping: Mapping) -> Iterator[Claim | EncounterProblem]:
    sheet = Sheet(a_set.transaction, a_set.guide, a_set.name)
    sent_on = _sent_on(sheet, a_set)
    errors = SetErrors(a_set, sheet)
    placed = list(sheet.loops("2300"))
    known = {clm.position for claim in placed if (clm := claim.first("CLM")) is not None}
    for claim in placed:
        last = claim is placed[-1]
        try:
            yield _one(sheet, a_set, claim, errors, sent_on, seen, mapping, cut=last and not a_set.transaction.complete)
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one claim must not cost the others
            yield EncounterProblem(index=0, slips=(Slip("$", unforeseen(failure)),))
    for seg in a_set.transaction.segments():
        if seg.id == "CLM" and seg.position not in known:
            yield EncounterProblem(index=0, slips=(Slip("$", f"a claim that stands where none may ({place_of(seg, a_set)})"),))
    if outside := errors.outside():
        yield EncounterProblem(index=0, slips=outside)
    if not placed and not a_set.transaction.complete:
        yield EncounterProblem(index=0, slips=(Slip("$", f"{a_set.called} breaks off before its first claim"),))


def _one(
    sheet: Sheet, a_set: JudgedSet, claim: Loop, errors: SetErrors, sent_on: str, seen: set[bytes], mapping: Mapping, *, cut: bool
) -> Claim | EncounterProblem:
    clm = claim.first("CLM")
    if clm is None:
        return EncounterProblem(index=0, slips=(Slip("$", f"a claim without its CLM in {a_set.called}"),))
    number = clm[1]
    gathering = _gather(sheet, a_set, claim, clm, sent_on)
    gathering_lines = put_lines(gathering, claim)
    slips = [Slip("$", f"{a_set.called} breaks off in this claim or after it: it may not be whole")] if cut else []
    if gathering.component(clm[5], 3) == _VOID:
        slips.append(Slip("$", f"voids an earlier claim: there is nothing to ask for ({gathering.place(claim, clm)})"))
    fatal, notes = errors.of(claim, clm.position)
    slips += (*fatal, *gathering.faults)
    _check_charges(gathering, claim, clm)
    mapping.fill(gathering.tree)
    result = judged(gathering.tree)
    if not isinstance(result, Encounter):
        slips += [
            Slip(fault.path, f"{fault.message} ({place})" if (place := gathering.place_of(fault.path)) else fault.message)
            for fault in result
        ]
    if slips or not isinstance(result, Encounter):
        return EncounterProblem(index=0, slips=tuple(slips), encounter_id=_usable_id(result, number))
    if is_second(result.encounter_id, seen):
        slip = Slip("$.encounter_id", f"comes a second time in this run; the first one is kept ({gathering.place(claim, clm)})")
        return EncounterProblem(index=0, slips=(slip,), encounter_id=result.encounter_id)
    return Claim(encounter=result, lines=gathering_lines, notes=(*gathering.all_notes(), *notes))


def _gather(sheet: Sheet, a_set: JudgedSet, claim: Loop, clm: Segment, sent_on: str) -> Gathering:
    gathering = Gathering(sheet.delimiters, a_set.called)
    gathering.put("encounter_id", clm[1], claim, clm)
    provider, subscriber, patient = claim.above("2000A"), claim.above("2000B"), claim.above("2000C")
    if provider is not None:
        put_requester(gathering, provider, facility=a_set.name == "837I")
    if subscriber is not None:
        put_payer(gathering, subscriber)
        put_subscriber(gathering, subscriber)
    if patient is not None:
        put_patient(gathering, patient)
    put_event(gathering, claim, clm)
    put_providers(gathering, "providers", claim)
    put_scenario(gathering, claim)
    if sent_on:
        gathering.put("retro.claim_sent_on", sent_on)
    return gathering


def _check_charges(gathering: Gathering, claim: Loop, clm: Segment) -> None:
    """Note it when the lines do not add up to the claim: one may have been lost.

    Guide: 005010X222A1 2300 CLM02
    """
    charges = [as_money(str(line.get("charge", "0"))) for line in gathering.tree.get("services", ())]
    whole = as_money(clm[2])
    if whole is not None and None not in charges and sum(charge for charge in charges if charge is not None) != whole:
        gathering.note("charges_at_risk", "the charges of the lines do not add up to the claim's: a line may be missing", claim, clm)


def _sent_on(sheet: Sheet, a_set: JudgedSet) -> str:
    """The day the claims went out: BHT04, or GS04 when it is none.

    Guide: 005010X222A1 BHT04
    """
    bht = next(iter(sheet.header("BHT")), None)
    gs = a_set.transaction.group.gs
    days = (as_date(text) for text in ("" if bht is None else bht[4], "" if gs is None else gs[4]))
    return next((day.isoformat() for day in days if day is not None), "")


def _usable_id(result: Encounter | list[Fault], number: str) -> str | None:
    """The claim number, when it is fit to be an encounter_id in a report."""
    if isinstance(result, Encounter):
        return result.encounter_id
    return None if any(fault.path in ("$", "$.encounter_id") for fault in result) else number
