"""X217-SV3-103: a dental service has a dental service type.

Why: payers route by UM03. A dental procedure (SV3) under a medical service type goes to the medical plan, which does not know the code.

Bad:  UM*HS*I*2~ ... SV3*AD:D7210****1~
Good: UM*HS*I*40~ ... SV3*AD:D7210****1~

Source: practice; advice, and silent where the request has services of other kinds too.
Guide: 005010X217 2000E UM03, 2000F SV3
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet

_DENTAL = ("23", "24", "25", "26", "27", "28", "35", "36", "37", "38", "39", "40")


def _outline(text: str) -> bool:
    return "~SV3" in text and "~SV1" not in text and "~SV2" not in text


def _values(text: str, cuts: Cuts) -> bool:
    return not cuts.search(f"<s>UM<e><v><e><v><e>(?:{'|'.join(_DENTAL)})<.>", text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        services = list(event.loops("2000F"))
        if not services or not all(service.has("SV3") for service in services):
            continue
        ums = [um for loop in (event, *services) for um in loop.all("UM") if um[3]]
        if ums and not any(um[3] in _DENTAL for um in ums):
            yield Breach(ums[0], "the services are dental (SV3): UM03 is a dental service type then (23-28, 35-40)", 3)


RULE = Rule("X217-SV3-103", 6, "info", REQUEST, "I6", _check, outline=_outline, values=_values)
