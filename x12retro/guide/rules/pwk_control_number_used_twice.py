"""X217-PWK-107: one control number, one document.

Why: two documents under one attachment control number overwrite each other at many payers.

Bad:  PWK*OB*EL***AC*CTL-0001~PWK*AS*EL***AC*CTL-0001~
Good: PWK*OB*EL***AC*CTL-0001~PWK*AS*EL***AC*CTL-0002~

Source: practice; it warns.
Guide: 005010X217 2000E PWK06, 2000F PWK06
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return text.count("~PWK+") > 1


def _values(text: str, cuts: Cuts) -> bool:
    return cuts.twice("<s>PWK<e><v><e><v><e><e><e>AC<e>(<v>)", text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    seen: set[str] = set()
    for loop in sheet.loops("2000E", "2000F"):
        for pwk in loop.all("PWK", "AC", element=5):
            if pwk[6] and pwk[6] in seen:
                yield Breach(pwk, "this control number names another document of the request already: one number, one document", 6)
            seen.add(pwk[6])


RULE = Rule("X217-PWK-107", 4, "warning", REQUEST, "I12", _check, outline=_outline, values=_values, together=True)
