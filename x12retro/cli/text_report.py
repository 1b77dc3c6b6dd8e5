"""The validation report for people: per file what is wrong, where, and what would be right; a summary at the end."""

from __future__ import annotations

from collections import Counter

import click

from x12retro.findings import Finding
from x12retro.guide.report import FileReport

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
_VERDICTS = {
    "accepted": ("accepted", "green"),
    "accepted_with_warnings": ("accepted, with warnings", "yellow"),
    "rejected": ("rejected", "red"),
}


class TextReport:
    """Writes one file's findings after the other to stdout (colour on a terminal only) and sums them up."""

    def __init__(self, show_values: bool) -> None:
        self._show_values = show_values
        self._verdicts: Counter[str] = Counter()
        self._rules: Counter[tuple[str, str]] = Counter()
        self._sets = self._sets_rejected = 0

    def file(self, report: FileReport) -> None:
        """Write the report of one file."""
        self._verdicts[report.verdict] += 1
        self._sets += report.transactions
        self._sets_rejected += report.transactions_rejected
        words, colour = _VERDICTS[report.verdict]
        click.echo(f"{click.style(report.file, bold=True)}: {click.style(words, fg=colour)} ({_count(report.transactions, 'transaction')})")
        at = None
        for finding in report.findings:
            self._rules[finding.rule, finding.severity] += 1
            if (place := _place(finding)) != at:
                click.echo(f"  {place}")
                at = place
            click.echo(self._line(finding))
        if hidden := report.findings_total - len(report.findings):
            click.echo(f"  and {hidden} more; --max-findings lists more of them")
        if report.findings:
            click.echo()

    def _line(self, finding: Finding) -> str:
        label = click.style(finding.severity.ljust(7), fg=_COLOURS[finding.severity])
        ack = f"  [{finding.ack.level} {finding.ack.code}]" if finding.ack else ""
        value = f"  value: {finding.value!r}" if self._show_values and finding.value is not None else ""
        return f"    {label} {finding.rule:<13} {finding.message}{ack}{value}"

    def end(self) -> None:
        """Write the summary over all files."""
        files = sum(self._verdicts.values())
        if not files:
            return
        parts = [f"{n} {_VERDICTS[v][0]}" for v in _VERDICTS if (n := self._verdicts[v])]
        sets = _count(self._sets, "transaction") + (f", {self._sets_rejected} rejected" if self._sets_rejected else "")
        click.echo(f"{_count(files, 'file')}: {', '.join(parts)}; {sets}")
        if sum(self._rules.values()) > 5:
            most = ", ".join(f"{rule} {severity} ({n})" for (rule, severity), n in self._rules.most_common(5))
            click.echo(f"most frequent: {most}")


def _place(finding: Finding) -> str:
    parts = []
    if finding.interchange:
        parts.append(f"interchange {finding.interchange}")
    if finding.transaction:
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
