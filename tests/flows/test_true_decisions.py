"""Made-up requests and their answers with known truth: every value and every next step right, and the delivery changes nothing.

What is to be done is told here a second time, from the truth that was put into each answer and the tables of docs/decision.md, not from
the code under test. 300 pairs are a test; 5,000 are the soak.
"""

from __future__ import annotations

import importlib.util
import io
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from x12retro.build import Built, write
from x12retro.decide import APPROVALS, Decision, History, Requests, Standing, decide_stream
from x12retro.synth import AS_OF, Truth, answered_on, partner_for, payer_side, requests, responses
from x12retro.x12 import read

_SPEC = importlib.util.spec_from_file_location("thousand", Path(__file__).with_name("test_thousand.py"))
assert _SPEC is not None and _SPEC.loader is not None
_THOUSAND = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_THOUSAND)

SEED = 5005
TODAY = date(2026, 12, 10)
ANSWERED = answered_on(AS_OF)

DAYS = {
    "call_payer": 1,
    "review": 1,
    "correct_and_resend": 2,
    "follow_up": 2,
    "send_documents": 5,
    "peer_to_peer": 7,
    "send_claim_then_appeal": 14,
    "attach_number_to_claim": 30,
    "bill": 30,
    "appeal": 30,
}
DATA = {"0P", "0U", "22", "23", "24", "25", "26"}
MEDICAL = {"0F", "0G", "0R", "0T", "19"}
CALLS = ({"0B", "0J", "0V", "0W"}, {"0H"}, {"0D", "0E", "0K", "12", "13"})
LOOKS = ({"01", "02", "03", "04", "05", "06", "08", "0L", "10", "11"}, {"0Q"})


def of_denial(reasons: set[str]) -> set[str]:
    steps = {"appeal"}
    if reasons & DATA:
        steps.add("correct_and_resend")
    if reasons & MEDICAL:
        steps.add("peer_to_peer")
    if len(steps) == 1:
        steps |= {"call_payer"} if any(reasons & group for group in CALLS) else {"review"} if any(reasons & g for g in LOOKS) else set()
    return steps


def of_rejections(truth: Truth) -> str:
    told = truth.rejections
    if any(r.code in ("62", "57") or r.follow_up == "N" for r in told):
        return "send_claim_then_appeal"  # all care that is made up lies in the past
    return "follow_up" if told and all(r.follow_up == "Y" for r in told) else "correct_and_resend"


def of_pend(truth: Truth, reasons: set[str]) -> str:
    return "send_documents" if truth.documents or reasons & {"0P", "0U"} else "follow_up"


def steps_of(truth: Truth, decided_own: list[bool]) -> set[str]:
    """All that is to be done. `decided_own`: which lines have a decision of their own."""
    lines = truth.services
    if truth.outcome == "manual_review":
        return {"review"}
    steps: set[str] = set()
    denied = [(line, by_itself) for line, by_itself in zip(lines, decided_own, strict=True) if line.outcome == "denied"]
    if denied:
        reasons = {code for line, by_itself in denied if by_itself for code in line.reasons}
        steps |= of_denial(reasons | (set(truth.reasons) if not all(by_itself for _, by_itself in denied) else set()))
    if truth.outcome == "rejected":
        return steps | {of_rejections(truth)}
    outcomes = {line.outcome for line in lines}
    pended = {code for line in lines if line.outcome == "pended" for code in line.reasons}
    if "pended" in outcomes:
        steps.add(of_pend(truth, pended))
    if "rejected" in outcomes:
        steps.add(of_rejections(truth))
    if outcomes & {"unanswered", "contact_payer"}:
        steps.add("call_payer")
    match truth.outcome:
        case "denied":
            steps |= of_denial(set(truth.reasons))
        case "pended":
            steps.add(of_pend(truth, pended | set(truth.reasons)))
        case "cancelled":
            steps.add("review")
        case "contact_payer":
            steps.add("call_payer")
        case "not_required":
            steps.add("bill")
        case _:
            steps.add("attach_number_to_claim")
            steps |= {"review"} if truth.in_doubt else set()
            numbered = [line.authorization_number for line in lines if line.outcome in APPROVALS]
            steps |= set() if truth.authorization_number or (numbered and all(numbered)) else {"call_payer"}
    if truth.outcome == "partially_certified" and (truth.reasons or "partially_certified" in outcomes or outcomes <= APPROVALS):
        steps |= of_denial(set(truth.reasons))
    elif truth.outcome in APPROVALS and (truth.outcome == "modified" or "modified" in outcomes):
        steps.add("appeal")
    return steps


def first_of(steps: set[str]) -> str:
    """The soonest; a step that bills never stands before one that asks."""
    asking = bool(steps & {"call_payer", "review"})
    return min(steps, key=lambda do: (asking and do in ("attach_number_to_claim", "bill"), DAYS[do], list(DAYS).index(do)))


