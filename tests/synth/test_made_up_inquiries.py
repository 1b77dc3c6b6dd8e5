"""Made-up inquiries and the answers to them: valid, and what is found in them is what was put there."""

import io
from collections import Counter

import pytest

from x12retro.build import write
from x12retro.decide import decide_stream
from x12retro.guide.judge import validate
from x12retro.inquire import GUIDE_VERSION
from x12retro.synth import AS_OF, inquired_on, inquiry_pairs, partner_for, payer_side, requests
from x12retro.x12 import Transaction

N, SEED = 150, 31


@pytest.fixture(scope="module")
def pairs():
    return list(inquiry_pairs(N, SEED))


def written(sets, partner, **more):
    out = io.BytesIO()
    for _ in write(out, sets, partner, **more):
        pass
    return out.getvalue()


@pytest.fixture(scope="module")
def answers(pairs):
    day = inquired_on(AS_OF)
    return written((pair.answer for pair in pairs), payer_side(partner_for(None)), as_of=day, version=GUIDE_VERSION)


@pytest.fixture(scope="module")
def asked(pairs):
    return written((pair.request for pair in pairs), partner_for(None), as_of=AS_OF)


def test_the_same_seed_gives_the_same_pairs_after_the_same_requests(pairs):
    assert list(inquiry_pairs(20, SEED)) != pairs[:20]  # the numbers of inquiries go on behind those of the requests
    assert list(inquiry_pairs(N, SEED)) == pairs
    assert [pair.request.lines for pair in pairs] == [built.lines for built in requests(N, SEED)]


def test_every_way_to_answer_appears(pairs):
    outcomes = Counter(pair.truth.outcome for pair in pairs)
    assert {"pended", "certified", "modified", "denied", "not_required", "unanswered"} <= set(outcomes)
    loops = {rejected.loop for pair in pairs for rejected in pair.truth.rejections if pair.truth.outcome == "unanswered"}
    assert loops == {"2000A", "2010C", "2010D", "2000E"}


def test_inquiries_and_answers_are_right_by_the_guide(pairs, answers):
    partner = partner_for(None)
    inquiries = written((pair.inquiry for pair in pairs), partner, as_of=inquired_on(AS_OF), version=GUIDE_VERSION)
    for raw, guide in ((inquiries, "278-inquiry"), (answers, "278-inquiry-response")):
        checked = list(validate(raw))
        assert [c.guide for c in checked if isinstance(c.part, Transaction)] == [guide] * N
        assert [finding for c in checked for finding in c.findings] == []


def test_what_is_read_is_what_was_put_there(pairs, answers, asked):
    decisions = list(decide_stream(answers, asked, inquired_on(AS_OF)))
    assert len(decisions) == N
    for decision, pair in zip(decisions, pairs, strict=True):
        truth = pair.truth
        assert (decision.outcome, decision.action, decision.answers) == (truth.outcome, truth.action, "inquiry")
        assert (decision.authorization_number, decision.reference_number) == (truth.authorization_number, truth.reference_number)
        assert (decision.traces.bht03, decision.traces.event) == (truth.bht03, truth.traces)
        assert decision.traces.event[0] == pair.inquiry.request
        assert [(r.loop, r.code, r.follow_up) for r in decision.rejections] == [(r.loop, r.code, r.follow_up) for r in truth.rejections]
        assert tuple(reason.code for reason in decision.reasons) == truth.reasons
        assert decision.matched_by is not None


def test_without_the_requests_it_is_read_alike_but_for_what_must_be_compared(pairs, answers):
    for decision, pair in zip(decide_stream(answers, as_of=inquired_on(AS_OF)), pairs, strict=True):
        assert decision.outcome == pair.truth.outcome
        assert decision.traces.event == pair.truth.traces
