"""What was done, of a bundle: the event, diagnoses, services, earlier authorization, and what is known of the delay."""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.encounter.fhir_resources import ICD10, Bundle, Resource, code, codes, day, dig, identifier, rows, text
from x12retro.encounter.gathering import Gathering

_INPATIENT = frozenset(("IMP", "ACUTE", "NONAC"))
_PRIORITIES = {"EM": "1", "UR": "2", "EL": "3"}
"""How urgent an encounter was (ActPriority) -> type of admission."""
_SCENARIOS = {"EM": "emergency", "UR": "urgent"}
_CLAIM_KINDS = {"principal": "principal", "admitting": "admitting", "patientreasonforvisit": "reason"}
_VISIT_KINDS = {"AD": "admitting", "CC": "reason"}
_CODES = ("cpt", "hcpcs")
_MOST_DIAGNOSES = 12
_ICD10 = ICD10.removeprefix("http://")


def put_care(gathering: Gathering, bundle: Bundle, claim: Resource, visit: Resource) -> None:
    """Put everything that is not people."""
    _put_event(gathering, claim, visit)
    _put_diagnoses(gathering, bundle, claim, visit)
    _put_services(gathering, bundle, claim, visit)
    _put_documents(gathering, bundle, claim, visit)
    gathering.put("prior.authorization", next((ref for i in rows(claim, "insurance") if (ref := text(i, "preAuthRef", 0))), ""))
    if text(claim, "use") == "claim":
        gathering.put("retro.claim_sent_on", day(claim, "created"))
    gathering.put("charges_at_risk", text(claim, "total", "value"))


def _put_event(gathering: Gathering, claim: Resource, visit: Resource) -> None:
    inpatient = text(visit, "class", "code") in _INPATIENT
    gathering.put("event.category", "AR" if inpatient else "HS")
    bill = next((c for i in rows(claim, "supportingInfo") if code(i.get("category")) == "typeofbill" and (c := code(i.get("code")))), "")
    if bill:
        gathering.put("event.facility", {"code": bill.removeprefix("0")[:2], "qualifier": "A"})
    else:
        place = next((c for i in rows(claim, "item") if (c := code(i.get("locationCodeableConcept"), "place-of-service"))), "")
        gathering.put("event.facility", {"code": place, "qualifier": "B"} if place else None)
    period = dig(visit, "period") or dig(claim, "billablePeriod")
    first, last = day(period, "start"), day(period, "end")
    gathering.put("event.service_from", first)
    gathering.put("event.service_to", last if last != first else "")
    began = text(period, "start")[11:16]  # as the clock at the place of care stood: the offset, where there is one, follows
    gathering.put("event.service_time", began)
    if inpatient:
        gathering.put("event.admission_date", first)
        gathering.put("event.admission_time", began)
        gathering.put("event.discharge_date", last)
    stay, priority = visit.get("hospitalization"), code(visit.get("priority"))
    gathering.put("event.admission.type", _PRIORITIES.get(priority))
    gathering.put("event.admission.source", code(dig(stay, "admitSource"), "nubc"))
    gathering.put("event.admission.status", code(dig(stay, "dischargeDisposition"), "nubc"))
    if scenario := _SCENARIOS.get(priority):
        gathering.put("retro.scenario", scenario)
        gathering.note("retro.scenario", "told from the encounter's priority; correct it if that was not why nobody asked first")


def _put_diagnoses(gathering: Gathering, bundle: Bundle, claim: Resource, visit: Resource) -> None:
    """The claim's diagnoses, or the encounter's, or the conditions of the encounter; ICD-10-CM only."""
    found = [entry for entry in _diagnoses(bundle, claim, visit) if entry["code"]]
    if len(found) < len(list(_diagnoses(bundle, claim, visit))):
        gathering.leave_out("diagnoses without an ICD-10-CM code")
    if len(found) > _MOST_DIAGNOSES:
        gathering.leave_out(f"diagnoses beyond {_MOST_DIAGNOSES}")
    for n, entry in enumerate(found[:_MOST_DIAGNOSES]):
        gathering.put(f"diagnoses[{n}]", entry)


