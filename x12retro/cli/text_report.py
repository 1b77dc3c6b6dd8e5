"""The validation report for people: per file what is wrong, where, and what would be right; a summary at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

import click

from x12retro.cli.forms import Form
from x12retro.findings import Finding
from x12retro.guide.report import FileReport

if TYPE_CHECKING:
    from x12retro.guide.second_opinion import Comparison

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
_FEW = 30
"""Up to so many files each is listed, the accepted ones too."""
_VERDICTS = {
    "accepted": ("accepted", "green"),
    "accepted_with_warnings": ("accepted, with warnings", "yellow"),
    "rejected": ("rejected", "red"),
}


class TextReport(Form):
    """Writes one file's findings after the other to `out` (colour on a terminal only) and sums them up."""

    def __init__(self, out: BinaryIO | None, show_values: bool, files: int) -> None:
        """`out`: None for standard output."""
        self._out = out
        self._findings: list[Finding] = []
        self._comparison: Comparison | None = None
        self._show_values = show_values
        self._few = files <= _FEW
        self._verdicts: Counter[str] = Counter()
        self._rules: Counter[tuple[str, str]] = Counter()
        self._sets = self._sets_rejected = 0
        self._hidden_values = False

    def _say(self, text: str = "") -> None:
        click.echo(text if self._out is None else click.unstyle(text).encode("utf-8", "replace"), file=self._out)

    def finding(self, finding: Finding) -> None:
        self._findings.append(finding)

    def opinion(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def file(self, report: FileReport) -> None:
        """Write the report of one file; of many files only those with findings are listed."""
        findings, self._findings = self._findings, []
        comparison, self._comparison = self._comparison, None
        self._verdicts[report.verdict] += 1
        self._sets += report.transactions
        self._sets_rejected += report.transactions_rejected
        if not self._few and not report.findings_total and (comparison is None or not comparison.disagree):
            return
        words, colour = _VERDICTS[report.verdict]
        sets = _count(report.transactions, "transaction")
        rejected = f", {report.transactions_rejected} rejected" if report.transactions > 1 and report.transactions_rejected else ""
        self._say(f"{click.style(report.file, bold=True)}: {click.style(words, fg=colour)} ({sets}{rejected})")
        at = None
        for finding in findings:
            self._rules[finding.rule, finding.severity] += 1
            if (place := _place(finding, report)) != at:
                self._say(f"  {place}")
                at = place
            self._say(self._line(finding))
        if hidden := report.findings_total - len(findings):
            self._say(f"  and {hidden} more; --max-findings lists more of them")
        if comparison is not None:
            from x12retro.cli.opinion_text import opinion_lines  # few ask for a second opinion

            for line in opinion_lines(comparison):
                self._say(line)
        if findings or comparison is not None:
            self._say()

    def _line(self, finding: Finding) -> str:
        label = click.style(finding.severity.ljust(7), fg=_COLOURS[finding.severity])
        ack = f"  [{finding.ack.level} {finding.ack.code}]" if finding.ack else ""
        value = f"  value: {finding.value!r}" if self._show_values and finding.value is not None else ""
        self._hidden_values |= finding.element is not None and not self._show_values
        return f"    {label} {finding.rule:<13} {finding.message}{ack}{value}"

    def end(self, unreadable: int) -> None:
        """Write the summary over all files."""
        files = sum(self._verdicts.values())
        parts = [f"{n} {_VERDICTS[v][0]}" for v in _VERDICTS if (n := self._verdicts[v])]
        if unreadable:
            parts.append(f"{unreadable} could not be read")
        sets = _count(self._sets, "transaction") + (f", {self._sets_rejected} rejected" if self._sets_rejected else "")
        self._say(f"{_count(files + unreadable, 'file')}: {', '.join(parts)}; {sets}")
        if sum(self._rules.values()) > 5:
            most = ", ".join(f"{rule} {severity} ({n})" for (rule, severity), n in self._rules.most_common(5))
            self._say(f"most frequent: {most}")
        if self._hidden_values:
            self._say("--show-values adds the values at fault (they may be a patient's data)")


def _place(finding: Finding, report: FileReport) -> str:
    """Where it is, as far as the file leaves a choice."""
    parts = []
    if finding.interchange and report.interchanges > 1:
        parts.append(f"interchange {finding.interchange}")
    if finding.transaction and report.transactions > 1:
        parts.append(f"set {finding.transaction}")
    if finding.segment and finding.ack is not None and finding.ack.level == "IK3" and finding.ack.code == "3":
        parts.append(f"before segment {finding.segment}")
    elif finding.segment:
        parts.append(f"segment {finding.segment}" + (f" ({finding.segment_id})" if finding.segment_id else ""))
    elif finding.segment_id:
        parts.append(finding.segment_id)
    if finding.loop and finding.segment:
        parts.append(f"loop {finding.loop}")
    if finding.offset is not None:
        parts.append(f"byte {finding.offset}")
    return ", ".join(parts) or "the file"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
