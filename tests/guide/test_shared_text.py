"""Text that goes to the judging processes in shared memory: no place is given twice, and what finds none goes another way."""

from __future__ import annotations

import io

import pytest

from x12retro.build import write
from x12retro.guide import parallel
from x12retro.guide.judge import validate
from x12retro.guide.parallel import CHUNK, JudgePool, _Slots
from x12retro.guide.rules import Context
from x12retro.synth.encounters import AS_OF
from x12retro.synth.messages import partner_for, requests
from x12retro.x12 import Transaction


def test_a_place_is_given_again_only_when_it_was_given_back() -> None:
    slots = _Slots(2)
    first, second = slots.put(b"one"), slots.put(b"two")
    assert first is not None
    assert second is not None
    assert abs(first - second) >= CHUNK
    assert slots.put(b"three") is None
    slots.free(first)
    assert slots.put(b"four") == first
    assert slots.memory[first : first + 4] == b"four"
    assert slots.memory[second : second + 3] == b"two"


def test_a_text_that_is_too_long_gets_no_place() -> None:
    slots = _Slots(1)
    assert slots.put(b"x" * (CHUNK + 1)) is None
    assert slots.put(b"x" * CHUNK) == 0


@pytest.mark.parametrize("places", [0, 1, 12])
def test_the_answers_are_the_same_however_many_places_there_are(places: int, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    assert sum(1 for _ in write(out, requests(900, 5), partner_for(None), as_of=AS_OF)) == 900
    data = out.getvalue()
    assert len(data) > CHUNK
    alone = [(c.part.offset, c.guide, c.findings) for c in validate(data, as_of=AS_OF) if isinstance(c.part, Transaction)]
    monkeypatch.setattr(parallel, "_Slots", lambda _number: _Slots(max(places, 1)) if places else None)
    with JudgePool(2, 7, Context(as_of=AS_OF)) as pool:
        for _ in range(2):
            found = list(validate(data, as_of=AS_OF, pool=pool))
            assert [(c.part.offset, c.guide, c.findings) for c in found if isinstance(c.part, Transaction)] == alone
