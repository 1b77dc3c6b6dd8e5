"""Why pyx12 and we may differ: a table of tests over single errors, each with its reason in a sentence.

THEIRS rows speak of an error of pyx12 in a set that we accept, OURS rows of an error of ours in a set that pyx12 accepts. A difference
is known when every error of the side that rejects has a row. A row for a fault of ours would be a lie: mend the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from x12retro.findings import Finding
from x12retro.guide.pyx12_judge import Note
from x12retro.guide.values import is_date
from x12retro.x12 import Delimiters, Transaction

_STARTERS = frozenset({"NM1", "N1", "HL", "LX", "CLM", "CLP", "SVC"})


class Spot(NamedTuple):
    """The place of an error: the element's text, the id of the segment, the delimiters, and what we found in the set."""

    text: str
    segment_id: str
    cut: Delimiters
    found: Sequence[Finding]


THEIRS: tuple[tuple[str, Callable[[Note, Spot], bool]], ...] = (
    (
        "pyx12 knows no repeats within an element: it reads them as one value",
        lambda note, at: note.level == "element" and at.cut.repetition != "" and at.cut.repetition in at.text,
    ),
    (
        "pyx12 counts blanks at the end of a value as an error; we warn",
        lambda note, at: note.code == "6" and (at.text.endswith(" ") or f" {at.cut.component}" in at.text),
    ),
    ("pyx12 takes no number that ends with its decimal point", lambda note, at: note.code == "6" and at.text.endswith(".")),
    (
        "we warn there and do not reject: the guide's rule is in doubt, or breaking it does no harm",
        lambda note, at: any(f.segment == note.segment and _is_of(f, note) for f in at.found),
    ),
    (
        "pyx12 finds no place for a segment whose code is in doubt, nor for what hangs on it; we warn and go on",
        lambda note, at: note.level == "segment" and any(_leads_astray(f, note) for f in at.found),
    ),
)

OURS: tuple[tuple[str, Callable[[Finding, Spot], bool]], ...] = (
    ("we have no map for this guide and say so; pyx12 has one", lambda f, _: f.rule == "X12-GUIDE-001"),
    ("pyx12 was shown the set alone; this is about the file around it", lambda f, _: f.rule.startswith("X12-")),
    ("pyx12 has no rules across segments and no code sets beyond those of its maps", lambda f, _: f.snip >= 3),
    ("pyx12 does not see what a loop lacks when the next loop begins", lambda f, at: _code(f) == "IK3 3" and at.segment_id in _STARTERS),
    ("pyx12 asks of HL02 only that it names a level which is open", lambda f, _: f.rule.endswith("-HL-002")),
    ("pyx12 does not check HL04 against the levels that follow", lambda f, _: f.rule.endswith("-HL-004")),
    ("pyx12 does not look which of a range's dates is first", lambda _, at: _is_backwards(at.text)),
    (
        "pyx12 knows no repeats within an element, so it does not count them",
        lambda _, at: at.cut.repetition != "" and at.cut.repetition in at.text,
    ),
    ("pyx12 takes a value of nothing but blanks", lambda _, at: at.text != "" and not at.text.strip()),
    ("pyx12 takes separators at the end of a composite", lambda _, at: at.text.endswith(at.cut.component)),
    (
        "pyx12 lets a composite begin without its first component where the whole may be left out",
        lambda f, at: _code(f) == "IK4 1" and at.text.startswith(at.cut.component),
    ),
    (
        "pyx12 does not check which components go together",
        lambda f, at: _code(f) in ("IK4 2", "IK4 10", "IK4 I10") and at.cut.component in at.text,
    ),
    ("pyx12 does not judge dates and times within a composite", lambda f, _: f.component is not None and _code(f) in ("IK4 8", "IK4 9")),
)


def why_they_reject(notes: Sequence[Note], transaction: Transaction, found: Sequence[Finding]) -> tuple[tuple[str, ...], bool]:
    """The reasons for errors of pyx12 that we do not share, and whether every one of them has a reason. `found` are our warnings."""
    return _known([_first(THEIRS, note, _spot(transaction, note.segment, _element(note), found)) for note in notes])


def why_we_reject(errors: Sequence[Finding], transaction: Transaction) -> tuple[tuple[str, ...], bool]:
    """The reasons for errors of ours that pyx12 does not share, and whether every one of them has a reason."""
    return _known([_first(OURS, f, _spot(transaction, f.segment, f.element, errors)) for f in errors])


def _first(table: Sequence[tuple[str, Callable[..., bool]]], *about: object) -> str | None:
    return next((reason for reason, test in table if test(*about)), None)


def _known(reasons: list[str | None]) -> tuple[tuple[str, ...], bool]:
    return tuple(dict.fromkeys(reason for reason in reasons if reason)), None not in reasons


def _spot(transaction: Transaction, position: int | None, element: int | None, found: Sequence[Finding]) -> Spot:
    segments = transaction.segments()
    if not position or position > len(segments):
        return Spot("", "", transaction.delimiters, found)
    segment = segments[position - 1]
    return Spot(segment[element] if element else "", segment.id, transaction.delimiters, found)


def _is_of(finding: Finding, note: Note) -> bool:
    """pyx12 names only the first element of a condition that binds several."""
    return finding.element in (None, _element(note)) or note.code in ("2", "10")


def _leads_astray(finding: Finding, note: Note) -> bool:
    """A doubtful code, or none, where segments are told apart, at or before the place that pyx12 speaks of."""
    qualifies = finding.severity == "warning" and _code(finding) in ("IK4 7", "IK4 1") and finding.element in (1, 3)
    return qualifies and (finding.segment or 0) <= note.segment


def _element(note: Note) -> int | None:
    """The number of the element in `UM04-02`."""
    digits = (note.reference or "")[len(note.segment_id) :][:2]
    return int(digits) if digits.isdecimal() else None


def _code(finding: Finding) -> str:
    return f"{finding.ack.level} {finding.ack.code}" if finding.ack is not None else ""


def _is_backwards(text: str) -> bool:
    start, dash, end = text.partition("-")
    return dash != "" and is_date(start) and is_date(end) and start > end
