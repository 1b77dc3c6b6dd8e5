"""Each op of the overlay vocabulary: what it lets pass, what it finds, where, and by which code of a 999."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from x12retro.guide.judge import validate

EVENT = "UM*HS*I*2*22:B******8~DTP*AAH*D8*20261020~HI*ABK:J189"
OTHER = "UM*HS*I*2*22:B**U~DTP*AAH*RD8*20261020-20261021~HI*ABK:J189~MSG*SEE NOTES"
SERVICE = "SV1*HC:99213*100*UN*1"
DENTAL = "SV3*AD:D7210*180**10*I*1"
HOSPITAL = "SV2*0360*HC:73502*310.25*UN*2"
ANSWER = "TRN*2*EVT-1*9EXAMPLE01~UM*HS*I~HCR*A1*AUTH-1"
DENIAL = "TRN*2*EVT-1*9EXAMPLE01~UM*HS*I~HCR*A3**0F"

# row | event | services | what is found: (segment id, loop, element, 999 level and code)
CASES = [
    ('op = "require"\nplace = "2000E/UM06"', OTHER, (), []),
    ('op = "require"\nplace = "2000E/UM06"', EVENT, (), [("UM", "2000E", 6, "IK4 I9")]),
    ('op = "require"\nplace = "2000E/MSG"', OTHER, (), []),
    ('op = "require"\nplace = "2000E/MSG"', EVENT, (), [("MSG", "2000E", None, "IK3 I6")]),
    ('op = "require"\nplace = "2000F"', EVENT, (SERVICE,), []),
    ('op = "require"\nplace = "2000F"', EVENT, (), [("HL", "2000E", None, "IK3 I7")]),
    ('op = "require"\nplace = "2010EA"', EVENT, (SERVICE,), [("NM1", "2000E", None, "IK3 I7")]),
    ('op = "require"\nplace = "2010EA"', f"{EVENT}~NM1*71*1*WELBY*ALMA****XX*1245319599", (SERVICE,), []),
    ('op = "require"\nplace = "2010EA/PRV"', f"{EVENT}~NM1*71*1*WELBY*ALMA****XX*1245319599", (), [("PRV", "2010EA", None, "IK3 I6")]),
    ('op = "require"\nplace = "2010EA/PRV"', f"{EVENT}~NM1*71*1*WELBY*ALMA****XX*1245319599~PRV*AT*PXC*207X00000X", (), []),
    ('op = "require"\nplace = "2010C/DMG"', EVENT, (), [("DMG", "2010C", None, "IK3 I6")]),
    ('op = "require"\nplace = "2000E/DTP[435]"', EVENT, (), [("DTP", "2000E", None, "IK3 I6")]),
    ('op = "require"\nplace = "2000E/DTP[AAH]"', EVENT, (), []),
    ('op = "require"\nplace = "2000F/SV201"\nwhen = { place = "2000E/UM10", values = ["8"] }', EVENT, ("SV2**HC:73502*310*UN*2",),
     [("SV2", "2000F", 1, "IK4 I9")]),
    ('op = "require"\nplace = "2000F/SV201"\nwhen = { place = "2000E/UM10", values = ["11"] }', EVENT, ("SV2**HC:73502*310*UN*2",), []),
    ('op = "forbid"\nplace = "2000E/UM06"', EVENT, (), []),
    ('op = "forbid"\nplace = "2000E/UM06"', OTHER, (), [("UM", "2000E", 6, "IK4 I13")]),
    ('op = "forbid"\nplace = "2000E/UM06"\nvalues = ["E"]', OTHER, (), []),
    ('op = "forbid"\nplace = "2000E/UM06"\nvalues = ["U"]', OTHER, (), [("UM", "2000E", 6, "IK4 I13")]),
    ('op = "forbid"\nplace = "2000F/SV3"', EVENT, (SERVICE,), []),
    ('op = "forbid"\nplace = "2000F/SV3"', EVENT, (SERVICE, DENTAL), [("SV3", "2000F", None, "IK3 I9")]),
    ('op = "forbid"\nplace = "2000F"', EVENT, (SERVICE,), [("HL", "2000F", None, "IK3 I9")]),
    ('op = "allow_values"\nplace = "2000E/UM04-1"\nvalues = ["11", "22"]', EVENT, (), []),
    ('op = "allow_values"\nplace = "2000E/UM04-1"\nvalues = ["11"]', EVENT, (), [("UM", "2000E", 4, "IK4 I6")]),
    ('op = "allow_values"\nplace = "2000E/DTP[AAH]02"\nvalues = ["D8"]', EVENT, (), []),
    ('op = "allow_values"\nplace = "2000E/DTP[AAH]02"\nvalues = ["D8"]', OTHER, (), [("DTP", "2000E", 2, "IK4 I6")]),
    ('op = "allow_values"\nplace = "2010B/NM101"\nvalues = ["1P"]', EVENT, (), []),
    ('op = "allow_values"\nplace = "2010B/NM101"\nvalues = ["FA"]', EVENT, (), [("NM1", "2010B", 1, "IK4 I6")]),
    ('op = "allow_values"\nplace = "BHT06"\nvalues = ["RU"]', EVENT, (), []),
    ('op = "format"\nplace = "2010C/NM109"\npattern = "[A-Z]{3}[0-9]{9}"\nwords = "three letters and nine digits"', EVENT, (), []),
    ('op = "format"\nplace = "2010C/NM109"\npattern = "[0-9]*"\nwords = "digits"', EVENT, (), [("NM1", "2010C", 9, "IK4 I12")]),
    ('op = "format"\nplace = "2010B/NM109"\npattern = ".*X"\nwords = "ended by X"', EVENT, (), [("NM1", "2010B", 9, "IK4 I12")]),
    ('op = "max_length"\nplace = "2010C/NM109"\nlimit = 12', EVENT, (), []),
    ('op = "max_length"\nplace = "2010C/NM109"\nlimit = 11', EVENT, (), [("NM1", "2010C", 9, "IK4 5")]),
    ('op = "max_repeat"\nplace = "2000F"\nlimit = 2', EVENT, (SERVICE, SERVICE), []),
    ('op = "max_repeat"\nplace = "2000F"\nlimit = 1', EVENT, (SERVICE, SERVICE, SERVICE), [("HL", "2000F", None, "IK3 4")]),
    ('op = "max_repeat"\nplace = "2000E/PWK"\nlimit = 1', f"{EVENT}~PWK*OB*EL***AC*GH01", (), []),
    ('op = "max_repeat"\nplace = "2000E/PWK"\nlimit = 1', f"{EVENT}~PWK*OB*EL***AC*GH01~PWK*AS*EL***AC*GH02", (),
     [("PWK", "2000E", None, "IK3 5")]),
    ('op = "one_per"\nplace = "2000F"\nper = "set"', EVENT, (SERVICE,), []),
    ('op = "one_per"\nplace = "2000F"\nper = "set"', EVENT, (SERVICE, SERVICE), [("HL", "2000F", None, "IK3 4")]),
    ('op = "one_per"\nplace = "2000F/SV2"\nper = "set"', EVENT, (HOSPITAL, SERVICE), []),
    ('op = "one_per"\nplace = "2000F/SV2"\nper = "set"', EVENT, (HOSPITAL, HOSPITAL), [("SV2", "2000F", None, "IK3 5")]),
    ('op = "text_required"\nplace = "2000E/MSG01"\nphrases = ["see notes", "attached"]', OTHER, (), []),
    ('op = "text_required"\nplace = "2000E/MSG01"\nphrases = ["attached"]', OTHER, (), [("MSG", "2000E", 1, "IK4 I12")]),
    ('op = "text_required"\nplace = "2000E/MSG01"\nphrases = ["attached"]', EVENT, (), [("MSG", "2000E", None, "IK3 I6")]),
    ('op = "text_required"\nplace = "2000E/MSG01"\nphrases = ["x"]\nwhen = { place = "2000E/UM10", values = ["11"] }', EVENT, (), []),
    ('op = "advise"\nplace = "2000E/UM06"\nseverity = "info"', EVENT, (), []),
    ('op = "advise"\nplace = "2000E/UM06"\nvalues = ["U"]\nseverity = "info"', OTHER, (), [("UM", "2000E", 6, "IK4 I6")]),
    ('op = "advise"\nplace = "2000F/SV3"\nseverity = "info"', EVENT, (DENTAL,), [("SV3", "2000F", None, "IK3 I9")]),
]  # fmt: skip


def places(findings):
    return [(f.segment_id, f.loop, f.element, f"{f.ack.level} {f.ack.code}") for f in findings]


@pytest.mark.parametrize(("row", "event", "services", "expected"), CASES)
def test_a_row_finds_what_breaks_it_at_its_place(payer, message, found, row, event, services, expected):
    findings = found(message(event, *services), payer(row))
    assert places(findings) == expected
    assert all((f.rule, f.snip) == ("P-made-up-1", 7) for f in findings)


@pytest.mark.parametrize(("row", "event", "services", "expected"), CASES)
def test_the_cheap_look_misses_nothing_in_a_large_file_of_other_delimiters(payer, message, found, row, event, services, expected):
    sets = 60  # beyond those that are diagnosed, so that the recogniser and the lookout decide
    content = message(event, *services, sets=sets).replace(b"*", b"|").replace(b"~", b"~\r\n")
    findings = found(content, payer(row))
    assert places(findings) == expected * sets


@pytest.mark.parametrize(("row", "event", "services", "expected"), CASES)
def test_a_set_that_the_guide_warns_of_is_asked_about_all_rows(payer, message, row, event, services, expected):
    content = message(event, *services).replace(b"20261103*0930~HL", b"20261103*2599~HL")  # a time that is none
    all_ = [f for checked in validate(content, as_of=date(2026, 11, 24), payer=payer(row)) for f in checked.findings]
    assert any(f.rule == "X217-BHT-005" for f in all_)
    assert places(f for f in all_ if f.rule.startswith("P-")) == expected


def test_a_response_subset_speaks_of_responses(payer, message, found):
    row = 'op = "response_subset"\nplace = "2000E/HCR01"\nvalues = ["A1", "A4"]'
    assert found(message(ANSWER, response=True), payer(row, "response")) == []
    assert places(found(message(DENIAL, response=True), payer(row, "response"))) == [("HCR", "2000E", 1, "IK4 I6")]
    assert found(message(EVENT), payer(row, "response")) == []


def test_each_repeat_of_an_element_is_asked(payer, message, found):
    row = 'op = "response_subset"\nplace = "2000E/HCR03"\nvalues = ["0F"]'
    assert found(message(DENIAL, response=True), payer(row, "response")) == []
    assert len(found(message(DENIAL.replace("0F", "0F^0G"), response=True), payer(row, "response"))) == 1
    limit = 'op = "max_repeat"\nplace = "2000E/HCR03"\nlimit = 1'
    assert places(found(message(DENIAL.replace("0F", "0F^0G"), response=True), payer(limit, "response"))) == [("HCR", "2000E", 3, "IK4 12")]


def test_a_condition_below_is_looked_for_in_the_service_in_question(payer, message, found):
    row = 'op = "require"\nplace = "2000F/MSG"\nwhen = { place = "2010FA/AAA" }'
    rejected = f"TRN*2*EVT-1-1*9EXAMPLE01~{SERVICE}~NM1*72*1*MENDER*JONAS****XX*1245319599~AAA*N**44*C"
    event = "TRN*2*EVT-1*9EXAMPLE01~UM*HS*I"
    findings = found(message(event, rejected, "HCR*A1*AUTH-1~" + SERVICE, response=True), payer(row, "response"))
    assert [(f.segment_id, f.segment) for f in findings] == [("MSG", 12)]


def test_the_message_names_right_source_year_and_confidence_and_never_the_value(payer, message, found):
    row = 'op = "format"\nplace = "2010C/NM109"\npattern = "[0-9]+"\nwords = "digits alone"'
    (finding,) = found(message(EVENT), payer(row))
    assert finding.message == "NM109 must be digits alone for Made Up Plan: as its guide has it (source of 2025, confidence A)"
    assert finding.value == "EXH123456789"


def test_text_beyond_ascii_is_measured_in_characters(payer, message, found):
    row = 'op = "max_length"\nplace = "2010C/NM103"\nlimit = 5'
    short = message(EVENT, subscriber="NM1*IL*1*ÁRDÉN*ROSALIND****MI*EXH123456789", sets=50)
    assert [f for f in found_any(short, payer(row)) if f.rule.startswith("P-")] == []


def test_a_value_longer_than_any_guide_allows_is_tried_by_no_pattern(payer, message, found):
    row = 'op = "format"\nplace = "2010C/NM109"\npattern = "[A-Z]*[A-Z]*[0-9]"\nwords = "letters and a digit"'
    endless = message(EVENT, subscriber=f"NM1*IL*1*ARDEN*ROSALIND****MI*{'A' * 200_000}")
    assert {f.rule for f in found_any(endless, payer(row)) if f.segment_id == "NM1" and f.element == 9} == {"X217-NM1-009"}


def found_any(content, payer):
    return [f for checked in validate(content, as_of=date(2026, 11, 24), payer=payer) for f in checked.findings]


def test_rows_are_left_out_below_snip_7(payer, message, found):
    made = payer('op = "require"\nplace = "2000E/UM06"')
    assert found(message(EVENT), made, snip=6) == []
    assert len(found(message(EVENT), made, snip=7)) == 1


def test_the_guides_own_finding_stands_and_the_payer_adds_none_at_its_place(payer, message):
    content = message(EVENT.replace("UM*HS*I", "UM*HS*Q"))
    made = payer('op = "allow_values"\nplace = "2000E/UM02"\nvalues = ["I"]')
    findings = [f for f in found_any(content, made) if f.element == 2]
    assert [(f.rule, f.severity) for f in findings] == [("X217-UM-002", "error")]


def test_only_suspected_rows_are_laid_out(payer, message, found, monkeypatch):
    from x12retro.guide import set_judge

    laid_out = []
    real = set_judge.Sheet
    monkeypatch.setattr(set_judge, "Sheet", lambda *given: laid_out.append(1) or real(*given))
    made = payer("\n\n".join(row for row, *_ in (case for case in CASES if not case[3]) if "UM10" not in row and "2010EA" not in row))
    made = msgspec.structs.replace(made, rows=tuple(row for row in made.rows if row.op in ("allow_values", "format", "max_length")))
    assert len(made.rows) > 4
    assert found(message(EVENT, SERVICE, sets=50), made) == []
    before = len(laid_out)
    found(message(EVENT, SERVICE, sets=50), msgspec.structs.replace(made, rows=()))
    assert len(laid_out) == 2 * before, "the overlay lays out no set that it has nothing to say about"
