"""The journey out: encounter -> assess -> build, which proves each request against the guide before it hands it out.

Here (`outbound`), or by many hands (`given`, `numbered`): what comes out is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from x12retro.assess import KINDS, Rules, Verdict, shown
from x12retro.assess import verdict as verdict_on
from x12retro.build import Built, ControlNumbers, FollowUps, Leave, Partner, Wanted, build, in_interchanges
from x12retro.crew import Alone, Crew, Pending
from x12retro.encounter import Encounter, EncounterProblem
from x12retro.guide.overlay import payers_dir

_NOT_LATE = frozenset("123N")
"""Appeals, cancellations and reconsiderations (UM02): the rules about late requests do not speak of them."""
AT_ONCE = 500
"""Encounters that are well given at a time: a fifth of a second of work, and a hundred times what it costs to send them."""
_WORTH_A_CREW = 100


def outbound(
    encounters: Iterable[Encounter | EncounterProblem],
    partner: Partner,
    rules: Rules,
    *,
    as_of: date,
    control: ControlNumbers | None = None,
    own_payers: Path | None = None,
    despite_rules: bool = False,
    follow_ups: FollowUps | None = None,
    on_verdict: Callable[[Encounter, Verdict], None] | None = None,
    read_ahead: bool = False,
) -> Iterator[Built]:
    """Yield a Built for each encounter, in order: assessed by `rules` first, and built when they do not refuse it.

    `as_of` is today, or this moment when it is a datetime. `own_payers` is the user's folder of payers' files, which `rules` were read
    from too. `despite_rules` builds what they refuse. `follow_ups` are the earlier decisions that the encounters are asked again about.
    `on_verdict` is told every verdict with its encounter, before its request is built. `read_ahead` is that of `x12retro.build.build`.
    """
    folders = (*((own_payers,) if own_payers is not None else ()), payers_dir())

    def assessment(encounter: Encounter) -> Leave | None:
        if encounter.event.certification in _NOT_LATE:
            return None
        found = verdict_on(encounter, rules, as_of)
        if on_verdict is not None:
            on_verdict(encounter, found)
        return leave(found, encounter)

    if follow_ups is not None:
        encounters = follow_ups.turned(encounters)
    return build(
        encounters,
        partner,
        as_of=as_of,
        control=control,
        assessment=assessment,
        despite_rules=despite_rules,
        payers=folders,
        read_ahead=read_ahead,
    )


class How(NamedTuple):
    """What requests are made by, the same for all of an interchange. `run` is that of its control numbers."""

    partner: Partner
    rules: Rules
    as_of: date
    run: str
    own_payers: Path | None


def given(crew: Crew, how: How, encounters: list[Encounter]) -> Pending[list[Built]]:
    """What `outbound` makes of some encounters, without the `lines` (each `body` says the same) and with control numbers of no meaning.

    Enough of them are given to the crew, who begin now; few are made here, when the answer is asked for.
    """
    if crew.size and len(encounters) >= _WORTH_A_CREW:
        return crew.submit(_made_elsewhere, how, msgspec.msgpack.encode(encounters))
    return Alone().submit(_made, how, encounters)


def numbered(parts: Iterable[Pending[list[Built]]], partner: Partner, control: ControlNumbers) -> Iterator[Built]:
    """What was given, in order, with its control numbers. Raises SystemFailure where hands are lost."""
    built = (one for part in parts for one in part.result())
    yield from in_interchanges(
        (msgspec.structs.replace(one, control=control.propose()) if one.built else one for one in built), partner, control
    )


_encounters = msgspec.msgpack.Decoder(list[Encounter])


def _made_elsewhere(how: How, encounters: bytes) -> list[Built]:
    return _made(how, _encounters.decode(encounters))


def _made(how: How, encounters: list[Encounter]) -> list[Built]:
    numbers = ControlNumbers(run=how.run)
    made = outbound(encounters, how.partner, how.rules, as_of=how.as_of, control=numbers, own_payers=how.own_payers, read_ahead=True)
    return [msgspec.structs.replace(one, lines=()) for one in made]


def leave(verdict: Verdict, encounter: Encounter) -> Leave:
    """What a verdict says to the room that builds."""
    by = f" by {verdict.then.by}" if verdict.then.by is not None else ""
    return Leave(
        verdict=verdict.verdict,
        step=f"{verdict.then.do.replace('_', ' ')}{by}: {verdict.then.why}",
        do=verdict.then.do,
        by=verdict.then.by,
        payer=verdict.payer,
        rule=verdict.rule,
        closes=verdict.closes,
        reasons=verdict.reasons,
        wanted=tuple(_wanted(one.document, encounter) for one in verdict.documents_needed),
        missing=verdict.missing_facts,
        contradictions=tuple((problem.path, problem.message) for problem in verdict.problems),
    )


def _wanted(document: str, encounter: Encounter) -> Wanted:
    kind, seen = KINDS[document], shown(document, encounter)
    return Wanted(kind.words, kind.types, "kept" if seen == "no" and kind.kept else seen)
