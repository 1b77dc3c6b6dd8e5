"""The forms of the validation report. Each is told the same things in the same order and writes what its format asks for.

`begin(file)`, then `checked` for every part of the file as it passes and `finding` for each finding that is to be listed, then
`opinion` where a second one was asked for, and `file`; `end` closes the report. No form keeps a file's findings when the file is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import msgspec

from x12retro.findings import Finding
from x12retro.guide.judge import Checked
from x12retro.guide.report import FileReport

if TYPE_CHECKING:
    from x12retro.guide.second_opinion import Comparison


class Form:
    """A form that says nothing; the others override what they need. `checked` is called only when `looks_at_parts`."""

    looks_at_parts = False

    def begin(self, file: str) -> None:
        """A file begins."""

    def checked(self, checked: Checked) -> None:
        """One part of the file has been judged; its findings hold values, whatever the user asked for."""

    def finding(self, finding: Finding) -> None:
        """A finding to be listed; its value is there only if it was asked for."""

    def opinion(self, comparison: Comparison) -> None:
        """The second opinion on the file, where one was asked for."""

    def file(self, report: FileReport) -> None:
        """The file is done."""

    def end(self, unreadable: int) -> None:
        """All files are done; `unreadable` could not be opened."""


class JsonForm(Form):
    """One JSON line per file, its findings within."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._findings: list[Finding] = []
        self._comparison: Comparison | None = None

    def finding(self, finding: Finding) -> None:
        self._findings.append(finding)

    def opinion(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def file(self, report: FileReport) -> None:
        summary = msgspec.structs.asdict(msgspec.structs.replace(report, findings=self._findings))
        self._line(summary if self._comparison is None else {**summary, "second_opinion": self._comparison})
        self._findings, self._comparison = [], None
        self._out.flush()

    def _line(self, value: object) -> None:
        self._out.write(msgspec.json.encode(value) + b"\n")


class JsonLinesForm(JsonForm):
    """One JSON line per finding, with its file; then one per file."""

    def begin(self, file: str) -> None:
        self._name = file

    def finding(self, finding: Finding) -> None:
        self._line({"file": self._name, **msgspec.to_builtins(finding)})
