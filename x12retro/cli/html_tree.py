"""One transaction as a table of HTML: loops indented, segments in order, each finding under the segment that it speaks of.

Values stay out of it unless they are asked for: only codes of the guide's closed lists are shown, which name nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from x12retro.findings import Finding, Severity
from x12retro.guide.outline import Line, outline
from x12retro.x12 import Segment, Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS

_LONG = 400
"""A set of more segments is shown around its findings only."""
_AROUND = 8
_DEEPEST = 9
_WORST: tuple[Severity, ...] = ("error", "warning", "info")
WORDS = {"error": "Error", "warning": "Warning", "info": "Advice"}


def tree(transaction: Transaction, findings: Sequence[Finding], show_values: bool) -> Iterator[str]:
    """Yield the rows of the table, the table included. Findings without a segment stand before it."""
    segments = transaction.segments()
    before: dict[int, list[Finding]] = {}
    after: dict[int, list[Finding]] = {}
    for finding in findings:
        position = finding.segment
        if position is None or not 1 <= position <= len(segments):
            yield says(finding, show_values)
        else:
            (before if is_missing(finding) else after).setdefault(position, []).append(finding)
    near = _near(len(segments), {*before, *after})
    yield '<table class="tree"><caption class="hidden">The segments of the transaction with their findings</caption>'
    yield '<thead class="hidden"><tr><th>No.</th><th>Segment</th><th>Name</th><th>Content</th></tr></thead><tbody>\n'
    skipped = 0
    for seg, line in zip(segments, outline(transaction), strict=True):
        if near is not None and seg.position not in near:
            skipped += 1
            continue
        if skipped:
            yield _cut(skipped)
            skipped = 0
        if line.loop:
            yield _loop(line)
        yield from _under(before.get(seg.position, ()), line.depth, show_values)
        found = after.get(seg.position, ())
        yield _segment(seg, line, found, transaction, show_values)
        yield from _under(found, line.depth, show_values)
    if skipped:
        yield _cut(skipped)
    yield "</tbody></table>\n"


def says(finding: Finding, show_values: bool, place: str = "") -> str:
    """A finding in words: severity, message, then rule, SNIP type, acknowledgment code and place in small."""
    small = [f"<b>{escape(finding.rule)}</b>", f"SNIP {finding.snip}"]
    if finding.ack is not None:
        small.append(f"{'TA1' if finding.ack.level == 'TA1' else '999 ' + finding.ack.level} {escape(finding.ack.code)}")
    if place:
        small.append(escape(place))
    if finding.offset is not None:
        small.append(f"byte {finding.offset}")
    if show_values and finding.value is not None:
        small.append(f"value <code>{escape(finding.value)}</code>")
    word = f'<span class="{finding.severity} word">{WORDS[finding.severity]}</span>'
    return f'<div class="says {finding.severity}">{word} {escape(finding.message)}<small>{" · ".join(small)}</small></div>\n'


def is_missing(finding: Finding) -> bool:
    """True when the finding speaks of a segment that should stand before the one it names."""
    return finding.ack is not None and finding.ack.level == "IK3" and finding.ack.code == "3"


def worst(findings: Sequence[Finding]) -> Severity | None:
    """The gravest severity among `findings`."""
    return next((one for one in _WORST if any(f.severity == one for f in findings)), None)


def _near(count: int, places: set[int]) -> set[int] | None:
    """The positions to show; None for all."""
    if count <= _LONG:
        return None
    shown = {1, 2, count}
    for place in places:
        shown.update(range(place - _AROUND, place + _AROUND + 1))
    return shown


def _cut(n: int) -> str:
    return f'<tr class="cut plain"><td colspan="4">{n} segments without findings</td></tr>\n'


def _loop(line: Line) -> str:
    name = escape(f"{line.loop} {line.loop_name}")
    return f'<tr class="loop plain"><td></td><td colspan="3" class="d{_depth(line)}">{name}</td></tr>\n'


def _segment(seg: Segment, line: Line, found: Sequence[Finding], transaction: Transaction, show_values: bool) -> str:
    gravest = worst(found)
    row = f"at {gravest}" if gravest else "plain"
    # what is no id of X12 may be a piece of a patient's name
    xid = seg.id if seg.id in KNOWN_SEGMENTS or show_values else "?"
    name = escape(line.name) if line.name else '<span class="soft">has no place here</span>'
    raw = ""
    if show_values:
        raw = f'<code class="raw">{escape(transaction.delimiters.element.join(seg.fields))}</code><br>'
    cells = f'<td class="pos">{seg.position}</td><td class="id d{_depth(line)}"><b class="mono">{escape(xid)}</b></td>'
    return f'<tr class="{row}">{cells}<td class="name">{name}</td><td class="codes">{raw}{_codes(line)}</td></tr>\n'


def _codes(line: Line) -> str:
    """The codes of closed lists with their meanings."""
    return "".join(
        f"<span><i>{escape(value.place)}</i> {escape(value.text)}{f' {escape(value.meaning)}' if value.meaning else ''}</span>"
        for value in line.values
        if value.listed
    )


def _under(findings: Sequence[Finding], depth: int, show_values: bool) -> Iterator[str]:
    for finding in findings:
        text = says(finding, show_values)
        yield f'<tr class="finding {finding.severity}"><td></td><td colspan="3" class="d{min(depth, _DEEPEST)}">{text}</td></tr>\n'


def _depth(line: Line) -> int:
    return min(line.depth, _DEEPEST)
