"""X217-HI-103: care since October 2015 is coded in ICD-10.

Why: ICD-9-CM ended on 2015-09-30. The qualifiers BK, BF, BJ and PR announce ICD-9; with later care the payer cannot read the code, even
when an ICD-10 code stands behind them.

Bad:  HI*BK:K3580~ in a request of 2026
Good: HI*ABK:K3580~

Source: HIPAA code set rule (45 CFR 162.1002); it warns, because care of before October 2015 may still be asked for.
Guide: 005010X217 2000E HI01-1
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.dates import care_days
from x12retro.guide.sheet import Sheet

_ICD9 = ("BK", "BF", "BJ", "PR")
_END = "20151001"


def _outline(text: str) -> bool:
    return "~HI*9" in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        days = [last for _, last in care_days(event)] or [made]
        for hi in event.all("HI"):
            if sheet.components(hi[1])[0] in _ICD9 and max(days) >= _END:
                yield Breach(hi, "BK, BF, BJ and PR announce ICD-9-CM, which ended on 2015-09-30: ABK, ABF, ABJ, APR", 1, 1)


RULE = Rule("X217-HI-103", 4, "warning", BOTH, "I6", _check, outline=_outline)
