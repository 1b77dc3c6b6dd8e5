"""X217-HI-502: a diagnosis is a code of ICD-10-CM.

Why: a code that is not in the list, or a category that has finer codes below it, is rejected (AAA03 = AF) or reviewed under the wrong
criteria.

Bad:  HI*ABK:S7200~     (S72.00 has finer codes below it)
Good: HI*ABK:S72001A~

Source: releases of ICD-10-CM of the CDC; the finding names them. It warns, because lists age: after the last release's year it advises.
A code is looked up in the releases before and after its day (HI01-4 if given, else the first day of care).
Guide: 005010X217 2000E HI01-2
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.rules.dates import DateReader, care_days
from x12retro.guide.rules.hi_icd10_form import FORM, ICD10
from x12retro.guide.sheet import Sheet
from x12retro.guide.tables import icd10cm
from x12retro.x12 import Delimiters, Segment


def _token(seg: Segment, delimiters: Delimiters, _context: Context) -> Iterator[Breach]:
    """Codes that are not in every release: the day of care, which the segment alone does not tell, decides."""
    table = icd10cm()
    for text in seg.fields[1:]:
        parts = delimiters.components(text)
        if _coded(parts) and not table.always(parts[1]):
            yield Breach(seg, "")


def _values(text: str, cuts: Cuts) -> bool:
    """The same question with the day of care, for a code that some releases have."""
    table = icd10cm()
    dates = DateReader(cuts).read(text)
    for coded in cuts.pattern("<s>HI<e>(<r>)").findall(text):
        for parts in map(cuts.delimiters.components, coded.split(cuts.delimiters.element)):
            if _coded(parts) and not table.holds(parts[1], _day(parts, dates.first or dates.made)):
                return True
    return False


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    table = icd10cm()
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        first = min((day for day, _ in care_days(event)), default=made)
        for hi in event.all("HI"):
            for number, text in enumerate(hi.fields[1:], 1):
                parts = sheet.components(text)
                day = _day(parts, first)
                if _coded(parts) and not table.holds(parts[1], day):
                    message = f"HI{number:02d}-2 is not in the ICD-10-CM list of {table.names(day)}, or has finer codes below it"
                    yield Breach(hi, message, number, 2, severity="info" if table.aged(day) else None)


def _coded(parts: list[str]) -> bool:
    return len(parts) > 1 and parts[0] in ICD10 and FORM.fullmatch(parts[1]) is not None


def _day(parts: list[str], otherwise: str) -> str:
    return parts[3] if len(parts) > 3 and parts[2] == "D8" else otherwise


RULE = Rule("X217-HI-502", 5, "warning", BOTH, "7", _check, values=_values, tokens=("HI",), token=_token)
