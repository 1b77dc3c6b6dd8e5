"""Ten thousand made-up 278 messages of every kind: not one error, whatever the rules look at."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from x12retro.build import Built, write
from x12retro.guide import catalog
from x12retro.guide.judge import validate
from x12retro.synth import AS_OF, STORIES, answered_on, encounters, partner_for, payer_side, requests, responses
from x12retro.synth.from_guide import enveloped, made
from x12retro.synth.stories import CROOKED
from x12retro.x12 import Transaction

pytestmark = pytest.mark.soak
EACH = 5000
SEED = 10_000
SCENARIOS = 17


def errors_in(raw: bytes, *, snip: int = 7) -> tuple[int, list[str]]:
    """How many sets there are, and the error findings as rule and message."""
    sets, errors = 0, []
    for checked in validate(raw, snip=snip, as_of=answered_on(AS_OF) + timedelta(days=1)):
        sets += isinstance(checked.part, Transaction)
        errors += [f"{f.rule} {f.message}" for f in checked.findings if f.is_error]
    return sets, errors


def test_five_thousand_requests_of_every_scenario_have_no_error() -> None:
    scenarios = Counter(one.retro.scenario for one in encounters(EACH, SEED) if one.retro is not None)
    assert len(scenarios) == SCENARIOS
    out = io.BytesIO()
    built = list(write(out, requests(EACH, SEED), partner_for(None), as_of=AS_OF))
    assert [one.encounter_id for one in built if not one.built] == []
    assert errors_in(out.getvalue()) == (EACH, [])


def test_five_thousand_responses_of_every_story_have_no_error() -> None:
    out, stories = io.BytesIO(), Counter()

    def noted() -> Iterator[Built]:
        for built, truth in responses(EACH, SEED):
            stories[truth.story] += 1
            yield built

    for _ in write(out, noted(), payer_side(partner_for(None)), as_of=answered_on(AS_OF)):
        pass
    assert set(stories) == set(STORIES) - CROOKED
    assert errors_in(out.getvalue()) == (EACH, [])


@pytest.mark.parametrize("guide", ["278-request", "278-response", "278-inquiry", "278-inquiry-response"])
def test_five_thousand_messages_that_take_every_turn_of_the_map_have_no_finding_of_the_guide(guide: str) -> None:
    sets = list(made(catalog.load(guide), EACH, SEED))
    for start in range(0, EACH, 1000):
        assert errors_in(enveloped(sets[start : start + 1000]), snip=2) == (1000, [])
