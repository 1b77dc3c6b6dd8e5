"""Cover sheets for documents that go on paper: one printed page for each case, to lie on top of what is faxed or mailed.

The page holds the patient's data: that is what it is for. It looks as the packet does (`packet.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from x12retro.attach import Listed
from x12retro.cli.html_page import foot, head
from x12retro.cli.packet import STYLE
from x12retro.encounter import Encounter
from x12retro.guide.codes import meaning

if TYPE_CHECKING:
    from x12retro.flow.papers import Papers

WAYS = {"FX": "by fax", "BM": "by mail", "EM": "by e-mail"}
"""PWK02 of what goes on paper, in words."""


class Sheet(NamedTuple):
    """What one cover sheet says. `numbers` are our trace number and the payer's reference number; `sender` is name, NPI, contact, telephone
    and fax; `patient` name, day of birth, member id and days of care; of each document its number, type (PWK01) and words.
    """

    payer: str
    case: str
    numbers: tuple[str, str | None]
    way: str
    sender: tuple[str | None, str | None, str | None, str | None, str | None]
    patient: tuple[str, str | None, str | None, str | None]
    documents: Sequence[tuple[str | None, str, str | None]]


def sheet_of_encounter(encounter: Encounter, trace: str, way: str, documents: Sequence[Listed]) -> Sheet:
    """The sheet for documents of an encounter that go `way` (FX, BM), whose request went under `trace`."""
    asks, member, who = encounter.requester, encounter.subscriber, encounter.patient or encounter.subscriber
    contact = asks.contact
    spoken_to = (contact.name, contact.phone, contact.fax) if contact else (None, None, None)
    return Sheet(
        payer=encounter.payer.name,
        case=encounter.encounter_id,
        numbers=(trace, (encounter.prior.reference or encounter.prior.authorization) if encounter.prior is not None else None),
        way=way,
        sender=(_in_full(asks.name, asks.first_name), asks.npi, *spoken_to),
        patient=(_in_full(who.last_name, who.first_name), _day(who.birth_date), member.member_id, _days(_days_of_care(encounter))),
        documents=[(one.number, one.document.type, one.document.description) for one in documents],
    )


def sheet_of_request(papers: Papers) -> Sheet:
    """The same for a request that was sent."""
    about, patient = papers.about, papers.about.patient
    name, how, number = about.contact or (None, None, None)
    return Sheet(
        payer=_in_full(*about.receiver.names[:2]),
        case=about.encounter_id,
        numbers=(about.trace, papers.reference),
        way=papers.way,
        sender=(_in_full(*about.sender.names[:2]), about.sender.id, name, number if how == "TE" else None, about.fax),
        patient=(_in_full(*patient.names[:2]), _day(about.birth_date), patient.id, _days(papers.care)),
        documents=papers.documents,
    )


def _days_of_care(encounter: Encounter) -> tuple[date, date] | None:
    event = encounter.event
    days = [event.service_from, event.service_to, event.admission_date, event.discharge_date]
    days += [day for service in encounter.services for day in (service.from_, service.to)]
    told = [day for day in days if day is not None]
    return (min(told), max(told)) if told else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _days(days: tuple[date, date] | None) -> str | None:
    return None if days is None else f"{days[0]}" if days[0] == days[1] else f"{days[0]} to {days[1]}"


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
    numbers = (*sheet.numbers, str(len(sheet.documents)))
    yield from _facts("Belongs to the request", ("trace number", "your reference number", "documents"), numbers)
    yield from _facts("From", ("name", "NPI", "contact", "telephone", "fax"), sheet.sender)
    yield from _facts("Patient", ("name", "born", "member id", "care"), sheet.patient)
    yield '<h3>What follows</h3><table class="list"><thead><tr><th>control number</th><th>what</th><th>in words</th></tr></thead><tbody>'
    for number, type_, words in sheet.documents:
        what = meaning("LOINC" if "-" in type_ else "PWK01", type_) or type_
        yield f'<tr><td class="mono">{escape(number or "-")}</td><td>{escape(what)}</td><td>{escape(words or "")}</td></tr>'
    yield "</tbody></table><p>Write the control number on the first page of each document.</p></section>"


def _facts(title: str, names: Sequence[str], values: Sequence[str | None]) -> Iterator[str]:
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in zip(names, values, strict=True) if value)
    yield f"<h3>{title}</h3><dl>{rows}</dl>"
