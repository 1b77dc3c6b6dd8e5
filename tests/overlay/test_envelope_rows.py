"""Rows about ISA and GS, about the delimiters, and about how many stand together; in the direction that is meant."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest

from x12retro.acknowledge import AckWriter, acknowledging
from x12retro.build import ControlNumbers
from x12retro.guide.judge import validate
from x12retro.guide.parallel import JudgePool
from x12retro.guide.rules import Context
from x12retro.x12 import GroupStart, InterchangeStart

EVENT = "UM*HS*I*2*22:B~DTP*AAH*D8*20261020~HI*ABK:J189"
ANSWER = "TRN*2*EVT-1*9EXAMPLE01~UM*HS*I~HCR*A1*AUTH-1"

CASES = [
    ('op = "allow_values"\nplace = "ISA08"\nvalues = ["RECEIVER"]', {}, []),
    ('op = "allow_values"\nplace = "ISA08"\nvalues = ["PLAN"]', {}, [("ISA", 8, "TA1 008")]),
    ('op = "allow_values"\nplace = "ISA05"\nvalues = ["30"]', {"isa": {5: "30"}}, []),
    ('op = "allow_values"\nplace = "ISA05"\nvalues = ["30"]', {}, [("ISA", 5, "TA1 005")]),
    ('op = "allow_values"\nplace = "GS03"\nvalues = ["PLAN"]', {}, [("GS", 3, "TA1 022")]),
    ('op = "format"\nplace = "GS02"\npattern = "[0-9]+"\nwords = "digits"', {}, [("GS", 2, "TA1 022")]),
    ('op = "max_length"\nplace = "ISA06"\nlimit = 6', {}, []),
    ('op = "max_length"\nplace = "ISA06"\nlimit = 5', {}, [("ISA", 6, "TA1 006")]),
    ('op = "same_as"\nplace = "GS02"\nother = "ISA06"', {}, []),
    ('op = "same_as"\nplace = "GS02"\nother = "ISA06"', {"gs": {2: "ANOTHER"}}, [("GS", 2, "TA1 022")]),
    (
        'op = "allow_values"\nplace = "GS03"\nvalues = ["PLAN"]\nwhen = { place = "ISA08", values = ["RECEIVER"] }',
        {},
        [("GS", 3, "TA1 022")],
    ),
    ('op = "allow_values"\nplace = "GS03"\nvalues = ["PLAN"]\nwhen = { place = "ISA08", values = ["OTHER"] }', {}, []),
    ('op = "allow_values"\nplace = "ISA16"\nvalues = [">"]', {}, [("ISA", 16, "TA1 027")]),
    ('op = "allow_values"\nplace = "segment-terminator"\nvalues = ["~"]', {}, []),
    ('op = "allow_values"\nplace = "segment-terminator"\nvalues = ["~"]', {"terminator": "\n"}, [("ISA", None, "TA1 004")]),
    ('op = "allow_values"\nplace = "element-separator"\nvalues = ["*"]', {"element": "|"}, [("ISA", None, "TA1 026")]),
    ('op = "one_per"\nplace = "ST"\nper = "interchange"', {}, []),
    ('op = "one_per"\nplace = "ST"\nper = "interchange"', {"sets": 2}, [("ST", None, "IK5 I6")]),
]


@pytest.mark.parametrize(("row", "how", "expected"), CASES)
def test_an_envelope_is_judged_by_what_the_payer_asks(payer, message, found, row, how, expected):
    findings = found(message(EVENT, **how), payer(row))
    assert [(f.segment_id, f.element, f"{f.ack.level} {f.ack.code}") for f in findings] == expected


def test_the_second_interchange_of_a_file_is_one_too_many(payer, message, found):
    made = payer('op = "one_per"\nplace = "ISA"\nper = "file"')
    one = message(EVENT)
    assert found(one, made) == []
    (finding,) = found(one + one.replace(b"000000101", b"000000102"), made)
    assert (finding.segment_id, finding.interchange, finding.offset) == ("ISA", "000000102", len(one))


def test_sets_are_counted_anew_in_each_interchange(payer, message, found):
    one = message(EVENT)
    assert found(one + one.replace(b"000000101", b"000000102"), payer('op = "one_per"\nplace = "ST"\nper = "interchange"')) == []
    assert len(found(one + one.replace(b"000000101", b"000000102"), payer('op = "one_per"\nplace = "ST"\nper = "file"'))) == 1


def test_a_row_about_requests_says_nothing_of_the_envelope_of_an_answer(payer, message, found):
    row = 'op = "allow_values"\nplace = "ISA08"\nvalues = ["PLAN"]'
    assert found(message(ANSWER, response=True), payer(row)) == []
    assert len(found(message(ANSWER, response=True), payer(row, "response"))) == 1


def test_envelope_findings_come_with_their_part(payer, message):
    made = payer('op = "allow_values"\nplace = "ISA08"\nvalues = ["PLAN"]\n\nop = "allow_values"\nplace = "GS03"\nvalues = ["PLAN"]')
    parts = list(validate(message(EVENT), as_of=date(2026, 11, 24), payer=made))
    told = {type(c.part): [f.rule for f in c.findings] for c in parts if c.part is not None}
    assert told[InterchangeStart] == ["P-made-up-1"]
    assert told[GroupStart] == ["P-made-up-2"]


def test_what_the_guide_says_of_an_element_is_not_said_twice(payer, message):
    made = payer('op = "allow_values"\nplace = "ISA05"\nvalues = ["30"]')
    findings = [f for c in validate(message(EVENT, isa={5: "QQ"}), payer=made) for f in c.findings]
    assert [(f.rule[:2], f.element) for f in findings if f.segment_id == "ISA"] == [("X1", 5)]


def test_an_envelope_that_a_payer_refuses_is_refused_by_ta1(payer, message):
    made = payer('op = "allow_values"\nplace = "ISA08"\nvalues = ["PLAN"]\nseverity = "error"')
    functional, ta1 = io.BytesIO(), io.BytesIO()
    writer = AckWriter(functional, ta1, ControlNumbers(1), datetime(2026, 11, 24, 12))  # noqa: DTZ001 - acknowledgments carry local time
    list(acknowledging(validate(message(EVENT), payer=made), writer))
    assert b"*R*008~" in ta1.getvalue()


def test_several_processes_find_what_one_finds(payer, message):
    made = payer('op = "allow_values"\nplace = "ISA08"\nvalues = ["PLAN"]\n\nop = "require"\nplace = "2000E/UM06"')
    day = date(2026, 11, 24)
    alone = [f for c in validate(message(EVENT, sets=50), as_of=day, payer=made) for f in c.findings]
    with JudgePool(2, 7, Context(as_of=day, payer=made)) as pool:
        together = [f for c in validate(message(EVENT, sets=50), as_of=day, payer=made, pool=pool) for f in c.findings]
    assert together == alone
    assert len(alone) > 50
