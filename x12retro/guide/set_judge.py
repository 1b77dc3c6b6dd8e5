"""Judge one transaction set: the recogniser's yes, else the diagnoser's findings, then the rules that look across segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from x12retro.findings import Finding
from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.pick import pick
from x12retro.guide.rules import Context, Lookout, Rule, for_guide
from x12retro.guide.sheet import Sheet
from x12retro.guide.swift import Swift
from x12retro.x12 import Delimiters, InterchangeStart, Transaction

if TYPE_CHECKING:
    from x12retro.guide.overlay import SetOverlay

OVERLAY_SNIP = 7
"""What a payer asks beyond the guide."""
_NOTHING: tuple[Finding, ...] = ()


class SetJudge:
    """Judges sets one after the other, up to SNIP type `snip`; what it learns on the way (compiled recognisers) it keeps."""

    __slots__ = ("_context", "_interchange", "_lookouts", "_overlay", "_snip", "_swift", "_these")

    def __init__(self, snip: int, context: Context) -> None:
        self._snip = snip
        self._context = context
        self._overlay = _overlay(context) if snip >= OVERLAY_SNIP else None
        self._swift = Swift()
        self._lookouts: dict[tuple[str, Delimiters, str], Lookout | None] = {}
        self._interchange: InterchangeStart | None = None  # the one whose sets are judged now, and its lookouts
        self._these: dict[str, Lookout | None] = {}

    def judge(self, transaction: Transaction) -> tuple[str, tuple[Finding, ...]]:
        """Return the name of the guide ("" when none is known) and the findings in segment order."""
        name = self._swift.accepts(transaction)
        if name:
            suspected = self._suspected(transaction, name)
            if self._overlay is not None:
                suspected += self._overlay.suspected(transaction, name)
            return name, self._breaches(suspected, transaction, name) if suspected else _NOTHING
        chosen = pick(transaction)
        if chosen.guide is None:
            return "", chosen.findings
        told = {(f.segment, f.element) for f in chosen.findings}
        found = [f for f in diagnose(transaction, chosen.guide, chosen.tag) if (f.segment, f.element) not in told]
        found += chosen.findings
        told |= {(f.segment, f.element) for f in found}
        rules = self._suspected(transaction, chosen.name) if transaction.clean else for_guide(chosen.name, self._snip)
        if self._overlay is not None:
            doubted = not transaction.clean or found  # then the text alone does not say what stands where
            rules += self._overlay.rules(chosen.name) if doubted else self._overlay.suspected(transaction, chosen.name)
        if rules:
            found += (f for f in self._breaches(rules, transaction, chosen.name) if (f.segment, f.element) not in told)
        return chosen.name, tuple(f for f in found if f.snip <= self._snip)

    def _suspected(self, transaction: Transaction, name: str) -> tuple[Rule, ...]:
        interchange = transaction.group.interchange
        if interchange is not self._interchange:
            self._interchange, self._these = interchange, {}
        if name not in self._these:
            self._these[name] = self._lookout(name, interchange)
        lookout = self._these[name]
        return lookout.suspects(transaction.raw) if lookout is not None else ()

    def _lookout(self, name: str, interchange: InterchangeStart) -> Lookout | None:
        """The lookout for sets of this interchange; None where no rule speaks of the guide."""
        key = (name, interchange.delimiters, interchange.line_break)
        if key not in self._lookouts:
            rules = for_guide(name, self._snip)
            self._lookouts[key] = Lookout(rules, self._context, *key[1:]) if rules else None
        return self._lookouts[key]

    def _breaches(self, rules: tuple[Rule, ...], transaction: Transaction, name: str) -> tuple[Finding, ...]:
        sheet = Sheet(transaction, catalog.load(name), name)
        return tuple(finding for rule in rules for finding in rule.findings(sheet, self._context))


def _overlay(context: Context) -> SetOverlay | None:
    if context.payer is None:
        return None
    from x12retro.guide.overlay import SetOverlay  # who names no payer need not wait for it

    return SetOverlay(context.payer)
