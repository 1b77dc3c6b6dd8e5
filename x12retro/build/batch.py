"""Encounters in, proven requests out, in order; and requests into interchanges.

Every request is proven before it is handed out (`proof.py`). One that fails uses up no control number, so the sets of a group are
numbered without a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import BinaryIO, TypeVar

from x12retro.build.compose import compose
from x12retro.build.draft import Draft
from x12retro.build.envelope import GUIDE_VERSION, Envelope, body_of
from x12retro.build.numbers import ControlNumbers
from x12retro.build.partner import Partner
from x12retro.build.proof import Made, Proof, Proposal, alone, together
from x12retro.build.records import Assessment, Body, Built, Control, Leave, Problem
from x12retro.build.told import as_problems
from x12retro.encounter import Encounter, EncounterProblem
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import UnwritableData, X12RetroError
from x12retro.findings import Finding

AnyBuilt = TypeVar("AnyBuilt", bound=Built)


def build(
    encounters: Iterable[Encounter | EncounterProblem],
    partner: Partner,
    *,
    as_of: date,
    control: ControlNumbers | None = None,
    assessment: Assessment | None = None,
    despite_rules: bool = False,
    payers: tuple[Path, ...] = (),
    proof: Proof | None = None,
    read_ahead: bool = False,
) -> Iterator[Built]:
    """Yield a Built for each encounter, in order; one that cannot make a valid request has problems and no segments.

    So has one that the payer's rules refuse, unless `despite_rules`, and one that a fault of ours prevents: it is told as an internal
    problem, and the others go on. `assessment` says what the rules are (nobody is refused when it is None), `payers` are the folders of
    the payers' files that it goes by.

    `as_of` is today, or this moment when it is a datetime; it is written into the message and dates are held against it. `control`
    is the caller's counter, from 1 when None; its numbers are used up as the requests are handed out. `proof` judges each request in an
    interchange of its own (the guide's judge when None); there is no way to go without. `read_ahead` lets some hundred encounters be
    taken before the first outcome comes, which is several times as fast; a `proof` of your own takes them one by one all the same.
    """
    now = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time(12))
    control = ControlNumbers() if control is None else control
    made = _made(encounters, partner, now, control.run, assessment, despite_rules, payers)
    proven = together(made, partner, now, control) if read_ahead and proof is None else alone(made, partner, now, control, proof)
    outcomes = (one if isinstance(one, Built) else _outcome(one, findings, control.propose()) for one, findings in proven)
    yield from in_interchanges(outcomes, partner, control)


def in_interchanges(made: Iterable[AnyBuilt], partner: Partner, control: ControlNumbers) -> Iterator[AnyBuilt]:
    """Pass on what is made, one by one, and use up the control numbers of what was built, a new interchange's when the last is full."""
    sets = 0
    for built in made:
        if built.built:
            control.keep()
            sets += 1
        yield built
        if sets and sets == partner.batch.sets_per_interchange:
            control.next_interchange()
            sets = 0
    if sets:
        control.next_interchange()


def write(out: BinaryIO, built: Iterable[AnyBuilt], partner: Partner, *, as_of: date, version: str = GUIDE_VERSION) -> Iterator[AnyBuilt]:
    """Write what was built into interchanges on `out` while passing every Built on; consume it to the end to have the trailers.

    `version` is the guide that all of it is built by.
    """
    now = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time(12))
    envelope: Envelope | None = None
    for one in built:
        if one.control is not None and one.built:
            if envelope is None or envelope.interchange != one.control.interchange:
                if envelope is not None:
                    envelope.close()
                envelope = Envelope(out, partner, one.control, now, version)
            envelope.add(one.control, _body(one, partner))
        yield one
    if envelope is not None:
        envelope.close()


def _body(one: Built, partner: Partner) -> Body:
    """What was proven, or the lines anew where they go to another partner."""
    body = one.body
    if body is not None and body.delimiters == partner.delimiters and body.line_break == partner.characters.line_break:
        return body
    return body_of(one.lines, partner)


