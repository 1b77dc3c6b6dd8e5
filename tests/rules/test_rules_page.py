"""docs/rules.md lists the rules as they are."""

from __future__ import annotations

from pathlib import Path

from x12retro.guide.rules.page import page


def test_the_page_of_rules_is_up_to_date() -> None:
    shown = Path(__file__).parents[2] / "docs" / "rules.md"
    assert shown.read_text(encoding="utf-8") == page(), "renew it: python -m x12retro.guide.rules.page > docs/rules.md"
