"""A thousand made-up cases through the whole journey: built, judged by us and by pyx12, answered, and the answers read right."""

import io
import re
from datetime import date

import msgspec
import pytest
import pyx12.params
import pyx12.x12n_document

from x12retro.build import write
from x12retro.decide import APPROVALS, Requests, decide_stream
from x12retro.guide.export import export
from x12retro.guide.judge import validate
from x12retro.synth import AS_OF, CROOKED, Amounts, Pace, answered_on, partner_for, payer_side, requests, responses
from x12retro.x12 import Transaction, read

N = 1000
SEED = 278


@pytest.fixture(scope="module")
def asked():
    """(what was built, the bytes) of a thousand requests."""
    out = io.BytesIO()
    built = list(write(out, requests(N, SEED), partner_for(None), as_of=AS_OF))
    return built, out.getvalue()


@pytest.fixture(scope="module")
def answered():
    """(the truths, the bytes) of the thousand responses to them."""
    out, truths = io.BytesIO(), []

    def noted():
        for built, truth in responses(N, SEED, crooked=True):
            truths.append(truth)
            yield built

    for _ in write(out, noted(), payer_side(partner_for(None)), as_of=answered_on(AS_OF)):
        pass
    return truths, out.getvalue()


@pytest.fixture(scope="module")
def decisions(asked, answered):
    known = Requests.read(read(asked[1]))
    return list(decide_stream(answered[1], known, date(2026, 12, 10)))


def test_a_thousand_encounters_become_requests_without_an_error_or_a_warning_of_the_guide(asked):
    built, raw = asked
    assert len(built) == N
    assert [one.encounter_id for one in built if not one.built] == []
    assert len({one.encounter_id for one in built}) == N
    assert [f for checked in validate(raw, as_of=AS_OF) for f in checked.findings] == []


def test_the_guide_speaks_of_the_crooked_ones_among_a_thousand_responses_and_of_no_other(answered):
    spoken_of = set()
    sets = [checked for checked in validate(answered[1], as_of=answered_on(AS_OF)) if isinstance(checked.part, Transaction)]
    for truth, checked in zip(answered[0], sets, strict=True):
        assert [f for f in checked.findings if f.is_error] == []
        if checked.findings:
            spoken_of.add(truth.story)
    assert spoken_of == CROOKED


def second_opinion(tmp_path, direction: str, raw: bytes) -> tuple[bool, list[str]]:
    """pyx12's verdict by the exported maps, and what its 999 says of each set (IK501)."""
    export(tmp_path)
    said = io.StringIO()
    verdict = pyx12.x12n_document.x12n_document(
        pyx12.params.params(), io.StringIO(raw.decode("ascii")), fd_997=said, fd_html=None, map_path=str(tmp_path / direction)
    )
    return bool(verdict), re.findall(r"IK5\*(\w)", said.getvalue())


def first(count: int, raw: bytes) -> bytes:
    """The message as if it held so many sets."""
    return raw[: raw.index(b"ST*278*%04d*" % (count + 1))] + b"GE*%d*1~\nIEA*1*000000001~\n" % count


def test_pyx12_accepts_every_one_of_the_first_requests_and_responses(tmp_path, asked, answered):
    assert second_opinion(tmp_path, "request", first(100, asked[1])) == (True, ["A"] * 100)
    assert second_opinion(tmp_path, "response", first(200, answered[1])) == (True, ["A"] * 200)
    assert {truth.story for truth in answered[0][:200]} == {truth.story for truth in answered[0]}


@pytest.mark.soak
def test_pyx12_accepts_every_one_of_a_thousand_requests(tmp_path, asked):
    assert second_opinion(tmp_path, "request", asked[1]) == (True, ["A"] * N)


@pytest.mark.soak
def test_pyx12_accepts_every_one_of_a_thousand_responses(tmp_path, answered):
    assert second_opinion(tmp_path, "response", answered[1]) == (True, ["A"] * N)


def test_pyx12_would_have_seen_one_fault_among_the_requests(tmp_path, asked):
    few = first(5, asked[1])
    at = few.rindex(b"\nUM*")
    spoilt = few[:at] + few[at:].replace(b"UM*", b"UM*Q", 1)
    assert second_opinion(tmp_path, "request", few) == (True, ["A"] * 5)
    verdict, sets = second_opinion(tmp_path, "request", spoilt)
    assert not verdict
    assert sets[:4] == ["A"] * 4
    assert sets[4] != "A"


def test_there_is_one_decision_for_each_response(answered, decisions):
    truths = answered[0]
    assert len(decisions) == len(truths) == N
    assert [d.traces.bht03 for d in decisions] == [t.bht03 for t in truths]
    assert all(d.matched_by is not None for d in decisions)


PLAIN = ("action", "reference_number", "issued_on", "messages", "second_opinion", "valid_from", "valid_to", "outcome")


