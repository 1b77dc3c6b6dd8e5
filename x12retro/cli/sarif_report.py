"""The validation report as SARIF 2.1.0, for viewers of static analysis and for pipelines that collect it.

Results are written as they come, and the parts that are known last (rules, files with their hashes) after them: the order of keys is
free in JSON, so memory holds rule ids and file names only. X12 has no lines to speak of: places are bytes, and the logical location
names transaction, loop and segment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import msgspec

from x12retro import __version__
from x12retro.cli.forms import Form
from x12retro.cli.html_tree import is_missing
from x12retro.cli.rule_words import in_a_line, in_full
from x12retro.findings import Finding
from x12retro.guide.judge import Checked
from x12retro.guide.report import FileReport
from x12retro.x12 import GroupStart, InterchangeStart, Segment, Transaction

Json = dict[str, Any]
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_STANDARD_INPUT = "stdin"


class SarifReport(Form):
    """Writes one run to `out`. `most`: the results listed per file."""

    looks_at_parts = True

    def __init__(self, out: BinaryIO, show_values: bool, most: int) -> None:
        self._out = out
        self._show_values = show_values
        self._most = most
        self._rules: dict[str, tuple[int, str, int]] = {}  # id -> index, the first level, SNIP type
        self._artifacts: list[Json] = []
        self._first = True
        out.write(b'{"$schema":' + msgspec.json.encode(SCHEMA) + b',"version":"2.1.0","runs":[{"results":[')

    def begin(self, file: str) -> None:
        self._uri = _uri(file)
        self._left = self._most

    def checked(self, checked: Checked) -> None:
        for finding in checked.findings[: self._left]:
            self._out.write((b"\n" if self._first else b",\n") + msgspec.json.encode(self._result(finding, checked)))
            self._first = False
        self._left -= min(self._left, len(checked.findings))

    def file(self, report: FileReport) -> None:
        counts = {key: getattr(report, key) for key in ("verdict", "transactions", "transactions_rejected", "findings_total")}
        self._artifacts.append({"location": {"uri": self._uri}, "hashes": {"sha-256": report.sha256}, "properties": counts})

    def end(self, unreadable: int) -> None:
        driver: Json = {
            "name": "x12retro",
            "version": __version__,
            "rules": [_rule(rule, level, snip) for rule, (_, level, snip) in self._rules.items()],
        }
        rest = {
            "tool": {"driver": driver},
            "artifacts": self._artifacts,
            "invocations": [{"executionSuccessful": unreadable == 0}],
            "defaultEncoding": "utf-8",
        }
        self._out.write(b"\n]," + msgspec.json.encode(rest)[1:] + b"]}\n")

    def _result(self, finding: Finding, checked: Checked) -> Json:
        level = _LEVELS[finding.severity]
        index, _, _ = self._rules.setdefault(finding.rule, (len(self._rules), level, finding.snip))
        physical: Json = {"artifactLocation": {"uri": self._uri, "index": len(self._artifacts)}}
        if finding.offset is not None:
            physical["region"] = {"byteOffset": finding.offset, "byteLength": _length(finding, checked)}
        location: Json = {"physicalLocation": physical}
        if logical := _logical(finding):
            location["logicalLocations"] = logical
        about = {
            "snip": finding.snip,
            "ack": f"{finding.ack.level} {finding.ack.code}" if finding.ack is not None else None,
            "element": finding.element,
            "component": finding.component,
            "repeat": finding.repeat,
            "value": finding.value if self._show_values else None,
        }
        return {
            "ruleId": finding.rule,
            "ruleIndex": index,
            "level": level,
            "message": {"text": finding.message},
            "locations": [location],
            "properties": {key: value for key, value in about.items() if value is not None},
        }


def _rule(rule: str, level: str, snip: int) -> Json:
    line, full = in_a_line(rule), in_full(rule)
    described: Json = {"id": rule, "defaultConfiguration": {"level": level}, "properties": {"tags": [f"SNIP {snip}"]}}
    if line:
        described |= {"shortDescription": {"text": line}, "help": {"text": full}}
    return described


def _logical(finding: Finding) -> list[Json]:
    """The innermost place first: the segment, its loop, the transaction (or the envelope's part)."""
    path = "/".join(
        f"{name} {control}"
        for name, control in (("ISA", finding.interchange), ("GS", finding.group), ("ST", finding.transaction))
        if control is not None
    )
    places: list[Json] = []
    if path:
        kind = "transaction" if finding.transaction is not None else "group" if finding.group is not None else "interchange"
        places.append({"name": path.rpartition("/")[2].partition(" ")[2], "fullyQualifiedName": path, "kind": kind})
    if finding.loop is not None:
        path = f"{path}/{finding.loop}"
        places.append({"name": finding.loop, "fullyQualifiedName": path, "kind": "loop"})
    if finding.segment_id is not None:
        number = f" #{finding.segment}" if finding.segment is not None else ""
        places.append({"name": finding.segment_id, "fullyQualifiedName": f"{path}/{finding.segment_id}{number}", "kind": "segment"})
    return places[::-1]


def _length(finding: Finding, checked: Checked) -> int:
    """The bytes of the segment, its terminator included; 0, a place between two, for one that is missing or unknown."""
    part = checked.part
    if is_missing(finding) or finding.offset is None:
        return 0
    if isinstance(part, Transaction):
        start = finding.offset - part.offset - sum(payload.size for payload in part.payloads if payload.start < finding.offset)
        end = part.raw.find(part.interchange.terminator, start)
        inside = sum(payload.size for payload in part.payloads if start < payload.at <= end)
        return (end + 1 if end >= 0 else len(part.raw)) - start + inside if 0 <= start < len(part.raw) else 0
    if isinstance(part, InterchangeStart) and part.isa is not None:
        return _written(part.isa, part)
    if isinstance(part, GroupStart) and part.gs is not None:
        return _written(part.gs, part.interchange)
    return 0


def _written(segment: Segment, interchange: InterchangeStart) -> int:
    return len(interchange.element.join(field.encode("utf-8") for field in segment.fields)) + 1


def _uri(file: str) -> str:
    """A relative path as it was given, an absolute one as file:, percent-encoded."""
    if file == "-":
        return _STANDARD_INPUT
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
