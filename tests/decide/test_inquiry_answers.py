"""Answers to inquiries (005010X215): the same records as answers to requests, and "not found" is no rejection of the request."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from x12retro.decide import History, Requests, Standing, decide_stream
from x12retro.x12 import read

OURS, INQUIRY = "8F194CC569CE20DD000000001", "8F194CC569CE20DD000000001INQ000000000012"
TODAY = date(2026, 12, 9)
HEAD = """HL*1**20*1
NM1*X3*2*EXAMPLE HEALTH PLAN*****PI*EXH001
HL*2*1*21*1
NM1*FA*2*GENERAL HOSPITAL*****XX*1234567893
HL*3*2*22*1
{above}NM1*IL*1*ARDEN*ROSALIND****MI*{member}
DMG*D8*{born}*F
"""
REQUEST = (
    f"BHT*0007*13*{OURS}*20261120*0900\n"
    + HEAD.format(above="", member="EXH123456789", born="19840617")
    + f"HL*4*3*EV*1\nTRN*1*{OURS}*9EXAMPLE01\nUM*HS*I*2*22:A\nDTP*AAH*RD8*20261101-20261103\nHI*ABK:S72001A\n"
    + f"HL*5*4*SS*0\nTRN*1*{OURS}L001*9EXAMPLE01\nDTP*472*D8*20261101\nSV1*HC:27236*100*UN*1\n"
)
PENDED = (
    f"BHT*0007*11*{OURS}*20261124*0900*18\n"
    + HEAD.format(above="", member="EXH123456789", born="19840617")
    + f"HL*4*3*EV*0\nTRN*2*{OURS}*9EXAMPLE01\nUM*HS*I*2*22:A\nHCR*A4**0U\nREF*NT*REF7\nPWK*OB*EL***AC*X1\n"
)
EVENT = """HL*{n}*3*EV*0
{trn}UM*HS*I*2*22:A
{said}DTP*AAH*RD8*{days}
"""
_NUMBERS = itertools.count(1)


def wire(*bodies: str, label: str = "005010X215") -> bytes:
    number = next(_NUMBERS)
    sets = []
    for n, body in enumerate(bodies, start=1):
        lines = body.rstrip("\n").split("\n")
        sets += [f"ST*278*{n:04d}*{label}", *lines, f"SE*{len(lines) + 2}*{n:04d}"]
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'PAYER':15}*ZZ*{'GENERALHOSP':15}*261208*1000*^*00501*{number:09d}*0*T*:"
    gs = f"GS*HI*PAYER*GENERALHOSP*20261208*1000*{number}*X*{label}"
    return "".join(f"{line}~\n" for line in (isa, gs, *sets, f"GE*{len(bodies)}*{number}", f"IEA*1*{number:09d}")).encode()


def answer(
    said: str = "",
    *,
    trn: str = f"TRN*2*{INQUIRY}*9EXAMPLE01\n",
    member: str = "EXH123456789",
    born: str = "19840617",
    days: str = "20261101-20261103",
    above: str = "",
    bht: str = f"BHT*0007*49*{INQUIRY}*20261208*1000*RD",
    more: str = "",
) -> str:
    return f"{bht}\n" + HEAD.format(above=above, member=member, born=born) + EVENT.format(n=4, trn=trn, said=said, days=days) + more


def asked() -> Requests:
    return Requests.read(read(wire(REQUEST, label="005010X217")))


def decided(*bodies: str, requests: Requests | None = None, **more):
    return list(decide_stream(wire(*bodies), requests if requests is not None else asked(), TODAY, **more))


def rules(decision) -> set[str]:
    return {finding.rule for finding in decision.findings}


@pytest.mark.parametrize(
    ("said", "outcome", "number", "reference"),
    [
        ("HCR*A1*AUTH9\n", "certified", "AUTH9", None),
        ("HCR*A6*AUTH9\n", "modified", "AUTH9", None),
        ("HCR*A3**0F\n", "denied", None, None),
        ("HCR*A4**0U\nREF*NT*REF8\n", "pended", None, "REF8"),
        ("HCR*CT\n", "contact_payer", None, None),
        ("HCR*NA\n", "not_required", None, None),
        ("HCR*C\n", "cancelled", None, None),
        ("HCR*ZZ\n", "manual_review", None, None),
    ],
)
def test_what_was_decided_means_what_it_means_in_the_answer_to_a_request(said, outcome, number, reference):
    (decision,) = decided(answer(said), encounters={OURS: "ENC-1"})
    assert (decision.outcome, decision.authorization_number, decision.reference_number) == (outcome, number, reference)
    assert decision.answers == "inquiry"
    assert (decision.matched_by, decision.match_confidence, decision.encounter_id) == ("event_trace", "exact", "ENC-1")
    assert decision.traces.event == (OURS, INQUIRY)
    assert len(decision.places["traces"]) == 2


@pytest.mark.parametrize(
    ("trn", "traces"),
    [
        (f"TRN*2*{INQUIRY}*9EXAMPLE01\nTRN*2*{OURS}*9EXAMPLE01\n", {INQUIRY, OURS}),
        (f"TRN*1*PYR1*9PAYER0001\nTRN*2*{INQUIRY}*9EXAMPLE01\n", {INQUIRY, OURS, "PYR1"}),
        (f"TRN*2*{OURS}*9EXAMPLE01\n", {OURS}),
    ],
)
def test_the_inquirys_number_is_given_back_or_the_requests_or_both(trn, traces):
    (decision,) = decided(answer("HCR*A1*AUTH9\n", trn=trn))
    assert set(decision.traces.event) == traces
    assert len(decision.places["traces"]) == len(decision.traces.event)
    assert decision.matched_by == "event_trace"


@pytest.mark.parametrize("above", [f"TRN*2*{INQUIRY}*9EXAMPLE01\n", ""])
def test_a_number_that_stands_at_the_subscriber_or_in_bht03_alone_will_do(above):
    (decision,) = decided(answer("HCR*A1*AUTH9\n", trn="", above=above))
    assert decision.outcome == "certified"
    assert decision.traces.event[0] == OURS
    assert decision.matched_by == ("event_trace" if above else "bht03")
    assert "DEC-HL-004" not in rules(decision)
    assert len(decision.places["traces"]) == len(decision.traces.event)


NOT_FOUND = [
    f"BHT*0007*49*{INQUIRY}*20261208*1000\nHL*1**20*0\nAAA*Y**42*P\nNM1*X3*2*EXAMPLE HEALTH PLAN*****PI*EXH001\n",
    f"BHT*0007*49*{INQUIRY}*20261208*1000\n"
    + HEAD.format(above="", member="EXH123456789", born="19840617").replace("DMG", "AAA*N**75*C\nDMG").replace("22*1", "22*0"),
    answer("AAA*N**15*C\n").replace("UM*HS*I*2*22:A\nAAA*N**15*C\n", "AAA*N**15*C\nUM*HS*I*2*22:A\n"),
    answer(""),
]


@pytest.mark.parametrize("body", NOT_FOUND)
def test_what_finds_nothing_is_no_rejection_of_the_request(body):
    (decision,) = decided(body)
    assert decision.outcome == "unanswered"
    assert decision.traces.event[0] == OURS
    assert decision.next_step.do in ("call_payer", "follow_up")
    assert all(service.outcome == "unanswered" for service in decision.services)
    assert "the request stands as it did before" in decision.next_step.why
    assert bool(decision.rejections) is ("AAA" in body)
    assert "DEC-HCR-009" in rules(decision)


@pytest.mark.parametrize(
    ("code", "follow_up", "do"), [("42", "P", "follow_up"), ("75", "C", "call_payer"), ("62", "N", "call_payer"), ("57", "C", "call_payer")]
)
def test_after_nothing_was_found_nobody_sends_the_request_again(code, follow_up, do):
    (decision,) = decided(NOT_FOUND[0].replace("AAA*Y**42*P", f"AAA*Y**{code}*{follow_up}"))
    assert [step.do for step in (decision.next_step, *decision.further_steps)] == [do]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("HCR*A1*AUTH9\n", "manual_review"), ("HCR*A3**0F\n", "manual_review"), ("HCR*A4\n", "pended"), ("HCR*CT\n", "contact_payer")],
)
def test_a_decision_beside_a_rejection_is_neither_approval_nor_denial(said, outcome):
    body = answer(said).replace("UM*HS", "AAA*N**15*C\nUM*HS")
    (decision,) = decided(body)
    assert decision.outcome == outcome


def test_lines_speak_for_themselves():
    lines = f"HL*5*4*SS*0\nTRN*2*{OURS}L001*9EXAMPLE01\nHCR*A1*LINE1\nSV1*HC:27236*100*UN*1\n"
    (decision,) = decided(answer("", more=lines).replace("HL*4*3*EV*0", "HL*4*3*EV*1"))
    assert (decision.outcome, decision.authorization_number, decision.services[0].outcome) == ("certified", "LINE1", "certified")
    rejected = lines.replace("HCR*A1*LINE1", "AAA*N**AG*C")
    (decision,) = decided(answer("", more=rejected).replace("HL*4*3*EV*0", "HL*4*3*EV*1"))
    assert (decision.outcome, decision.services[0].outcome) == ("unanswered", "unanswered")


@pytest.mark.parametrize("said", ["HCR*A1*AUTH9\n", "HCR*A3**0F\n", "HCR*A4\n"])
def test_an_answer_about_another_patient_decides_nothing(said):
    (decision,) = decided(answer(said, member="OTHER99", born="19500101"))
    assert decision.outcome == "manual_review"
    assert "DEC-MATCH-005" in rules(decision)


def test_an_answer_about_other_care_of_the_patient_is_not_joined_to_the_request():
    (decision,) = decided(answer("HCR*A1*AUTH9\n", days="20250101-20250102"), encounters={OURS: "ENC-1", INQUIRY: "ENC-1"})
    assert decision.outcome == "certified"
    assert (decision.matched_by, decision.traces.event, decision.encounter_id) == (None, (), None)
    assert "DEC-MATCH-007" in rules(decision)
    assert "traces" not in decision.places


def test_of_several_reviews_the_one_that_was_asked_after_is_joined():
    other = EVENT.format(n=5, trn=f"TRN*2*{INQUIRY}*9EXAMPLE01\n", said="HCR*A3**0F\n", days="20250101-20250102")
    ours, theirs = decided(answer("HCR*A1*AUTH9\n", more=other))
    assert (ours.outcome, ours.matched_by) == ("certified", "event_trace")
    assert (theirs.outcome, theirs.matched_by, theirs.traces.event) == ("denied", None, ())


def test_of_several_reviews_none_is_taken_for_ours_while_the_request_is_not_at_hand():
    other = EVENT.format(n=5, trn=f"TRN*2*{INQUIRY}*9EXAMPLE01\n", said="HCR*A3**0F\n", days="20250101-20250102")
    found = decided(answer("HCR*A1*AUTH9\n", more=other), requests=Requests())
    assert [decision.outcome for decision in found] == ["manual_review", "manual_review"]
    assert all("DEC-MATCH-008" in rules(decision) for decision in found)
    (alone,) = decided(answer("HCR*A1*AUTH9\n"), requests=Requests())
    assert alone.outcome == "certified"


def test_an_inquiry_is_no_answer_and_no_request():
    inquiry = answer("HCR*A4\n", trn=f"TRN*1*{INQUIRY}*9EXAMPLE01\n", bht=f"BHT*0007*28*{INQUIRY}*20261208*1000")
    told = []
    assert decided(inquiry, on_finding=told.append) == []
    assert [finding.rule for finding in told] == ["DEC-SET-002"]
    requests = Requests.read(read(wire(inquiry)))
    assert requests.events == 0


@pytest.mark.parametrize(
    ("bht02", "outcome", "rule"),
    [
        ("49", "certified", None),
        ("11", "certified", "DEC-SET-015"),
        ("13", "manual_review", "DEC-SET-014"),
        ("28", "manual_review", "DEC-SET-014"),
    ],
)
def test_an_answer_that_calls_itself_something_else_is_read_with_care(bht02, outcome, rule):
    (decision,) = decided(answer("HCR*A1*AUTH9\n", bht=f"BHT*0007*{bht02}*{INQUIRY}*20261208*1000"))
    assert decision.outcome == outcome
    assert rule is None or rule in rules(decision)
    assert "DEC-SET-003" not in rules(decision)


def test_a_set_without_a_label_is_known_by_its_purpose():
    raw = wire(answer("AAA*N**15*C\n")).replace(b"ST*278*0001*005010X215", b"ST*278*0001")
    (decision,) = decide_stream(raw, asked(), TODAY)
    assert decision.outcome == "unanswered"


def test_a_denial_that_is_no_proper_answer_is_for_a_person():
    (decision,) = decided(answer("HCR*A3**0F\n", bht=f"BHT*0007*13*{INQUIRY}*20261208*1000"))
    assert decision.outcome == "manual_review"


# one among the answers to a request -----------------------------------------------------------------------------------------


def run(tmp_path, *files: bytes):
    history, paths = History(), []
    for n, raw in enumerate(files):
        paths.append(tmp_path / f"{n}.edi")
        paths[-1].write_bytes(raw)
    for path in paths:
        history.look(path)
    requests = asked()
    return [d for path in paths for d in decide_stream(path, requests, TODAY, history=history)]


STILL = answer("HCR*A4**0U\nREF*NT*REF7\n")
CERTIFIED = answer("HCR*A1*AUTH9\n")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_decision_that_an_inquiry_brings_supersedes_the_pend(tmp_path, order):
    files = [wire(PENDED, label="005010X217"), wire(CERTIFIED)]
    found = {d.outcome: d for d in run(tmp_path, *(files[n] for n in order))}
    assert found["pended"].superseded_by is not None
    assert found["certified"].superseded_by is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_still_pended_does_not_hide_the_documents_that_the_first_answer_asked_for(tmp_path, order):
    files = [wire(PENDED, label="005010X217"), wire(STILL)]
    found = run(tmp_path, *(files[n] for n in order))
    (stands,) = [d for d in found if d.superseded_by is None]
    assert stands.documents_requested
    assert not stands.answers
    assert [d.documents_requested for d in Standing(found)] == [stands.documents_requested]


@pytest.mark.parametrize("nothing", NOT_FOUND)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_nothing_found_neither_supersedes_nor_is_superseded(tmp_path, nothing, order):
    files = [wire(PENDED, label="005010X217"), wire(nothing)]
    found = run(tmp_path, *(files[n] for n in order))
    assert {d.outcome for d in found} == {"pended", "unanswered"}
    assert all(d.superseded_by is None for d in found)
    assert [d.outcome for d in Standing(found)] == ["pended"]


def test_two_times_still_pended_the_later_stands_before_the_earlier(tmp_path):
    later = STILL.replace("*20261208*1000", "*20261209*1000")
    found = run(tmp_path, wire(STILL), wire(later))
    assert [d.superseded_by is not None for d in found] == [True, False]


def test_the_answer_to_the_request_stands_over_a_later_word_that_it_is_pended():
    final = PENDED.replace("HCR*A4**0U", "HCR*A1*AUTH5").replace("*20261124*", "*20261201*")
    decisions = [d for raw in (wire(STILL), wire(final, label="005010X217")) for d in decide_stream(raw, asked(), TODAY)]
    for order in itertools.permutations(decisions):
        assert [d.outcome for d in Standing(order)] == ["certified"]


def test_only_nothing_found_stands_where_there_is_nothing_else_and_twice_is_no_contradiction():
    later = NOT_FOUND[1].replace("*20261208*1000", "*20261209*1000")
    (stands,) = Standing(d for body in (NOT_FOUND[1], later) for d in decided(body))
    assert stands.answered_on == date(2026, 12, 9)
    assert "DEC-SET-013" not in rules(stands)


def test_a_request_of_another_system_with_a_long_number_is_found_too():
    from x12retro.x12.traces import inquiry_trace

    long = "OTHER-SYSTEM-REQUEST-NUMBER-000000000000000000-1"
    requests = Requests.read(read(wire(REQUEST.replace(OURS, long), label="005010X217")))
    inquiry = inquiry_trace(long, "12")
    body = answer("HCR*A1*AUTH9\n", trn=f"TRN*2*{inquiry}*9EXAMPLE01\n", bht=f"BHT*0007*49*{inquiry}*20261208*1000")
    (decision,) = decided(body, requests=requests)
    assert (decision.outcome, decision.traces.event[0], decision.matched_by) == ("certified", long, "event_trace")
    pended = PENDED.replace(OURS, long)
    (first,) = decide_stream(wire(pended, label="005010X217"), requests, TODAY)
    assert [d.outcome for d in Standing((first, decision))] == ["certified"]


@pytest.mark.parametrize("level", ["2000C", "2000D"])
def test_a_trace_at_a_level_that_is_rejected_has_its_place(level):
    head = HEAD.format(above=f"TRN*2*{INQUIRY}*9EXAMPLE01\n", member="EXH123456789", born="19840617").replace("DMG", "AAA*N**75*C\nDMG")
    below = f"HL*4*3*23*0\nTRN*2*{INQUIRY}*9EXAMPLE01\nNM1*QC*1*ARDEN*ORLANDO\nAAA*N**67*C\n" if level == "2000D" else ""
    (decision,) = decided(f"BHT*0007*49*{INQUIRY}*20261208*1000\n" + head + below)
    assert (decision.outcome, decision.matched_by, decision.traces.event[0]) == ("unanswered", "event_trace", OURS)
    assert len(decision.places["traces"]) == len(decision.traces.event)
