"""Check the `[[retro]]` rows of payers' files: one line for each thing that is wrong, with the line of its row.

What the records cannot say is said here: ids given twice, windows where a type has none, documents that nobody knows. A row that is due
to be read again is a warning: it goes on working, and every verdict by it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from x12retro.assess.documents import KINDS
from x12retro.assess.record import PayerRules, RetroRule
from x12retro.assess.rules import read_with_faults, rule_lines

_FIRST_YEAR = 2000


class RuleProblem(msgspec.Struct, frozen=True, order=True):
    """One fault of a payer's rules; `line` counts from 1."""

    file: str
    line: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        mark = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}: {mark}{self.message}"


def lint_rules(folder: Path, today: date) -> list[RuleProblem]:
    """Everything wrong with the rules of the payers' files in `folder`, in the order of files and lines."""
    found: list[RuleProblem] = []
    payers: dict[str, PayerRules] = {}
    lines: dict[str, list[int]] = {}
    taken: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        payer, faults = read_with_faults(file)
        found += (RuleProblem(file.name, line, message) for line, message in faults)
        if payer is None or faults:
            continue
        payers[file.name], lines[file.name] = payer, rule_lines(file) + [1] * len(payer.rules)
    ids = {payer.id for payer in payers.values()}
    for name, payer in payers.items():
        if payer.business.zone is not None and not _is_zone(payer.business.zone):
            found.append(RuleProblem(name, 1, "business: zone is no time zone, as in America/Chicago"))
        for line, rule in zip(lines[name], payer.rules, strict=False):
            if rule.id in taken:
                found.append(RuleProblem(name, line, f"rule {rule.id}: the id is taken by {taken[rule.id]}"))
            taken.setdefault(rule.id, name)
            found += (RuleProblem(name, line, f"rule {rule.id}: {why}") for why in _faults(rule, payer, ids))
            if rule.review_by < today:
                why = f"was to be read again by {rule.review_by}"
                found.append(RuleProblem(name, line, f"rule {rule.id}: {why}", "warning"))
    return sorted(found)


def _faults(rule: RetroRule, payer: PayerRules, ids: set[str]) -> Iterator[str]:
    if not _FIRST_YEAR <= rule.seen <= payer.seen.year:
        yield f"seen is a year from {_FIRST_YEAR} to that of the file, {payer.seen.year}"
    if (rule.permitted == "no") != (rule.type == "prohibited"):
        yield "permitted is no for a bar, and for nothing else"
    if rule.type == "prohibited" and (rule.window is not None or rule.scenarios):
        yield "a bar has neither window nor scenarios"
    if rule.type != "prohibited" and not rule.scenarios:
        yield 'scenarios is empty; "any" says that the payer names none'
    if rule.type == "appeal_only" and (rule.window is None or rule.window.clock != "denial_date"):
        yield "an appeal runs from denial_date"
    if rule.window is not None and rule.window.rolls and rule.window.unit == "hours":
        yield "a window of hours does not roll to a business day"
    if rule.opens is not None and not rule.asks:
        yield "opens belongs to a rule that lets somebody ask"
    for document in (*rule.documents, *(one for many in rule.documents_for.values() for one in many)):
        if document not in KINDS:
            yield f"there is no document {document}; known are those of docs/assess.md"
    for scenario in rule.documents_for:
        if "any" not in rule.scenarios and scenario not in rule.scenarios:
            yield f"documents_for speaks of {scenario}, which is none of its scenarios"
    for other in rule.also:
        if other != "*" and other not in ids:
            yield f"also names {other}, and no file has that id"
    if "*" in rule.also and not (rule.state and rule.line_of_business):
        yield "also may be * only with state and line_of_business"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
