"""SARIF: valid, each result at the bytes of its segment, rules with their pages, no value unless it was asked for.

The schema here is the part of SARIF 2.1.0 that we write, in our own words. X12RETRO_SARIF_SCHEMA names the full one, where there is one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

PART = Path(__file__).parent / "sarif-part.schema.json"
SCHEMAS = [str(PART), *([os.environ["X12RETRO_SARIF_SCHEMA"]] if "X12RETRO_SARIF_SCHEMA" in os.environ else [])]


@pytest.fixture(scope="module")
def bad(fixtures: Path) -> bytes:
    raw = (fixtures / "guide" / "every-loop-request.edi").read_bytes()
    raw = raw.replace(b"BHT*0007*13*RETRO-2026-0001*20261103", b"BHT*0007*13*RETRO-2026-0001*20261303")
    raw = raw.replace(b"UM*AR", b"AM*AR", 1).replace(b"*261103*0930*", b"*261303*0930*").replace(b"IEA*1*", b"IEA*2*")
    return raw.replace(b"HL*5*4*EV*1", b"HL*5*4*EV*0")


@pytest.fixture
def log(x12retro, tmp_path: Path):
    """Validate files by name and give the log back."""

    def make(files: dict[str, bytes], *more: str) -> dict[str, Any]:
        for name, raw in files.items():
            (tmp_path / name).write_bytes(raw)
        done = x12retro("validate", *(tmp_path / name for name in files), "--format", "sarif", *more)
        assert done.stderr == b""
        return json.loads(done.stdout)

    return make


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("more", [(), ("--show-values",), ("--max-findings", "0")])
def test_the_log_is_valid(log, bad: bytes, schema: str, more: tuple[str, ...]) -> None:
    given = json.loads(Path(schema).read_text(encoding="utf-8"))
    judge = jsonschema.validators.validator_for(given)
    judge.check_schema(given)
    written = log({"a b.edi": bad, "none.edi": b"hello", "two.edi": bad.replace(b"ST*278", b"ST*999")}, *more)
    assert list(judge(given).iter_errors(written)) == []
    assert len(written["runs"][0]["artifacts"]) == 3


def test_each_result_covers_its_segment(log, bad: bytes) -> None:
    run = log({"in.edi": bad})["runs"][0]
    covered = {}
    for result in run["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        covered[result["ruleId"]] = bad[region["byteOffset"] : region["byteOffset"] + region["byteLength"]]
    assert covered["X217-BHT-004"] == b"BHT*0007*13*RETRO-2026-0001*20261303*0930~"
    assert covered["X217-HL-004"] == b"HL*5*4*EV*0~"
    assert covered["X12-ISA-009"] == bad[:106]
    assert covered["X217-UM-000"] == b""  # missing: a place between two segments


def test_a_result_says_where_it_stands_in_the_message(log, bad: bytes) -> None:
    results = log({"in.edi": bad})["runs"][0]["results"]
    (result,) = [r for r in results if r["ruleId"] == "X217-HL-004"]
    names = [(place["kind"], place["fullyQualifiedName"]) for place in result["locations"][0]["logicalLocations"]]
    assert names == [
        ("segment", "ISA 000000101/GS 101/ST 0001/2000E/HL #27"),
        ("loop", "ISA 000000101/GS 101/ST 0001/2000E"),
        ("transaction", "ISA 000000101/GS 101/ST 0001"),
    ]
    assert result["properties"] == {"snip": 2, "ack": "IK4 7", "element": 4}


def test_rules_come_with_their_pages_and_results_point_at_them(log, bad: bytes) -> None:
    run = log({"in.edi": bad})["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    by_id = {rule["id"]: rule for rule in rules}
    assert len(by_id) == len(rules)
    assert "Why:" in by_id["X217-SV-102"]["help"]["text"]
    assert by_id["X217-SV-102"]["defaultConfiguration"] == {"level": "note"}
    assert by_id["X217-HL-004"]["shortDescription"]["text"] == "HL04 as the guide 005010X217 has it."


def test_levels_follow_severity(log, bad: bytes, x12retro, tmp_path: Path) -> None:
    levels = [result["level"] for result in log({"in.edi": bad})["runs"][0]["results"]]
    report = json.loads(x12retro("validate", tmp_path / "in.edi", "--format", "json").stdout)
    assert levels == [{"error": "error", "warning": "warning", "info": "note"}[f["severity"]] for f in report["findings"]]
    assert {"error", "note"} <= set(levels)


def test_values_are_there_only_on_request(log, bad: bytes) -> None:
    planted = bad.replace(b"20261303", b"29991399")
    assert "29991399" not in json.dumps(log({"in.edi": planted}))
    shown = log({"in.edi": planted}, "--show-values")["runs"][0]["results"]
    assert [r["properties"].get("value") for r in shown if r["ruleId"] == "X217-BHT-004"] == ["29991399"]


def test_no_more_results_than_asked_for_each_file(log, bad: bytes) -> None:
    run = log({"in.edi": bad, "again.edi": bad}, "--max-findings", "2")["runs"][0]
    files = [result["locations"][0]["physicalLocation"]["artifactLocation"]["index"] for result in run["results"]]
    assert files == [0, 0, 1, 1]
    assert all(artifact["properties"]["findings_total"] > 2 for artifact in run["artifacts"])
