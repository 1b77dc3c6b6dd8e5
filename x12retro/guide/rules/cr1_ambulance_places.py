"""X217-CR1-101: an ambulance transport goes from one place to another.

Why: payers check the nearest suitable facility and the miles from the pick-up (2010EB NM1*PW) and the drop-off (NM1*45). Without both
they ask for the trip record and pend.

Bad:  CR1*LB*165*I*A*DH*12~ and no NM1*PW or NM1*45
Good: CR1*LB*165*I*A*DH*12~ ... NM1*PW*2*PATIENT HOME~ ... NM1*45*2*GENERAL HOSPITAL~

Source: inferred from 005010X217 2010EB; it warns.
Guide: 005010X217 2000E CR1, 2010EB
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet

_TO = ("45", "FS", "ND", "R3")


def _outline(text: str) -> bool:
    return "~CR1" in text or "~CRC*07" in text


def _values(text: str, cuts: Cuts) -> bool:
    return not (cuts.search("<s>NM1<e>PW<e>", text) and cuts.search("<s>NM1<e>(?:45|FS|ND|R3)<e>", text))


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        transport = event.first("CR1") or event.first("CRC", "07")
        if transport is None:
            continue
        roles = {nm1[1] for place in event.loops("2010EB") for nm1 in place.all("NM1")}
        missing = [name for name, codes in (("pick-up (PW)", ("PW",)), ("drop-off (45)", _TO)) if roles.isdisjoint(codes)]
        if missing:
            yield Breach(transport, f"an ambulance transport names its places in 2010EB: add the {' and the '.join(missing)}")


RULE = Rule("X217-CR1-101", 6, "warning", REQUEST, "I6", _check, outline=_outline, values=_values)
