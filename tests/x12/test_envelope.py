"""Counts and control numbers of the envelope: one fault, one finding, with its place and its acknowledgment code."""

import pytest

from x12retro.findings import Finding
from x12retro.x12 import read
from x12retro.x12.envelope import check_envelope
from x12retro.x12.rules import WIRE_RULES

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260711*1200*^*00501*000000001*0*T*:~"
GS = "GS*HI*SENDER*RECEIVER*20260711*1200*1*X*005010X217~"
SET = "ST*278*0001*005010X217~NM1*IL*1*DOE*JANE~SE*3*0001~"
WHOLE = ISA + GS + SET + "GE*1*1~IEA*1*000000001~"

FAULTS = [
    # what is changed, rule, acknowledgment, segment number, element, part of the message
    (("SE*3*", "SE*2*"), "X12-SE-001", ("IK5", "4"), 3, 1, "SE01 says 2 segments, the set has 3"),
    (("SE*3*", "SE**"), "X12-SE-001", ("IK5", "4"), 3, 1, "SE01 is missing"),
    (("SE*3*", "SE*X*"), "X12-SE-001", ("IK5", "4"), 3, 1, "SE01 is no number"),
    (("SE*3*", "SE*19610203*"), "X12-SE-001", ("IK5", "4"), 3, 1, "SE01 is far off, the set has 3 segments"),
    (("SE*3*0001", "SE*3*0002"), "X12-SE-002", ("IK5", "3"), 3, 2, "SE02 differs from ST02"),
    (("SE*3*0001~", ""), "X12-SE-003", ("IK5", "2"), None, None, "SE is missing"),
    ((SET, SET * 2), "X12-ST-001", ("IK5", "23"), 1, 2, "ST02 repeats"),
    (("GE*1*", "GE*2*"), "X12-GE-001", ("AK9", "5"), None, 1, "GE01 says 2 transaction sets, the group has 1"),
    (("GE*1*1", "GE*1*2"), "X12-GE-002", ("AK9", "4"), None, 2, "GE02 differs from GS06"),
    (("GE*1*1~", ""), "X12-GE-003", ("AK9", "3"), None, None, "GE is missing"),
    (("IEA*1*", "IEA*2*"), "X12-IEA-003", ("TA1", "021"), None, 1, "IEA01 says 2 groups, the interchange has 1"),
    (("IEA*1*000000001", "IEA*1*000000002"), "X12-IEA-002", ("TA1", "001"), None, 2, "IEA02 differs from ISA13"),
    (("IEA*1*000000001~", ""), "X12-IEA-001", ("TA1", "023"), None, None, "IEA is missing"),
    (("000000001", "00000000A"), "X12-ISA-106", ("TA1", "018"), None, 13, "nine digits"),
    (("~IEA*1*", "~" + GS + SET + "GE*1*1~IEA*2*"), "X12-GS-102", ("AK9", "19"), None, 6, "GS06 repeats"),
]


def findings(text):
    return [f for f in check_envelope(read(text.encode())) if isinstance(f, Finding)]


@pytest.mark.parametrize("line_break", ["", "\n", "\n  "])
@pytest.mark.parametrize(("change", "rule", "ack", "segment", "element", "words"), FAULTS)
def test_a_fault_in_the_envelope_gives_one_finding(change, rule, ack, segment, element, words, line_break):
    text = WHOLE.replace(*change)
    if change == (SET, SET * 2):
        text = text.replace("GE*1*", "GE*2*")
    assert text != WHOLE
    found = [f for f in findings(text.replace("~", "~" + line_break)) if f.severity != "info"]
    assert [f.rule for f in found] == [rule]
    (finding,) = found
    assert (finding.ack.level, finding.ack.code) == ack
    assert (finding.segment, finding.element, finding.snip, finding.severity) == (segment, element, 1, "error")
    assert words in finding.message


def test_a_right_envelope_gives_no_finding():
    assert findings(WHOLE) == []


def test_two_interchanges_with_one_control_number_are_told():
    (finding,) = findings(WHOLE * 2)
    assert (finding.rule, finding.offset, finding.ack.code) == ("X12-ISA-108", len(WHOLE), "025")


def test_set_numbers_may_come_again_in_another_group_and_in_any_order():
    sets = "".join(SET.replace("0001", f"{n:04d}") for n in (5, 3, 4, 1, 2, 10))
    text = ISA + GS + sets + "GE*6*1~" + GS.replace("*1*X", "*2*X") + sets + "GE*6*2~IEA*2*000000001~"
    assert findings(text) == []
    assert [f.rule for f in findings(text.replace("*0010", "*0003"))] == ["X12-ST-001"] * 2


def test_a_finding_knows_its_interchange_group_and_set():
    (finding,) = findings(WHOLE.replace("SE*3*", "SE*9*"))
    assert (finding.interchange, finding.group, finding.transaction, finding.segment_id) == ("000000001", "1", "0001", "SE")
    assert WHOLE[finding.offset :].startswith("SE*")


def test_one_cut_gives_one_finding_that_names_all_missing_trailers():
    (finding,) = findings(ISA + GS + "ST*278*0001*005010X217~NM1*IL*1*DO")
    assert finding.rule == "X12-IEA-001"
    assert finding.message == "SE, GE and IEA are missing: the file ends"
    assert finding.transaction == "0001"


def test_every_wire_rule_has_words_for_the_user():
    assert all(rule.id == key and len(rule.about) > 20 for key, rule in WIRE_RULES.items())