def _made(
    encounters: Iterable[Encounter | EncounterProblem],
    partner: Partner,
    now: datetime,
    run: str,
    assessment: Assessment | None,
    despite_rules: bool,
    payers: tuple[Path, ...],
) -> Iterator[Made]:
    """What becomes of each encounter before the proof."""
    for encounter in encounters:
        if isinstance(encounter, EncounterProblem):
            yield _unread(encounter)
            continue
        try:
            leave = assessment(encounter) if assessment is not None else None
            if leave is not None and leave.verdict == "not_permitted" and not despite_rules:
                one: Made = _refused(encounter.encounter_id, leave)
            else:
                one = _proposal(encounter, partner, now, run, leave, payers)
        except (X12RetroError, OSError):  # configuration or the system: the next one would fail as well
            raise
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one encounter must not cost the others
            one = _failed(encounter.encounter_id, Problem("$", unforeseen(failure)))
        yield one


def _proposal(encounter: Encounter, partner: Partner, now: datetime, run: str, leave: Leave | None, payers: tuple[Path, ...]) -> Made:
    """The request as it is to be proven, or what stands in its way."""
    draft, traces = compose(encounter, partner, now, run, leave, payers)
    if leave is not None:
        _note_doubts(draft, leave)
    if not draft.failed:
        try:
            body = body_of(draft.lines, partner)
            return Proposal(encounter_id=encounter.encounter_id, draft=draft, traces=traces, body=body, leave=leave)
        except UnwritableData as error:
            draft.problem(error.path, error.why)
    return _stopped(encounter.encounter_id, draft, leave)


def _outcome(one: Proposal, findings: Sequence[Finding] | Exception, numbers: Control) -> Built:
    """The request with its numbers, if what was found lets it go."""
    draft = one.draft
    if isinstance(findings, Exception):
        return _failed(one.encounter_id, Problem("$", unforeseen(findings)))
    try:
        draft.problems.extend(list(as_problems(findings, draft.lines, draft.problems)))
    except Exception as failure:  # noqa: BLE001 - a fault of ours in one encounter must not cost the others
        return _failed(one.encounter_id, Problem("$", unforeseen(failure)))
    if draft.failed:
        return _stopped(one.encounter_id, draft, one.leave)
    return Built(
        encounter_id=one.encounter_id,
        built=True,
        lines=tuple(draft.lines),
        traces=one.traces,
        control=numbers,
        problems=tuple(draft.problems),
        leave=one.leave,
        why=(*_why(one.leave), *draft.why),
        body=one.body,
    )


def _stopped(encounter_id: str, draft: Draft, leave: Leave | None) -> Built:
    return Built(encounter_id=encounter_id, built=False, problems=tuple(draft.problems), leave=leave)


_DENIED = "retro.denial.date"
"""What only a denied claim has: a first request does not lack it."""


def _note_doubts(draft: Draft, leave: Leave) -> None:
    """Note what contradicts itself, and the facts that the payer's rule asks for, where nothing else has told so."""
    told = {problem.path for problem in draft.problems}
    for path, words in leave.contradictions:
        if path not in told:
            draft.note(path, words)
    for fact in leave.missing:
        if fact != _DENIED and f"$.{fact}" not in told:
            draft.note(
                f"$.{fact}", f"missing; the payer's rule {leave.rule} asks for it" if leave.rule else "missing; a payer's rule asks for it"
            )


def _why(leave: Leave | None) -> tuple[str, ...]:
    return () if leave is None else (f"{leave.verdict}: {leave.reasons[0] if leave.reasons else leave.step}",)


def _refused(encounter_id: str, leave: Leave) -> Built:
    message = f"not asked, the payer's rules refuse it: {'; '.join(leave.reasons)}. Next: {leave.step}"
    return Built(encounter_id=encounter_id, built=False, problems=(Problem("$", message),), leave=leave)


def _unread(problem: EncounterProblem) -> Built:
    return _failed(problem.encounter_id, *(Problem(slip.path, slip.message, line=slip.line) for slip in problem.slips))


def _failed(encounter_id: str | None, *problems: Problem) -> Built:
    return Built(encounter_id=encounter_id, built=False, problems=problems)
