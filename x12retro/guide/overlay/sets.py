"""A payer's rules for the sets of a stream: all of them, or those that a clean set is suspected of."""

from __future__ import annotations

from x12retro.guide.overlay.checks import as_rule
from x12retro.guide.overlay.demand import Demand, demands
from x12retro.guide.overlay.envelope import speaks_of_envelope
from x12retro.guide.overlay.records import Payer
from x12retro.guide.overlay.suspicion import PayerLookout
from x12retro.guide.rules.base import Rule
from x12retro.x12 import Delimiters, Transaction


class SetOverlay:
    """The rules of one payer by guide; what is compiled on the way is kept."""

    __slots__ = ("_lookouts", "_payer", "_ruled")

    def __init__(self, payer: Payer) -> None:
        self._payer = payer
        self._ruled: dict[str, tuple[tuple[Demand, Rule], ...]] = {}
        self._lookouts: dict[tuple[str, Delimiters, str], PayerLookout] = {}

    def rules(self, guide_name: str) -> tuple[Rule, ...]:
        """Every rule that speaks of a guide."""
        return tuple(rule for _, rule in self._of(guide_name))

    def suspected(self, transaction: Transaction, guide_name: str) -> tuple[Rule, ...]:
        """The rules that may find something in a clean set in which the guide finds nothing."""
        ruled = self._of(guide_name)
        if not ruled:
            return ()
        interchange = transaction.interchange
        key = (guide_name, interchange.delimiters, interchange.line_break)
        lookout = self._lookouts.get(key)
        if lookout is None:
            lookout = self._lookouts[key] = PayerLookout(ruled, key[1], key[2])
        return lookout.suspects(transaction.raw)

    def _of(self, guide_name: str) -> tuple[tuple[Demand, Rule], ...]:
        ruled = self._ruled.get(guide_name)
        if ruled is None:
            inside = (one for one in demands(self._payer, guide_name) if not speaks_of_envelope(one))
            ruled = self._ruled[guide_name] = tuple((one, as_rule(one)) for one in inside)
        return ruled
