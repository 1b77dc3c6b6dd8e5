"""X217-CR6-101: home health data come with home health care.

Why: CR6 describes care at home. With a service type and a place that have nothing to do with it, payers read one and deny for the other.

Bad:  UM*HS*I*2*24:B~CR6*4*20261025***** ...
Good: UM*HS*I*42*12:B~CR6*4*20261025***** ...

Source: inferred; advice, and only for surgical centers, offices and the like (place of service 11, 19, 22, 23, 24, 49, 50).
Guide: 005010X217 2000E UM03, UM04, CR6
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet

_AT_HOME = ("42", "44", "45", "74", "AD", "AE", "AF", "PT", "AG")
_ELSEWHERE = ("11", "19", "22", "23", "24", "49", "50")


def _outline(text: str) -> bool:
    return "~CR6" in text


def _values(text: str, cuts: Cuts) -> bool:
    return cuts.search(f"<s>UM<e><v><e><v><e><v><e>(?:{'|'.join(_ELSEWHERE)})<c>B<.>", text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        um = event.first("UM", *("AR", "HS", "SC"))
        if um is None or not event.has("CR6") or um[3] in _AT_HOME:
            continue
        place, _, rest = um[4].partition(sheet.delimiters.component)
        if rest == "B" and place in _ELSEWHERE:
            yield Breach(um, "home health data (CR6) with a service type and a place (UM03, UM04) of other care: 42 and 12:B?", 3)


RULE = Rule("X217-CR6-101", 6, "info", REQUEST, "I6", _check, outline=_outline, values=_values, together=True)
