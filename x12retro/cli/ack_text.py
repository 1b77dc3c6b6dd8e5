"""Received acknowledgments for people: what was accepted, what was not, where and why, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import click

from x12retro.acknowledge import (
    Acknowledgment,
    Advice,
    AdviceVerdict,
    Context,
    ElementNote,
    GroupAck,
    InterchangeAck,
    Note,
    Reason,
    SegmentNote,
    Sent,
    SetAck,
)
from x12retro.findings import Finding

_WORDS: dict[AdviceVerdict, tuple[str, str]] = {
    "accepted": ("accepted", "green"),
    "accepted_with_errors": ("accepted, errors noted", "yellow"),
    "accepted_with_change": ("accepted, data changed", "yellow"),
    "partially_accepted": ("accepted in part", "yellow"),
    "rejected": ("rejected", "red"),
    "unclear": ("unclear, not to be taken for accepted", "red"),
}


class AckText:
    """Gives the lines of one acknowledgment after the other, styled, and a line that sums them up."""

    def __init__(self) -> None:
        self._sets: Counter[AdviceVerdict] = Counter()
        self._seen: Counter[str] = Counter()

    def lines(self, ack: Acknowledgment) -> Iterator[str]:
        """The lines of one acknowledgment."""
        self._seen[ack.kind] += 1
        name = click.style(ack.source.file, bold=True)
        if isinstance(ack, InterchangeAck):
            why = f": {ack.meaning or 'no meaning known'} [{ack.code}]" if ack.code not in ("", "000") else ""
            yield f"{name}: TA1: interchange {ack.control or '?'}{_ours(ack.sent, ack.matched)}: {_verdict(ack.verdict)}{why}"
        elif isinstance(ack, GroupAck):
            yield f"{name}: {ack.kind}: {_group(ack)}"
            yield from self._below(ack)
        else:
            self._sets[ack.verdict] += 1
            yield f"{name}: {ack.kind}: {_advice(ack)}"
            yield from map(_reason, ack.reasons)
            if ack.codes:
                yield f"  {_codes(ack.codes)}"
        for finding in ack.findings:
            yield f"  {_label(finding)} {finding.message}"

    def _below(self, ack: GroupAck) -> Iterator[str]:
        if ack.codes:
            yield f"  {_codes(ack.codes)}"
        for one in ack.sets:
            self._sets[one.verdict] += 1
            if one.verdict != "accepted" or one.segments:
                yield from _set(one)

    def end(self) -> str:
        """One line over all."""
        sets = ", ".join(f"{n} {_WORDS[verdict][0]}" for verdict, n in self._sets.most_common())
        acks = ", ".join(f"{n} {kind}" for kind, n in self._seen.items()) or "nothing"
        return f"read {acks}" + (f"; sets: {sets}" if sets else "")


def _verdict(verdict: AdviceVerdict) -> str:
    words, colour = _WORDS[verdict]
    return click.style(words, fg=colour)


def _group(ack: GroupAck) -> str:
    guide = f" ({ack.guide})" if ack.guide else ""
    counts = f"; {_count(ack.accepted)} of {_count(ack.received)} received sets accepted" if ack.said else ""
    return f"group {ack.functional_code} {ack.control}{guide}{_ours(ack.sent, ack.matched)}: {_verdict(ack.verdict)}{counts}"


def _advice(ack: Advice) -> str:
    sets = " ".join(filter(None, (ack.set_id, ack.transaction)))
    what = f"{ack.level or 'something'} {sets}".rstrip()
    group = f" of group {ack.group}" if ack.group else ""
    named = f"group {ack.group}" if ack.level == "group" and not sets else f"{what}{group}"
    numbers = f", {', '.join(ack.numbers)}" if ack.numbers else ""
    said = ack.said if ack.verdict != "unclear" or ack.meaning is None else f"{ack.said}: {ack.meaning}"
    return f"{named}{numbers}{_ours(ack.sent, ack.matched)}: {_verdict(ack.verdict)} [{said or '-'}]"


def _reason(reason: Reason) -> str:
    place = f"segment {_count(reason.position)} {reason.segment_id}" if reason.segment_id or reason.position is not None else ""
    if reason.element is not None:
        place += f", element {reason.element}" + (f"-{reason.component}" if reason.component else "")
    codes = f" ({', '.join(note.code for note in reason.codes)})" if reason.codes else ""
    value = f", value {reason.value!r}" if reason.value is not None else ""
    text = f": {' / '.join(repr(one) for one in reason.text)}" if reason.text else ""
    return f"  {f'{place}{value}: ' if place or value else ''}{_note(reason.code, reason.meaning)}{codes}{text}"


def _ours(sent: Sent | None, matched: bool | None) -> str:
    if matched is None:
        return ""
    return f" (sent: {sent.file or 'by the build report'})" if sent is not None else " (unmatched: none of what was sent)"


def _set(one: SetAck) -> Iterator[str]:
    encounter = f", encounter {one.sent.encounter_id}" if one.sent is not None and one.sent.encounter_id else ""
    listed = "" if one.listed else ", not listed"
    why = f": {_codes(one.codes)}" if one.codes else ""
    yield f"  set {one.set_id} {one.control}{encounter}{listed}: {_verdict(one.verdict)}{why}"
    for segment in one.segments:
        yield from _segment(segment)


def _segment(note: SegmentNote) -> Iterator[str]:
    loop = f" of loop {note.loop}" if note.loop else ""
    yield f"    segment {_count(note.position)} {note.segment_id}{loop}: {_note(note.code, note.meaning)}{_contexts(note.context)}"
    for element in note.elements:
        yield f"      {_element(note.segment_id, element)}: {_note(element.code, element.meaning)}{_contexts(element.context)}"


def _element(segment_id: str, note: ElementNote) -> str:
    place = f"{segment_id}{note.position:02d}" if note.position is not None else f"{segment_id} element ?"
    place += f"-{note.component}" if note.component else ""
    place += f", repeat {note.repeat}" if note.repeat else ""
    value = f", value {note.value!r}" if note.value is not None else ""
    return f"{place}{value}"


def _contexts(contexts: tuple[Context, ...]) -> str:
    texts = []
    for context in contexts:
        if context.value is not None:
            texts.append(f"{context.name} {context.value!r}")
        elif context.segment_id:
            element = f"{context.element:02d}" if context.element is not None else ""
            texts.append(f"because of {context.segment_id}{element} in segment {_count(context.position)}")
        else:
            texts.append(context.name)
    return f" ({'; '.join(texts)})" if texts else ""


def _codes(notes: tuple[Note, ...]) -> str:
    return "; ".join(_note(note.code, note.meaning) for note in notes)


def _note(code: str, meaning: str | None) -> str:
    return f"{meaning or 'no meaning known'} [{code or '-'}]"


def _label(finding: Finding) -> str:
    return click.style("error", fg="red") if finding.is_error else click.style("note", fg="blue")


def _count(n: int | None) -> str:
    return "?" if n is None else str(n)
