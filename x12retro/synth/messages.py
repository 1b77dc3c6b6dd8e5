"""Streams of made-up requests and of the responses that answer them."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from x12retro.build import Built, ControlNumbers, Partner, build, load_partner, write
from x12retro.build.envelope import GUIDE_VERSION
from x12retro.encounter import Encounter
from x12retro.errors import X12RetroError
from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.synth.asked import read_question
from x12retro.synth.dice import Dice
from x12retro.synth.encounters import AS_OF, encounters
from x12retro.synth.plan import Desk
from x12retro.synth.reply import reply
from x12retro.synth.stories import CROOKED, STORIES, stories_for, tell
from x12retro.synth.truth import Truth

SETS_PER_INTERCHANGE = 1000
_ANSWERED_AFTER = timedelta(days=7)


def partner_for(partner: Partner | None) -> Partner:
    """The given partner, else the one that is shipped; one that sets no limit gets 1,000 sets to an interchange."""
    partner = partner or load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
    if partner.batch.sets_per_interchange:
        return partner
    batch = msgspec.structs.replace(partner.batch, sets_per_interchange=SETS_PER_INTERCHANGE)
    return msgspec.structs.replace(partner, batch=batch)


def payer_side(partner: Partner) -> Partner:
    """The same partner seen from the payer: sender and receiver change places."""
    exchange, group = partner.interchange, partner.group
    return msgspec.structs.replace(
        partner,
        interchange=msgspec.structs.replace(
            exchange,
            sender_id=exchange.receiver_id,
            sender_qualifier=exchange.receiver_qualifier,
            receiver_id=exchange.sender_id,
            receiver_qualifier=exchange.sender_qualifier,
        ),
        group=msgspec.structs.replace(group, sender_code=group.receiver_code, receiver_code=group.sender_code),
    )


def answered_on(as_of: date) -> date:
    """The day on which the payer answers what was asked on `as_of`."""
    return as_of + _ANSWERED_AFTER


def requests(n: int, seed: int = 0, *, partner: Partner | None = None, as_of: date = AS_OF) -> Iterator[Built]:
    """Yield `n` requests, built and proven from `encounters(n, seed)`; `x12retro.build.write` puts them into interchanges."""
    yield from build(encounters(n, seed, as_of=as_of), partner_for(partner), as_of=as_of, read_ahead=True)


def responses(
    n: int, seed: int = 0, *, partner: Partner | None = None, as_of: date = AS_OF, crooked: bool = False
) -> Iterator[tuple[Built, Truth]]:
    """Yield `n` responses, each with its truth: they answer `requests(n, seed)` of the same partner and day, in order.

    A response is ready for `write(..., payer_side(partner), as_of=answered_on(as_of))`, and has been held against the guide.
    Answers are dealt so that each story is told about as often as questions fit it; the `CROOKED` ones only if `crooked`.
    """
    partner = partner_for(partner)
    payer, today = payer_side(partner), answered_on(as_of)
    told = dict.fromkeys(STORIES, 0)
    control, sets = ControlNumbers(), 0
    for i, built in enumerate(_questions(n, seed, partner, as_of)):
        dice = Dice(seed, "response", i)
        question = read_question(built)
        desk = Desk(question, dice, today)
        fitting = stories_for(desk, crooked=crooked)
        # half of them go to the story that is furthest behind: those that fit few questions would not be told else
        story = min(fitting, key=told.__getitem__) if dice.chance(0.5) else dice.pick(fitting)
        told[story] += 1
        lines, truth = reply(question, tell(story, desk), story, dice, today)
        if sets == payer.batch.sets_per_interchange:
            control.next_interchange()
            sets = 0
        response = Built(encounter_id=built.encounter_id, built=True, lines=lines, traces=built.traces, control=control.propose())
        hold_against_guide(response, payer, today, story)
        control.keep()
        sets += 1
        yield response, truth


class NotAsked(X12RetroError):
    """A made-up encounter makes no request for this partner, so nothing can be answered; the text names the paths."""

    exit_code = 1


def answers(asked: Iterable[tuple[Built, str]], *, partner: Partner, as_of: date, seed: int = 0) -> Iterator[tuple[Built, Truth]]:
    """Answer each request of `asked` by the story named with it (one of `STORIES`); a story that does not fit it is "certified".

    `partner` and `as_of` are those the requests were built with; the answers come a week later.
    """
    payer, today = payer_side(partner), answered_on(as_of)
    control = ControlNumbers()
    for i, (built, story) in enumerate(asked):
        dice = Dice(seed, "answer", i)
        question = read_question(built)
        desk = Desk(question, dice, today)
        fitting = stories_for(desk)
        told = story if story in fitting else "certified" if "certified" in fitting else "cancelled"
        lines, truth = reply(question, tell(told, desk), told, dice, today)
        response = Built(encounter_id=built.encounter_id, built=True, lines=lines, traces=built.traces, control=control.propose())
        hold_against_guide(response, payer, today, told)
        control.keep()
        yield response, truth


class Unsound(X12RetroError):
    """A made-up response breaks the guide, or is warned of without being meant to: a fault of ours."""


def _questions(n: int, seed: int, partner: Partner, as_of: date) -> Iterator[Built]:
    """The requests that are answered. Their proof is left to whoever sends them; here the answers are what is proven."""
    source: Iterable[Encounter] = encounters(n, seed, as_of=as_of)
    waiting: deque[str] = deque()

    def noted() -> Iterator[Encounter]:
        for one in source:
            waiting.append(one.encounter_id)
            yield one

    for built in build(noted(), partner, as_of=as_of, proof=_unproven):
        asked = waiting.popleft()
        if not built.built:
            paths = ", ".join(problem.path for problem in built.problems)
            raise NotAsked(f"encounter {asked} makes no request for this partner: {paths}")
        yield built


def _unproven(_raw: bytes) -> list[Finding]:
    return []


def hold_against_guide(response: Built, payer: Partner, today: date, story: str, version: str = GUIDE_VERSION) -> None:
    """Raise Unsound for a made-up answer that breaks the guide."""
    raw = io.BytesIO()
    for _ in write(raw, [response], payer, as_of=today, version=version):
        pass
    found = [f for checked in validate(raw.getvalue(), as_of=today) for f in checked.findings]
    wrong = [f.rule for f in found if f.is_error or (f.severity == "warning" and story not in CROOKED)]
    if wrong:
        raise Unsound(f"the response to {response.encounter_id} ({story}) breaks the guide: {', '.join(wrong)}")
