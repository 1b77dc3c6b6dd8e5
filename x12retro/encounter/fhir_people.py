"""Who is in a bundle: payer and insured from Coverage, patient, requester, and those who gave the care."""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.encounter.fhir_resources import (
    NPI,
    TAX_ID,
    TAXONOMY,
    Bundle,
    Resource,
    address,
    code,
    day,
    identifier,
    name,
    rows,
    text,
)
from x12retro.encounter.gathering import Gathering

_GENDERS = {"female": "F", "male": "M", "other": "U", "unknown": "U"}
_RELATIONSHIPS = {"spouse": "01", "child": "19"}
_ROLES = {
    "attending": "71",
    "ATND": "71",
    "operating": "72",
    "otheroperating": "73",
    "admitting": "AAJ",
    "ADM": "AAJ",
    "referring": "DN",
    "REF": "DN",
    "supervising": "DQ",
    "supervisor": "DQ",
    "performing": "SJ",
    "rendering": "SJ",
    "primary": "SJ",
    "SPRF": "SJ",
    "PPRF": "SJ",
}
"""Roles of a claim's care team and of an encounter's participants."""


def put_people(gathering: Gathering, bundle: Bundle, claim: Resource, visit: Resource) -> Iterator[tuple[str, str]]:
    """Put everybody; yield (path, message) for what is missing and cannot be done without."""
    patient = bundle.at(claim, "patient") or bundle.at(visit, "subject")
    coverage = _coverage(bundle, claim, patient)
    if coverage:
        _put_payer(gathering, bundle, coverage, claim)
        _put_insured(gathering, bundle, coverage, patient)
    else:
        yield "$.subscriber", "missing; the bundle holds no Coverage of the patient: neither member nor payer can be told"
        yield "$.payer", "missing; the bundle holds no Coverage of the patient"
    _put_requester(gathering, bundle.at(claim, "provider") or bundle.at(visit, "serviceProvider"))
    _put_providers(gathering, bundle, claim, visit)


def _coverage(bundle: Bundle, claim: Resource, patient: Resource) -> Resource:
    """The coverage of the claim's focal insurance, or the only one of the patient."""
    insurance = rows(claim, "insurance")
    for one in sorted(insurance, key=lambda i: i.get("focal") is not True):
        if found := bundle.at(one, "coverage"):
            return found
    own = bundle.about("Coverage", "beneficiary", patient) if patient else []
    return own[0] if len(own) == 1 else {}


def _put_payer(gathering: Gathering, bundle: Bundle, coverage: Resource, claim: Resource) -> None:
    payer = bundle.at(coverage, "payor", 0) or bundle.at(claim, "insurer")
    gathering.put("payer.name", text(payer, "name") or text(coverage, "payor", 0, "display"))
    gathering.put("payer.id", identifier(payer))
    gathering.put("payer.plan", _class(coverage, "plan", "name") or _class(coverage, "plan", "value"))


def _class(coverage: Resource, kind: str, key: str) -> str:
    return next((text(one, key) for one in rows(coverage, "class") if code(one.get("type")) == kind), "")


def _put_insured(gathering: Gathering, bundle: Bundle, coverage: Resource, patient: Resource) -> None:
    """Subscriber, and the patient where they are two."""
    relationship = code(coverage.get("relationship")) or "self"
    insured = patient if relationship == "self" else bundle.at(coverage, "subscriber")
    _put_person(gathering, "subscriber", insured)
    gathering.put("subscriber.member_id", text(coverage, "subscriberId") or identifier(coverage))
    gathering.put("subscriber.group_number", _class(coverage, "group", "value"))
    if relationship == "self":
        return
    _put_person(gathering, "patient", patient)
    gathering.put("patient.relationship", _RELATIONSHIPS.get(relationship, "G8"))
    if relationship not in (*_RELATIONSHIPS, "other"):
        gathering.note("patient.relationship", "the request knows spouse, child and other only: sent as other")


def _put_person(gathering: Gathering, path: str, person: Resource) -> None:
    for key, value in name(person).items():
        gathering.put(f"{path}.{key}", value)
    gathering.put(f"{path}.birth_date", day(person, "birthDate"))
    gathering.put(f"{path}.gender", _GENDERS.get(text(person, "gender")))
    gathering.put(f"{path}.address", address(person))


def _put_requester(gathering: Gathering, provider: Resource) -> None:
    """The organisation or practitioner that asks."""
    is_person = text(provider, "resourceType") == "Practitioner"
    names = name(provider) if is_person else {}
    gathering.put("requester.name", names.get("last_name") or text(provider, "name"))
    gathering.put("requester.first_name", names.get("first_name"))
    gathering.put("requester.entity", "1P" if is_person else "FA")
    gathering.put("requester.npi", identifier(provider, NPI))
    gathering.put("requester.tax_id", identifier(provider, TAX_ID))
    gathering.put("requester.taxonomy", _taxonomy(provider))
    gathering.put("requester.address", address(provider))
    contacts = rows(provider, "contact") or [provider]
    gathering.put("requester.contact.name", text(contacts[0], "name", "text"))
    for telecom in rows(contacts[0], "telecom"):
        if text(telecom, "system") in ("phone", "fax", "email"):
            gathering.put(f"requester.contact.{text(telecom, 'system')}", text(telecom, "value"))


def _taxonomy(resource: Resource) -> str:
    concepts = [*rows(resource, "type"), *(one["code"] for one in rows(resource, "qualification") if isinstance(one.get("code"), dict))]
    return next((found for concept in concepts if (found := code(concept, TAXONOMY.removeprefix("http://")))), "")


def _put_providers(gathering: Gathering, bundle: Bundle, claim: Resource, visit: Resource) -> None:
    """The claim's care team, or the encounter's participants."""
    team = [(one, bundle.at(one, "provider"), code(one.get("role"))) for one in rows(claim, "careTeam")]
    if not team:
        team = [(one, bundle.at(one, "individual"), code((rows(one, "type") or [{}])[0])) for one in rows(visit, "participant")]
    n = 0
    for member, provider, role in team:
        known = _ROLES.get(role)
        if known is None or not provider:
            gathering.leave_out("a provider whose role or record is not known")
            continue
        path = f"providers[{n}]"
        is_person = text(provider, "resourceType") == "Practitioner"
        gathering.put(path, {"role": known, **(name(provider) if is_person else {"organization": text(provider, "name")})})
        gathering.put(f"{path}.npi", identifier(provider, NPI))
        gathering.put(f"{path}.taxonomy", code(member.get("qualification"), TAXONOMY.removeprefix("http://")) or _taxonomy(provider))
        n += 1
