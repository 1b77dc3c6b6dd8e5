"""Every rule has a page and a case file, and does what the case file says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.rules import RULES, Rule

CASES = Path(__file__).parent
BY_ID = {rule.id: rule for rule in RULES}
BEFORE = {
    "278-request": """
        BHT*0007*13*RETRO-1*20261103*0930
        HL*1**20*1
        NM1*X3*2*EXAMPLE HEALTH PLAN*****PI*EXH001
        HL*2*1*21*1
        NM1*FA*2*GENERAL HOSPITAL*****XX*1234567893
        HL*3*2*22*1
        NM1*IL*1*ARDEN*ROSALIND****MI*EXH123456789
        """,
    "278-response": """
        BHT*0007*11*RETRO-1*20261104*1015*18
        HL*1**20*1
        NM1*X3*2*EXAMPLE HEALTH PLAN*****PI*EXH001
        HL*2*1*21*1
        NM1*FA*2*GENERAL HOSPITAL*****XX*1234567893
        HL*3*2*22*1
        NM1*IL*1*ARDEN*ROSALIND****MI*EXH123456789
        """,
}


def message(guide: str, case: dict[str, Any]) -> bytes:
    """The case's segments in a set: `whole` replaces everything between ST and SE, else `event` follows HL*EV (and `before` the payer)."""

    def cut(text: str) -> list[str]:
        return [line.strip().rstrip("~") for line in text.strip().splitlines() if line.strip()]

    if "whole" in case:
        body = cut(case["whole"])
    else:
        event = cut(case["event"])
        children = sum(line.startswith("HL*") for line in event)
        before = cut(case.get("before", BEFORE[guide]))
        above = sum(line.startswith("HL*") for line in before)
        body = [*before, f"HL*{above + 1}*{above}*EV*{1 if children else 0}", *event]
    lines = [
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261103*0930*^*00501*000000101*0*T*:",
        "GS*HI*SENDER*RECEIVER*20261103*0930*101*X*005010X217",
        "ST*278*0001*005010X217",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*101",
        "IEA*1*000000101",
    ]
    return "".join(line + "~" for line in lines).encode("ascii")


def lists(content: dict[str, Any]) -> dict[str, frozenset[str]]:
    """The user's code lists of a case file."""
    return {name: frozenset(codes) for name, codes in content.get("lists", {}).items()}


def files() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for kind in ("passes", "fails"):
            for case in content[kind]:
                yield pytest.param(content, kind, case, id=f"{file.stem} {kind}: {case['name']}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_page_and_cases_of_both_kinds(rule: Rule) -> None:
    page = rule.page
    assert page.startswith(rule.id + ": "), page[:60]
    for part in ("\nWhy: ", "\nBad: ", "\nGood: ", "\nSource: ", "\nGuide: "):
        assert part in page, f"{rule.id} lacks {part.strip()}"
    content = yaml.safe_load((CASES / f"{rule.id}.yml").read_text(encoding="utf-8"))
    assert content["passes"], "at least one message that is right"
    assert content["fails"], "at least one message that is wrong"


def test_every_case_file_belongs_to_a_rule() -> None:
    assert {file.stem for file in CASES.glob("*.yml")} == set(BY_ID)


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(RULES)


@pytest.mark.parametrize(("content", "kind", "case"), list(files()))
def test_case(content: dict[str, Any], kind: str, case: dict[str, Any]) -> None:
    rule = content["rule"]
    as_of = content.get("as_of", date(2026, 11, 24))
    raw = message(case.get("guide", content.get("guide", "278-request")), case)
    found: list[Finding] = [f for checked in validate(raw, as_of=as_of, lists=lists(content)) for f in checked.findings]
    assert [f.message for f in found if f.snip <= 2 and f.is_error] == [], "the message is wrong in other ways"
    of_rule = [f for f in found if f.rule == rule]
    if kind == "passes":
        assert of_rule == []
        return
    wanted = case.get("findings", 1)
    if isinstance(wanted, int):
        assert len(of_rule) == wanted
        return
    got = [{key: getattr(f, key) for key in expected} for f, expected in zip(of_rule, wanted, strict=True)]
    assert got == wanted


@pytest.mark.parametrize(("content", "kind", "case"), [p for p in files() if p.values[1] == "fails"])
def test_the_rule_suspects_what_it_finds_in_a_clean_file(content: dict[str, Any], kind: str, case: dict[str, Any]) -> None:
    """A set that the recogniser accepts is laid out only when a rule suspects it: the finding must not depend on the slow way."""
    raw = message(case.get("guide", content.get("guide", "278-request")), case)
    start, end = raw.index(b"ST*"), raw.index(b"GE*")
    many = raw[:start] + b"".join(raw[start:end].replace(b"*0001", b"*%04d" % n) for n in range(1, 61)) + b"GE*60*101~IEA*1*000000101~"
    as_of = content.get("as_of", date(2026, 11, 24))
    each = [sum(f.rule == content["rule"] for f in c.findings) for c in validate(many, as_of=as_of, lists=lists(content)) if c.guide]
    assert len(each) == 60
    assert len(set(each)) == 1, each
    assert each[0] >= 1
