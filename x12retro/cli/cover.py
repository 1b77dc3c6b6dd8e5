"""Cover sheets for documents that go on paper: one printed page for each case, to lie on top of what is faxed or mailed.

The page holds the patient's data: that is what it is for. It looks as the packet does (`packet.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from typing import BinaryIO

from x12retro.attach import Listed
from x12retro.cli.html_page import foot, head
from x12retro.cli.packet import STYLE
from x12retro.encounter import Encounter
from x12retro.guide.codes import meaning

WAYS = {"FX": "by fax", "BM": "by mail"}
"""PWK02 of what goes on paper, in words."""


class CoverSheets:
    """A page for each case, on `out`. `cases` counts them."""

    def __init__(self, out: BinaryIO, today: date) -> None:
        self._out = out
        self._today = today
        self.cases = 0
        self._write(head("Documents for review after the care") + STYLE)

    def add(self, encounter: Encounter, trace: str, way: str, documents: Sequence[Listed]) -> None:
        """Add the page for the documents that go `way` (FX, BM); without one there is none."""
        if documents:
            self.cases += 1
            self._write("".join(_page(encounter, trace, way, documents, self._today)))

    def close(self) -> None:
        if not self.cases:
            self._write("<p>No document goes by fax or mail.</p>")
        self._write(foot(f"made by x12retro on {self._today}; confidential: holds patients' data", folds=False))

    def _write(self, text: str) -> None:
        self._out.write(text.encode())


def _page(encounter: Encounter, trace: str, way: str, documents: Sequence[Listed], today: date) -> Iterator[str]:
    asks, member, who = encounter.requester, encounter.subscriber, encounter.patient or encounter.subscriber
    yield f'<section class="case"><h2>{escape(encounter.payer.name)}: documents {WAYS[way]}</h2>'
    yield f'<p class="soft">Case {escape(encounter.encounter_id)} · {today}</p>'
    yield from _facts("Belongs to the request", [("trace number", trace), ("documents", str(len(documents)))])
    contact = asks.contact
    yield from _facts(
        "From",
        [
            ("name", ", ".join(filter(None, (asks.name, asks.first_name)))),
            ("NPI", asks.npi),
            ("contact", contact.name if contact else None),
            ("telephone", contact.phone if contact else None),
            ("fax", contact.fax if contact else None),
        ],
    )
    name = ", ".join(filter(None, (who.last_name, who.first_name)))
    born = who.birth_date.isoformat() if who.birth_date else None
    yield from _facts("Patient", [("name", name), ("born", born), ("member id", member.member_id)])
    yield '<h3>What follows</h3><table class="list"><thead><tr><th>control number</th><th>what</th><th>in words</th></tr></thead><tbody>'
    for one in documents:
        what = meaning("PWK01", one.document.type) or one.document.type
        words = escape(one.document.description or "")
        yield f'<tr><td class="mono">{escape(one.number or "-")}</td><td>{escape(what)}</td><td>{words}</td></tr>'
    yield "</tbody></table><p>Write the control number on the first page of each document.</p></section>"


def _facts(title: str, pairs: list[tuple[str, str | None]]) -> Iterator[str]:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs if value)
    yield f"<h3>{title}</h3><dl>{rows}</dl>"
