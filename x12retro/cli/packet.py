"""The packet for payers that take no 278: one printed page a case, to fax, or to read from on the phone or at the portal.

The page holds the patient's data: that is what it is for. Everything on it stands in the encounter and its verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import escape
from typing import BinaryIO

from x12retro.assess import KINDS, Verdict
from x12retro.build import ScenarioRule, scenario_rules
from x12retro.cli.html_page import foot, head
from x12retro.encounter import Encounter
from x12retro.encounter.fields import Address
from x12retro.encounter.services import Document, Provider, Service
from x12retro.guide.codes import meaning

STYLE = """<style>
.case { border: 1px solid var(--line); border-radius: 6px; padding: 1rem 1.4rem; margin: 1.2rem 0; }
.case h2 { margin-top: 0; } .case h3 { font-size: 1rem; margin: .9rem 0 .15rem; color: var(--soft); text-transform: uppercase;
  letter-spacing: .04em; font-size: .8rem; }
.case dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: .1rem .9rem; margin: 0; }
.case dt { color: var(--soft); } .case dd { margin: 0; overflow-wrap: anywhere; }
.case .list td { padding: .12rem .5rem; } .case .why { white-space: pre-line; }
.box { display: inline-block; width: .85em; height: .85em; border: 1px solid var(--ink); margin-right: .5em; vertical-align: -.08em; }
.log td { border: 1px solid var(--line); height: 2rem; color: var(--soft); width: 25%; }
@media (max-width: 46rem) { .case dl { grid-template-columns: max-content 1fr; } }
@media print { h1 { display: none; } .case { border: 0; padding: 0; margin: 0; break-after: page; }
  .case:last-of-type { break-after: auto; } }
