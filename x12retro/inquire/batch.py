"""Pended requests in, proven inquiries out, in order. What fails uses up no control number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

from x12retro.build import ControlNumbers, Partner, Problem, Traces
from x12retro.build.batch import in_interchanges
from x12retro.build.draft import Draft
from x12retro.build.envelope import Envelope, body_of
from x12retro.build.proof import prove
from x12retro.build.records import Body, Control
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import UnwritableData, X12RetroError
from x12retro.inquire.compose import GUIDE_VERSION, compose
from x12retro.inquire.pended import Pended
from x12retro.inquire.record import Asking
from x12retro.x12 import Transaction


def inquiries(
    pended: Iterable[tuple[Pended, Transaction | None]], partner: Partner, *, as_of: date, control: ControlNumbers | None = None
) -> Iterator[Asking]:
    """Yield an Asking for each pended request, in order; one that no valid inquiry can be made of has problems and no segments.

    A decision comes with the request that it is about, as it was sent; None where that is not at hand. `as_of` is today, or this moment
    when it is a datetime. `control` is the caller's counter, from 1 when None: its `run` tells inquiries after one request apart.
    `x12retro.build.write` puts them into interchanges, with `version=GUIDE_VERSION`.
    """
    now = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time(12))
    control = ControlNumbers() if control is None else control
    made = (_asking(decision, request, partner, now, control) for decision, request in pended)
    yield from in_interchanges(made, partner, control)


def _asking(decision: Pended, request: Transaction | None, partner: Partner, now: datetime, control: ControlNumbers) -> Asking:
    encounter = decision.encounter_id
    if not decision.is_open:
        outcome = decision.outcome.replace("_", " ")
        return _none(encounter, Problem("$.outcome", f"the decision is {outcome}; an inquiry asks after what is pended"))
    if request is None:
        return _none(encounter, Problem("$.traces", "the request is not at hand; an inquiry names payer and patient as the request did"))
    try:
        draft, trace, number = compose(request, decision, partner, now, control.run)
        body = _proven(draft, partner, control.propose(), now)
    except (X12RetroError, OSError):  # configuration or the system: the next one would fail as well
        raise
    except Exception as failure:  # noqa: BLE001 - a fault of ours in one inquiry must not cost the others
        return _none(encounter, Problem("$", unforeseen(failure)))
    if body is None:
        return _none(encounter, *draft.problems)
    return Asking(
        encounter_id=encounter,
        built=True,
        lines=tuple(draft.lines),
        traces=Traces(trace),
        control=control.propose(),
        problems=tuple(draft.problems),
        body=body,
        request=number,
        asked_at=now,
    )


def _proven(draft: Draft, partner: Partner, numbers: Control, now: datetime) -> Body | None:
    """The inquiry as it is written, when nothing is wrong with it; else None, and the draft says what."""
    if draft.failed:
        return None
    try:
        raw, body = bytearray(), body_of(draft.lines, partner)
        envelope = Envelope(raw, partner, numbers, now, GUIDE_VERSION)
        envelope.add(numbers, body)
        envelope.close()
    except UnwritableData as error:
        draft.problem(error.path, error.why)
        return None
    for finding in prove(bytes(raw), now):
        n = None if finding.segment is None else finding.segment - 2  # ST is segment 1, lines start after it
        path = draft.lines[n].path if n is not None and 0 <= n < len(draft.lines) else "$"
        message = f"{finding.message} ({finding.rule})"
        draft.problems.append(Problem(path, message, "error" if finding.is_error else "note"))
    return None if draft.failed else body


def _none(encounter: str | None, *problems: Problem) -> Asking:
    return Asking(encounter_id=encounter, built=False, problems=problems)
