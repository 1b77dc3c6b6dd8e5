"""X217-HI-105: a diagnosis was made today or before.

Why: a date of diagnosis in the future is a typing error.

Bad:  HI*ABK:K3580:D8:20991018~
Good: HI*ABK:K3580:D8:20261018~

Source: contradiction in itself; the future begins after today and after the day of the message (BHT04). It warns.
Guide: 005010X217 2000E HI01-4
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.sheet import Sheet
from x12retro.x12 import Delimiters, Segment


def _token(seg: Segment, delimiters: Delimiters, context: Context) -> Iterator[Breach]:
    return _after(seg, delimiters, context.today)


def _check(sheet: Sheet, context: Context) -> Iterator[Breach]:
    made = next((bht[4] for bht in sheet.header("BHT")), "")
    for event in sheet.loops("2000E"):
        for hi in event.all("HI"):
            yield from _after(hi, sheet.delimiters, max(made, context.today))


def _after(seg: Segment, delimiters: Delimiters, today: str) -> Iterator[Breach]:
    for number, text in enumerate(seg.fields[1:], 1):
        parts = delimiters.components(text)
        if len(parts) > 3 and parts[2] == "D8" and parts[3] > today:
            yield Breach(seg, f"HI{number:02d}-4 (day of the diagnosis) lies in the future", number, 4)


RULE = Rule("X217-HI-105", 4, "warning", BOTH, "8", _check, tokens=("HI",), token=_token)
