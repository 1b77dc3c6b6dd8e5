"""What goes into a 275 and what is read from one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from x12retro.attach.kinds import Kind


class Enclosure(msgspec.Struct, frozen=True, kw_only=True):
    """A document that may be sent: where it lies, what it is, and the number it goes by.

    `path` is its JSON path in the encounter. `control_number` is PWK06 of the request and TRN02 of the 275 (the payer's own number in an
    answer). `report_type` is PWK01, `loinc` what an answer answers.
    """

    control_number: str
    file: Path
    size: int
    sha256: str
    kind: Kind
    path: str = "$"
    report_type: str = ""
    loinc: str = ""

    def __repr__(self) -> str:  # the file's name may be a patient's
        return f"<Enclosure {self.kind}, {self.size} octets>"


class Obstacle(msgspec.Struct, frozen=True):
    """Why a document is not sent: `error` when somebody must see to it, `held` when it waits for a release. Never holds a value."""

    path: str
    message: str
    severity: Literal["error", "held"] = "error"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One 275 as it was written: its numbers, and of each document its own number, octets, digest and kind."""

    encounter_id: str
    reference: str
    interchange: str
    group: str
    transaction: str
    guide: str
    documents: tuple[SentDocument, ...]


class SentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`size` and `sha256` are the file's, `octets` what it takes in the message."""

    control_number: str
    path: str
    kind: Kind
    size: int
    octets: int
    sha256: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it was found in a message, when everything around it was taken off.

    `layers` is what was around it, outermost first; `file` the name it was written under, "" where it was not; `sha256` and `size` are
    of the document itself; `why` says what stood in the way of taking it out.
    """

    kind: Kind
    layers: tuple[str, ...]
    size: int
    sha256: str
    file: str = ""
    why: str = ""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """One LX of a 275: its numbers, and the documents in its data.

    `trace_kind` and `control_number` are TRN01 and TRN02, `submitted` DTP03, `report_type` and `format` CAT01 and CAT02, `loinc` STC01-2,
    `service_trace` the first REF02. `segment_id`, `offset`, `octets` and `declared` say where the data is, and how much.

    Guide: 006020X316 2000A
    """

    number: str
    trace_kind: str = ""
    control_number: str = ""
    submitted: str = ""
    report_type: str = ""
    format: str = ""
    loinc: str = ""
    service_trace: str = ""
    segment_id: str = ""
    filter: str = ""
    offset: int = 0
    octets: int = 0
    declared: int | None = None
    complete: bool = True
    documents: tuple[Found, ...] = ()

    def __repr__(self) -> str:
        return f"<Carried #{self.number}, {self.octets} octets>"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One 275. `purpose` is BGN01 (02 unsolicited, 11 answer), `reference` BGN02, `source_id` and `receiver_id` NM109 of 1000A and 1000B.

    `member_id` is the patient's, `account` and `event_trace` the patient's REF EJ and 2I; `references` are all REFs of the patient as
    they came. Names are not kept.

    Guide: 006020X316
    """

    interchange: str
    group: str
    transaction: str
    guide: str
    offset: int
    purpose: str = ""
    reference: str = ""
    date: str = ""
    source_id: str = ""
    receiver_id: str = ""
    member_id: str = ""
    account: str = ""
    event_trace: str = ""
    references: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    carried: tuple[Carried, ...] = ()

    def __repr__(self) -> str:
        return f"<Received {self.guide}, {len(self.carried)} attachments>"
