"""X217-INS-101: a dependent has a relationship to the subscriber.

Why: many payers find a dependent by relationship and birth date, for a dependent has no member id of its own in the request.

Bad:  HL*4*3*23*1~NM1*QC*1*ARDEN*ORLANDO~DMG*D8*20120229*M~
Good: HL*4*3*23*1~NM1*QC*1*ARDEN*ORLANDO~DMG*D8*20120229*M~INS*N*19~

Source: inferred; advice.
Guide: 005010X217 2010D INS
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_ALONE = re.compile(r"~HL\*23(?:~(?!INS|HL)[^~]*)*(?=~HL|$)")


def _outline(text: str) -> bool:
    return "~HL*23" in text and _ALONE.search(text) is not None


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for dependent in sheet.loops("2010D"):
        nm1 = dependent.first("NM1")
        if nm1 is not None and not dependent.has("INS"):
            yield Breach(nm1, "a dependent without INS: the relationship to the subscriber helps the payer find the patient")


RULE = Rule("X217-INS-101", 4, "info", REQUEST, "I6", _check, outline=_outline)
