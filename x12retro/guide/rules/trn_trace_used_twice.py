"""X217-TRN-102: each service has a trace number of its own.

Why: the answer to each service comes back with its trace. Two services with one trace cannot be told apart.

Bad:  TRN*1*A1*9EXAMPLE01~ at two services
Good: TRN*1*A1-1*9EXAMPLE01~ and TRN*1*A1-2*9EXAMPLE01~

Source: practice; it warns.
Guide: 005010X217 2000F TRN02
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return text.count("~HL*SS") > 1


def _values(text: str, cuts: Cuts) -> bool:
    return cuts.twice("<s>TRN<e><v><e>(<v>)", text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    seen: set[tuple[str, str]] = set()
    for service in sheet.loops("2000F"):
        for trn in service.all("TRN"):
            trace = trn[2], trn[3]
            if trn[2] and trace in seen:
                yield Breach(trn, "another service of the request has this trace number: give each service one of its own", 2)
            seen.add(trace)


RULE = Rule("X217-TRN-102", 4, "warning", REQUEST, "I12", _check, outline=_outline, values=_values, together=True)
