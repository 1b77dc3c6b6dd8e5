"""Encounters from FHIR R4 bundles: one bundle, a list of them, or one a line; one bundle is held at a time.

Each Claim of a bundle is an encounter; where it has none, each Encounter is. What hangs on it (Patient, Coverage, Organization,
Practitioner, Condition, Procedure, ServiceRequest) is found by reference. Nothing but JSON is needed to read them: a bundle is
not validated as FHIR, the record made of it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from x12retro.encounter.claim837 import Claim
from x12retro.encounter.fhir_care import put_care
from x12retro.encounter.fhir_people import put_people
from x12retro.encounter.fhir_resources import Bundle, Resource, identifier, text
from x12retro.encounter.gathering import Gathering
from x12retro.encounter.json_cut import Chunk
from x12retro.encounter.json_source import EncounterProblem, Slip, SourceProblem, chunks_of, why_unusable
from x12retro.encounter.mapping import NO_MAPPING, Mapping
from x12retro.encounter.record import Encounter
from x12retro.encounter.tree import close_gaps, fits_id, found, is_second, judged
from x12retro.encounter.unforeseen import unforeseen
from x12retro.x12 import Delimiters

_SNIFF = 65536


def read_fhir(stream: BinaryIO, *, seen: set[bytes] | None = None, mapping: Mapping = NO_MAPPING) -> Iterator[Claim | EncounterProblem]:
    """Yield a Claim (an encounter with notes) or an EncounterProblem for each encounter of each bundle, in order.

    `seen` is that of `read_encounters`; `mapping` fills in what a bundle does not say.
    """
    seen = set() if seen is None else seen
    head = stream.read(_SNIFF)
    if problem := why_unusable(head):
        yield SourceProblem(index=1, slips=(Slip("$", problem, 1),))
        return
    index = 0
    for chunk in chunks_of(head.removeprefix(b"\xef\xbb\xbf"), stream):
        for one in _of_bundle(chunk, seen, mapping):
            index += 1
            yield msgspec.structs.replace(one, index=index) if isinstance(one, EncounterProblem) else one


def _of_bundle(chunk: Chunk, seen: set[bytes], mapping: Mapping) -> Iterator[Claim | EncounterProblem]:
    def problem(message: str) -> EncounterProblem:
        return EncounterProblem(index=0, slips=(Slip("$", message, chunk.line),))

    if chunk.problem is not None:
        yield problem(chunk.problem)
        return
    try:
        tree = json.loads(chunk.data, parse_float=str)
    except UnicodeDecodeError:
        yield problem("holds bytes that are not UTF-8; save the file as UTF-8")
        return
    except (ValueError, RecursionError):
        yield problem("not valid JSON: it breaks off, or something stands where none may")
        return
    if text(tree, "resourceType") != "Bundle":
        yield problem("is no FHIR bundle: resourceType is not Bundle")
        return
    bundle = Bundle(tree)
    anchors = bundle.all("Claim") or bundle.all("Encounter")
    if not anchors:
        yield problem("the bundle holds neither a Claim nor an Encounter")
    for anchor in anchors:
        try:
            yield _one(bundle, anchor, chunk, seen, mapping)
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one encounter must not cost the others
            yield problem(unforeseen(failure))


def _one(bundle: Bundle, anchor: Resource, chunk: Chunk, seen: set[bytes], mapping: Mapping) -> Claim | EncounterProblem:
    is_claim = text(anchor, "resourceType") == "Claim"
    claim = anchor if is_claim else {}
    visit = _visit_of(bundle, claim) if is_claim else anchor
    gathering = Gathering(Delimiters(), "the bundle")
    gathering.put("encounter_id", identifier(anchor) or text(anchor, "id"))
    slips = [Slip(path, message, chunk.line) for path, message in put_people(gathering, bundle, claim, visit)]
    put_care(gathering, bundle, claim, visit)
    tree = close_gaps(gathering.tree)
    mapping.fill(tree)
    if not _is_to_come(claim, visit):
        tree.setdefault("retro", {})  # as of a claim (837): nobody asked first, and the request says why
    result = judged(tree)
    if not isinstance(result, Encounter):
        told = {slip.path for slip in slips}
        slips += (Slip(fault.path, fault.message, chunk.line) for fault in result if fault.path not in told)
    encounter_id = found(tree, "encounter_id")
    known = encounter_id if isinstance(encounter_id, str) and fits_id(encounter_id) else None
    if not slips and isinstance(result, Encounter) and is_second(result.encounter_id, seen):
        slips.append(Slip("$.encounter_id", "comes a second time in this run; the first one is kept", chunk.line))
    if slips or not isinstance(result, Encounter):
        return EncounterProblem(index=0, slips=tuple(slips), encounter_id=known)
    return Claim(encounter=result, notes=gathering.all_notes())


def _is_to_come(claim: Resource, visit: Resource) -> bool:
    """True for care that is planned: a claim made before it, or a visit without a claim that has not begun."""
    return text(claim, "use") in ("preauthorization", "predetermination") or (not claim and text(visit, "status") == "planned")


def _visit_of(bundle: Bundle, claim: Resource) -> Resource:
    """The Encounter that a claim is about: the one its items name, or the only one of the bundle."""
    items = claim.get("item")
    for item in items if isinstance(items, list) else []:
        if visit := bundle.at(item, "encounter", 0):
            return visit
    visits = bundle.all("Encounter")
    return visits[0] if len(visits) == 1 else {}
