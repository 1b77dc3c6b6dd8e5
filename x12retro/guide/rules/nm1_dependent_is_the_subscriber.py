"""X217-NM1-104: a patient who is the subscriber stands in the subscriber level only.

Why: a dependent with the subscriber's own name and birth date is the subscriber. Payers answer that the patient was not found among
the dependents.

Bad:  NM1*IL*1*ARDEN*ROSALIND~DMG*D8*19840617~ ... NM1*QC*1*ARDEN*ROSALIND~DMG*D8*19840617~
Good: the event directly below the subscriber

Source: inferred from the levels of 005010X217; it warns.
Guide: 005010X217 2000D
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import REQUEST, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Loop, Sheet
from x12retro.x12 import Segment


def _outline(text: str) -> bool:
    return "~HL*23" in text


def _values(text: str, cuts: Cuts) -> bool:
    return cuts.twice("<s>DMG<e><v><e>(<v>)", text) and cuts.twice("<s>NM1<e>(?:IL|QC)<e><v><e>(<v><e><v>)", text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for dependent in sheet.loops("2000D"):
        subscriber = dependent.parent
        known = [who for _, who in _people(subscriber, "2010C")] if subscriber is not None else []
        for nm1, who in _people(dependent, "2010D"):
            if who in known:
                yield Breach(nm1, "the dependent has the subscriber's name and birth date: leave out the dependent level")


def _people(level: Loop, xid: str) -> list[tuple[Segment, tuple[str, str, str]]]:
    found = []
    for loop in level.children:
        nm1, dmg = loop.first("NM1"), loop.first("DMG")
        if loop.xid == xid and nm1 is not None and dmg is not None and nm1[3] and nm1[4] and dmg[2]:
            found.append((nm1, (nm1[3], nm1[4], dmg[2])))
    return found


RULE = Rule("X217-NM1-104", 4, "warning", REQUEST, "I9", _check, outline=_outline, values=_values)
