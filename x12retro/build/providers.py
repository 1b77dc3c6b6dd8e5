"""Who gave the care: providers of the event, of a service, the stops of a transport, and organisations that denied before."""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.build.contact import add_contact
from x12retro.build.draft import Draft, d8
from x12retro.build.names import add_address, add_nm1, add_refs, add_taxonomy, npi_of, tax_id_of
from x12retro.encounter.event import Denial, Place
from x12retro.encounter.services import Provider

_EVENT_ROLES = frozenset(("71", "72", "73", "77", "AAJ", "DD", "DK", "DN", "FA", "G3", "P3", "QB", "QV", "SJ"))
_SERVICE_ROLES = frozenset(("1T", "72", "73", "77", "DD", "DK", "DQ", "FA", "G3", "P3", "QB", "QV", "SJ"))

_EVENT_PRV = {"71": "AT", "72": "OP", "73": "OT", "AAJ": "AD", "DD": "AS", "DK": "OR", "DN": "RF", "P3": "PC"}
"""PRV01 for an event provider's role; PE (performing) for the others.

Guide: 005010X217 2010EA PRV01
"""

_SERVICE_PRV = {"72": "OP", "73": "OT", "DD": "AS", "DK": "OR", "DQ": "OT", "P3": "PC"}
"""PRV01 for a service provider's role; PE for the others.

Guide: 005010X217 2010F PRV01
"""


def add_event_providers(draft: Draft, path: str, providers: Sequence[Provider]) -> None:
    """Name up to fourteen providers of the event.

    Guide: 005010X217 2010EA
    """
    if len(providers) > 14:
        draft.problem(path, f"{len(providers)} providers, but an event takes 14")
    for i, provider in enumerate(providers):
        where = f"{path}[{i}]"
        if provider.role not in _EVENT_ROLES:
            draft.problem(f"{where}.role", "is a role of a service's provider; put it under the service")
        _add_provider(draft, where, provider, _EVENT_PRV, 7)


def add_service_providers(draft: Draft, path: str, providers: Sequence[Provider]) -> None:
    """Name up to ten providers of a service.

    Guide: 005010X217 2010F
    """
    if len(providers) > 10:
        draft.problem(path, f"{len(providers)} providers, but a service takes 10")
    for i, provider in enumerate(providers):
        where = f"{path}[{i}]"
        if provider.role not in _SERVICE_ROLES:
            draft.problem(f"{where}.role", "is a role of the event's provider; put it under the encounter")
        _add_provider(draft, where, provider, _SERVICE_PRV, 8)


def _add_provider(draft: Draft, path: str, provider: Provider, prv: dict[str, str], most_ids: int) -> None:
    if provider.last_name is not None and provider.organization is not None:
        draft.problem(f"{path}.organization", "either this or last_name, not both")
    person = provider.last_name is not None or provider.first_name is not None
    tax_id = tax_id_of(provider.tax_id)
    npi = npi_of(draft, f"{path}.npi", provider.npi)
    if npi is None and tax_id is None and provider.last_name is None and provider.organization is None:
        draft.problem(f"{path}.npi", "missing; a provider is told by an NPI, a tax_id or a name")
    add_nm1(
        draft,
        path,
        provider.role,
        "1" if person else "2",
        last=("last_name", provider.last_name) if person else ("organization", provider.organization),
        first=provider.first_name,
        middle=provider.middle_name,
        suffix=provider.suffix,
        id_qualifier="24" if npi is None else "XX",
        id_=tax_id if npi is None else npi,
    )
    refs: list[tuple[str, str, str | None, str]] = []
    if npi is not None and tax_id is not None:
        refs.append(("EI", tax_id, None, f"{path}.tax_id"))
    for i, other in enumerate(provider.other_ids):
        where = f"{path}.other_ids[{i}]"
        if other.qualifier == "G5":
            draft.problem(where, "a site number can be told of the requester only")
        refs.append((other.qualifier, other.value, other.description, where))
    add_refs(draft, f"{path}.other_ids", refs, most_ids)
    add_address(draft, f"{path}.address", provider.address)
    add_contact(draft, f"{path}.contact", provider.contact)
    add_taxonomy(draft, path, prv.get(provider.role, "PE"), provider.taxonomy)


def add_places(draft: Draft, path: str, places: Sequence[Place]) -> None:
    """The stops of a transport, each with its address.

    Guide: 005010X217 2010EB
    """
    for i, place in enumerate(places):
        where = f"{path}[{i}]"
        add_nm1(draft, where, place.role, "2", last=("name", place.name))
        add_address(draft, f"{where}.address", place.address, required=True)


def add_other_umo(draft: Draft, path: str, denials: Sequence[Denial]) -> None:
    """Organisations that denied before: name, reasons, day.

    Guide: 005010X217 2010EC
    """
    for i, denial in enumerate(denials):
        where = f"{path}[{i}]"
        add_nm1(draft, where, denial.role, "2", last=("name", denial.name))
        first, *others = [draft.id(f"{where}.reasons[{n}]", reason) for n, reason in enumerate(denial.reasons)]
        more = tuple(part for reason in others for part in ("ZZ", reason))
        draft.add(where, "REF", "ZZ", first, None, more or None)
        draft.add(where, "DTP", "598", "D8", d8(denial.denied_on))
