"""`x12retro inquire` as a user runs it: what it writes, what it passes over, and what it says of what it cannot ask after."""

import json
import re

import pytest

from x12retro.build.numbers import event_trace

AS_OF = ("--as-of", "2026-12-04")


@pytest.fixture(scope="module")
def sent(x12retro, tmp_path_factory):
    """Eight requests, and the traces of their events in order."""
    file = tmp_path_factory.mktemp("sent") / "sent.edi"
    assert x12retro("synth", "requests", 8, "--seed", 12, "-o", file).returncode == 0
    traces = re.findall(r"HL\*[0-9]+\*[0-9]+\*EV\*[01]~\nTRN\*1\*([0-9A-Z]+)\*", file.read_text())
    assert len(traces) == 8
    return file, traces


@pytest.fixture
def ask(x12retro, fixtures, sent, tmp_path):
    def run(decisions, *more, requests=sent[0], partner=fixtures / "partners" / "summit-ridge.toml", out=tmp_path / "out.edi"):
        file = tmp_path / "decisions.jsonl"
        file.write_text(decisions if isinstance(decisions, str) else "".join(json.dumps(one) + "\n" for one in decisions))
        command = ("inquire", "--decisions", file, "--requests", requests, "--partner", partner, "-o", out, *more)
        return x12retro(*command, *(() if "--as-of" in more else AS_OF))

    return run


def pended(trace, **more):
    return {"outcome": "pended", "traces": {"event": [trace]}, "answered_on": "2026-11-30", "next_step": {}, **more}


def test_one_inquiry_is_written_for_each_pended_request(ask, sent, x12retro, tmp_path):
    _, traces = sent
    report = tmp_path / "report.jsonl"
    done = ask([pended(traces[0], encounter_id="ENC-1", reference_number="R1"), pended(traces[3])], "--report", report)
    assert done.returncode == 0, done.stderr
    assert b"2 inquiries after 2 pended requests into" in done.stderr
    assert b"control numbers begin at 1" in done.stderr
    text = (tmp_path / "out.edi").read_text()
    assert text.count("BHT*0007*28*") == 2
    assert "REF*NT*R1~" in text
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["traces"]["request"] for line in lines] == [traces[0], traces[3]]
    assert [line["encounter_id"] for line in lines] == ["ENC-1", None]
    assert x12retro("validate", tmp_path / "out.edi").returncode == 0


def test_numbers_go_on_between_runs_and_so_do_the_inquiries(ask, sent, tmp_path):
    numbers, seen = tmp_path / "numbers.json", set()
    for _ in range(2):
        assert ask([pended(sent[1][0])], "--control-file", numbers).returncode == 0
        text = (tmp_path / "out.edi").read_text()
        seen.add((text[90:99], re.search(r"BHT\*0007\*28\*(\w+)", text)[1]))
    assert len({isa13 for isa13, _ in seen}) == len({trace for _, trace in seen}) == 2


def test_what_is_not_pended_is_passed_over_and_counted(ask, sent, tmp_path):
    _, traces = sent
    others = [{**pended(traces[n]), "outcome": outcome} for n, outcome in enumerate(("certified", "certified", "denied"))]
    done = ask([*others, pended(traces[4], superseded_by={"file": "later.edi"}), pended(traces[5], duplicate=True)])
    assert done.returncode == 0
    assert b"0 inquiries after 0 pended requests" in done.stderr
    assert b"not pended, passed over: 2 certified, 1 denied" in done.stderr
    assert not (tmp_path / "out.edi").exists()


def test_a_request_that_is_not_at_hand_is_told_and_the_others_go_on(ask, sent, tmp_path):
    done = ask([pended(event_trace("ENC-9", "000000001"), encounter_id="ENC-9"), pended(sent[1][1])])
    assert done.returncode == 1
    assert b"ENC-9: error: $.traces: the request is not at hand" in done.stderr
    assert b"1 inquiry after 2 pended requests" in done.stderr
    assert (tmp_path / "out.edi").read_text().count("BHT*0007*28*") == 1


