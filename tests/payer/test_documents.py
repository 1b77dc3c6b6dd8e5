"""Documents that come to the sandbox payer: taken safely, matched by their numbers in either order, and deciding what waits for them."""

import base64
import hashlib
import json
import re

import pytest
from documents import PDF

from x12retro.acknowledge import Advice, GroupAck, read_acknowledgments
from x12retro.build import write
from x12retro.errors import UsageError
from x12retro.guide.judge import validate
from x12retro.inquire import GUIDE_VERSION, inquiries
from x12retro.inquire import Pended as Asked
from x12retro.inquire.pended import PendedTraces
from x12retro.payer import DocumentFolder, Fate, Sandbox, load_payer_file
from x12retro.x12 import Transaction, read

OTHER = b"%PDF-1.4\nanother made-up record\n%%EOF\n"
ARCHIVE = b"PK\x03\x04" + b"\0" * 40


def called(content: bytes, suffix: str = "pdf") -> str:
    return f"{hashlib.sha256(content).hexdigest()}.{suffix}"


def advice(here, name) -> Advice:
    raw = (here.box / "out" / name).read_bytes()
    assert [f for checked in validate(raw) for f in checked.findings] == []
    (found,) = read_acknowledgments(raw, values=True)
    assert isinstance(found, Advice)
    return found


