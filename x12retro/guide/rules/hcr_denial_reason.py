"""X217-HCR-103: a denial gives its reason.

Why: A3 without a reason (HCR03), a message (MSG) or a request for documents leaves the provider to call; an appeal needs the reason.

Bad:  HCR*A3~
Good: HCR*A3**0F~

Source: inferred; advice.
Guide: 005010X217 2000E HCR03, 2000F HCR03
"""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.guide.rules.base import RESPONSE, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet


def _outline(text: str) -> bool:
    return "~HCR*A3" in text


def _values(text: str, cuts: Cuts) -> bool:
    return cuts.search("<s>HCR<e>A3(?:<e><v>)?+(?:<t>|<e><e>|<e><t>)", text)


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for event in sheet.loops("2000E"):
        services = list(event.loops("2000F"))
        explained = any(hcr[3] for service in services for hcr in service.all("HCR"))
        for loop in (event, *services):
            hcr = loop.first("HCR", "A3")
            if hcr is None or hcr[3] or loop.has("MSG") or loop.has("AAA") or (loop is event and explained):
                continue
            above = event.first("HCR", "A3")
            if loop is event or above is None or (not above[3] and not event.has("MSG") and explained):
                yield Breach(hcr, "a denial (HCR01 = A3) gives its reason: HCR03, or MSG", 3)


RULE = Rule("X217-HCR-103", 4, "info", RESPONSE, "I9", _check, outline=_outline, values=_values)
