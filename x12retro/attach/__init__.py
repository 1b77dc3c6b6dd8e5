"""Documents to and from a 275: gathered, composed and written; read, unwrapped and put away.

    encounter, its control numbers -> gather -> Enclosure -> parcels -> Parcel -> write -> X12, Sent
    encounter, or request as sent --> about_... -> About ----^
    decision, documents ------------> answer_275 ------------^
    X12 -> read_275 (with a Folder, the documents out of it) -> Received

A document goes by one number: PWK06 of the request, TRN02 of the 275 (`Enclosure.control_number`); an answer bears the payer's own. What
cannot or may not go is an `Obstacle`. Octets pass through in pieces: no document is in memory, and none is looked at but for what it is.
Nothing is run, no archive is opened, and no name comes from a message.
"""

from x12retro.attach.about import About, about_encounter, about_request
from x12retro.attach.answer import answer_275, number_of, request_for
from x12retro.attach.compose import Parcel, parcels, write
from x12retro.attach.encode import DocumentChanged
from x12retro.attach.folder import Folder
from x12retro.attach.gather import LONGEST_NUMBER, Listed, documents_named, enclosure, gather, listed
from x12retro.attach.kinds import Kind, kind_of
from x12retro.attach.read import Limits, Shelf, read_275
from x12retro.attach.records import Carried, Enclosure, Found, Obstacle, Received, Sent, SentDocument

__all__ = [
    "LONGEST_NUMBER",
    "About",
    "Carried",
    "DocumentChanged",
    "Enclosure",
    "Folder",
    "Found",
    "Kind",
    "Limits",
    "Listed",
    "Obstacle",
    "Parcel",
    "Received",
    "Sent",
    "SentDocument",
    "Shelf",
    "about_encounter",
    "about_request",
    "answer_275",
    "documents_named",
    "enclosure",
    "gather",
    "kind_of",
    "listed",
    "number_of",
    "parcels",
    "read_275",
    "request_for",
    "write",
]
