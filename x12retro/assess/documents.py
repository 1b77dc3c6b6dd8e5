"""The documents that payers' rules ask for, and what in an encounter shows that one is at hand.

A document is at hand when the encounter lists one of its report types (PWK01), when `retro.evidence` names it, or when the request
itself is the document (a notice of admission) or carries it in its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import msgspec

from x12retro.assess.outcome import DocumentNeeded
from x12retro.encounter import Encounter

Shown = Literal["listed", "carried", "named", "no"]
"""Among the encounter's documents; in the request itself; as a word of `retro.evidence`; not at all."""


class Kind(msgspec.Struct, frozen=True):
    """What a document is in our words, the report types that may hold it, and the test for one that the request itself carries.

    Of `types` the usual one comes first. `kept`: it comes about with the care itself, so that every provider has it.
    """

    words: str
    types: tuple[str, ...] = ()
    carried: Callable[[Encounter], bool] | None = None
    kept: bool = False


def _types(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _itself(_encounter: Encounter) -> bool:
    return True


def _explained(encounter: Encounter) -> bool:
    return encounter.retro is not None and encounter.retro.explanation is not None


def _says_retro_eligible(encounter: Encounter) -> bool:
    return encounter.retro is not None and encounter.retro.scenario == "retro_eligibility"


def _names_services(encounter: Encounter) -> bool:
    return bool(encounter.services)


def _names_the_earlier_number(encounter: Encounter) -> bool:
    return encounter.prior is not None


_CLINICAL = _types("M1 HR P5 OE OB AS DS 15 06 08 09 NN PN PY LA RR DG OD P4 03 10")

KINDS: dict[str, Kind] = {
    "admission_notice": Kind("notice of the admission", carried=_itself),
    "appeal_request": Kind("the appeal in writing"),
    "auth_form": Kind("the authorization form", carried=_itself),
    "claim": Kind("the claim"),
    "clinical_records": Kind("records of the care", _CLINICAL, kept=True),
    "completed_auth_form_marked_retro_eligible": Kind("the form, marked as retroactive eligibility"),
    "disputed_dates_or_services": Kind("the days or services in dispute", carried=_names_services),
    "eligibility_notice": Kind("the notice of eligibility", _types("59 48")),
    "eligibility_segment_proof": Kind("proof of the span of eligibility", _types("59 77")),
    "extenuating_circumstance_note": Kind("why it could not be asked in time", carried=_explained),
    "ifsp": Kind("the family service plan", _types("08 07")),
    "inpatient_face_sheet_or_outpatient_equivalent": Kind("face sheet", _types("77 AS"), kept=True),
    "missing_clinical_information": Kind("the records that were missing", _CLINICAL, kept=True),
    "operative_note": Kind("operative note", _types("OB"), kept=True),
    "order": Kind("the order", _types("B3 B2 DB OD")),
    "original_tar_number": Kind("number of the first request", carried=_names_the_earlier_number),
    "outage_evidence": Kind("proof of the outage", _types("77")),
    "physician_certification_for_nemt": Kind("the physician's certification of the transport", _types("AM PY")),
    "physician_letter_emergency_need": Kind("the physician's letter on the emergency", _types("PY M1 15")),
    "proof_of_continued_collection_from_patient": Kind("proof that the patient was billed throughout"),
    "proof_of_payer_delay": Kind("proof of the payer's delay", _types("77")),
    "proof_payer_unknown": Kind("proof that the payer was not known", _types("77")),
    "provider_notice": Kind("the provider's notice", carried=_itself),
    "reason": Kind("the reason", carried=_explained),
    "reason_code_changed": Kind("why the code was changed", carried=_explained),
    "reason_not_obtained": Kind("why no authorization was obtained", carried=_explained),
    "record_member_refused_or_unable_to_give_id": Kind("record that the member would or could not say"),
    "requested_additional_documents": Kind("what the payer asked for"),
    "retro_eligibility_comment": Kind("the comment on retroactive eligibility", carried=_says_retro_eligible),
    "retro_eligible_statement": Kind("the statement of retroactive eligibility", carried=_says_retro_eligible),
    "same_as_prospective": Kind("what a planned request needs", _CLINICAL, kept=True),
    "statement_delay_would_harm": Kind("the statement that waiting would have harmed", _types("PY 15")),
    "therapist_summary": Kind("the therapist's summary", _types("06 PN PZ 08")),
    "transport_record": Kind("record of the transport", _types("AM"), kept=True),
    "va_form_10_10143g_data": Kind("what form 10-10143g asks"),
    "written_request": Kind("the request in writing", carried=_itself),
}


def needed(wanted: tuple[str, ...], encounter: Encounter) -> tuple[DocumentNeeded, ...]:
    """The documents that are wanted, each with whether the encounter shows that it is there."""
    if not wanted:
        return ()
    types, named = _listed(encounter)
    return tuple([_RECORDS[document, _shown(document, encounter, types, named) != "no"] for document in wanted])


def shown(document: str, encounter: Encounter) -> Shown:
    """How the encounter shows that a document is at hand."""
    return _shown(document, encounter, *_listed(encounter))


def _listed(encounter: Encounter) -> tuple[set[str], str]:
    """The report types that the encounter lists, and its words of evidence."""
    types = {one.type for one in encounter.documents}
    for service in encounter.services:
        if service.documents:
            types.update([one.type for one in service.documents])
    return types, "".join(map(_words, encounter.retro.evidence)) if encounter.retro is not None else ""


def _shown(document: str, encounter: Encounter, types: set[str], named: str) -> Shown:
    kind = KINDS.get(document)
    if kind is not None:
        if kind.carried is not None and kind.carried(encounter):
            return "carried"
        if types and not types.isdisjoint(kind.types):
            return "listed"
    return "named" if named and _words(document) in named else "no"


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    """The words of a text with a blank around each, so that `order` is not found in `disorder`."""
    return f" {re.sub('[^0-9a-z]+', ' ', text.casefold()).strip()} "


class _Needed(dict[tuple[str, bool], DocumentNeeded]):
    """The few records there are, made once."""

    def __missing__(self, wanted: tuple[str, bool]) -> DocumentNeeded:
        made = self[wanted] = DocumentNeeded(*wanted)
        return made


_RECORDS = _Needed()
