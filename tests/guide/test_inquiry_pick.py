"""Which direction of 005010X215 a set is judged by, and how surely."""

import pytest

from x12retro.guide import catalog
from x12retro.guide.judge import validate
from x12retro.guide.overlay import find_payer
from x12retro.synth.from_guide import enveloped, made
from x12retro.x12 import Transaction


def judged(raw, **more):
    (one,) = [checked for checked in validate(raw, **more) if isinstance(checked.part, Transaction)]
    return one


@pytest.fixture
def inquiry(fixtures):
    return (fixtures / "guide" / "every-loop-inquiry.edi").read_text(encoding="ascii")


@pytest.fixture
def response(fixtures):
    return (fixtures / "guide" / "every-loop-inquiry-response.edi").read_text(encoding="ascii")


def test_bht02_tells_the_two_directions_apart(inquiry, response):
    for text, guide in ((inquiry, "278-inquiry"), (response, "278-inquiry-response")):
        checked = judged(text.encode())
        assert (checked.guide, checked.findings) == (guide, ())


def test_the_group_names_the_guide_where_the_set_does_not(inquiry):
    assert judged(inquiry.replace("ST*278*0001*005010X215", "ST*278*0001").encode()).guide == "278-inquiry"


@pytest.mark.parametrize("purpose", ["13", "11", "99"])
def test_another_purpose_leaves_it_to_the_content(inquiry, response, purpose):
    asks, answers = inquiry.replace("BHT*0007*28", f"BHT*0007*{purpose}"), response.replace("BHT*0007*49", f"BHT*0007*{purpose}")
    for text, guide in ((asks, "278-inquiry"), (answers, "278-inquiry-response")):
        checked = judged(text.encode())
        assert checked.guide == guide
        assert [(f.segment_id, f.element, f.severity) for f in checked.findings] == [("BHT", 2, "warning")]


def test_a_response_that_calls_itself_an_inquiry_is_judged_as_a_response_and_told(response):
    checked = judged(response.replace("BHT*0007*49", "BHT*0007*28").encode())
    assert checked.guide == "278-inquiry-response"
    assert [(f.rule, f.severity) for f in checked.findings] == [("X215-BHT-002", "error")]


def test_an_inquiry_with_one_trace_marked_as_returned_is_still_an_inquiry(inquiry):
    checked = judged(inquiry.replace("TRN*1*EVT-0001-1*", "TRN*2*EVT-0001-1*").encode())
    assert checked.guide == "278-inquiry"
    assert {f.severity for f in checked.findings} == {"warning"}


@pytest.mark.parametrize("guide", ["278-inquiry", "278-inquiry-response"])
def test_many_sets_are_judged_as_one_by_one_and_a_payer_has_no_rows_for_them(guide):
    raw = enveloped(made(catalog.load(guide), 120, 11))
    for more in ({}, {"payer": find_payer("regence")}):
        found = [checked for checked in validate(raw, **more) if isinstance(checked.part, Transaction)]
        assert len(found) == 120
        assert {checked.guide for checked in found} == {guide}
        assert all(checked.findings == () for checked in found)
