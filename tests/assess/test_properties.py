"""What holds whatever the day and whatever is left out: nothing is permitted by default."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from x12retro.assess import load_rules, verdict
from x12retro.encounter import Encounter

BLOCKS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "published_rules.yml").read_text(encoding="utf-8"))
RULES = load_rules()
BY_ID = {rule.id: rule for payer in RULES.payers for rule in payer.rules}
CASES = [{**block["base"], **row[1]} for block in BLOCKS.values() for row in block["rows"]]
DENIAL = ("retro.denial.date", "retro.denial.carc")


def encounter(keys: dict[str, Any]) -> Encounter:
    tree: dict[str, Any] = {"encounter_id": "E", "payer": {"name": "Nobody"}, "requester": {"name": "H"}, "subscriber": {}, "retro": {}}
    tree["event"] = {"category": "HS"}
    for path, value in keys.items():
        *parents, last = path.split(".")
        node = tree
        for one in parents:
            node = node.setdefault(one, {})
        node[last] = value
    return msgspec.convert(tree, Encounter)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CASES), st.data(), st.integers(min_value=-40, max_value=500))
def test_permitted_is_earned_and_every_verdict_has_a_next_step(case: dict[str, Any], data: st.DataObject, days: int) -> None:
    left_out = data.draw(st.sets(st.sampled_from(sorted(case)), max_size=4))
    if not left_out.isdisjoint(DENIAL) or case.get(DENIAL[0]) is None:
        left_out = {*left_out, *DENIAL}
    kept = {key: value for key, value in case.items() if key not in left_out and value is not None}
    kept.setdefault("event.facility.code", "22")
    today = date(2026, 3, 17) + timedelta(days=days)
    got = verdict(encounter(kept), RULES, today)
    assert got.then.by is not None
    assert got.reasons
    if got.verdict == "permitted":
        rule = BY_ID[got.rule or ""]
        assert (rule.permitted, rule.evidence, got.missing_facts) == ("yes", "full", ())
        assert all(one.have for one in got.documents_needed)
        assert got.closes is None or got.closes >= today
        assert rule.asks
    if got.closes is not None and got.closes < today:
        assert got.verdict in ("not_permitted", "unknown")
    if got.rule is None:
        assert (got.verdict, got.route) == ("unknown", "none")
    if got.verdict == "not_permitted":
        assert got.route != "278"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES), st.integers(min_value=0, max_value=400), st.integers(min_value=1, max_value=100))
def test_a_window_that_has_closed_does_not_open_again(case: dict[str, Any], first: int, more: int) -> None:
    care = encounter({key: value for key, value in case.items() if value is not None})
    begin = date(2026, 3, 17)
    early, late = (verdict(care, RULES, begin + timedelta(days=days)) for days in (first, first + more))
    if early.verdict == "not_permitted" and early.then.do != "wait_until_open":
        assert late.verdict == "not_permitted"
    if late.verdict == "permitted" and late.closes is not None:
        assert early.verdict in ("permitted", "conditional", "unknown")
