"""To whom an acknowledgment goes, and how it is cut: the received envelope, turned round.

Sender and receiver change places, the usage indicator (ISA15) and the delimiters stay. What could not be sent back, because it was
wrong in the first place, is replaced by what is right; an ISA that does not say who sent it cannot be answered.

Guide: 005010X231A1 ISA, GS
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from x12retro.x12 import Delimiters, GroupStart, InterchangeStart

_QUALIFIERS = frozenset(("01", "14", "20", "27", "28", "29", "30", "33", "ZZ"))
_REPETITIONS = "^!|"
_DEFAULT = Delimiters()


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of an answer: who we are, who they are, and the characters to write with."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    usage: str
    delimiters: Delimiters
    line_break: str

    def isa(self, number: str, moment: datetime) -> list[str]:
        """ISA01 to ISA15; no TA1 is asked for, or acknowledgments would be acknowledged."""
        who = [self.sender_qualifier, self.sender, self.receiver_qualifier, self.receiver]
        when = [f"{moment:%y%m%d}", f"{moment:%H%M}"]
        return ["00", "", "00", "", *who, *when, self.delimiters.repetition, "00501", number, "0", self.usage]

    def gs(self, number: str, moment: datetime, received: GroupStart, version: str) -> list[str]:
        """GS01 to GS08 of the group that answers `received`."""
        codes = [self._code(received, 3, self.sender), self._code(received, 2, self.receiver)]
        return ["FA", *codes, f"{moment:%Y%m%d}", f"{moment:%H%M}", number, "X", version]

    def _code(self, received: GroupStart, element: int, otherwise: str) -> str:
        code = received.gs[element].strip() if received.gs is not None else ""
        fits = 2 <= len(code) <= 15 and _plain(code) and code not in self.delimiters
        return code if fits else otherwise.zfill(2)


def address_of(start: InterchangeStart) -> Address | None:
    """The address of an answer to an interchange; None when its ISA does not tell."""
    if start.isa is None:
        return None
    line_break = start.line_break if not start.line_break.strip("\r\n") else "\n" if "\n" in start.line_break else ""
    return from_fields(start.isa.fields, start.delimiters, line_break)


def from_fields(isa: Sequence[str], delimiters: Delimiters, line_break: str) -> Address | None:
    """The same from the fields of an ISA; `isa[0]` is its id."""
    if len(isa) < 14:
        return None
    ids = [isa[8].strip(), isa[6].strip()]
    if not all(ids) or any(len(text) > 15 or not _plain(text) for text in ids):
        return None
    usable = [d for d in (_answering(delimiters, ids), _answering(_DEFAULT, ids)) if d is not None]
    if not usable:
        return None
    qualifiers = [q if (q := isa[n].strip()) in _QUALIFIERS else "ZZ" for n in (7, 5)]
    usage = isa[15].strip() if len(isa) > 15 else ""
    return Address(
        sender_qualifier=qualifiers[0],
        sender=ids[0],
        receiver_qualifier=qualifiers[1],
        receiver=ids[1],
        usage=usage if usage in ("P", "T") else "P",
        delimiters=usable[0],
        line_break=line_break,
    )


def _answering(delimiters: Delimiters, ids: Sequence[str]) -> Delimiters | None:
    """The received delimiters, with a repetition separator (version 00501 has one); None when the ids hold one of the characters."""
    if not delimiters.repetition:
        free = (c for c in _REPETITIONS if c not in (delimiters.element, delimiters.component, delimiters.segment))
        delimiters = msgspec.structs.replace(delimiters, repetition=next(free))
    if delimiters.trouble() or any(text in delimiters for text in ids):
        return None
    return delimiters


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