def recounted(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Another payload in a BDS, under its right count."""
    assert old in raw
    raw = raw.replace(old, new)
    return re.sub(rb"BDS\*B64\*[0-9]+\*" + re.escape(new), b"BDS*B64*%d*%s" % (len(new), new), raw)


def base64_of(content: bytes) -> bytes:
    return base64.b64encode(content)


def test_a_request_is_pended_until_the_records_that_are_asked_for_come(journey):
    here = journey()
    here.send("a.edi", here.request)
    assert here.round() == ["a.278", "a.999", "a.TA1"]
    pended = here.read("a.278")
    assert (pended.outcome, pended.action) == ("pended", "A4")
    (own,) = [trace.number for trace in pended.traces.details if trace.kind == "1"]
    assert [(one.kind, one.code, one.control_number) for one in pended.documents_requested] == [
        ("loinc", "28011-5", ""),
        ("report_type", "M1", own),
    ]
    assert pended.next_step.do == "send_documents"
    assert here.round() == []  # it waits for as long as nothing comes
    assert not here.payer().owes
    here.send("b.edi", here.answer(PDF, pended))
    assert here.round() == ["b.824", "b.999", "b.TA1"]
    assert list(here.payer().filed()) == [Fate(own, "matched", (called(PDF),))]
    assert here.kept() == {called(PDF): PDF}
    (name,) = here.round()
    certified = here.read(name)
    assert (certified.outcome, certified.action) == ("certified", "A1")
    assert certified.authorization_number
    assert here.round() == []


@pytest.mark.parametrize("code", ["28011-5", "M1"])
def test_a_document_answers_under_the_payers_number_whatever_it_was_asked_by(journey, code):
    here = journey(pend_for_records=(code,))
    here.send("a.edi", here.request)
    here.round()
    here.send("b.edi", here.answer(PDF, here.read("a.278"), code))
    here.round()
    assert here.read(here.round()[0]).outcome == "certified"


def test_promised_documents_that_come_after_the_request_decide_it(journey):
    here = journey(PDF, OTHER)
    here.send("a.edi", here.request)
    here.round()
    assert here.read("a.278").outcome == "pended"
    here.send("b.edi", here.promised())
    here.round()
    assert here.fates() == [(number, "matched") for number in here.built.traces.documents]
    (name,) = here.round()
    assert here.read(name).outcome == "certified"


def test_promised_documents_that_come_first_are_held_until_the_request_is_known(journey):
    here = journey(PDF, OTHER)
    here.send("b.edi", here.promised())
    assert here.round() == ["b.824", "b.999", "b.TA1"]
    assert advice(here, "b.824").verdict == "accepted"
    assert here.fates() == [(number, "held") for number in here.built.traces.documents]
    assert set(here.kept()) == {called(PDF), called(OTHER)}
    here.send("a.edi", here.request)
    here.round()
    assert here.read("a.278").outcome == "certified"
    assert here.fates()[2:] == [(number, "matched") for number in here.built.traces.documents]
    assert here.payer().state.held == []
    assert here.round() == []


@pytest.mark.parametrize("names", [("1.edi", "2.edi"), ("2.edi", "1.edi")])
def test_both_may_come_in_one_round_in_any_order(journey, names):
    here = journey(PDF)
    here.send(names[0], here.request)
    here.send(names[1], here.promised())
    first = here.round() + here.round()
    answers = [here.read(name).outcome for name in first if name.endswith(".278")]
    assert answers == (["pended", "certified"] if names[0] == "1.edi" else ["certified"])


def test_both_may_come_in_one_file(journey):
    here = journey(PDF)
    here.send("a.edi", here.request + here.promised())
    assert here.round() == ["a.278", "a.824", "a.999", "a.TA1"]
    assert here.read("a.278").outcome == "certified"


def test_a_document_of_another_member_is_refused_and_decides_nothing(journey):
    here = journey(PDF)
    here.send("a.edi", here.request)
    here.round()
    here.send("b.edi", here.promised().replace(b"SRH448210093", b"SRH000000009"))
    here.round()
    said = advice(here, "b.824")
    assert (said.verdict, [(one.code, one.text) for one in said.reasons]) == ("rejected", [("011", ("its member is not the request's",))])
    assert here.round() == []
    assert [one.due for one in here.payer().state.pended] == [None]


def test_a_held_document_of_another_member_stays_held(journey):
    here = journey(PDF)
    here.send("b.edi", here.promised().replace(b"SRH448210093", b"SRH000000009"))
    here.round()
    here.send("a.edi", here.request)
    here.round()
    assert here.read("a.278").outcome == "pended"
    assert len(here.payer().state.held) == 1


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"JVBERi0xLjQKfi!!", "its base64 is broken  it holds other characters, or padding in the middle"),
        (base64_of(ARCHIVE), "it is an archive, which is not taken out of a message"),
    ],
    ids=["broken", "archive"],
)
def test_what_cannot_be_taken_out_is_refused_and_is_no_record(journey, payload, why):
    here = journey(PDF, OTHER)
    here.send("a.edi", here.request)
    here.round()
    raw = here.promised()
    for content in (PDF, OTHER):
        raw = recounted(raw, base64_of(content), payload)
    here.send("b.edi", raw)
    here.round()
    said = advice(here, "b.824")
    assert said.verdict == "rejected"
    assert [(one.code, one.segment_id, one.text) for one in said.reasons] == [("024", "BDS", (why,))] * 2
    assert here.kept() == {}
    assert here.round() == []
    assert [fate for _, fate in here.fates()] == ["refused", "refused"]


def test_one_of_two_that_can_be_taken_is_taken(journey):
    here = journey(PDF, OTHER)
    here.send("a.edi", here.request)
    here.round()
    here.send("b.edi", recounted(here.promised(), base64_of(OTHER), base64_of(ARCHIVE)))
    here.round()
    said = advice(here, "b.824")
    assert (said.verdict, said.numbers[1:]) == ("partially_accepted", here.built.traces.documents)
    assert here.kept() == {called(PDF): PDF}
    assert here.read(here.round()[0]).outcome == "certified"


def test_a_document_that_passes_the_limit_is_refused(journey):
    here = journey(PDF, folder=DocumentFolder(max_document=20))
    here.send("b.edi", here.promised())
    here.round()
    assert advice(here, "b.824").reasons[0].text == ("it has more than 20 octets, which is the most that is taken out",)
    assert here.kept() == {}


def test_what_a_999_rejects_is_not_taken(journey):
    here = journey(PDF)
    here.send("b.edi", re.sub(rb"TRN\*1\*[^~]*~\s*", b"", here.promised()).replace(b"SE*15", b"SE*14"))
    assert here.round() == ["b.999", "b.TA1"]
    (group,) = read_acknowledgments(here.box / "out" / "b.999")
    assert isinstance(group, GroupAck)
    assert group.verdict == "rejected"
    assert here.kept() == {}
    assert here.payer().state.held == []


def test_a_file_that_comes_again_is_not_taken_again(journey):
    here = journey(PDF)
    raw = here.promised()
    for name in ("b.edi", "c.edi"):
        here.send(name, raw)
        here.round()
    assert "TA1*000000002" in (here.box / "out" / "c.TA1").read_text()
    assert "*R*025" in (here.box / "out" / "c.TA1").read_text()
    assert len(here.payer().state.held) == 1


def test_what_came_in_a_file_that_was_refused_may_come_again(journey):
    here = journey(PDF)
    here.send("a.edi", here.request)
    here.round()
    promised = here.promised()
    here.send("b.edi", here.request + promised)
    assert here.round() == ["b.TA1"]
    here.send("c.edi", promised)
    assert here.round() == ["c.824", "c.999", "c.TA1"]
    assert here.read(here.round()[0]).outcome == "certified"


def test_documents_lie_under_their_hash_for_the_owner_alone(journey):
    here = journey(PDF, PDF)
    here.send("b.edi", here.promised())
    here.round()
    folder = here.payer().documents
    assert [file.name for file in folder.iterdir()] == [called(PDF)]
    assert (folder.stat().st_mode & 0o777, (folder / called(PDF)).stat().st_mode & 0o777) == (0o700, 0o600)


def test_what_a_payer_that_died_left_half_taken_is_cleared(journey):
    here = journey(PDF)
    incoming = here.payer().documents / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "document-00001.pdf").write_bytes(b"half")
    here.send("b.edi", here.promised())
    here.round()
    assert not incoming.exists()
    assert here.kept() == {called(PDF): PDF}


def test_without_the_setting_no_824_is_sent(journey):
    here = journey(PDF, application_advice=False)
    here.send("b.edi", here.promised())
    assert here.round() == ["b.999", "b.TA1"]


def test_without_the_rule_documents_are_matched_and_the_rounds_decide(journey):
    here = journey(PDF, pend_for_records=(), answers={"pended": 1}, decide_after=3)
    here.send("a.edi", here.request)
    here.round()
    here.send("b.edi", here.promised())
    assert here.round() == ["b.824", "b.999", "b.TA1"]
    assert here.fates() == [(here.built.traces.documents[0], "matched")]
    assert [one.due for one in here.payer().state.pended] == [4]
    assert here.round() == []
    assert here.round() == ["decisions-000004.278"]


def test_a_procedure_with_an_answer_of_its_own_is_not_pended_for_records(journey):
    here = journey(procedures={"44970": "denied"})
    here.send("a.edi", here.request)
    here.round()
    assert here.read("a.278").outcome == "denied"


def test_being_asked_does_not_decide_what_waits_for_records(journey):
    here = journey(decided_when_asked=1.0)
    here.send("a.edi", here.request)
    here.round()
    first = here.read("a.278")
    set_ = next(frame for frame in read(here.request) if isinstance(frame, Transaction))
    asking = Asked(outcome="pended", traces=PendedTraces((here.trace,)), answered_on=here.now.date())
    with (here.box / "in" / "q.edi").open("wb") as out:
        made = inquiries([(asking, set_)], here.partner, as_of=here.now, control=here._numbers())
        assert [one.built for one in write(out, made, here.partner, as_of=here.now, version=GUIDE_VERSION)] == [True]
    assert here.round() == ["q.278", "q.999", "q.TA1"]
    told = here.read("q.278")
    assert told.outcome == "pended"
    assert [one.code for one in told.documents_requested] == [one.code for one in first.documents_requested]
    assert [one.due for one in here.payer().state.pended] == [None]


def test_a_state_from_before_there_were_documents_is_read(journey):
    here = journey(pend_for_records=(), answers={"pended": 1}, decide_after=1)
    here.send("a.edi", here.request)
    here.round()
    state = here.root / "state.json"
    old = json.loads(state.read_bytes())
    del old["held"]
    for one in old["pended"]:
        del one["last"]
    state.write_text(json.dumps(old))
    remembered = here.root / "state.answered.jsonl"
    lines = [json.loads(line) for line in remembered.read_text().splitlines()]
    remembered.write_text("".join(json.dumps({key: value for key, value in line.items() if key != "numbers"}) + "\n" for line in lines))
    assert here.round() == ["decisions-000002.278"]


def test_no_patient_data_is_in_the_log_and_in_names(journey):
    here = journey(PDF)
    here.send("b.edi", here.promised())
    here.send("a.edi", here.request)
    here.round()
    said = "".join((here.root / f"state.{log}.jsonl").read_text() for log in ("log", "documents"))
    said += " ".join(here.kept()) + (here.box / "out" / "b.824").read_text()
    assert not [text for text in ("Vandermeer", "Callista", "SRH448210093") if text in said]


def test_the_payer_file_says_what_is_asked_for_and_where_documents_go(tmp_path):
    file = tmp_path / "payer.toml"
    file.write_text('mailbox = "box"\n[behaviour]\npend_for_records = ["11503-0", "OB"]\n[documents]\nfolder = "kept"\nmax_document = 5\n')
    told = load_payer_file(file)
    assert told.behaviour.pend_for_records == ("11503-0", "OB")
    assert told.documents == DocumentFolder(folder=str(tmp_path / "kept"), max_document=5)
    assert Sandbox(told, tmp_path / "state.json").documents == tmp_path / "kept"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('pend_for_records = ["28011"]', "'28011' is no LOINC code (28011-5) and no report type of PWK01 (M1)"),
        ('pend_for_records = "M1"', "$.behaviour.pend_for_records"),
        ("application_advice = 1", "$.behaviour.application_advice"),
    ],
)
def test_a_setting_that_is_wrong_is_told(tmp_path, line, told):
    file = tmp_path / "payer.toml"
    file.write_text(f'mailbox = "box"\n[behaviour]\n{line}\n')
    with pytest.raises(UsageError, match=re.escape(told)):
        load_payer_file(file)


def test_nothing_is_taken_out_of_an_interchange_that_is_refused(journey):
    """Cut off behind its last set: TA1 and 999 refuse it as a whole."""
    here = journey()
    cut = here.request[: here.request.rindex(b"GE*")]
    here.send("a.edi", cut)
    assert here.round() == ["a.999", "a.TA1"]
    here.send("b.edi", cut.replace(here.request[90:99], b"000000778") + here.request.replace(here.request[90:99], b"000000777"))
    assert "b.278" in here.round()  # another interchange of the file is whole
