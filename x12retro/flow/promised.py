"""Documents that prove what was asked, as the request promises them: taken down with it, to follow once the payer has it.

Files are looked for where the encounter says, below our own folder for documents. One that is missing or cannot go holds nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from x12retro.attach import LONGEST_NUMBER, Listed, Obstacle, documents_named, listed
from x12retro.build import AttachmentSettings
from x12retro.build.attachments import TRAVELS
from x12retro.build.text import fault_of_id
from x12retro.deliver.house import House
from x12retro.encounter import Encounter
from x12retro.ledger import NewDocument
from x12retro.x12 import Delimiters, Transaction

ELECTRONIC = "EL"
"""PWK02 of what goes as a 275."""
_LONGEST_PATH = 400


def promised(encounter: Encounter, numbers: tuple[str, ...], settings: AttachmentSettings, house: House) -> list[NewDocument]:
    """The documents of an encounter whose request was built: what the request promises under `numbers`, and what is held back."""
    told = listed(encounter, numbers, settings)
    assert not isinstance(told, Obstacle), told
    found = [_promised(one, one.number, house) for one in told if one.number and one.delivery in TRAVELS]
    why = "it is sensitive, and nothing says that it was released"
    for place, document in documents_named(encounter):
        if document.held:
            found.append(NewDocument(place=place, code=document.type, way=document.delivery, state="held", note=why))
    return found


def numbers_told(encounter: Encounter) -> Iterator[tuple[str, str]]:
    """The control numbers that an encounter itself gives to its documents, each with the document's place."""
    for place, document in documents_named(encounter):
        if document.control_number is not None and not document.held:
            yield place, document.control_number.strip()


def _promised(one: Listed, number: str, house: House) -> NewDocument:
    """One that goes on paper is somebody's to send; one that is to go as a 275 waits, or is held when nothing says where it lies."""
    source = house.documents / one.document.path if one.document.path is not None else None
    new = NewDocument(place=one.path, code=one.document.type, way=one.delivery, number=number, state="held")
    if one.delivery != ELECTRONIC:
        return msgspec.structs.replace(new, state="on_paper")
    if source is None:
        return msgspec.structs.replace(new, note="nothing says where it lies")
    if not source.is_relative_to(house.root):
        return msgspec.structs.replace(new, note=outside(house))
    if len(kept := house.kept(source)) > _LONGEST_PATH:
        return msgspec.structs.replace(new, note=f"its path is longer than {_LONGEST_PATH} characters: give it by `x12retro answer`")
    return msgspec.structs.replace(new, state="waiting", source=kept)


def promised_in(request: Transaction, delimiters: Delimiters) -> list[NewDocument]:
    """The documents that a request promises to send as 275s, where only the request is at hand. They wait for somebody to give them.

    Guide: 005010X217 2000E PWK, 2000F PWK
    """
    found: list[NewDocument] = []
    for segment in request.segments():
        if segment.id == "PWK" and segment[2].strip() == ELECTRONIC:
            number = segment[6].strip()
            fault = fault_of_number(number, delimiters)
            why = "its request promised it, and nothing says where it lies" if fault is None else f"no 275 can carry it: {fault}"
            place = f"PWK {len(found) + 1}"
            found.append(
                NewDocument(
                    place=place,
                    code=segment[1].strip()[:2],
                    way=ELECTRONIC,
                    number=number if fault is None else None,
                    state="held",
                    note=why,
                )
            )
    return found


def outside(house: House) -> str:
    return f"it does not lie below {house.kept(house.documents)}: put it there, or give it by `x12retro answer`"


def fault_of_number(number: str, delimiters: Delimiters) -> str | None:
    """Why a number that was made elsewhere cannot be TRN02 of a 275, or None."""
    if not number:
        return "it has no number"
    if len(number) > LONGEST_NUMBER:
        return f"its number has {len(number)} characters, and {LONGEST_NUMBER} fit"
    fault = fault_of_id(number, delimiters)
    return f"its number {fault}" if fault is not None else None
