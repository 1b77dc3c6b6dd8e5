"""X217-HCR-503: a reason for a decision is one that we know.

Why: HCR03 takes the reasons of list 886, which grows. One that we have no word for may be new, or a payer's own.

Bad:  HCR*A3**ZZ~
Good: HCR*A3**0F~

Source: public copy of list 886 of about 2016; advice.
Guide: 005010X217 2000E HCR03, 2000F HCR03
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.codes import known
from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~HCR*" in text


def _values(text: str, cuts: Cuts) -> bool:
    reasons = cuts.pattern("<s>HCR<e><v><e><v><e>(<v>)").findall(text)
    return any(_unknown(cuts.delimiters.repeats(reason)) for reason in reasons)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for loop in sheet.loops("2000E", "2000F"):
        for hcr in loop.all("HCR"):
            if _unknown(sheet.delimiters.repeats(hcr[3])):
                yield Breach(hcr, "HCR03 holds a reason that is not in the list 886 of about 2016: look it up with the payer", 3)


def _unknown(reasons: list[str]) -> bool:
    listed = known("HCR03")
    return any(reason and reason not in listed for reason in reasons)


RULE = Rule("X217-HCR-503", 5, "info", RESPONSE, "7", _check, outline=_outline, values=_values)
