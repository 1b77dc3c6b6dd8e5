"""Decisions as rows: CSV for spreadsheets, Parquet for who counts them. One row an answered event; nothing of the patient is in it.

Free text of the payer (messages, descriptions of documents) is left out of both: it may hold anything. JSON lines have it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal
from typing import Any, BinaryIO, Protocol

from x12retro.cli.decisions import case, numbers_of
from x12retro.cli.parquet_table import ParquetTable
from x12retro.decide import APPROVALS, Decision, ServiceDecision


class Sink(Protocol):
    """Where decisions go: each with `add`, then `end` once."""

    def add(self, decision: Decision) -> None: ...
    def end(self) -> None: ...


class Csv:
    """A header and a row for each event; lists become words divided by blanks."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._text = io.StringIO()
        self._rows = csv.DictWriter(self._text, fieldnames=[*COLUMNS, "services", "numbers"], lineterminator="\r\n")
        self._rows.writeheader()

    def add(self, decision: Decision) -> None:
        row = flat(decision)
        outcomes = Counter(service.outcome for service in decision.services)
        row["services"] = " ".join(f"{n} {word}" for word, n in outcomes.items())
        row["numbers"] = " ".join(numbers_of(decision)) if decision.outcome in APPROVALS else ""
        self._rows.writerow({key: _cell(value) for key, value in row.items()})
        self._out.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()

    def end(self) -> None:
        self._out.write(self._text.getvalue().encode())  # the header, where there was no row


class Parquet(ParquetTable):
    """A Parquet file with the columns of the CSV, lists as lists, and the services below each event."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out, _schema)

    def add(self, decision: Decision) -> None:
        self.put({**flat(decision), "services": [_service(service) for service in decision.services]})


COLUMNS = (
    "case",
    "encounter_id",
    "payer",
    "scenario",
    "outcome",
    "action",
    "authorization_number",
    "reference_number",
    "valid_from",
    "valid_to",
    "issued_on",
    "asked_on",
    "answered_on",
    "category",
    "certification",
    "interim",
    "reasons",
    "rejections",
    "documents_requested",
    "next_step",
    "due",
    "overdue",
    "further_steps",
    "matched_by",
    "match_confidence",
    "superseded",
    "duplicate",
    "findings",
    "file",
    "sha256",
    "interchange",
    "group",
    "transaction",
)
_DATES = frozenset({"valid_from", "valid_to", "issued_on", "asked_on", "answered_on", "due"})
_LISTS = frozenset({"reasons", "rejections", "documents_requested", "further_steps", "findings"})
_FLAGS = frozenset({"interim", "overdue", "superseded", "duplicate"})


def flat(decision: Decision) -> dict[str, Any]:
    """A decision as one row: `COLUMNS` and their values."""
    known, source = decision.case, decision.source
    return {
        "case": case(decision),
        "encounter_id": decision.encounter_id,
        "payer": (known.payer if known is not None else None) or (decision.payer.name if decision.payer is not None else None),
        "scenario": known.scenario if known is not None else None,
        "outcome": decision.outcome,
        "action": decision.action,
        "authorization_number": decision.authorization_number,
        "reference_number": decision.reference_number,
        "valid_from": decision.valid_from,
        "valid_to": decision.valid_to,
        "issued_on": decision.issued_on,
        "asked_on": decision.asked_on,
        "answered_on": decision.answered_on,
        "category": decision.category,
        "certification": decision.certification,
        "interim": decision.interim,
        "reasons": [reason.code for reason in decision.reasons],
        "rejections": [f"{each.loop}/{each.code}/{each.follow_up}" for each in decision.rejections],
        "documents_requested": [each.code for each in decision.documents_requested],
        "next_step": decision.next_step.do,
        "due": decision.next_step.due,
        "overdue": decision.next_step.overdue,
        "further_steps": [step.do for step in decision.further_steps],
        "matched_by": decision.matched_by,
        "match_confidence": decision.match_confidence,
        "superseded": decision.superseded_by is not None,
        "duplicate": decision.duplicate,
        "findings": [finding.rule for finding in decision.findings],
        "file": source.file,
        "sha256": source.sha256,
        "interchange": source.interchange,
        "group": source.group,
        "transaction": source.transaction,
    }


def _service(service: ServiceDecision) -> dict[str, Any]:
    asked, granted = service.requested, service.certified
    return {
        "trace": service.trace,
        "procedure": service.procedure,
        "outcome": service.outcome,
        "action": service.action,
        "authorization_number": service.authorization_number,
        "reasons": [reason.code for reason in service.reasons],
        "unit": asked.unit or service.stated.unit,
        "requested_quantity": _number(asked.quantity),
        "certified_quantity": _number(granted.quantity),
        "charge": _number(asked.charge if asked.charge is not None else service.stated.charge),
    }


def _schema(pa: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    words = pa.list_(pa.string())

    def kind(column: str) -> Any:  # noqa: ANN401
        if column in _DATES:
            return pa.date32()
        return words if column in _LISTS else pa.bool_() if column in _FLAGS else pa.string()

    numbers = ("requested_quantity", "certified_quantity", "charge")
    texts = ("trace", "procedure", "outcome", "action", "authorization_number")
    service = [*((text, pa.string()) for text in texts), ("reasons", words), ("unit", pa.string()), *((n, pa.float64()) for n in numbers)]
    return pa.schema([*((column, kind(column)) for column in COLUMNS), ("services", pa.list_(pa.struct(service)))])


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object) -> object:
    """A cell; text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
