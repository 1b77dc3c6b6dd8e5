"""The payers that come with the package, each by a message that it takes and one that it does not."""

from __future__ import annotations

import pytest

from x12retro.guide.overlay import find_payer

EVENT = "UM*HS*I*2*22:B~DTP*AAH*D8*20261020~HI*ABK:J189"
ANSWER = "TRN*2*EVT-1*9EXAMPLE01~UM*HS*I~HCR*"
HPHC = {"isa": {8: "HPHC0001"}, "gs": {3: "HPHC0001B"}, "subscriber": "NM1*IL*1*ARDEN*ROSALIND****MI*HP123456700"}
NEHEN = {**HPHC, "isa": {8: "NEHEN003"}, "gs": {3: "NEHEN003"}}
FMHP = {"isa": {7: "30", 8: "660537624"}, "gs": {3: "660537624"}}
LATE = EVENT.replace("22:B", "22:B******8")

# payer | event | services | how | ids of the rows that speak
CASES = [
    ("harvard-pilgrim", EVENT, (), HPHC, []),
    ("harvard-pilgrim", EVENT, (), NEHEN, []),
    ("harvard-pilgrim", EVENT, (), {**HPHC, "isa": {8: "NEHEN003"}}, [3]),
    ("harvard-pilgrim", EVENT, (), {**NEHEN, "isa": {8: "HPHC0001"}}, [2]),
    ("harvard-pilgrim", EVENT, (), {**HPHC, "isa": {8: "OTHER"}}, [1]),
    ("harvard-pilgrim", EVENT, (), {**HPHC, "subscriber": "NM1*IL*1*ARDEN*ROSALIND****MI*HP1234567-00"}, [4]),
    ("harvard-pilgrim", EVENT, (), {**HPHC, "requester": "NM1*FA*2*GENERAL HOSPITAL*****XX*1234567893"}, [6]),
    ("harvard-pilgrim", EVENT.replace("~HI", "~DTP*435*RD8*20261020-20261021~HI"), (), HPHC, [8]),
    ("harvard-pilgrim", EVENT.replace("~HI", "~DTP*435*D8*20261020~HI"), (), HPHC, []),
    ("harvard-pilgrim", EVENT, ("SV3*AD:D7210*180**10*I*1",), HPHC, [9]),
    ("harvard-pilgrim", EVENT, ("SV1*HC:99213*100*UN*1~NM1*72*1*MENDER*JONAS****XX*1245319599",), HPHC, [7]),
    ("harvard-pilgrim", EVENT, ("SV1*HC:99213*100*UN*1~NM1*SJ*1*MENDER*JONAS****XX*1245319599",), HPHC, []),
    ("harvard-pilgrim", f"{ANSWER}A1*AUTH-1", (), {"response": True}, []),
    ("harvard-pilgrim", f"{ANSWER}A2*AUTH-1", ("HCR*CT~SV1*HC:99213*100*UN*1",), {"response": True}, [12, 13]),
    ("unitedhealthcare", f"{ANSWER}A1*AUTH-1", (), {"response": True}, []),
    ("unitedhealthcare", f"{ANSWER}A1*AUTH-1", (), {"response": True, "requester": "NM1*1P*2*CLINIC*****XX*1234567893~AAA*N**44*C"}, []),
    ("unitedhealthcare", f"{ANSWER}A1*AUTH-1", (), {"response": True, "requester": "NM1*1P*2*CLINIC*****XX*1234567893~AAA*N**51*C"}, [3]),
    ("unitedhealthcare", f"{ANSWER}A1*AUTH-1~NM1*71*1*WELBY*ALMA****XX*1245319599~AAA*N**44*C", (), {"response": True}, [9]),
    ("unitedhealthcare", f"{ANSWER}A1*AUTH-1~MSG*NOT ON FILE~NM1*71*1*WELBY*ALMA****XX*1245319599~AAA*N**44*C", (), {"response": True}, []),
    ("alabama-medicaid", EVENT, (), {}, []),
    ("alabama-medicaid", EVENT.replace("22:B", "22:B**U"), (), {}, [1]),
    ("alabama-medicaid", EVENT.replace("22:B", "22:B**03"), (), {}, []),
    ("alabama-medicaid", f"{ANSWER}A4", (), {"response": True}, [2]),
    ("texas-medicaid-tmhp", EVENT, (), {}, []),
    ("texas-medicaid-tmhp", LATE, (), {}, [1]),
    ("texas-medicaid-tmhp", f"{LATE}~MSG*COVERED LATE", (), {}, [1]),
    ("texas-medicaid-tmhp", f"{LATE}~MSG*Client has  retroactive eligibility.", (), {}, []),
    ("fmhp-pr", EVENT, (), FMHP, []),
    ("fmhp-pr", EVENT, (), {**FMHP, "isa": {7: "ZZ", 8: "660537624"}}, [5]),
    ("fmhp-pr", EVENT, (), {**FMHP, "isa": {7: "30", 8: "OTHER"}}, [6]),
    ("fmhp-pr", EVENT, (), {**FMHP, "gs": {2: "OTHER", 3: "OTHER"}}, [4, 7]),
    ("fmhp-pr", EVENT, (), {**FMHP, "isa": {1: "03", 2: "X", 7: "30", 8: "660537624"}}, [2]),
    ("fmhp-pr", EVENT, (), {**FMHP, "isa": {3: "01", 4: "X", 7: "30", 8: "660537624"}}, [3]),
    ("fmhp-pr", EVENT, (), {**FMHP, "terminator": "\r\n"}, [10]),
    ("fmhp-pr", EVENT, (), {**FMHP, "element": "|"}, [9]),
    ("fmhp-pr", f"{ANSWER}A1*AUTH-1", (), {"response": True}, []),
    ("cms-esmd", f"{ANSWER}A1*UTN-1", (), {"response": True}, []),
    ("cms-esmd", f"{ANSWER}A3", (), {"response": True}, [1]),
    ("cms-esmd", f"{ANSWER}A4**0U", (), {"response": True}, []),
    ("cms-esmd", f"{ANSWER}A4**0F", (), {"response": True}, [2]),
]


@pytest.mark.parametrize(("name", "event", "services", "how", "rows"), CASES)
def test_a_payer_asks_what_its_file_says(message, found, name, event, services, how, rows):
    payer = find_payer(name)
    findings = found(message(event, *services, **how), payer)
    assert sorted({f.rule for f in findings}) == sorted(f"P-{name}-{n}" for n in rows)
    assert len(findings) == len(rows)


@pytest.mark.parametrize("name", ["harvard-pilgrim", "unitedhealthcare", "alabama-medicaid", "texas-medicaid-tmhp", "fmhp-pr", "cms-esmd"])
def test_rows_at_second_hand_never_reject(name):
    assert all(row.severity != "error" for row in find_payer(name).rows if row.confidence in ("B", "C"))
