"""Who is asked and who asks: BHT, the utilization management organization and the requester."""

from __future__ import annotations

from datetime import datetime

from x12retro.build.contact import add_contact
from x12retro.build.draft import Draft, d8
from x12retro.build.names import add_address, add_nm1, add_refs, add_taxonomy, npi_of, tax_id_of
from x12retro.build.partner import Partner
from x12retro.encounter import Encounter
from x12retro.encounter.record import Requester


def add_header(draft: Draft, encounter: Encounter, reference: str, now: datetime) -> None:
    """Open the request; a reservation (category IN) is asked and cancelled with codes of its own.

    Guide: 005010X217 BHT02, BHT06
    """
    reservation = encounter.event.category == "IN"
    purpose = ("01" if encounter.event.certification == "3" else "36") if reservation else "13"
    draft.add("$.event.category", "BHT", "0007", purpose, reference, d8(now.date()), f"{now:%H%M}", "RU" if reservation else None)


def add_umo(draft: Draft, encounter: Encounter, partner: Partner) -> int:
    """Name who decides: the partner's review organisation, else the payer. Return its level.

    Guide: 005010X217 2000A
    """
    level = draft.hl("$.payer", "20", None, children=True)
    if partner.umo is not None:
        umo = partner.umo
        name, id_, qualifier, role = umo.name, umo.id, umo.id_qualifier, umo.role
    else:
        payer = encounter.payer
        draft.need("$.payer.id", payer.id, "it says whom the request is for; a partner file may give it once as [umo]")
        name, id_, qualifier, role = payer.name, payer.id or "", payer.id_qualifier, partner.umo_role
    add_nm1(draft, "$.payer", role, "2", last=("name", name), id_qualifier=qualifier, id_=draft.id("$.payer.id", id_ or None))
    return level


def add_requester(draft: Draft, requester: Requester, parent: int) -> int:
    """Name who asks; return its level.

    Guide: 005010X217 2000B
    """
    path = "$.requester"
    level = draft.hl(path, "21", parent, children=True)
    tax_id = tax_id_of(requester.tax_id)
    if requester.npi is None and tax_id is None:
        draft.problem(f"{path}.npi", "missing; the payer must know who asks (an NPI, or a tax_id where there is none)")
    npi = npi_of(draft, f"{path}.npi", requester.npi)
    add_nm1(
        draft,
        path,
        requester.entity,
        "2" if requester.first_name is None else "1",
        last=("name", requester.name),
        first=requester.first_name,
        middle=requester.middle_name,
        suffix=requester.suffix,
        id_qualifier="24" if npi is None else "XX",
        id_=tax_id if npi is None else npi,
    )
    refs = [("EI", tax_id, None, f"{path}.tax_id")] if npi is not None and tax_id is not None else []
    further = []
    for i, other in enumerate(requester.other_ids):
        where = f"{path}.other_ids[{i}]"
        if other.qualifier == "0B":
            draft.problem(where, "a state licence cannot be told of a requester")
        further.append((other.qualifier, other.value, None, where))
    add_refs(draft, f"{path}.other_ids", [*refs, *further], 8)
    add_address(draft, f"{path}.address", requester.address)
    add_contact(draft, f"{path}.contact", requester.contact)
    add_taxonomy(draft, path, requester.provider_role, requester.taxonomy)
    return level
