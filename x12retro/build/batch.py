"""Encounters in, proven requests out, one at a time; and requests into interchanges.

A request is proven alone, in an interchange of its own with the numbers it will have, before it is handed out. One that fails
uses up no control number, so the sets of a group are numbered without a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import BinaryIO

from x12retro.build.compose import compose
from x12retro.build.draft import Draft
from x12retro.build.envelope import Envelope
from x12retro.build.numbers import ControlNumbers
from x12retro.build.partner import Partner
from x12retro.build.proof import prove
from x12retro.build.records import Assessment, Built, Leave, Problem
from x12retro.build.told import as_problems
from x12retro.encounter import Encounter, EncounterProblem
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import UnwritableData, X12RetroError
from x12retro.findings import Finding

Proof = Callable[[bytes], list[Finding]]


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
) -> Iterator[Built]:
    """Yield a Built for each encounter, in order; one that cannot make a valid request has problems and no segments.

    So has one that the payer's rules refuse, unless `despite_rules`, and one that a fault of ours prevents: it is told as an internal
    problem, and the others go on. `assessment` says what the rules are (nobody is refused when it is None), `payers` are the folders of
    the payers' files that it goes by.

    `as_of` is today, or this moment when it is a datetime; it is written into the message and dates are held against it. `control`
    is the caller's counter, from 1 when None. `proof` judges each finished interchange (the guide's judge when None); there is no way
    to go without.
    """
    proof = partial(prove, as_of=as_of) if proof is None else proof
    now = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time(12))
    control = ControlNumbers() if control is None else control
    sets = 0
    for encounter in encounters:
        if isinstance(encounter, EncounterProblem):
            yield _unread(encounter)
            continue
        if sets and sets == partner.batch.sets_per_interchange:
            control.next_interchange()
            sets = 0
        try:
            leave = assessment(encounter) if assessment is not None else None
            if leave is not None and leave.verdict == "not_permitted" and not despite_rules:
                built = _refused(encounter.encounter_id, leave)
            else:
                built = _build_one(encounter, partner, now, control, proof, leave, payers)
        except (X12RetroError, OSError):  # configuration or the system: the next one would fail as well
            raise
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one encounter must not cost the others
            built = _failed(encounter.encounter_id, Problem("$", unforeseen(failure)))
        if built.built:
            control.keep()
            sets += 1
        yield built
    if sets:
        control.next_interchange()


def write(out: BinaryIO, built: Iterable[Built], partner: Partner, *, as_of: date) -> Iterator[Built]:
    """Write what was built into interchanges on `out` while passing every Built on; consume it to the end to have the trailers."""
    now = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time(12))
    envelope: Envelope | None = None
    for one in built:
        if one.control is not None and one.built:
            if envelope is None or envelope.interchange != one.control.interchange:
                if envelope is not None:
                    envelope.close()
                envelope = Envelope(out, partner, one.control, now)
            envelope.add(one.control, one.lines)
        yield one
    if envelope is not None:
        envelope.close()


def _build_one(
    encounter: Encounter,
    partner: Partner,
    now: datetime,
    control: ControlNumbers,
    proof: Proof,
    leave: Leave | None,
    payers: tuple[Path, ...],
) -> Built:
    draft, traces = compose(encounter, partner, now, control.run, leave, payers)
    if leave is not None:
        _note_missing(draft, leave)
    numbers = control.propose()
    if not draft.failed:
        raw = bytearray()
        try:
            envelope = Envelope(raw, partner, numbers, now)
            envelope.add(numbers, draft.lines)
            envelope.close()
        except UnwritableData as error:
            draft.problem(error.path, error.why)
        else:
            draft.problems.extend(list(as_problems(proof(bytes(raw)), draft.lines, draft.problems)))
    if draft.failed:
        return Built(encounter_id=encounter.encounter_id, built=False, problems=tuple(draft.problems), leave=leave)
    return Built(
        encounter_id=encounter.encounter_id,
        built=True,
        lines=tuple(draft.lines),
        traces=traces,
        control=numbers,
        problems=tuple(draft.problems),
        leave=leave,
        why=(*_why(leave), *draft.why),
    )


def _note_missing(draft: Draft, leave: Leave) -> None:
    """Note the facts that the payer's rule asks for and nothing else has told as missing."""
    told = {problem.path for problem in draft.problems}
    for fact in leave.missing:
        if f"$.{fact}" not in told:
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