def read_as(decision) -> dict:
    """What was read of an event or a service, in the truth's words."""
    return {
        **{key: getattr(decision, key) for key in (*PLAIN, "authorization_number")},
        "reasons": tuple(reason.code for reason in decision.reasons),
        "rejections": [(r.loop, r.code, r.follow_up) for r in decision.rejections],
        "stated": amounts(decision.stated),
        "certified": amounts(decision.certified),
    }


def told_as(truth) -> dict:
    """What was put into an event or a service."""
    return {
        **{key: getattr(truth, key) for key in (*PLAIN, "authorization_number")},
        "reasons": truth.reasons,
        "rejections": [(r.loop, r.code, r.follow_up) for r in truth.rejections],
        "stated": amounts(truth.stated),
        "certified": amounts(truth.stated if truth.certified else Amounts()),
    }


def amounts(found) -> dict:
    pace = found.delivery
    return {
        **{key: getattr(found, key) for key in Amounts.__struct_fields__},
        "delivery": None if pace is None else {key: getattr(pace, key) for key in Pace.__struct_fields__},
    }


def differences(truth, decision) -> list[tuple]:
    """Each place where the record says other than the truth: (story, record, key, truth, decision)."""
    told, found = told_as(truth), read_as(decision)
    told |= {
        "interim": truth.interim,
        "traces": truth.traces,
        "documents": [msgspec.structs.astuple(w) for w in truth.documents],
        "services": [(s.trace, s.procedure) for s in truth.services],
    }
    found |= {
        "interim": decision.interim,
        "traces": decision.traces.event,
        "documents": [(w.kind, w.code, w.delivery, w.control_number, w.description) for w in decision.documents_requested],
        "services": [(s.trace, s.procedure) for s in decision.services],
    }
    told["earlier"], found["earlier"] = truth.earlier_authorization_number, decision.earlier_authorization_number
    wrong = [(truth.story, "event", key, told[key], found[key]) for key in told if told[key] != found[key]]
    for n, (line, answer) in enumerate(zip(truth.services, decision.services, strict=False), start=1):
        told, found = told_as(line), read_as(answer)
        wrong += [(truth.story, f"service {n}", key, told[key], found[key]) for key in told if told[key] != found[key]]
    return wrong


def only_an_earlier_number(truth) -> bool:
    """An answer without a number of its own, neither denied nor rejected, that says again the one the request was about."""
    undecided = truth.action in ("A4", "C", "CT", "NA") or (truth.action is None and truth.outcome != "rejected")
    return undecided and truth.authorization_number is None and truth.earlier_authorization_number is not None


def test_every_outcome_number_date_and_quantity_is_read_as_it_was_put_in(answered, decisions):
    wrong = [difference for truth, decision in zip(answered[0], decisions, strict=True) for difference in differences(truth, decision)]
    assert wrong == []


def test_an_approval_that_does_not_cover_the_care_is_to_be_looked_at_first(answered, decisions):
    told = [(t, d) for t, d in zip(answered[0], decisions, strict=True) if t.in_doubt]
    assert {t.story for t, _ in told} == {"certified for other days", "certified for some of the days"}
    assert len(told) > 20
    assert [t.story for t, d in told if d.next_step.do != "review"] == []


def test_an_approval_that_covers_the_care_can_be_billed(answered, decisions):
    told = [(t, d) for t, d in zip(answered[0], decisions, strict=True) if t.story in ("certified", "certified by line")]
    assert len({(d.valid_from is None, d.valid_to is None) for _, d in told}) == 4
    assert [d.findings for _, d in told if d.next_step.do != "attach_number_to_claim"] == []


def test_a_number_that_the_request_was_about_is_not_taken_for_a_new_one(answered, decisions):
    again = [(t, d) for t, d in zip(answered[0], decisions, strict=True) if only_an_earlier_number(t)]
    assert len(again) > 10
    assert {t.story for t, d in again if d.authorization_number is not None} == set()


def test_a_new_number_in_ref_bb_is_not_an_earlier_one(answered, decisions):
    new = [d for t, d in zip(answered[0], decisions, strict=True) if t.story == "certified, number in REF BB"]
    assert len(new) > 5
    assert [d for d in new if d.earlier_authorization_number is not None] == []


def test_no_rejection_is_read_as_a_denial_and_nothing_left_out_as_an_approval(answered, decisions):
    for truth, decision in zip(answered[0], decisions, strict=True):
        if truth.outcome == "rejected":
            assert decision.outcome == "rejected"
        for line, answer in zip(truth.services, decision.services, strict=True):
            if line.outcome in ("unanswered", "rejected"):
                assert answer.outcome not in (*APPROVALS, "denied")


def test_the_requested_amounts_stand_beside_what_was_certified(decisions):
    lines = [line for decision in decisions for line in decision.services]
    assert all(line.requested.procedure or line.requested.revenue_code for line in lines)
    granted = [line for line in lines if line.certified.quantity is not None and line.requested.quantity is not None]
    assert len(granted) > 200
    assert all(line.certified.quantity <= line.requested.quantity for line in granted)
    assert any(line.certified.quantity < line.requested.quantity for line in granted)
