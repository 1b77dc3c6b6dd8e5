"""What a rule id says, in a line and in full, for the forms that list rules: from the rules' own pages and tables."""

from __future__ import annotations

import re
from functools import cache

from x12retro.guide.rules import RULES
from x12retro.x12 import WIRE_RULES

_MAP_RULE = re.compile(r"(X[0-9]{3})-([A-Z0-9]{2,3}|\?)-([0-9]{3})")


def in_a_line(rule: str) -> str:
    """What must hold, or what is wrong, in one sentence; "" for an id that nobody knows."""
    page = _pages().get(rule)
    if page is not None:
        line = page.partition("\n")[0].partition(": ")[2]
        return f"{line[:1].upper()}{line[1:]}"
    if rule in WIRE_RULES:
        return WIRE_RULES[rule].about
    found = _MAP_RULE.fullmatch(rule)
    if found is None:
        return ""
    guide, segment, element = found.groups()
    if segment == "?":
        return f"A segment that no guide knows, in a message of 005010{guide}."
    return f"{segment}{element[1:] if int(element) else ''} as the guide 005010{guide} has it."


def is_map_rule(rule: str) -> bool:
    """True for an id made from a place of a guide's map, which has no page of its own."""
    return rule not in _pages() and rule not in WIRE_RULES and _MAP_RULE.fullmatch(rule) is not None


def in_full(rule: str) -> str:
    """The rule's page for users (why, a bad and a good example, source); of rules that have none, the line."""
    return _pages().get(rule, "").strip() or in_a_line(rule)


@cache
def _pages() -> dict[str, str]:
    return {rule.id: rule.page for rule in RULES}
