"""Made-up responses: every answer a payer can give, at every level, valid, and belonging to the requests of the same seed."""

import io
from collections import Counter
from datetime import date
from typing import get_args

import msgspec
import pytest

from x12retro.build import write
from x12retro.decide import Outcome, ServiceOutcome
from x12retro.guide.codes import known
from x12retro.guide.judge import validate
from x12retro.synth import AS_OF, CROOKED, STORIES, Truth, answered_on, encounters, partner_for, payer_side, requests, responses
from x12retro.synth.asked import days_of_care, read_question
from x12retro.x12 import Transaction

N = 600


@pytest.fixture(scope="module")
def answers():
    return list(responses(N, seed=21, crooked=True))


@pytest.fixture(scope="module")
def written(answers):
    out = io.BytesIO()
    payer = payer_side(partner_for(None))
    assert len(list(write(out, (built for built, _ in answers), payer, as_of=answered_on(AS_OF)))) == N
    return out.getvalue()


def segments(answers, id_):
    return [line for built, _ in answers for line in built.lines if line.id == id_]


def test_the_same_seed_gives_the_same_answers_and_truths(answers):
    assert list(responses(60, seed=21, crooked=True)) == answers[:60]


def test_every_story_is_told(answers):
    assert set(Counter(truth.story for _, truth in answers)) == set(STORIES)


def test_every_outcome_of_an_event_and_of_a_service_appears(answers):
    assert {truth.outcome for _, truth in answers} == set(get_args(Outcome)) - {"unanswered"}  # of inquiries alone
    assert {service.outcome for _, truth in answers for service in truth.services} == set(get_args(ServiceOutcome))


def test_every_action_appears_at_the_event_and_at_services(answers):
    at = {"EV": set(), "SS": set()}
    for built, _ in answers:
        level = ""
        for line in built.lines:
            level = line.elements[2] if line.id == "HL" else level
            if line.id == "HCR":
                at[level].add(line.elements[0])
    assert at["EV"] == set(known("HCR01"))
    assert at["SS"] == set(known("HCR01")) - {"A2"}  # a line is not certified in part


def test_rejections_stand_at_every_level_that_takes_them(answers):
    assert {r.loop for _, truth in answers for r in truth.rejections} == {
        "2000A", "2010A", "2010B", "2010C", "2010D", "2000E", "2010EA", "2010EC", "2000F", "2010FA",
    }  # fmt: skip


def test_reasons_come_one_to_five_at_a_time_and_from_the_whole_list(answers):
    reasons = [line.elements[2] for line in segments(answers, "HCR") if line.elements[2]]
    assert {len(repeats) for repeats in reasons} == {1, 2, 3, 4, 5}
    assert {code for repeats in reasons for code in repeats} == set(known("HCR03"))


def test_numbers_dates_and_documents_come_in_all_their_places(answers):
    assert {line.elements[0] for line in segments(answers, "REF")} >= {"BB", "NT"}
    assert {line.elements[0] for line in segments(answers, "DTP")} >= {"007", "036", "102", "472", "AAH", "435", "096"}
    assert {w.kind for _, truth in answers for w in truth.documents} == {"loinc", "report_type"}
    assert {line.elements[0] for line in segments(answers, "TRN")} == {"1", "2"}
    assert {line.elements[5] for line in segments(answers, "BHT")} == {"18", "19"}
    assert {truth.interim for _, truth in answers} == {True, False}
    assert max(len(line.elements[0]) for line in segments(answers, "MSG")) > 200


def test_what_is_granted_is_never_more_than_what_was_asked(answers):
    asked = {one.encounter_id: one for one in encounters(N, seed=21)}
    less = 0
    for _, truth in answers:
        lines = asked[truth.encounter_id].services
        for service in truth.services:
            line = lines[int(service.trace.rpartition("L")[2]) - 1]
            if service.stated.quantity is not None:
                assert service.stated.quantity <= line.units
                less += service.stated.quantity < line.units
    assert less > 10


def test_the_guide_has_nothing_to_say_about_those_that_are_not_crooked():
    out = io.BytesIO()
    straight = (built for built, _ in responses(N, seed=21))
    assert len(list(write(out, straight, payer_side(partner_for(None)), as_of=answered_on(AS_OF)))) == N
    assert [f for checked in validate(out.getvalue(), as_of=answered_on(AS_OF)) for f in checked.findings] == []


def test_the_guide_refuses_none_and_speaks_of_each_of_the_crooked_ones(answers, written):
    sets = [checked for checked in validate(written, as_of=answered_on(AS_OF)) if isinstance(checked.part, Transaction)]
    assert all(checked.accepted for checked in sets)
    assert {truth.story for (_, truth), checked in zip(answers, sets, strict=True) if checked.findings} == CROOKED


def test_an_approval_covers_the_care_unless_the_story_says_that_it_does_not(answers):
    days = {one.encounter_id: days_of_care(read_question(one)) for one in requests(N, seed=21)}
    outside = set()
    for _, truth in answers:
        first, last = days[truth.encounter_id] or (date.max, date.min)
        if truth.certified and truth.action == "A1" and not ((truth.valid_from or first) <= first and last <= (truth.valid_to or last)):
            outside.add((truth.story, truth.in_doubt))
    assert outside == {("certified for other days", True), ("certified for some of the days", True)}


def test_each_answers_the_request_of_its_place(answers):
    for asked, (answer, truth) in zip(requests(60, seed=21), answers, strict=False):
        assert truth.encounter_id == asked.encounter_id
        assert truth.bht03 == asked.traces.event
        assert answer.lines[0].elements[2] == asked.traces.event
        assert {service.trace for service in truth.services} == set(asked.traces.services)


def test_the_truth_is_json_and_comes_back_the_same(answers):
    for _, truth in answers:
        assert msgspec.json.decode(msgspec.json.encode(truth), type=Truth) == truth
