"""What every key of a record means, in a line each, and where it goes in the request: the one source of the JSON Schema's
descriptions, of the reference in docs/encounter.md, and of the words for codes in error messages.

`place` is an element of the 278 (`UM06`), a segment (`PWK`), a loop (`2010A`), or "" for what is never sent. Where the place is an
element, the words of its codes are looked up in maps/codes. A test holds this table and the records together.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from x12retro.encounter import event, fields, record, services


class Key(NamedTuple):
    """The meaning of a key and its place in the request."""

    meaning: str
    place: str = ""


Keys = dict[str, Key]

_PERSON: Keys = {
    "last_name": Key("Last name; in Latin letters", "NM103"),
    "first_name": Key("First name", "NM104"),
    "middle_name": Key("Middle name or initial", "NM105"),
    "suffix": Key("Jr, III and the like", "NM107"),
}
_BIRTH: Keys = {
    "birth_date": Key("Day of birth", "DMG02"),
    "gender": Key("Gender; sent only with a birth date", "DMG03"),
}
_ADDRESS = Key("Postal address", "N3, N4")

KEYS: dict[type[msgspec.Struct], Keys] = {
    record.Encounter: {
        "encounter_id": Key(
            "Your own token for the encounter; it appears in reports, so neither a name nor a record number", "hashed: TRN02"
        ),
        "payer": Key("Who is asked", "2010A"),
        "requester": Key("Who asks", "2010B"),
        "subscriber": Key("The insured person", "2010C"),
        "patient": Key("The patient, only when not the subscriber", "2010D"),
        "event": Key("What is asked about: the stay, visit, transport or course of care", "2000E"),
        "diagnoses": Key("ICD-10-CM codes, at most twelve with the DRG; one is the principal", "HI"),
        "providers": Key("Who gave the care, at most fourteen", "2010EA"),
        "services": Key("The lines", "2000F"),
        "documents": Key("What is sent with the request or held for it, at most ten", "PWK"),
        "prior": Key("What an earlier answer gave; needed for all but first requests", "REF"),
        "retro": Key("Why nobody asked first", "UM10, MSG"),
        "charges_at_risk": Key("Money that hangs on the answer; for your own lists"),
    },
    record.Payer: {
        "name": Key("The payer's name", "NM103"),
        "id": Key("The payer's id; needed unless the partner file names a review organisation", "NM109"),
        "id_qualifier": Key("What kind of id", "NM108"),
        "line_of_business": Key("commercial, medicaid, medicare_advantage ...; for payer rules"),
        "plan": Key("The plan; for payer rules"),
        "state": Key("The state whose rules hold; for payer rules"),
    },
    record.Requester: {
        "name": Key("Name of the organisation, or the last name of a person", "NM103"),
        "npi": Key("National provider id, its check digit right; needed unless there is a tax_id", "NM109"),
        "tax_id": Key("Tax id; goes beside the NPI, or instead of it", "REF02 (EI) or NM109"),
        "entity": Key("Facility or provider", "NM101"),
        "first_name": Key("Makes the requester a person", "NM104"),
        "middle_name": _PERSON["middle_name"],
        "suffix": _PERSON["suffix"],
        "taxonomy": Key("Provider taxonomy", "PRV03"),
        "provider_role": Key("The role that goes with the taxonomy", "PRV01"),
        "address": _ADDRESS,
        "contact": Key("Whom the payer may call back", "PER"),
        "other_ids": Key("Further ids, eight with the tax id", "REF"),
        "in_network": Key("Whether the requester is in the payer's network; for payer rules"),
    },
    record.Subscriber: {
        "member_id": Key("Member id as on the card; needed", "NM109"),
        "member_id_qualifier": Key("What kind of id", "NM108"),
        **_PERSON,
        "prefix": Key("Dr and the like", "NM106"),
        **_BIRTH,
        "group_number": Key("Group number", "REF02 (6P)"),
        "address": _ADDRESS,
        "other_ids": Key("Further ids, nine with the group number", "REF"),
        "military_status": Key("Military status", "INS08"),
    },
    record.Patient: {
        "relationship": Key("To the subscriber", "INS02"),
        **_PERSON,
        **_BIRTH,
        "birth_order": Key("Which of twins, triplets ...", "INS17"),
        "address": _ADDRESS,
        "other_ids": Key("Further ids", "REF"),
    },
    event.Event: {
        "category": Key("What kind of review; AR needs an admission_date", "UM01"),
        "certification": Key("First request or what follows one; all but I need `prior`", "UM02"),
        "service_type": Key("Service type of the whole event", "UM03"),
        "facility": Key("Where the care was given", "UM04"),
        "level_of_service": Key("How urgent the care was; sent only when stated here, never derived", "UM06"),
        "health_condition": Key("Condition of the patient", "UM07"),
        "prognosis": Key("Outlook", "UM08"),
        "release_of_information": Key("Whether the patient's consent is on file", "UM09"),
        "delay_reason": Key("Overrides the scenario's delay reason", "UM10"),
        "service_from": Key("First day of care; for all but admissions", "DTP03 (AAH)"),
        "service_to": Key("Last day of care", "DTP03 (AAH)"),
        "service_time": Key("When the care began (HH:MM), for windows of hours", ""),
        "admission_date": Key("Day of admission", "DTP03 (435)"),
        "admission_time": Key("Hour of admission (HH:MM), for windows of hours", ""),
        "discharge_date": Key("Day of discharge", "DTP03 (096)"),
        "admission": Key("How the patient came in and left", "CL1"),
        "nursing_home_status": Key("Status of a nursing home's resident", "CL104"),
        "drg": Key("DRG; takes the last of the twelve places of diagnoses", "HI (DR)"),
        "related_causes": Key("Accident, employment, another's fault", "UM05-1"),
        "accident_date": Key("Day of the accident", "DTP03 (439)"),
        "accident_state": Key("State of the accident; with related_causes", "UM05-4"),
        "accident_country": Key("Country of the accident outside the USA; with related_causes", "UM05-5"),
        "onset_date": Key("When the illness began", "DTP03 (431)"),
        "last_menstrual_period": Key("First day of the last period", "DTP03 (484)"),
        "due_date": Key("Expected day of birth", "DTP03 (ABC)"),
        "quantity": Key("How much care, how often", "HSD"),
        "conditions": Key("Conditions that support a kind of care", "CRC"),
        "ambulance": Key("A transport", "CR1"),
        "chiropractic": Key("Spinal manipulation", "CR2"),
        "oxygen": Key("Home oxygen", "CR5"),
        "home_health": Key("Home health plan of care", "CR6"),
        "other_umo": Key("Organisations that have already denied the care", "2010EC"),
        "trace": Key("A trace number of your own, sent beside ours", "TRN02"),
    },
    event.Facility: {
        "code": Key("A: first two digits of the bill type; B: place-of-service code", "UM04-1"),
        "qualifier": Key("Which of the two `code` is", "UM04-2"),
    },
    event.Admission: {
        "type": Key("Type of admission", "CL101"),
        "source": Key("Point of origin", "CL102"),
        "status": Key("Discharge status", "CL103"),
    },
    event.Quantity: {
        "qualifier": Key("What is counted; goes with `count`", "HSD01"),
        "count": Key("How many, more than 0", "HSD02"),
        "per": Key("How many per what: 3 visits per WK", "HSD03"),
        "every": Key("Every so many of `per`", "HSD04"),
        "period": Key("Of what `periods` counts", "HSD05"),
        "periods": Key("For how long: 2 (periods of 34) is two months", "HSD06"),
        "pattern": Key("Calendar pattern", "HSD07"),
        "time_of_day": Key("Time of day", "HSD08"),
    },
    event.Conditions: {
        "category": Key("What the conditions are about", "CRC01"),
        "codes": Key("Up to five conditions", "CRC03"),
        "apply": Key("false: they do not hold", "CRC02"),
    },
    event.Ambulance: {
        "trip": Key("Which trip", "CR103"),
        "reason": Key("Why there", "CR104"),
        "distance": Key("How far", "CR106"),
        "distance_unit": Key("DH miles, DK kilometres", "CR105"),
        "weight": Key("Weight of the patient", "CR102"),
        "weight_unit": Key("Pounds or kilograms", "CR101"),
        "round_trip_purpose": Key("Why there and back", "CR109"),
        "stretcher_purpose": Key("Why lying", "CR110"),
        "places": Key("Pick-up, stops and drop-off, each with its address", "2010EB"),
    },
    event.Place: {
        "role": Key("Which stop", "NM101"),
        "address": Key("Its address, street and city", "N3, N4"),
        "name": Key("Its name", "NM103"),
    },
    event.HomeHealth: {
        "prognosis": Key("Outlook", "CR601"),
        "started_on": Key("First day of home health", "CR602"),
        "certification": Key("Certification type of the plan", "CR608"),
        "period_from": Key("First day of the certified period", "CR604"),
        "period_to": Key("Last day of it", "CR604"),
        "surgery_on": Key("Day of the surgery behind the plan; with its code", "CR609"),
        "surgery_code_set": Key("Code set of the surgery", "CR610"),
        "surgery_code": Key("The surgery; with its day", "CR611"),
        "ordered_on": Key("Day of the physician's order", "CR612"),
        "last_visit_on": Key("Day of the last visit", "CR613"),
        "physician_contact_on": Key("Day of the last contact with the physician", "CR614"),
        "last_stay_from": Key("First day of the last stay; with its place", "CR616"),
        "last_stay_to": Key("Last day of it", "CR616"),
        "last_stay_place": Key("Kind of place of the last stay", "CR617"),
    },
    event.Oxygen: {
        "equipment": Key("Kinds of equipment", "CR503"),
        "flow_rate": Key("Litres a minute", "CR506"),
        "delivery": Key("How it is delivered", "CR517"),
        "equipment_reason": Key("Why this equipment", "CR505"),
        "times_a_day": Key("How often a day", "CR507"),
        "hours_a_time": Key("How long each time", "CR508"),
        "therapist_order": Key("The respiratory therapist's order", "CR509"),
        "blood_gas": Key("Arterial blood gas, mmHg", "CR510"),
        "saturation": Key("Oxygen saturation, per cent", "CR511"),
        "test_condition": Key("Under what condition it was measured", "CR512"),
        "findings": Key("What the test found", "CR513"),
        "portable_flow_rate": Key("Litres a minute of the portable system", "CR516"),
    },
    event.Chiropractic: {
        "condition": Key("Nature of the condition", "CR208"),
        "complication": Key("Whether there is a complication", "CR209"),
        "number": Key("Which treatment of the course; with `total`", "CR201"),
        "total": Key("Treatments of the course; with `number`", "CR202"),
        "level_from": Key("Subluxation level, or the first of a range", "CR203"),
        "level_to": Key("The last of the range", "CR204"),
        "descriptions": Key("The condition in words", "CR210, CR211"),
        "xrays": Key("Whether X-rays are at hand", "CR212"),
    },
    event.Denial: {
        "role": Key("What kind of organisation", "NM101"),
        "reasons": Key("Its reasons, one to four codes", "REF02 (ZZ)"),
        "denied_on": Key("Day of the denial", "DTP03 (598)"),
        "name": Key("Its name", "NM103"),
    },
    record.Diagnosis: {
        "code": Key("ICD-10-CM code, with or without its dot", "HI01-2"),
        "kind": Key("principal, admitting, reason (patient's reason for the visit) or other", "HI01-1"),
        "date": Key("Day of the diagnosis", "HI01-4"),
    },
    services.Provider: {
        "role": Key("What the provider did", "NM101"),
        "npi": Key("National provider id, its check digit right", "NM109"),
        "tax_id": Key("Tax id; goes beside the NPI, or instead of it", "REF02 (EI) or NM109"),
        **_PERSON,
        "organization": Key("Name of an organisation, instead of a person's", "NM103"),
        "taxonomy": Key("Provider taxonomy", "PRV03"),
        "address": _ADDRESS,
        "contact": Key("Whom the payer may call back", "PER"),
        "other_ids": Key("Further ids, seven (a service's eight) with the tax id", "REF"),
    },
    services.Service: {
        "procedure": Key("Procedure or drug code", "SV101-2, SV202-2, SV301-2"),
        "procedure_to": Key("Last code of a range", "SV101-8, SV202-8"),
        "code_set": Key("Code set of the procedure: HC HCPCS/CPT, AD CDT, N4 NDC ...; HC when not given (dental AD)", "SV202-1"),
        "kind": Key("professional, institutional or dental; derived from the line when not given", "SV1, SV2, SV3"),
        "modifiers": Key("At most four", "SV101-3"),
        "revenue_code": Key("Revenue code; makes the line institutional", "SV201"),
        "description": Key("The procedure in words", "SV101-7"),
        "charge": Key("What it costs, dollars and cents", "SV102, SV203, SV302"),
        "units": Key("How many, more than 0", "SV104, SV205, SV306"),
        "unit": Key("What `units` counts; UN when not given, DA days on institutional lines only", "SV103"),
        "rate": Key("Rate of a unit (institutional)", "SV206"),
        "from": Key("First day of this line; else the event's days hold", "DTP03 (472)"),
        "to": Key("Last day of this line", "DTP03 (472)"),
        "providers": Key("Who gave this service, at most ten, where others than the event's", "2010F"),
        "category": Key("Where the line differs from the event", "UM01"),
        "certification": Key("Where the line differs from the event", "UM02"),
        "service_type": Key("Where the line differs from the event", "UM03"),
        "facility": Key("Where the line differs from the event", "UM04"),
        "diagnosis_pointers": Key("Which diagnoses of the record, counted from 1 (professional)", "SV107"),
        "epsdt": Key("Whether it comes of a child's screening (professional)", "SV111"),
        "nursing_home_status": Key("Status of a nursing home's resident (institutional)", "SV209"),
        "nursing_home_level": Key("Nursing home level of care", "SV120"),
        "teeth": Key("The teeth (dental)", "TOO"),
        "oral_cavity": Key("Areas of the mouth (dental)", "SV304-1"),
        "placement": Key("I first, R replacement (dental)", "SV305"),
        "quantity": Key("How much, how often", "HSD"),
        "documents": Key("Documents of this line, at most ten", "PWK"),
        "message": Key("Free text of this line", "MSG01"),
        "prior": Key("An earlier authorization of this line", "REF"),
        "trace": Key("A trace number of your own, sent beside ours", "TRN02"),
    },
    services.Tooth: {
        "number": Key("1 to 32, or A to T", "TOO02"),
        "surfaces": Key("Up to five surfaces", "TOO03-1"),
    },
    services.Document: {
        "type": Key("Report type: see the list below", "PWK01"),
        "delivery": Key("How it travels", "PWK02"),
        "control_number": Key("Your number for it; made when it travels and has none", "PWK06"),
        "description": Key("What it is, in words", "PWK07"),
        "path": Key("Where it lies, for whoever sends it; never sent itself"),
        "sensitive": Key("Why it needs a release of its own; it is held without one"),
        "released": Key("True when the patient's release for it is there"),
    },
    services.Prior: {
        "authorization": Key("The authorization number", "REF02 (BB)"),
        "reference": Key("The payer's reference while there was no number; sent only without `authorization`", "REF02 (NT)"),
    },
    record.Retro: {
        "scenario": Key("The reason: gives the delay reason, opens the free text", "UM10, MSG01"),
        "explanation": Key("The reason in your words", "MSG01"),
        "eligibility_added_on": Key("Day on which eligibility was granted for the past", "MSG01"),
        "coverage_discovered_on": Key("Day on which the coverage was found", "MSG01"),
        "system_restored_on": Key("Day on which the payer's system was back", "MSG01"),
        "denial": Key("The claim's denial, when there was one", "MSG01"),
        "claim_sent_on": Key("Day on which the claim, or the first request, was sent; for payer rules"),
        "evidence": Key("What proves it, in words; for payer rules"),
    },
    record.ClaimDenial: {
        "date": Key("Day of the denial", "MSG01"),
        "carc": Key("Its claim adjustment reason code", "MSG01"),
    },
    fields.Address: {
        "line1": Key("Street", "N301"),
        "line2": Key("Second line", "N302"),
        "city": Key("City; needed for state and postal code to be sent", "N401"),
        "state": Key("State, or a province of Canada", "N402"),
        "postal_code": Key("Five or nine digits in the USA; signs are taken out", "N403"),
        "country": Key("Country; sent only outside the USA", "N404"),
        "subdivision": Key("Subdivision of another country, instead of `state`", "N407"),
    },
    fields.Contact: {
        "name": Key("Name of a person or department", "PER02"),
        "phone": Key("Telephone; digits, signs are taken out, an extension behind it is told apart", "PER04 (TE)"),
        "extension": Key("Extension; with `phone`", "PER06 (EX)"),
        "fax": Key("Fax", "PER04 (FX)"),
        "email": Key("E-mail; of five numbers the first three are sent", "PER04 (EM)"),
        "url": Key("Web address", "PER04 (UR)"),
    },
    services.ProviderId: {
        "qualifier": Key("What kind of id", "REF01"),
        "value": Key("The id", "REF02"),
        "description": Key("A word about it", "REF03"),
    },
    services.SubscriberId: {"qualifier": Key("What kind of id", "REF01"), "value": Key("The id", "REF02")},
    services.DependentId: {"qualifier": Key("What kind of id", "REF01"), "value": Key("The id", "REF02")},
}


def key_of(part: type, name: str) -> Key:
    """What is known of key `name` of a part of the record; of parts that are no encounter's, nothing."""
    return KEYS.get(part, {}).get(name, _NOTHING)


_NOTHING = Key("")
