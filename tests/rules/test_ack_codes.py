"""The 999 code of a rule says what is wrong: a value that is there is never told as one that is missing.

Source: element 621 (IK403): 7 a code that is none, 8 a date that cannot be, I6 a code that does not fit here, I9 an element that is
missing in this situation, I12 a form that is wrong, I13 an element that does not belong here; element 620 (IK304): I6 a segment that is
missing in this situation, I9 a segment that does not belong here.
"""

import pytest

from x12retro.guide.rules import RULES

CODES = {
    "7": "CL1-501 HCR-503 HI-502 SV2-501 SV3-504 SV-503 TOO-502 UM-504",
    "I12": "HI-501 NM1-509 PRV-503 SV-501 SV-502 N4-103 PER-104 HSD-102 TRN-102 PWK-107",
    "8": "BHT-104 DMG-102 DMG-103 DMG-104 DTP-139 DTP-172 DTP-173 DTP-196 HI-105 CR6-102",
    "I6": "BHT-102 BHT-106 HI-103 TRN-101 CR6-101 SV3-103 UM-104 HCR-104 "  # codes
    "AAA-104 CR1-101 CR2-101 CR5-101 DTP-195 HCR-101 INS-101 SV-101 SV-103",  # segments
    "I9": "HCR-102 HCR-103 HI-101 NM1-103 PWK-106 UM-102 UM-105 UM-106 UM-110 AAA-103 NM1-104 SV-102 TOO-101",
    "I13": "AAA-101 NM1-101 UM-111",
}
BY_ID = {rule.id: rule for rule in RULES}


@pytest.mark.parametrize(("code", "rule"), [(code, rule) for code, rules in CODES.items() for rule in rules.split()])
def test_the_code_says_what_is_wrong(code, rule):
    assert BY_ID[f"X217-{rule}"].code == code
