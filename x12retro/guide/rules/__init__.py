"""Rules that look across elements and segments: SNIP 3 to 6. One rule a file; its docstring is the user's page.

In: a `Sheet` (a transaction laid out by loops) and a `Context`. Out: findings. `for_guide` gives the rules that speak of a guide.
A new rule is a file with `RULE = Rule(...)`, a line here, and a case file tests/rules/<ID>.yml.
"""

from __future__ import annotations

from functools import lru_cache

from x12retro.guide.rules import (
    um_earlier_number_on_follow_up,
    um_level_of_service_on_appeal,
)
from x12retro.guide.rules.base import Breach, Context, Marks, Rule

__all__ = ["RULES", "Breach", "Context", "Marks", "Rule", "for_guide"]

RULES: tuple[Rule, ...] = (
    um_earlier_number_on_follow_up.RULE,
    um_level_of_service_on_appeal.RULE,
)


@lru_cache(maxsize=64)
def for_guide(guide: str, snip: int) -> tuple[Rule, ...]:
    """The rules that speak of `guide`, up to SNIP type `snip`."""
    return tuple(rule for rule in RULES if guide in rule.guides and rule.snip <= snip)
