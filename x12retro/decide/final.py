"""Records of any number of runs, in any order, with copies: the one that stands for each event.

An answer may come late, twice, or before the one it follows. `Standing` takes records as they come and keeps one per event; what it
holds in the end does not depend on the order, and adding a record again changes nothing. It judges as `history` does within a run:
by the time of the answer, then a decision before a pend, then what does not approve before what does. The answer to an inquiry that decided
nothing stands only where there is no other, and so does one that says "still pended": the answer that pended may ask for documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from x12retro.decide.likeness import Care
from x12retro.decide.outcome import APPROVALS
from x12retro.decide.record import Decision, Origin, Rejection, to_json
from x12retro.decide.trouble import trouble
from x12retro.errors import UsageError
from x12retro.x12.traces import request_key

_Key = tuple[str, ...]
_Weight = tuple[date, str, bool, bool, bytes]
_TIED = "DEC-SET-013"


class Standing:
    """The latest answer to each event, by its first trace. One without any stands for itself: only its copies are dropped."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._kept: dict[_Key, tuple[_Weight, Decision]] = {}
        self._cares: dict[_Key, Care] = {}
        self._tied: dict[_Key, set[_Weight]] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision, care: Care | None = None) -> None:
        """Take a record, and the care it is about; it stands if no other about its event is later."""
        key, weight = _key(decision), _weight(decision)
        if any(finding.rule == _TIED for finding in decision.findings):
            self._tied.setdefault(key, set()).add(weight)
        decision = _unmarked(decision)
        known = self._kept.get(key)
        if care is not None:
            self._cares[key] = care
        if known is None:
            self._kept[key] = (weight, decision)
            return
        if known[0] == weight:  # a copy: which of the two is kept must not depend on the order
            self._kept[key] = min(known, (weight, decision), key=_envelope)
            return
        if known[0][:3] == weight[:3]:
            self._tied.setdefault(key, set()).update((known[0], weight))
        if weight > known[0]:
            self._kept[key] = (weight, decision)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Decision]:
        """The records that stand, by event; one that another of the same minute contradicts has a finding."""
        return (decision for decision, _ in self.with_care())

    def with_care(self) -> Iterator[tuple[Decision, Care | None]]:
        """The same, each with the care that was told for its event."""
        for key in sorted(self._kept):
            weight, decision = self._kept[key]
            if weight in self._tied.get(key, ()):
                decision = msgspec.structs.replace(decision, findings=(*decision.findings, trouble(_TIED)))
            yield decision, self._cares.get(key)


def read_decisions(lines: Iterable[bytes]) -> Iterator[Decision]:
    """The records of an earlier run (JSON lines). Raises UsageError naming the line that is none."""
    decoder = msgspec.json.Decoder(Decision)
    for n, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError:
                # the decoder's own words may quote the line
                raise UsageError(f"decisions, line {n}: not a record as `x12retro decide` writes it") from None


def _unmarked(decision: Decision) -> Decision:
    findings = tuple([f for f in decision.findings if f.rule != _TIED])
    return msgspec.structs.replace(decision, superseded_by=None, duplicate=False, findings=findings)


def _key(decision: Decision) -> _Key:
    traces = decision.traces.details
    if traces:
        return "trace", request_key(traces[0].number), traces[0].company
    return "none", decision.traces.bht03, _weight(decision)[-1].hex()


def _weight(decision: Decision) -> _Weight:
    decides = not decision.interim and decision.outcome != "pended"
    day, time = decision.answered_on or date.min, decision.answered_time or ""
    if decision.outcome == "unanswered":  # an inquiry that brought nothing: any other answer stands before it
        day, time, decides = date.min, f"{day}{time}", False
    elif decision.outcome == "pended" and decision.answers == "inquiry":  # nothing new: the answer that pended says more
        day, time = date.min, f"~{day}{time}"
    return (
        day,
        time,
        decides,
        decision.outcome not in APPROVALS,
        hashlib.blake2b(to_json(_said(decision)), digest_size=16).digest(),
    )


def _said(decision: Decision) -> Decision:
    """What the payer said, without where it was read, what we make of it, and what today is."""
    return msgspec.structs.replace(
        decision,
        source=Origin(),
        next_step=msgspec.structs.replace(decision.next_step, due=date.min, why="", overdue=False),
        further_steps=(),
        findings=(),
        places={},
        services=tuple([msgspec.structs.replace(s, places={}, rejections=_nowhere(s.rejections)) for s in decision.services]),
        rejections=_nowhere(decision.rejections),
        other_denials=tuple([msgspec.structs.replace(o, segment=0, offset=0) for o in decision.other_denials]),
    )


def _nowhere(rejections: tuple[Rejection, ...]) -> tuple[Rejection, ...]:
    return tuple([msgspec.structs.replace(r, segment=0, offset=0) for r in rejections])


def _envelope(kept: tuple[_Weight, Decision]) -> tuple[str, ...]:
    source = kept[1].source
    return source.received, source.file, source.interchange, source.group, source.transaction, source.sha256