def _diagnoses(bundle: Bundle, claim: Resource, visit: Resource) -> Iterator[dict[str, str]]:
    own, of_visit = rows(claim, "diagnosis"), rows(visit, "diagnosis")
    for one in sorted(own, key=lambda d: int(text(d, "sequence") or 0) if text(d, "sequence").isdecimal() else 0):
        concept = one.get("diagnosisCodeableConcept") or bundle.at(one, "diagnosisReference").get("code")
        kind = next((_CLAIM_KINDS[c] for c in codes(rows(one, "type")) if c in _CLAIM_KINDS), "other")
        yield {"code": code(concept, _ICD10), "kind": kind}
    if own:
        return
    for one in of_visit:
        kind = "principal" if text(one, "rank") == "1" else _VISIT_KINDS.get(code(one.get("use")), "other")
        yield {"code": code(bundle.at(one, "condition").get("code"), _ICD10), "kind": kind}
    if not of_visit:
        for condition in bundle.about("Condition", "encounter", visit) if visit else []:
            yield {"code": code(condition.get("code"), _ICD10), "kind": "other"}


def _put_services(gathering: Gathering, bundle: Bundle, claim: Resource, visit: Resource) -> None:
    """The claim's items; without a claim, the procedures of the encounter, or what was ordered in it."""
    items = rows(claim, "item")
    for n, item in enumerate(items):
        _put_item(gathering, f"services[{n}]", item)
    if items or not visit:
        return
    done = [(one, one.get("performedPeriod"), day(one, "performedDateTime")) for one in bundle.about("Procedure", "encounter", visit)]
    done = done or [
        (one, one.get("occurrencePeriod"), day(one, "occurrenceDateTime")) for one in bundle.about("ServiceRequest", "encounter", visit)
    ]
    n = 0
    for resource, period, when in done:
        procedure = code(resource.get("code"), *_CODES)
        if not procedure:
            gathering.leave_out("procedures without a CPT or HCPCS code")
            continue
        gathering.put(f"services[{n}].procedure", procedure)
        _put_days(gathering, f"services[{n}]", when or day(period, "start"), day(period, "end"))
        n += 1


def _put_documents(gathering: Gathering, bundle: Bundle, claim: Resource, visit: Resource) -> None:
    """The documents that a claim names, or that belong to the encounter, where X12's own code lists say what they are.

    Guide: 005010X217 2000E PWK01 (data element 755), PWK02 (756)
    """
    named = [(info.get("code"), document) for info in rows(claim, "supportingInfo") if (document := bundle.at(info, "valueReference"))]
    if not named and visit:
        named = [(None, one) for one in bundle.all("DocumentReference") if bundle.at(one, "context", "encounter", 0) is visit]
    n = 0
    for concept, document in named:
        concepts = [concept, document.get("type"), *rows(document, "category")]
        report_type = next((found for one in concepts if (found := code(one, "/755"))), "")
        if not report_type:
            gathering.leave_out("documents without a report type of X12 (755)")
            continue
        gathering.put(f"documents[{n}].type", report_type)
        gathering.put(f"documents[{n}].delivery", next((found for one in concepts if (found := code(one, "/756"))), ""))
        gathering.put(f"documents[{n}].control_number", identifier(document))
        n += 1


def _put_item(gathering: Gathering, path: str, item: Resource) -> None:
    gathering.put(f"{path}.revenue_code", code(item.get("revenue")))
    gathering.put(f"{path}.procedure", code(item.get("productOrService"), *_CODES))
    gathering.put(f"{path}.modifiers", list(codes(rows(item, "modifier"))))
    gathering.put(f"{path}.units", text(item, "quantity", "value"))
    gathering.put(
        f"{path}.unit", {"d": "DA", "DA": "DA", "1": "UN", "UN": "UN", "min": "MJ", "MJ": "MJ"}.get(text(item, "quantity", "code"))
    )
    gathering.put(f"{path}.charge", text(item, "net", "value"))
    pointers = item.get("diagnosisSequence")
    if isinstance(pointers, list) and not item.get("revenue"):
        gathering.put(f"{path}.diagnosis_pointers", pointers)
    _put_days(gathering, path, day(item, "servicedDate") or day(item, "servicedPeriod", "start"), day(item, "servicedPeriod", "end"))


def _put_days(gathering: Gathering, path: str, first: str, last: str) -> None:
    gathering.put(f"{path}.from", first)
    gathering.put(f"{path}.to", last if last != first else "")
