"""Cover sheets for documents that go on paper: one printed page for each case, to lie on top of what is faxed or mailed.

The page holds the patient's data: that is what it is for. It looks as the packet does (`packet.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from typing import BinaryIO, NamedTuple

from x12retro.attach import About, Listed
from x12retro.cli.html_page import foot, head
from x12retro.cli.packet import STYLE
from x12retro.encounter import Encounter
from x12retro.guide.codes import meaning

WAYS = {"FX": "by fax", "BM": "by mail", "EM": "by e-mail"}
"""PWK02 of what goes on paper, in words."""


class Sheet(NamedTuple):
    """What one cover sheet says. `sender` is name, NPI, contact, telephone and fax; `patient` name, day of birth and member id; of each
    document its number, type (PWK01) and words.
    """

    payer: str
    case: str
    trace: str
    way: str
    sender: tuple[str | None, str | None, str | None, str | None, str | None]
    patient: tuple[str, str | None, str | None]
    documents: Sequence[tuple[str | None, str, str | None]]


def sheet_of_encounter(encounter: Encounter, trace: str, way: str, documents: Sequence[Listed]) -> Sheet:
    """The sheet for documents of an encounter that go `way` (FX, BM), whose request went under `trace`."""
    asks, member, who = encounter.requester, encounter.subscriber, encounter.patient or encounter.subscriber
    contact = asks.contact
    spoken_to = (contact.name, contact.phone, contact.fax) if contact else (None, None, None)
    return Sheet(
        payer=encounter.payer.name,
        case=encounter.encounter_id,
        trace=trace,
        way=way,
        sender=(_in_full(asks.name, asks.first_name), asks.npi, *spoken_to),
        patient=(_in_full(who.last_name, who.first_name), who.birth_date.isoformat() if who.birth_date else None, member.member_id),
        documents=[(one.number, one.document.type, one.document.description) for one in documents],
    )


def sheet_of_request(about: About, way: str, documents: Sequence[tuple[str | None, str, str | None]]) -> Sheet:
    """The same for a request that was sent, and its documents as (number, type or LOINC, words)."""
    name, how, number = about.contact or (None, None, None)
    patient = about.patient
    return Sheet(
        payer=_in_full(*about.receiver.names[:2]),
        case=about.encounter_id,
        trace=about.trace,
        way=way,
        sender=(_in_full(*about.sender.names[:2]), about.sender.id, name, number if how == "TE" else None, about.fax),
        patient=(_in_full(*patient.names[:2]), about.birth_date.isoformat() if about.birth_date else None, patient.id),
        documents=documents,
    )


def _in_full(last: str | None, first: str | None) -> str:
    return ", ".join(filter(None, (last, first)))


class CoverSheets:
    """A page for each case, on `out`. `cases` counts them."""

    def __init__(self, out: BinaryIO, today: date) -> None:
        self._out = out
        self._today = today
        self.cases = 0
        self._write(head("Documents for review after the care") + STYLE)

    def add(self, sheet: Sheet) -> None:
        """Add the page; without a document there is none."""
        if sheet.documents:
            self.cases += 1
            self._write("".join(_page(sheet, self._today)))

    def close(self) -> None:
        if not self.cases:
            self._write("<p>No document goes by fax or mail.</p>")
        self._write(foot(f"made by x12retro on {self._today}; confidential: holds patients' data", folds=False))

    def _write(self, text: str) -> None:
        self._out.write(text.encode())


def _page(sheet: Sheet, today: date) -> Iterator[str]:
    yield f'<section class="case"><h2>{escape(sheet.payer)}: documents {WAYS[sheet.way]}</h2>'
    yield f'<p class="soft">Case {escape(sheet.case)} · {today}</p>'
    yield from _facts("Belongs to the request", ("trace number", "documents"), (sheet.trace, str(len(sheet.documents))))
    yield from _facts("From", ("name", "NPI", "contact", "telephone", "fax"), sheet.sender)
    yield from _facts("Patient", ("name", "born", "member id"), sheet.patient)
    yield '<h3>What follows</h3><table class="list"><thead><tr><th>control number</th><th>what</th><th>in words</th></tr></thead><tbody>'
    for number, type_, words in sheet.documents:
        what = meaning("LOINC" if "-" in type_ else "PWK01", type_) or type_
        yield f'<tr><td class="mono">{escape(number or "-")}</td><td>{escape(what)}</td><td>{escape(words or "")}</td></tr>'
    yield "</tbody></table><p>Write the control number on the first page of each document.</p></section>"


def _facts(title: str, names: Sequence[str], values: Sequence[str | None]) -> Iterator[str]:
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in zip(names, values, strict=True) if value)
    yield f"<h3>{title}</h3><dl>{rows}</dl>"