</style>
"""
_BY = {"phone": "by telephone", "fax": "by fax", "portal": "at the payer's portal"}
_CATEGORY = {"AR": "admission", "HS": "health services", "SC": "specialty care", "IN": "reservation"}


class Packet:
    """A page for each case whose payer takes it by telephone, fax or portal, on `out`. `cases` counts them."""

    def __init__(self, out: BinaryIO, today: date) -> None:
        self._out = out
        self._today = today
        self.cases = 0
        self._write(head("Requests for review after the care") + STYLE)

    def add(self, encounter: Encounter, verdict: Verdict) -> None:
        """Add a case, if it goes neither as a 278 nor at all otherwise."""
        if verdict.route in ("phone", "portal") and verdict.verdict != "not_permitted":
            self.cases += 1
            self._write("".join(_case(encounter, verdict)))

    def close(self) -> None:
        if not self.cases:
            self._write("<p>No case goes by telephone, fax or portal.</p>")
        self._write(foot(f"made by x12retro on {self._today}; confidential: holds patients' data", folds=False))

    def _write(self, text: str) -> None:
        self._out.write(text.encode())


def _case(encounter: Encounter, verdict: Verdict) -> Iterator[str]:
    payer, retro = encounter.payer, encounter.retro
    by = f", by {verdict.closes}" if verdict.closes is not None else ""
    yield f'<section class="case"><h2>{escape(payer.name)}: {_BY.get(verdict.channel or "", "")}{by}</h2>'
    yield f'<p class="soft">Case {escape(encounter.encounter_id)} · rule {escape(verdict.rule or "-")} · {escape(verdict.then.why)}</p>'
    yield from _facts("Who asks", _requester(encounter))
    yield from _facts("Member", _member(encounter))
    if encounter.patient is not None:
        yield from _facts("Patient", _patient(encounter))
    yield from _facts("Care", _care(encounter))
    yield from _list("Diagnoses", [(one.code, one.kind) for one in encounter.diagnoses])
    yield from _services(encounter.services)
    yield "<h3>Why nobody asked first</h3>"
    rule = scenario_rules()[retro.scenario] if retro is not None and retro.scenario is not None else None
    yield f'<p class="why">{escape(_why(encounter, rule))}</p>'
    yield from _enclosures(encounter.documents, verdict)
    yield '<h3>What was answered</h3><table class="log"><tr><td>day and hour</td><td>spoke with</td><td>reference number</td>'
    yield "<td>answer, and until when</td></tr><tr><td></td><td></td><td></td><td></td></tr></table></section>\n"


def _facts(title: str, pairs: Iterator[tuple[str, str | None]]) -> Iterator[str]:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs if value)
    yield f"<h3>{title}</h3><dl>{rows}</dl>"


def _requester(encounter: Encounter) -> Iterator[tuple[str, str | None]]:
    one = encounter.requester
    yield "name", _name(one.name, one.first_name)
    yield "NPI", one.npi
    yield "tax id", one.tax_id
    yield "address", _address(one.address)
    if one.contact is not None:
        yield "contact", one.contact.name
        yield "telephone", one.contact.phone
        yield "fax", one.contact.fax


def _member(encounter: Encounter) -> Iterator[tuple[str, str | None]]:
    one = encounter.subscriber
    yield "name", _name(one.last_name, one.first_name)
    yield "member id", one.member_id
    yield "born", _day(one.birth_date)
    yield "group", one.group_number
    yield "plan", encounter.payer.plan


def _patient(encounter: Encounter) -> Iterator[tuple[str, str | None]]:
    one = encounter.patient
    assert one is not None
    yield "name", _name(one.last_name, one.first_name)
    yield "born", _day(one.birth_date)
    yield "is", {"01": "the member's spouse", "19": "the member's child", "G8": "another dependent"}[one.relationship]


def _care(encounter: Encounter) -> Iterator[tuple[str, str | None]]:
    event = encounter.event
    yield "kind", _CATEGORY[event.category]
    yield "service type", _meant("UM03", event.service_type)
    yield "days of care", _days(event.service_from, event.service_to)
    yield "admitted", _day(event.admission_date)
    yield "discharged", _day(event.discharge_date)
    yield "admission", _meant("CL101", event.admission.type if event.admission is not None else None)
    yield "urgency", _meant("UM06", event.level_of_service)
    if encounter.prior is not None:
        yield "earlier number", encounter.prior.authorization or encounter.prior.reference
    for provider in encounter.providers:
        yield _meant("NM101", provider.role) or "provider", _provider(provider)
    if encounter.charges_at_risk is not None:
        yield "charges", f"{encounter.charges_at_risk:,}"


def _services(services: tuple[Service, ...]) -> Iterator[str]:
    if not services:
        return
    yield '<h3>Services</h3><table class="list"><thead><tr><th>code</th><th>what</th><th>days</th><th class="n">quantity</th>'
    yield '<th class="n">charge</th></tr></thead><tbody>'
    for one in services:
        code = " ".join(filter(None, (one.revenue_code, one.procedure, *one.modifiers)))
        quantity = f"{one.units.normalize():f} {_UNITS.get(one.unit or 'UN', '')}" if one.units is not None else ""
        cells = (code, one.description or "", _days(one.from_, one.to) or "", quantity, "" if one.charge is None else f"{one.charge:,}")
        yield "<tr>" + "".join(f"<td{' class=n' if n > 2 else ''}>{escape(cell)}</td>" for n, cell in enumerate(cells)) + "</tr>"
    yield "</tbody></table>"


_UNITS = {"UN": "units", "DA": "days", "MJ": "minutes", "F2": "international units"}


def _why(encounter: Encounter, rule: ScenarioRule | None) -> str:
    retro = encounter.retro
    if retro is None:
        return "not told: the encounter has no reason for the late request"
    days = (
        ("eligibility was added", retro.eligibility_added_on),
        ("coverage was found", retro.coverage_discovered_on),
        ("the system was back", retro.system_restored_on),
        ("the claim was sent", retro.claim_sent_on),
        ("the claim was denied", retro.denial.date if retro.denial is not None else None),
    )
    told = [f"{day}: {what}" for what, day in days if day is not None]
    return "\n".join(filter(None, (rule.opening if rule is not None else None, retro.explanation, *told)))


def _enclosures(documents: tuple[Document, ...], verdict: Verdict) -> Iterator[str]:
    listed = [f"{_meant('PWK01', one.type)}{f': {one.description}' if one.description else ''}" for one in documents]
    asked = [
        f"{KINDS[one.document].words}{'' if one.have else ' (to be got: nothing shows that it is at hand)'}"
        for one in verdict.documents_needed
    ]
    missing = [f"the fact {fact}, which the rule asks for" for fact in verdict.missing_facts]
    rows = [f"asked for: {text}" for text in asked] + [f"listed: {text}" for text in listed] + missing
    if rows:
        yield "<h3>To send, and to have at hand</h3>" + "".join(f'<p><span class="box"></span>{escape(row)}</p>' for row in rows)


def _list(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f"<h3>{title}</h3><p>" + " · ".join(f"<b>{escape(code)}</b> {escape(kind)}" for code, kind in rows) + "</p>"


def _meant(element: str, code: str | None) -> str | None:
    if code is None:
        return None
    word = meaning(element, code)
    return f"{word} ({code})" if word else code


def _name(last: str | None, first: str | None) -> str | None:
    return ", ".join(filter(None, (last, first))) or None


def _provider(one: Provider) -> str:
    return ", ".join(filter(None, (one.organization or _name(one.last_name, one.first_name), one.npi and f"NPI {one.npi}")))


def _address(one: Address | None) -> str | None:
    return None if one is None else ", ".join(filter(None, (one.line1, one.line2, one.city, one.state, one.postal_code)))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _days(first: date | None, last: date | None) -> str | None:
    if first is None:
        return None
    return f"{first} to {last}" if last is not None and last != first else first.isoformat()