class Pairs:
    """Requests, their answers and the truth."""

    def __init__(self, n: int) -> None:
        asked, answered = io.BytesIO(), io.BytesIO()
        list(write(asked, requests(n, SEED), partner_for(None), as_of=AS_OF))
        self.truths: list[Truth] = []
        list(write(answered, self._noted(n), payer_side(partner_for(None)), as_of=ANSWERED))
        self.answers = answered.getvalue()
        self.requests = Requests.read(read(asked.getvalue()))
        self.decisions = list(decide_stream(self.answers, self.requests, TODAY))

    def _noted(self, n: int) -> Iterator[Built]:
        for built, truth in responses(n, SEED, crooked=True):
            self.truths.append(truth)
            yield built


@pytest.fixture(scope="module", params=[300, pytest.param(5000, marks=pytest.mark.soak)])
def pairs(request: pytest.FixtureRequest) -> Pairs:
    return Pairs(request.param)


def test_every_outcome_number_date_and_quantity_is_the_true_one(pairs: Pairs) -> None:
    assert len(pairs.decisions) == len(pairs.truths)
    wrong = [each for truth, found in zip(pairs.truths, pairs.decisions, strict=True) for each in _THOUSAND.differences(truth, found)]
    assert wrong == []


def test_every_next_step_is_the_true_one_with_its_day(pairs: Pairs) -> None:
    wrong = []
    for truth, found in zip(pairs.truths, pairs.decisions, strict=True):
        expected = steps_of(truth, [not service.inherited for service in found.services])
        told = [found.next_step, *found.further_steps]
        if {step.do for step in told} != expected or found.next_step.do != first_of(expected):
            wrong.append((truth.story, sorted(expected), [step.do for step in told]))
        assert all(step.due == ANSWERED + timedelta(days=DAYS[step.do]) for step in told)
        assert all(step.overdue == (step.due < TODAY) for step in told)
    assert wrong == []


def later(raw: bytes, days: int, action: bytes | None = None) -> bytes:
    """An interchange of answers some days later, all decided otherwise where `action` is given."""
    day = b"%d" % int((ANSWERED + timedelta(days=days)).strftime("%Y%m%d"))
    raw = raw.replace(b"*" + ANSWERED.strftime("%Y%m%d").encode() + b"*1015*", b"*" + day + b"*1015*")
    return raw if action is None else raw.replace(b"HCR*A1*", b"HCR*" + action + b"*")


def final(batches: list[list[bytes]], pairs: Pairs) -> dict[tuple[str, ...], tuple[object, ...]]:
    """What stands in the end, when answers arrive in these batches, one run each, joined with what stood before."""
    standing: list[Decision] = []
    for batch in batches:
        found = Standing(standing)
        for raw in batch:
            for decision in decide_stream(raw, pairs.requests, TODAY + timedelta(days=9)):
                found.add(decision)
        standing = list(found)
    return {d.traces.event or (d.traces.bht03, d.outcome): told(d) for d in standing}


def told(d: Decision) -> tuple[object, ...]:
    return d.outcome, d.authorization_number, d.action, d.answered_on, d.next_step, d.further_steps, d.valid_from, d.valid_to, d.services


def test_shuffled_doubled_and_delayed_delivery_gives_the_same_final_records(pairs: Pairs) -> None:
    first, second = pairs.answers, later(pairs.answers, 3, b"A4")
    third = later(pairs.answers, 5)
    whole = final([[first, second, third]], pairs)
    dice = random.Random(7)
    for _ in range(3):
        answers = [first, second, third, first, third, second]
        dice.shuffle(answers)
        cut = dice.randint(1, 5)
        assert final([answers[:cut], answers[cut:]], pairs) == whole
    assert final([[third], [second], [first], [third]], pairs) == whole
    assert {told[3] for told in whole.values() if isinstance(told[3], date)} >= {ANSWERED + timedelta(days=5)}


def test_the_marks_of_one_run_name_the_same_records_whatever_the_order(pairs: Pairs, tmp_path: Path) -> None:
    answers = {"a": pairs.answers, "b": later(pairs.answers, 3, b"A4"), "c": later(pairs.answers, 5), "d": pairs.answers}
    for name, raw in answers.items():
        (tmp_path / f"{name}.edi").write_bytes(raw)
    kept = []
    for order in ("abcd", "dcba", "cabd"):
        paths = [tmp_path / f"{name}.edi" for name in order]
        history = History()
        for path in paths:
            history.look(path)
        found = [d for path in paths for d in decide_stream(path, pairs.requests, TODAY + timedelta(days=9), history=history)]
        kept.append({d.traces.event: told(d) for d in found if d.traces.event and not d.superseded_by and not d.duplicate})
    assert kept[0] == kept[1] == kept[2]
    assert all(record[3] == ANSWERED + timedelta(days=5) for record in kept[0].values())
