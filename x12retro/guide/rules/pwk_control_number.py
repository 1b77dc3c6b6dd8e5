"""X217-PWK-106: a document that is sent apart carries its control number.

Why: mail, fax, e-mail and a 275 arrive apart from the request. The payer joins them by the attachment control number (PWK05 = AC,
PWK06); without it the document lies unclaimed and the request is denied for lack of records.

Bad:  PWK*OB*EL~
Good: PWK*OB*EL***AC*CTL-0001~

Source: practice of payers and clearinghouses; inferred, so it warns.
Guide: 005010X217 2000E PWK05, 2000F PWK05
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.sheet import Sheet

_APART = ("BM", "EL", "EM", "FX")


def _outline(text: str) -> bool:
    return "~PWK-" in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for loop in sheet.loops("2000E", "2000F"):
        for pwk in loop.all("PWK", *_APART, element=2):
            if not pwk[6]:
                yield Breach(pwk, "a document that is sent apart (PWK02) carries a control number: PWK05 = AC and PWK06", 6)


RULE = Rule("X217-PWK-106", 4, "warning", REQUEST, "I9", _check, outline=_outline)
