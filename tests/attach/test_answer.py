"""An answer to a payer who asks for documents: by its number, with its code, and nothing it did not ask for."""

import io
from datetime import date

import pytest
from documents import NOW, PDF

from x12retro.attach import Obstacle, answer_275
from x12retro.attach import write as write_275
from x12retro.build import ControlNumbers
from x12retro.decide import Decision, DocumentRequest
from x12retro.decide.record import NextStep, Trace, Traces
from x12retro.guide.judge import validate
from x12retro.x12 import Transaction, read


def pended(*requests, details=()):
    step = NextStep(do="send_documents", due=date(2026, 12, 1), why="asked")
    traces = Traces(event=("OURS1",), bht03="OURS1", details=details)
    return Decision(outcome="pended", encounter_id="E1", traces=traces, documents_requested=requests, next_step=step)


LOINC = DocumentRequest(kind="loinc", code="28011-5")
TYPE = DocumentRequest(kind="report_type", code="OB", control_number="PAYER-77")


def answered(house, decision, *documents):
    """The segments of the answers, and the obstacles."""
    pairs = []
    for n, code in enumerate(documents):
        file = house.folder / f"{n}.pdf"
        file.write_bytes(PDF)
        pairs.append((code, file))
    made = list(answer_275(decision, house.about(decision.traces.event[0]), pairs, house.partner, now=NOW))
    out = io.BytesIO()
    list(write_275(out, [one for one in made if not isinstance(one, Obstacle)], house.partner, now=NOW, control=ControlNumbers()))
    raw = out.getvalue()
    assert raw == b"" or [f for checked in validate(raw) for f in checked.findings] == []
    frames = read(raw) if raw else ()
    found = [one for frame in frames if isinstance(frame, Transaction) for one in frame.segments()]
    return found, [one for one in made if isinstance(one, Obstacle)]


def rows(found, *ids):
    return [one.fields for one in found if one.id in ids]


def test_the_answer_bears_the_payers_number_and_the_code_it_asked_by(house):
    decision = pended(LOINC, details=(Trace(number="OURS1", kind="2"), Trace(number="PAYER-9", kind="1")))
    found, obstacles = answered(house, decision, "28011-5")
    assert obstacles == []
    assert rows(found, "BGN")[0][1] == "11"
    assert rows(found, "TRN") == [["TRN", "2", "PAYER-9"]]
    assert rows(found, "STC") == [["STC", "R4:28011-5::LOI"]]
    assert ["REF", "2I", "OURS1"] in rows(found, "REF")


def test_a_report_type_has_no_code_and_the_number_of_its_own_request_goes_first(house):
    decision = pended(TYPE, details=(Trace(number="PAYER-9", kind="1"),))
    found, _ = answered(house, decision, "")
    assert rows(found, "TRN", "STC") == [["TRN", "2", "PAYER-77"]]


def test_our_number_is_echoed_where_the_payer_gave_none(house):
    found, _ = answered(house, pended(LOINC), "")
    assert rows(found, "TRN") == [["TRN", "2", "OURS1"]]


def test_several_documents_may_answer_one_request(house):
    found, obstacles = answered(house, pended(LOINC), "28011-5", "28011-5")
    assert (len(rows(found, "LX")), obstacles) == (2, [])


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        (["11504-8"], ["does not ask for that; it asks for 28011-5, OB", "asks for 28011-5 too", "asks for OB too"]),
        ([""], ["say what it answers: the payer asks for 28011-5, OB", "asks for 28011-5 too", "asks for OB too"]),
        (["OB"], ["asks for 28011-5 too"]),
    ],
)
def test_what_answers_nothing_and_what_is_left_open_is_told(house, documents, words):
    _, obstacles = answered(house, pended(LOINC, TYPE), *documents)
    assert len(obstacles) == len(words)
    assert all(word in one.message for word, one in zip(words, obstacles, strict=True))
    assert [one.severity for one in obstacles if "too" in one.message] == ["held"] * (len(words) - (documents != ["OB"]))


def test_a_payer_who_asks_for_nothing_is_not_answered(house):
    found, (obstacle,) = answered(house, pended(), "28011-5")
    assert (found, obstacle.message) == ([], "the payer asks for no document")
