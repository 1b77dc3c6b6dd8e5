"""Whom and what the documents of a 275 are about: who sends them, to whom, whose they are, and the request they belong to.

Taken from the encounter, or from the request as it was sent: whoever has only that can still send its documents, and the payer finds the
names under which it has the request on file.

Guide: 006020X316 1000A, 1000B, 1000C; 005010X217 2010A, 2010B, 2010C, 2010D
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from x12retro.attach.records import Obstacle
from x12retro.build import Partner
from x12retro.decide.levels import DEPENDENT, EVENT, REQUESTER, SUBSCRIBER, UMO, Level, read_levels
from x12retro.decide.values import span
from x12retro.encounter import Encounter
from x12retro.x12 import Segment, Transaction

_NO_NAME: tuple[str | None, ...] = (None, None, None, None)


class Named(NamedTuple):
    """An organisation or a person: last name or name, first, middle, suffix; and the id it goes by."""

    names: tuple[str | None, ...] = _NO_NAME
    qualifier: str | None = None
    id: str | None = None

    @property
    def is_person(self) -> bool:
        return self.names[1] is not None


class About(msgspec.Struct, frozen=True, kw_only=True):
    """`sender` is the requester with its NPI, `entity` what it is (NM101 of the request); `receiver` who reviews; `patient` goes by the
    subscriber's member id, and `is_subscriber` says whether that is the patient's own. `contact` is a name, TE or EM, and a number.
    `trace` is TRN02 of the request's event. `fax` is the sender's, for what goes on paper.
    """

    trace: str
    sender: Named
    receiver: Named
    patient: Named
    is_subscriber: bool
    entity: str = "1P"
    encounter_id: str = ""
    contact: tuple[str, str, str] | None = None
    fax: str | None = None
    account: str | None = None
    birth_date: date | None = None
    gender: str | None = None

    def __repr__(self) -> str:  # it names a patient
        return f"<About {self.trace}>"


def about_encounter(encounter: Encounter, trace: str, partner: Partner) -> About | Obstacle:
    """What a 275 says of an encounter whose request went under `trace`, or what it cannot do without and the encounter does not say."""
    asks, payer, umo, subscriber = encounter.requester, encounter.payer, partner.umo, encounter.subscriber
    who = encounter.patient or subscriber
    if asks.npi is None:
        return Obstacle("$.requester.npi", "missing; a 275 names who sends the documents by it")
    if umo is None and payer.id is None:
        return Obstacle("$.payer.id", "missing; a 275 names by it whom the documents are for")
    if subscriber.member_id is None:
        return Obstacle("$.subscriber.member_id", "missing; a 275 names the patient by it")
    if who.last_name is None:
        where = "$.patient.last_name" if encounter.patient is not None else "$.subscriber.last_name"
        return Obstacle(where, "missing; a 275 names the patient")
    to = (umo.name, umo.id_qualifier, umo.id) if umo is not None else (payer.name, payer.id_qualifier, payer.id)
    return About(
        trace=trace,
        encounter_id=encounter.encounter_id,
        sender=Named((asks.name, asks.first_name, asks.middle_name, asks.suffix), "XX", asks.npi),
        entity=asks.entity,
        contact=_contact_of(encounter),
        fax="".join(filter(str.isdigit, asks.contact.fax or "")) or None if asks.contact is not None else None,
        receiver=Named((to[0], None, None, None), to[1], to[2]),
        patient=Named((who.last_name, who.first_name, who.middle_name, who.suffix), subscriber.member_id_qualifier, subscriber.member_id),
        is_subscriber=encounter.patient is None,
        account=next((other.value for other in who.other_ids if other.qualifier == "EJ"), None),
        birth_date=who.birth_date,
        gender=who.gender,
    )


def _contact_of(encounter: Encounter) -> tuple[str, str, str] | None:
    contact = encounter.requester.contact
    if contact is None or contact.name is None:
        return None
    phone = "".join(filter(str.isdigit, contact.phone)) if contact.phone and not contact.phone.lower().count("x") else None
    way = ("TE", phone) if phone else ("EM", contact.email) if contact.email else None
    return (contact.name, *way) if way is not None else None


def about_request(request: Transaction, encounter_id: str = "") -> About | Obstacle:
    """What a 275 says of a request, read from the request as it was sent, or what it cannot do without and that does not say."""
    levels, _ = read_levels(request.segments())
    event = next((level for level in levels if level.rank == EVENT), None)
    if event is None:
        return Obstacle("$", "what was sent is no request with a patient event")
    path = {level.rank: level for level in event.path()}
    trace = next((s[2].strip() for _, s in event.segments if s.id == "TRN" and s[1].strip() == "1"), "")
    sender, receiver = _first(path.get(REQUESTER), "NM1"), _first(path.get(UMO), "NM1")
    subscriber = _first(path.get(SUBSCRIBER), "NM1")
    whose = path.get(DEPENDENT) or path.get(SUBSCRIBER)
    patient = _first(whose, "NM1")
    for name, segment in (("2010B (requester)", sender), ("2010A (reviewer)", receiver), ("2010C (subscriber)", subscriber)):
        if segment is None or not segment[9].strip():
            return Obstacle(f"request, {name} NM109", "missing; a 275 names everybody by an id")
    assert sender is not None and receiver is not None and subscriber is not None and whose is not None
    if patient is None or not patient[3].strip():
        return Obstacle("request, 2010C or 2010D NM103", "missing; a 275 names the patient")
    if sender[8].strip() != "XX":
        return Obstacle("request, 2010B (requester) NM108", "is no NPI (XX); a 275 names by it who sends the documents")
    birth, contact = _first(whose, "DMG"), _first(path.get(REQUESTER), "PER")
    born = span(birth[2].strip()) if birth is not None else None
    return About(
        trace=trace,
        encounter_id=encounter_id,
        sender=_named(sender),
        entity=sender[1].strip(),
        contact=_spoken_to(contact) if contact is not None else None,
        fax=_ways(contact).get("FX") or None if contact is not None else None,
        receiver=_named(receiver),
        patient=_named(patient)._replace(qualifier=subscriber[8].strip(), id=subscriber[9].strip()),
        is_subscriber=whose.rank == SUBSCRIBER,
        account=next((s[2].strip() for _, s in whose.segments if s.id == "REF" and s[1].strip() == "EJ"), None),
        birth_date=born[0] if born is not None else None,
        gender=birth[3].strip() or None if birth is not None else None,
    )


def _first(level: Level | None, id_: str) -> Segment | None:
    return level.first(id_) if level is not None else None


def _named(segment: Segment) -> Named:
    names: Sequence[str | None] = [segment[n].strip() or None for n in (3, 4, 5, 7)]
    return Named(tuple(names), segment[8].strip() or None, segment[9].strip() or None)


def _spoken_to(segment: Segment) -> tuple[str, str, str] | None:
    """Guide: 005010X217 2010B PER."""
    ways = _ways(segment)
    way = next((kind for kind in ("TE", "EM") if ways.get(kind)), None)
    name = segment[2].strip()
    return (name, way, ways[way]) if way is not None and name else None


def _ways(segment: Segment) -> dict[str, str]:
    return {segment[n].strip(): segment[n + 1].strip() for n in (3, 5, 7)}
