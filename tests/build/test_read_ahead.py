"""Many requests proven in one reading come out as they do one by one: the same outcomes in the same order, with the same numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from x12retro.build import ControlNumbers, Partner, build, load_partner, write
from x12retro.encounter import Encounter, EncounterProblem, Slip
from x12retro.errors import UsageError
from x12retro.guide import judge
from x12retro.synth import encounters

PARTNERS = Path(__file__).parents[2] / "fixtures" / "partners"
PARTNER = load_partner(PARTNERS / "summit-ridge.toml")
AS_OF = datetime(2026, 11, 25, 10, 30)  # noqa: DTZ001 - X12 knows no time zone
MADE = list(encounters(60, seed=5))


def changed(encounter: Encounter, **parts: Any) -> Encounter:
    return msgspec.structs.replace(encounter, **parts)


def refused_by_the_judge(encounter: Encounter) -> Encounter:
    """A service type that is for events alone: only the guide's judge says so."""
    services = tuple(msgspec.structs.replace(service, service_type="CQ") for service in encounter.services)
    return changed(encounter, services=services)


def mixed() -> list[Encounter | EncounterProblem]:
    """Encounters of every outcome: made as they are, refused by the judge, unreadable, in want of a member id."""
    found: list[Encounter | EncounterProblem] = []
    for n, one in enumerate(MADE):
        match n % 6:
            case 2:
                found.append(refused_by_the_judge(one))
            case 3:
                found.append(EncounterProblem(index=n, slips=(Slip("$", "is nothing"),)))
            case 4:
                found.append(changed(one, subscriber=msgspec.structs.replace(one.subscriber, member_id=None)))
            case _:
                found.append(one)
    return found


def with_batches(sets: int) -> Partner:
    return msgspec.structs.replace(PARTNER, batch=msgspec.structs.replace(PARTNER.batch, sets_per_interchange=sets))


@pytest.mark.parametrize("partner", [with_batches(0), with_batches(1), with_batches(3), load_partner(PARTNERS / "front-range.toml")])
def test_the_outcomes_are_those_of_one_by_one(partner: Partner) -> None:
    outs = []
    for ahead in (False, True):
        control, out = ControlNumbers(7, 70), io.BytesIO()
        made = list(write(out, build(mixed(), partner, as_of=AS_OF, control=control, read_ahead=ahead), partner, as_of=AS_OF))
        outs.append((made, out.getvalue(), control.propose()))
    assert outs[0] == outs[1]
    made, text, _ = outs[0]
    assert {one.built for one in made} == {True, False}
    assert any("X217" in problem.message for one in made for problem in one.problems)
    numbers = [int(one.control.transaction) for one in made if one.control is not None]
    if not partner.batch.sets_per_interchange:
        assert numbers == list(range(1, len(numbers) + 1))
    assert all(checked.accepted for checked in judge.validate(text, as_of=AS_OF.date()))


def test_numbers_are_used_up_by_what_was_handed_out_alone() -> None:
    control = ControlNumbers()
    built = build(MADE, PARTNER, as_of=AS_OF, control=control, read_ahead=True)
    first = next(one for one in built if one.built)
    assert first.control is not None
    assert (first.control.transaction, control.propose().transaction) == ("0001", "0002")


def test_one_by_one_takes_no_encounter_before_its_turn() -> None:
    taken = []

    def source() -> Iterator[Encounter]:
        for one in MADE:
            taken.append(one)
            yield one

    next(build(source(), PARTNER, as_of=AS_OF))
    assert len(taken) == 1


def test_a_source_that_breaks_off_costs_nothing_of_what_came_before() -> None:
    def source() -> Iterator[Encounter]:
        yield from MADE[:10]
        raise UsageError("cannot be read")

    made = []
    with pytest.raises(UsageError, match="cannot be read"):
        made.extend(build(source(), PARTNER, as_of=AS_OF, read_ahead=True))
    with pytest.raises(UsageError, match="cannot be read"):
        made += list(build(source(), PARTNER, as_of=AS_OF))
    assert made == list(build(MADE[:10], PARTNER, as_of=AS_OF))


def test_a_judge_that_fails_at_one_request_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = list(build(MADE, PARTNER, as_of=AS_OF))
    victim = next(n for n, one in enumerate(wanted) if one.built and n > 20)
    trace = wanted[victim].traces
    assert trace is not None
    original = judge.SetJudge.judge

    def breaks(self: judge.SetJudge, transaction: Any) -> Any:
        if trace.event.encode() in transaction.raw:
            raise KeyError("Vandermeer")
        return original(self, transaction)

    monkeypatch.setattr(judge.SetJudge, "judge", breaks)
    monkeypatch.setattr(judge.SetJudge, "look", lambda _self, _text, _pos, stop, _group: ([], stop))  # every set is judged by itself
    made = list(build(MADE, PARTNER, as_of=AS_OF, read_ahead=True))
    assert [one.built for one in made] == [one.built and n != victim for n, one in enumerate(wanted)]
    (problem,) = made[victim].problems
    assert problem.message.startswith("internal problem (KeyError)")
    numbers = [int(one.control.transaction) for one in made if one.control is not None]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("sender", ["SENDÉR", " SENDER", "S" * 20])
def test_what_is_wrong_with_the_envelope_is_told_of_each_request(sender: str) -> None:
    exchange = msgspec.structs.replace(PARTNER.interchange, sender_id=sender)
    partner = msgspec.structs.replace(PARTNER, interchange=exchange)
    ahead, behind = (list(build(MADE[:8], partner, as_of=AS_OF, read_ahead=ahead)) for ahead in (True, False))
    assert ahead == behind
    assert len(ahead) == 8


def test_what_goes_to_another_partner_is_written_anew() -> None:
    other = load_partner(PARTNERS / "front-range.toml")
    texts = []
    for bodies in (True, False):
        out = io.BytesIO()
        made = build(MADE[:8], PARTNER, as_of=AS_OF)
        list(write(out, made if bodies else [msgspec.structs.replace(one, body=None) for one in made], other, as_of=AS_OF))
        texts.append(out.getvalue())
    assert texts[0] == texts[1]
    assert b"*HC>" in texts[0]


def test_nothing_shows_what_a_request_holds() -> None:
    built = next(one for one in build(MADE, PARTNER, as_of=AS_OF) if one.built)
    assert built.body is not None
    assert "HL*1" not in repr(built)
    assert built.body.segments == len(built.lines)
