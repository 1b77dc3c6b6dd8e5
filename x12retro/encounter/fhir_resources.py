"""A FHIR R4 bundle at hand: its resources by reference, and values out of them, whatever shape they turn out to have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]

NPI = "http://hl7.org/fhir/sid/us-npi"
TAX_ID = "urn:oid:2.16.840.1.113883.4.4"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
TAXONOMY = "http://nucc.org/provider-taxonomy"


class Bundle:
    """The resources of one bundle."""

    def __init__(self, tree: Any) -> None:  # noqa: ANN401 - a parsed tree
        self._by_kind: dict[str, list[Resource]] = {}
        self._by_reference: dict[str, Resource] = {}
        for entry in rows(tree, "entry"):
            resource = entry.get("resource")
            if not isinstance(resource, dict):
                continue
            kind = text(resource, "resourceType")
            self._by_kind.setdefault(kind, []).append(resource)
            for reference in (text(entry, "fullUrl"), f"{kind}/{text(resource, 'id')}"):
                self._by_reference[reference] = resource

    def all(self, kind: str) -> list[Resource]:
        """The resources of a kind, in order."""
        return self._by_kind.get(kind, [])

    def at(self, holder: Any, *path: str | int) -> Resource:  # noqa: ANN401
        """What the reference at a path points to, an empty resource when it points to nothing in the bundle."""
        reference = text(holder, *path, "reference")
        found = self._by_reference.get(reference)
        if found is None and reference.startswith("#"):
            found = next((one for one in rows(holder, "contained") if text(one, "id") == reference[1:]), None)
        if found is None and "/" in reference:  # an absolute address of what the bundle holds under a relative one
            found = self._by_reference.get("/".join(reference.split("/")[-2:]))
        return found or {}

    def about(self, kind: str, key: str, resource: Resource) -> list[Resource]:
        """The resources of a kind whose reference at `key` points to `resource`."""
        return [one for one in self.all(kind) if self.at(one, key) is resource]


def dig(holder: Any, *path: str | int) -> Any:  # noqa: ANN401
    """What stands at a path of keys and indexes, or None."""
    for step in path:
        if isinstance(step, str) and isinstance(holder, dict):
            holder = holder.get(step)
        elif isinstance(step, int) and isinstance(holder, list) and step < len(holder):
            holder = holder[step]
        else:
            return None
    return holder


def text(holder: Any, *path: str | int) -> str:  # noqa: ANN401
    """The text or number at a path, as text; "" for anything else."""
    found = dig(holder, *path)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return ""
    return str(found).strip()


def rows(holder: Any, *path: str | int) -> list[Resource]:  # noqa: ANN401
    """The objects of the list at a path."""
    found = dig(holder, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def day(holder: Any, *path: str | int) -> str:  # noqa: ANN401
    """The day of a date or moment."""
    return text(holder, *path)[:10]


def code(concept: Any, *systems: str) -> str:  # noqa: ANN401
    """The first code of a CodeableConcept that is of one of the systems (a part of their address is enough); any, without systems."""
    for coding in rows(concept, "coding"):
        if not systems or any(system in text(coding, "system").lower() for system in systems):
            return text(coding, "code")
    return ""


def codes(concepts: list[Resource]) -> Iterator[str]:
    """Every code of a list of CodeableConcepts."""
    for concept in concepts:
        yield from (text(coding, "code") for coding in rows(concept, "coding"))


def identifier(resource: Resource, *systems: str) -> str:
    """The value of the identifier of one of the systems; the first of all, without systems."""
    for one in rows(resource, "identifier"):
        if not systems or text(one, "system") in systems:
            return text(one, "value")
    return ""


def name(resource: Resource) -> dict[str, str]:
    """A person's name: the official one, or the first."""
    names = rows(resource, "name")
    one = next((n for n in names if text(n, "use") == "official"), names[0] if names else {})
    made = {"last_name": text(one, "family"), "first_name": text(one, "given", 0), "middle_name": text(one, "given", 1)}
    made["suffix"] = text(one, "suffix", 0)
    return {key: value for key, value in made.items() if value}


def address(resource: Resource) -> dict[str, str]:
    """The first postal address."""
    one = dig(resource, "address", 0)
    country = text(one, "country")
    made = {
        "line1": text(one, "line", 0),
        "line2": text(one, "line", 1),
        "city": text(one, "city"),
        "state": text(one, "state"),
        "postal_code": text(one, "postalCode"),
        "country": "" if country in ("US", "USA") else country,
    }
    return {key: value for key, value in made.items() if value}
