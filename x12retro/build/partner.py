"""A trading partner's settings, from TOML: who we are to each other, the characters and batches it wants, whom its reviews go to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from x12retro.encounter.fields import COMPANY_PATTERN, EDI_ID_PATTERN, TEXT_PATTERN
from x12retro.encounter.record import Payer
from x12retro.encounter.settings import read_settings, settings
from x12retro.errors import UsageError
from x12retro.x12 import Delimiters

_ISA_ID = Annotated[str, Meta(pattern=EDI_ID_PATTERN, min_length=2, max_length=15)]
_GS_ID = Annotated[str, Meta(pattern=EDI_ID_PATTERN, min_length=2, max_length=15)]
_Qualifier = Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"]
_READ_BY_OTHERS = ("exchange", "inquiry")
_Char = Annotated[str, Meta(min_length=1, max_length=1)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Interchange(_Section, frozen=True):
    """ISA05-08, ISA14 and ISA15.

    Guide: 005010X217 ISA
    """

    sender_id: _ISA_ID
    receiver_id: _ISA_ID
    sender_qualifier: _Qualifier = "ZZ"
    receiver_qualifier: _Qualifier = "ZZ"
    usage: Literal["T", "P"] = "T"
    ack_requested: bool = False


class Group(_Section, frozen=True):
    """GS02 and GS03.

    Guide: 005010X217 GS
    """

    sender_code: _GS_ID
    receiver_code: _GS_ID


class Characters(_Section, frozen=True):
    """The delimiters, and what follows each segment terminator."""

    element: _Char = "*"
    component: _Char = ":"
    repetition: _Char = "^"
    segment: _Char = "~"
    line_break: Literal["", "\n", "\r\n"] = ""


class Batch(_Section, frozen=True):
    """How many requests share an interchange; 0 is no limit. Each request is a transaction set of its own, always."""

    sets_per_interchange: Annotated[int, Meta(ge=0)] = 0


class Umo(_Section, frozen=True):
    """The organisation that reviews, when it is not the encounter's payer.

    Guide: 005010X217 2010A
    """

    name: Annotated[str, Meta(pattern=TEXT_PATTERN, min_length=1, max_length=60)]
    id: Annotated[str, Meta(pattern=TEXT_PATTERN, min_length=2, max_length=80)]
    id_qualifier: Literal["PI", "XV", "46", "24", "34"] = "PI"
    role: Literal["X3", "PR", "2B", "36"] = "X3"


class Trace(_Section, frozen=True):
    """`company_id` says who numbers the traces, 10 characters: often 1 and the nine digits of the tax id.

    Guide: 005010X217 TRN03
    """

    company_id: Annotated[str, Meta(pattern=COMPANY_PATTERN, min_length=10, max_length=10)]


class Message(_Section, frozen=True):
    """The free text: the longest the partner takes (at most 264), and whether it opens with the scenario's words."""

    limit: Annotated[int, Meta(ge=1, le=264)] = 264
    opening: bool = True


class ServiceLines(_Section, frozen=True):
    """`mixed_kinds` false refuses professional, institutional and dental lines side by side in one request, as several payers do."""

    mixed_kinds: bool = False


class AttachmentSettings(_Section, frozen=True):
    """How this partner takes documents.

    `method` is the way of those that an encounter sends electronically: EL as 275, FX and BM on paper with a cover sheet, AA on request.
    `guide` is the 275's, `wrap` what is around a document, `encoding` how its octets are written: B64, or as they are. Limits are octets of
    a file (`max_document`), octets of the data as sent in one 275 (`max_set`), and documents in one 275. `kinds` are the formats taken.
    `status_category` is STC01-1 of an answer.

    Guide: 006020X316, 005010X211
    """

    method: Literal["EL", "FX", "BM", "AA"] = "EL"
    guide: Literal["006020X316", "005010X211"] = "006020X316"
    wrap: Literal["bare", "mime", "cda"] | None = None
    encoding: Literal["B64", "raw"] = "B64"
    max_document: Annotated[int, Meta(ge=1)] = 64_000_000
    max_set: Annotated[int, Meta(ge=1)] = 100_000_000
    max_documents: Annotated[int, Meta(ge=1, le=999_999)] = 10
    kinds: tuple[Literal["pdf", "tiff", "jpeg", "png", "cda", "xml", "text", "hl7v2", "fhir_json", "fhir_xml"], ...] = (
        "pdf",
        "tiff",
        "jpeg",
        "png",
        "cda",
        "xml",
        "text",
        "hl7v2",
        "fhir_json",
        "fhir_xml",
    )
    status_category: Annotated[str, Meta(pattern=EDI_ID_PATTERN, min_length=1, max_length=30)] = "R4"

    @property
    def wrapping(self) -> Literal["bare", "mime", "cda"]:
        """What is around a document: MIME in a BIN, which says nothing of its data, nothing in a BDS; unless the file says otherwise."""
        return self.wrap or ("bare" if self.guide == "006020X316" else "mime")


class Partner(_Section, frozen=True):
    """Everything about one payer's mailbox that a request is written by.

    `payers` names those whose reviews go there, by `payer.id` or `payer.name`; empty: whatever payer an encounter names, as a
    clearinghouse takes them.
    """

    name: Annotated[str, Meta(pattern=TEXT_PATTERN)]
    interchange: Interchange
    group: Group
    trace: Trace
    characters: Characters = Characters()
    batch: Batch = Batch()
    umo: Umo | None = None
    umo_role: Literal["X3", "PR", "2B", "36"] = "X3"
    message: Message = Message()
    services: ServiceLines = ServiceLines()
    payers: tuple[Annotated[str, Meta(pattern=TEXT_PATTERN, min_length=1)], ...] = ()
    attachments: AttachmentSettings = AttachmentSettings()

    def serves(self, payer: Payer) -> bool:
        """True when reviews of this payer go to this partner, as far as its file says."""
        return not self.payers or not {_key(text) for text in self.payers}.isdisjoint(_key(text) for text in (payer.id, payer.name) if text)

    @property
    def delimiters(self) -> Delimiters:
        c = self.characters
        return Delimiters(element=c.element, component=c.component, repetition=c.repetition, segment=c.segment)


def load_partner(path: str | Path) -> Partner:
    """Read a partner file. Raises UsageError that names the file, the key and what would be right.

    Its `[exchange]` part says how files are exchanged and is read by `x12retro.deliver`, its `[inquiry]` part by `x12retro.inquire`.
    """
    tree = read_settings(path)
    for part in _READ_BY_OTHERS:
        tree.pop(part, None)
    partner = settings(tree, Partner, path)
    if fault := _fault(partner):
        raise UsageError(f"{path}: {fault}")
    return partner


def _key(text: str) -> str:
    """A name without case and punctuation, for comparison."""
    return re.sub(r"[^0-9a-z]", "", text.casefold())


def _fault(partner: Partner) -> str | None:
    """Say what the types cannot: the four characters can cut a message and stand in no id of ours."""
    if why := partner.delimiters.trouble():
        return f"$.characters: {why}"
    ids = {
        "$.interchange.sender_id": partner.interchange.sender_id,
        "$.interchange.receiver_id": partner.interchange.receiver_id,
        "$.group.sender_code": partner.group.sender_code,
        "$.group.receiver_code": partner.group.receiver_code,
    }
    for path, text in ids.items():
        if text in partner.delimiters:
            return f"{path}: holds one of the partner's own delimiters"
    return None
