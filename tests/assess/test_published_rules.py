"""Every published rule, just inside and just outside of what it says: the rows of published_rules.yml."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from x12retro.assess import Rules, Verdict, load_rules, verdict
from x12retro.encounter import Encounter

HERE = Path(__file__).parent
BLOCKS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "published_rules.yml").read_text(encoding="utf-8"))
ROWS = [pytest.param(rule, *row, id=f"{rule}: {row[0]}") for rule, block in BLOCKS.items() for row in block["rows"]]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules()


def encounter(base: dict[str, Any], changes: dict[str, Any]) -> Encounter:
    """An encounter from dotted keys; None takes a key away."""
    tree: dict[str, Any] = {
        "encounter_id": "ENC-1",
        "payer": {},
        "requester": {"name": "Example Hospital"},
        "subscriber": {"member_id": "M100"},
        "event": {},
        "retro": {},
    }
    for path, value in {**base, **changes}.items():
        if value is None:
            continue
        *parents, last = path.split(".")
        node = tree
        for one in parents:
            node = node.setdefault(one, {})
        node[last] = value
    return msgspec.convert(tree, Encounter)


@pytest.mark.parametrize(("rule", "name", "changes", "day", "expected", "more"), ROWS)
def test_a_rule_says_what_its_source_says(
    rules: Rules, rule: str, name: str, changes: dict[str, Any], day: date, expected: str, more: dict[str, Any]
) -> None:
    got = verdict(encounter(BLOCKS[rule]["base"], changes), rules, day)
    applied = {got.rule, *(one.rule for one in got.others)}
    if expected != "any":
        assert got.verdict == expected
    if more.get("governs", expected != "unknown") is True:
        assert rule in applied
    elif more.get("governs") is False:
        assert rule not in applied
    if "missing" in more:
        assert list(got.missing_facts) == more["missing"]
    assert set(more.get("missing_any", ())) <= set(got.missing_facts)
    for key in ("opens", "closes", "days_left", "route"):
        if key in more:
            assert getattr(got, key) == more[key]
    if "do" in more:
        assert got.then.do == more["do"]
    if "documents" in more:
        assert {one.document for one in got.documents_needed} >= set(more["documents"])
        assert got.verdict != "permitted" or all(one.have for one in got.documents_needed)
    assert_is_whole(got, day)


def assert_is_whole(got: Verdict, day: date) -> None:
    """What holds for every verdict: reasons, a next step, days that agree with each other."""
    assert got.reasons
    assert got.then.why
    assert got.then.by is not None
    assert got.then.by >= day
    if got.closes is not None:
        assert got.days_left == (got.closes - day).days
    if got.verdict == "permitted":
        assert (got.days_left is None or got.days_left >= 0) and not got.missing_facts
        assert all(one.have for one in got.documents_needed)
    if got.verdict == "not_permitted":
        assert got.route != "278"


def test_there_is_a_block_for_each_rule_and_a_row_for_each_edge(rules: Rules) -> None:
    assert {rule.id for payer in rules.payers for rule in payer.rules} == set(BLOCKS)
    assert len(BLOCKS) == 42
    assert len(ROWS) >= 400
    assert len({row.id for row in ROWS}) == len(ROWS)