def test_a_wrong_partner_is_told_and_nothing_is_written(ask, sent, fixtures, tmp_path):
    done = ask([pended(sent[1][0])], partner=fixtures / "partners" / "front-range.toml")
    assert done.returncode == 1
    assert b"the request went to another partner" in done.stderr
    assert not (tmp_path / "out.edi").exists()


def test_what_is_not_due_waits_and_what_is_over_is_told(ask, sent, tmp_path):
    _, traces = sent
    decisions = [pended(traces[0], answered_on="2026-12-03"), pended(traces[1], answered_on="2026-10-01", encounter_id="ENC-2")]
    done = ask(decisions)
    assert done.returncode == 0
    assert b"1 not due yet, the next 2026-12-07 00:00 (--now asks all the same)" in done.stderr
    assert b"ENC-2: not asked after: the payer has to decide by 2026-10-31: call it" in done.stderr
    assert b"2 inquiries after 2" in ask(decisions, "--now").stderr


def test_the_schedule_is_the_partners(ask, sent, fixtures, tmp_path):
    partner = tmp_path / "partner.toml"
    partner.write_text((fixtures / "partners" / "summit-ridge.toml").read_text().replace("first = 2", "first = 9"))
    assert b"1 not due yet" in ask([pended(sent[1][0])], partner=partner).stderr
    partner.write_text(partner.read_text().replace('["1d"]', '"daily"'))
    wrong = ask([pended(sent[1][0])], partner=partner)
    assert wrong.returncode == 2
    assert b"partner.toml: $.inquiry.back_off" in wrong.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{not json}\n", b"decisions.jsonl:1: is no decision record; --decisions takes"),
        ('\n{"encounter_id": "E"}\n', b"decisions.jsonl:2: is no decision record"),
    ],
)
def test_what_is_no_decision_record_is_told_with_its_line(ask, text, told):
    done = ask(text)
    assert done.returncode == 2
    assert told in done.stderr


def test_what_is_no_report_is_told_with_its_line(ask, sent, tmp_path):
    (tmp_path / "asked.jsonl").write_text("\n[]\n")
    done = ask([pended(sent[1][0])], "--asked", tmp_path / "asked.jsonl")
    assert done.returncode == 2
    assert b"inquiries, line 2: not a report as `x12retro inquire` writes it" in done.stderr


def test_missing_files_and_options_are_told(ask, sent, x12retro, tmp_path):
    assert b"no-such-file" in (done := ask([pended(sent[1][0])], requests=tmp_path / "no-such-file.edi")).stderr
    assert done.returncode == 2
    done = x12retro("inquire", "--decisions", "d.jsonl")
    assert done.returncode == 2
    assert b"--requests" in done.stderr


def test_an_input_is_never_written_over(ask, sent):
    done = ask([pended(sent[1][0])], out=sent[0])
    assert done.returncode == 2
    assert b"is an input too" in done.stderr


def test_standard_output_takes_the_inquiries(ask, sent):
    done = ask([pended(sent[1][0])], out="-")
    assert done.returncode == 0
    assert done.stdout.startswith(b"ISA*")
    assert done.stdout.rstrip().endswith(b"~")


def test_nothing_of_a_patient_is_told(ask, sent, tmp_path):
    names = set(re.findall(r"NM1\*(?:IL|QC)\*1\*(\w+)\*(\w+)", sent[0].read_text()))
    done = ask([pended(trace, reference_number="A*B") for trace in sent[1]], "--report", tmp_path / "r.jsonl")
    assert done.returncode == 1
    said = done.stderr.decode() + (tmp_path / "r.jsonl").read_text()
    assert names
    assert not any(part in said for name in names for part in name)


def test_the_help_teaches(x12retro):
    text = x12retro("inquire", "--help").stdout.decode()
    assert all(word in text for word in ("[inquiry]", "back_off", "Exit code 1", "Examples:", "unanswered"))
    assert "inquire" in x12retro("--help").stdout.decode()
