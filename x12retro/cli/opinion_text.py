"""The second opinion in words: how often pyx12 agrees, and each set on which the two differ, with what either says and why."""

from __future__ import annotations

from collections.abc import Iterator

import click

from x12retro.guide.pyx12_judge import Note
from x12retro.guide.second_opinion import Comparison, Disagreement, OurError

_MOST = 5
"""Errors of either side that are shown of one set; the JSON form has more."""


def opinion_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines, indented as findings are."""
    parts = [f"agrees on {comparison.agree:,}", f"differs on {comparison.disagree:,}"]
    if comparison.no_opinion:
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(comparison.no_opinion_kinds.items()))
        parts.append(f"has no opinion on {comparison.no_opinion:,} ({kinds})")
    yield f"  second opinion: pyx12 {', '.join(parts)}"
    for one in comparison.disagreements:
        yield from _disagreement(one)
    if hidden := comparison.disagree - len(comparison.disagreements):
        yield f"  and {hidden:,} more that differ"


def _disagreement(one: Disagreement) -> Iterator[str]:
    yield f"  set {one.transaction}, byte {one.offset}: {one.ours} by us, {one.pyx12} by pyx12"
    said = [("ours", _ours(error)) for error in one.our_errors] + [("pyx12", _theirs(note)) for note in one.pyx12_errors]
    for side, text in said[:_MOST]:
        yield f"    {side:<7} {text}"
    if len(said) > _MOST:
        yield f"    {'':<7} and {len(said) - _MOST} more"
    for reason in one.why:
        yield f"    {'why':<7} {reason}"
    if not one.known:
        yield click.style(f"    {'why':<7} not a known difference: please look at this set", fg="yellow")


def _ours(error: OurError) -> str:
    return f"{error.rule} {_at(error.segment, error.segment_id)}".rstrip()


def _theirs(note: Note) -> str:
    place = f" {note.reference}" if note.reference else ""
    return f"{_at(note.segment, note.segment_id)}{place}: {note.text} [{note.level} {note.code}]"


def _at(segment: int | None, segment_id: str | None) -> str:
    return f"segment {segment} ({segment_id or '?'})" if segment is not None else ""
