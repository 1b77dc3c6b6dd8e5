"""X217-MSG-101: a text of full length may have lost its end.

Why: MSG01 holds 264 characters. A text of just that length which ends within a word was cut off on its way; what mattered most often
stands last.

Bad:  264 characters that end in "... the operation could not wai"
Good: a shorter text, or a document (PWK)

Source: seen in real files; advice.
Guide: 005010X217 2000E MSG01
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~MSG" in text


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for loop in sheet.loops("2000E", "2000F"):
        for msg in loop.all("MSG"):
            if len(msg[1]) == 264 and msg[1][-1].isalnum():
                yield Breach(msg, "this text fills all 264 characters and ends within a word: its end may be lost", 1)


RULE = Rule("X217-MSG-101", 4, "info", BOTH, "I12", _check, outline=_outline)
