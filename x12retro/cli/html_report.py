"""The validation report as one HTML file: who is rejected and why, by rule, and in each transaction at its place.

It prints well and needs nothing else. Sections of files are written aside as the files pass, because what stands above them, the
verdicts and the rules, is known last; so memory holds one file's findings at most.
"""

from __future__ import annotations

import shutil
from collections import Counter
from html import escape
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from x12retro import __version__
from x12retro.cli import html_page
from x12retro.cli.forms import Form
from x12retro.cli.html_tree import WORDS, says, tree
from x12retro.cli.rule_words import in_a_line, is_map_rule
from x12retro.findings import Finding
from x12retro.guide.judge import Checked
from x12retro.guide.report import FileReport
from x12retro.x12 import Transaction

_IN_FULL = 100
"""So many transactions are shown segment by segment; of those after them the findings alone."""
_IN_MEMORY = 4 << 20
_CELLS = ("verdict", "n wide", "n", "n", "n wide", "n wide")
_VERDICTS = {"accepted": "accepted", "accepted_with_warnings": "accepted, with warnings", "rejected": "rejected"}


class HtmlReport(Form):
    """Writes the page to `out` when all files are done. `most`: the findings listed per file."""

    looks_at_parts = True

    def __init__(self, out: BinaryIO, show_values: bool, most: int) -> None:
        self._out = out
        self._show_values = show_values
        self._most = most
        self._sections = cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - closed in `end`
        self._files: list[FileReport] = []
        self._rules: Counter[tuple[str, str]] = Counter()
        self._examples: dict[str, str] = {}
        self._trees = 0

    def begin(self, file: str) -> None:  # noqa: ARG002 - every form's signature
        self._parts: list[str] = []
        self._left = self._most
        self._right = 0

    def checked(self, checked: Checked) -> None:
        for finding in checked.findings:
            self._rules[finding.rule, finding.severity] += 1
            self._examples.setdefault(finding.rule, finding.message)
        part = checked.part
        if isinstance(part, Transaction):
            if not checked.findings:
                self._right += 1
                return
            self._flush()
            shown = self._take(checked.findings)
            if shown:
                self._parts.extend(self._transaction(part, checked, shown))
        elif checked.findings:
            self._flush()
            apart = "".join(says(f, self._show_values, _envelope(f)) for f in self._take(checked.findings))
            if apart:
                self._parts.append(f'<div class="apart">{apart}</div>\n')

    def file(self, report: FileReport) -> None:
        self._flush()
        self._files.append(report)
        if report.findings_total:
            text = [
                f'<section id="file-{len(self._files)}">\n<h2>{escape(report.file)}</h2>\n<p>{_verdict(report)}, {_counts(report)}</p>\n'
            ]
            hidden = report.findings_total - (self._most - self._left)
            more = f'<p class="soft">and {_count(hidden, "finding")} more; --max-findings lists more of them</p>\n' if hidden else ""
            for piece in chain(text, self._parts, [more, "</section>\n"]):
                self._sections.write(piece.encode("utf-8", "replace"))
        self._parts = []

    def end(self, unreadable: int) -> None:
        self._out.write(html_page.head("X12 validation report").encode())
        for piece in chain(self._intro(unreadable), self._file_table(), self._rule_table()):
            self._out.write(piece.encode("utf-8", "replace"))
        if any(report.findings_total for report in self._files):
            self._out.write(html_page.FILTER.encode())
        self._sections.seek(0)
        shutil.copyfileobj(self._sections, self._out)
        self._sections.close()
        self._out.write(html_page.foot(f"x12retro {__version__}").encode())

    def _take(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Those that may still be listed."""
        shown = findings[: self._left]
        self._left -= len(shown)
        return shown

    def _flush(self) -> None:
        """Write the line of the right transactions that have gone by."""
        if self._right:
            self._parts.append(f'<p class="right">✓ {_count(self._right, "transaction")} without findings</p>\n')
            self._right = 0

    def _transaction(self, part: Transaction, checked: Checked, shown: tuple[Finding, ...]) -> list[str]:
        kinds: Counter[str] = Counter(f.severity for f in shown)
        counts = "".join(
            f'<span class="word {kind}">{_count(n, WORDS[kind].lower()) if kind != "info" else f"{n} advice"}</span>'
            for kind in WORDS
            if (n := kinds[kind])
        )
        st = part.segments()[0] if part.segments() else None
        name = f"Transaction {part.control}" + (f" ({checked.guide or st[1]})" if st is not None else "")
        where = f"group {part.group.control or '-'}, interchange {part.interchange.control or '-'}, byte {part.offset}"
        verdict = "accepted" if checked.accepted else "rejected"
        head = f'<summary><strong>{escape(name)}</strong> <span class="{verdict}">{verdict}</span>{counts}'
        head += f' <span class="soft">{escape(where)}</span></summary>\n'
        if self._trees < _IN_FULL:
            self._trees += 1
            body = list(tree(part, shown, self._show_values))
        else:
            body = [says(f, self._show_values, _place(f)) for f in shown]
        if len(shown) < len(checked.findings):
            body.append(f'<p class="soft">and {len(checked.findings) - len(shown)} more here</p>')
        opened = " open" if kinds["error"] or kinds["warning"] else ""
        return [f"<details{opened}>", head, *body, "</details>\n"]

    def _intro(self, unreadable: int) -> list[str]:
        files = len(self._files)
        rejected = sum(report.verdict == "rejected" for report in self._files)
        sets = sum(report.transactions for report in self._files)
        bad = sum(report.transactions_rejected for report in self._files)
        text = f"<p>{_count(files, 'file')}, {rejected:,} rejected; {_count(sets, 'transaction')}, {bad:,} rejected."
        text += f" {_count(unreadable, 'file')} could not be read.</p>\n" if unreadable else "</p>\n"
        if self._show_values:
            note = '<p class="note">This report holds values of the messages: they may be a patient\'s data.</p>\n'
        else:
            note = '<p class="soft">Values of the messages are left out: shown are segment ids, and codes of the guide\'s own lists.</p>\n'
        return [text, note]

    def _file_table(self) -> list[str]:
        heads = ("Verdict", "Transactions", "Rejected", "Errors", "Warnings", "Findings")
        head = "".join(f'<th class="{kind}">{text}</th>' for text, kind in zip(heads, _CELLS, strict=True))
        rows = ['<h2 id="files">Files</h2>\n', f'<table class="list"><thead><tr><th>File</th>{head}</tr></thead><tbody>\n']
        for number, report in enumerate(self._files, 1):
            name = escape(report.file)
            if report.findings_total:
                name = f'<a href="#file-{number}">{name}</a>'
            numbers = (report.transactions, report.transactions_rejected, report.errors, report.warnings, report.findings_total)
            cells = "".join(
                f'<td class="{kind}">{text}</td>' for text, kind in zip((_verdict(report), *map(_n, numbers)), _CELLS, strict=True)
            )
            rows.append(f'<tr><td class="name">{name}</td>{cells}</tr>\n')
        return [*rows, "</tbody></table>\n"]

    def _rule_table(self) -> list[str]:
        if not self._rules:
            return []
        rows = ['<h2 id="rules">Findings by rule</h2>\n<table class="list"><thead><tr><th>Rule</th><th>Severity</th><th class=n>Count</th>']
        rows.append("<th>Meaning</th></tr></thead><tbody>\n")
        order = list(WORDS)
        for (rule, severity), n in sorted(self._rules.items(), key=lambda one: (order.index(one[0][1]), -one[1], one[0])):
            word = f'<span class="word {severity}">{WORDS[severity]}</span>'
            cells = f'<td class="mono">{escape(rule)}</td><td>{word}</td><td class="n">{n:,}</td><td>{self._meaning(rule)}</td>'
            rows.append(f"<tr>{cells}</tr>\n")
        return [*rows, "</tbody></table>\n"]

    def _meaning(self, rule: str) -> str:
        """The rule in a line; of a rule of a map, of which there are thousands, the first message as an example."""
        if is_map_rule(rule):
            return f'{escape(in_a_line(rule))} <span class="soft">Such as: {escape(self._examples[rule])}.</span>'
        return escape(in_a_line(rule) or self._examples[rule])


def _verdict(report: FileReport) -> str:
    return f'<span class="word {report.verdict}">{_VERDICTS[report.verdict]}</span>'


def _counts(report: FileReport) -> str:
    rejected = f", {report.transactions_rejected:,} rejected" if report.transactions_rejected else ""
    return f"{_count(report.transactions, 'transaction')}{rejected}; {_count(report.errors, 'error')}, {_count(report.warnings, 'warning')}"


def _envelope(finding: Finding) -> str:
    named = (("interchange", finding.interchange), ("group", finding.group), ("transaction", finding.transaction))
    return ", ".join(f"{what} {control}" for what, control in named if control)


def _place(finding: Finding) -> str:
    if finding.segment is None:
        return ""
    before = "before " if finding.ack is not None and (finding.ack.level, finding.ack.code) == ("IK3", "3") else ""
    loop = f", loop {finding.loop}" if finding.loop else ""
    return f"{before}segment {finding.segment} ({finding.segment_id or '?'}){loop}"


def _n(n: int) -> str:
    return f"{n:,}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
