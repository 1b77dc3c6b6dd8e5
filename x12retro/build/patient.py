"""The insured person and, where the patient is another, the dependent."""

from __future__ import annotations

from datetime import date

from x12retro.build.draft import Draft
from x12retro.build.names import add_address, add_birth, add_nm1, add_refs
from x12retro.encounter.record import Patient, Subscriber


def add_subscriber(draft: Draft, subscriber: Subscriber, parent: int, today: date) -> int:
    """Name the subscriber; return the level.

    Guide: 005010X217 2000C
    """
    path = "$.subscriber"
    level = draft.hl(path, "22", parent, children=True)
    draft.need(f"{path}.member_id", subscriber.member_id, "the payer cannot find the patient without it")
    draft.need(f"{path}.last_name", subscriber.last_name, "the payer cannot find the patient without it")
    add_nm1(
        draft,
        path,
        "IL",
        "1",
        last=("last_name", subscriber.last_name),
        first=subscriber.first_name,
        middle=subscriber.middle_name,
        prefix=subscriber.prefix,
        suffix=subscriber.suffix,
        id_qualifier=subscriber.member_id_qualifier,
        id_=draft.id(f"{path}.member_id", subscriber.member_id),
    )
    refs: list[tuple[str, str, str | None, str]] = []
    if subscriber.group_number is not None:
        refs.append(("6P", subscriber.group_number, None, f"{path}.group_number"))
    refs += [(other.qualifier, other.value, None, f"{path}.other_ids[{i}]") for i, other in enumerate(subscriber.other_ids)]
    add_refs(draft, f"{path}.other_ids", refs, 9)
    add_address(draft, f"{path}.address", subscriber.address)
    add_birth(draft, path, subscriber.birth_date, subscriber.gender, today)
    if subscriber.military_status is not None:
        draft.add_at(f"{path}.military_status", "INS", {1: "Y", 2: "18", 8: subscriber.military_status})
    return level


def add_dependent(draft: Draft, patient: Patient, parent: int, today: date) -> int:
    """Name the patient who is not the subscriber; return the level.

    Guide: 005010X217 2000D
    """
    path = "$.patient"
    level = draft.hl(path, "23", parent, children=True)
    draft.need(f"{path}.last_name", patient.last_name, "the payer cannot tell the dependent without it")
    draft.need(f"{path}.birth_date", patient.birth_date, "the payer cannot tell the dependent without it, for a dependent has no id")
    add_nm1(
        draft,
        path,
        "QC",
        "1",
        last=("last_name", patient.last_name),
        first=patient.first_name,
        middle=patient.middle_name,
        suffix=patient.suffix,
    )
    refs: list[tuple[str, str, str | None, str]] = [
        (other.qualifier, other.value, None, f"{path}.other_ids[{i}]") for i, other in enumerate(patient.other_ids)
    ]
    add_refs(draft, f"{path}.other_ids", refs, 3)
    add_address(draft, f"{path}.address", patient.address)
    add_birth(draft, path, patient.birth_date, patient.gender, today)
    order = None if patient.birth_order is None else str(patient.birth_order)
    draft.add_at(f"{path}.relationship", "INS", {1: "N", 2: patient.relationship, 17: order})
    return level
