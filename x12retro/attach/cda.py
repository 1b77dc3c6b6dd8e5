"""A CDA around a document that is none: an unstructured document, whose body is the file in base64.

Source: HL7 CDA R2, unstructured document (template 2.16.840.1.113883.10.20.22.1.10)
"""

from __future__ import annotations

from datetime import datetime
from html import escape

from x12retro.attach.about import About
from x12retro.attach.encode import Part, between, in_base64
from x12retro.attach.kinds import MEDIA
from x12retro.attach.records import Enclosure

_ANY_RECORD = "11503-0"
_NPI = "2.16.840.1.113883.4.6"
_LOINC = "2.16.840.1.113883.6.1"


def in_cda(part: Part, one: Enclosure, about: About, now: datetime) -> Part:
    """The part as the body of a CDA that names the patient, who sends it, and the number it goes by."""
    last, *firsts, _ = about.patient.names
    member = _attribute(about.patient.id)
    given = "".join(f"<given>{escape(name)}</given>" for name in firsts if name)
    family = f"<family>{escape(last)}</family>" if last else ""
    known = about.gender in ("F", "M")
    gender = f'<administrativeGenderCode code="{about.gender}" codeSystem="2.16.840.1.113883.5.1"/>' if known else ""
    birth = f'<birthTime value="{about.birth_date:%Y%m%d}"/>' if about.birth_date else ""
    sender = f'<id root="{_NPI}" extension={_attribute(about.sender.id)}/>'
    name = f"<name>{escape(about.sender.names[0] or '')}</name>"
    moment = f'"{now:%Y%m%d%H%M}"'
    before = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="US"/>'
        '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>'
        '<templateId root="2.16.840.1.113883.10.20.22.1.10"/>'
        f'<id nullFlavor="NI" extension={_attribute(one.control_number)}/>'
        f'<code code={_attribute(one.loinc or _ANY_RECORD)} codeSystem="{_LOINC}"/>'
        f"<effectiveTime value={moment}/>"
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>'
        f'<recordTarget><patientRole><id nullFlavor="UNK" extension={member}/>'
        f"<patient><name>{given}{family}</name>{gender}{birth}</patient></patientRole></recordTarget>"
        f"<author><time value={moment}/><assignedAuthor>{sender}<representedOrganization>{name}</representedOrganization>"
        "</assignedAuthor></author>"
        f"<custodian><assignedCustodian><representedCustodianOrganization>{sender}{name}"
        "</representedCustodianOrganization></assignedCustodian></custodian>"
        f'<component><nonXMLBody><text mediaType="{MEDIA[one.kind]}" representation="B64">'
    )
    return between(before.encode(), in_base64(part), b"</text></nonXMLBody></component></ClinicalDocument>\n")


def _attribute(text: str | None) -> str:
    return f'"{escape(text or "")}"'
