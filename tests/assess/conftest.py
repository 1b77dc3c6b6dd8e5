"""Encounters and payers' files made up for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from x12retro.assess import Rules, load_rules
from x12retro.encounter import Encounter

ROW = {
    "id": '"made-up-rule"',
    "type": '"retro_auth"',
    "permitted": '"yes"',
    "window": '{ count = 10, unit = "calendar_days", clock = "date_of_service" }',
    "scenarios": '["any"]',
    "source": '"https://payer.example/manual"',
    "seen": "2025",
    "evidence": '"full"',
    "review_by": "2027-11-24",
}


@pytest.fixture(scope="session")
def published() -> Rules:
    """The rules of the package."""
    return load_rules()


@pytest.fixture
def case() -> Callable[..., Encounter]:
    """An encounter of `payer`, from dotted keys."""

    def make(payer: str = "Made Up Plan", **changes: Any) -> Encounter:
        tree: dict[str, Any] = {
            "encounter_id": "ENC-1",
            "payer": {"name": payer},
            "requester": {"name": "Example Hospital", "in_network": True},
            "subscriber": {"member_id": "M100"},
            "event": {"category": "HS", "facility": {"code": "22"}},
        }
        for path, value in changes.items():
            *parents, last = path.split("__")
            node = tree
            for one in parents:
                node = node.setdefault(one, {})
            node[last] = value
        return msgspec.convert(tree, Encounter)

    return make


@pytest.fixture
def payers(tmp_path: Path) -> Callable[..., Path]:
    """Writes the file of a payer whose rules are `rows` (TOML values by key; None takes one away) and gives its folder."""

    def make(*rows: dict[str, str | None], business: str = "", name: str = "made-up-plan") -> Path:
        lines = [f'id = "{name}"', f'name = "{name.replace("-", " ").title()}"', "seen = 2026-11-24"]
        lines += ["[business]", business] if business else []
        for row in rows:
            lines += ["[[retro]]", *(f"{key} = {text}" for key, text in {**ROW, **row}.items() if text is not None)]
        (tmp_path / f"{name}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path

    return make
