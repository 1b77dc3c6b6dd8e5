"""`x12retro assess` as a user runs it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

import x12retro
from x12retro.encounter import read_encounters

CONTRACT = [
    "encounter_id",
    "verdict",
    "route",
    "rule",
    "opens",
    "closes",
    "days_left",
    "clock",
    "reasons",
    "documents_needed",
    "missing_facts",
    "then",
]


def encounter(token: str, start: str, charge: str = "100", **payer: str) -> dict[str, object]:
    return {
        "encounter_id": token,
        "payer": {"name": "Carelon", "state": "PA", "line_of_business": "medicaid_mco", **payer},
        "requester": {"name": "Example Hospital"},
        "subscriber": {"member_id": "M100", "last_name": "Arden"},
        "event": {"category": "HS", "facility": {"code": "22"}, "service_from": start},
        "retro": {"scenario": "after_hours"},
        "charges_at_risk": charge,
    }


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    file = tmp_path / "encounters.jsonl"
    cases = [
        encounter("LATE-YET", "2026-11-01"),
        encounter("SOON-SMALL", "2026-10-12", "50"),
        encounter("SOON-LARGE", "2026-10-12", "9000.50"),
        encounter("TOO-LATE", "2026-09-01"),
        encounter("NOBODY", "2026-11-01", name="Nobody Knows Health"),
    ]
    file.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    return file


def test_one_verdict_a_line_with_the_keys_of_the_contract(x12retro, lines):
    done = x12retro("assess", lines, "--as-of", "2026-11-24")
    assert done.returncode == 0
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["encounter_id"] for one in verdicts] == ["LATE-YET", "SOON-SMALL", "SOON-LARGE", "TOO-LATE", "NOBODY"]
    assert all(list(one)[: len(CONTRACT)] == CONTRACT for one in verdicts)
    assert verdicts[1]["closes"] == "2026-11-26"
    assert verdicts[1]["days_left"] == 2
    assert verdicts[1]["clock"] == {"start": "2026-10-12", "basis": "event.service_from", "unit": "calendar_days", "count": 45}
    assert verdicts[1]["documents_needed"] == [
        {"document": "written_request", "have": True},
        {"document": "clinical_records", "have": False},
    ]
    assert [one["verdict"] for one in verdicts] == ["conditional", "conditional", "conditional", "not_permitted", "unknown"]
    assert verdicts[3]["then"]["do"] == "send_claim_then_appeal"
    assert b"assessed 5 encounters: 3 conditional, 1 not_permitted, 1 unknown" in done.stderr
    assert b"Arden" not in done.stdout + done.stderr


def test_the_worklist_has_what_runs_out_first_on_top_and_of_these_what_is_worth_most(x12retro, lines):
    done = x12retro("assess", lines, "--as-of", "2026-11-24", "--format", "table")
    text = done.stdout.decode().splitlines()
    order = [word for line in text for word in line.split() if word in ("LATE-YET", "SOON-SMALL", "SOON-LARGE", "TOO-LATE", "NOBODY")]
    assert order == ["SOON-LARGE", "SOON-SMALL", "TOO-LATE", "NOBODY", "LATE-YET"]
    top = text[1].split()
    assert top[:3] == ["2026-11-26", "2", "9,000.50"]
    assert "clinical_records" in top
    assert "by verdict: 3 conditional (9,150.50), 1 not_permitted (100.00), 1 unknown (100.00)" in text
    assert "by scenario: 5 after_hours (9,350.50)" in text
    assert "by payer: 4 carelon-behavioral-health (9,250.50), 1 of payers without a rule (100.00)" in text
    assert "Nobody Knows Health" in next(line for line in text if "NOBODY" in line)


def test_a_record_that_cannot_be_read_counts_for_no_payer(x12retro, tmp_path):
    (tmp_path / "one.json").write_text(json.dumps({**encounter("BAD", "2026-11-01"), "subscriber": 1}))
    done = x12retro("assess", tmp_path / "one.json", "--as-of", "2026-11-24", "--format", "table")
    assert "by payer: 1 of no payer that could be read" in done.stdout.decode().splitlines()


def test_the_table_shows_the_most_pressing_and_counts_the_rest(x12retro, lines):
    done = x12retro("assess", lines, "--as-of", "2026-11-24", "--format", "table", "--rows", "1")
    text = done.stdout.decode()
    assert "SOON-LARGE" in text
    assert "SOON-SMALL" not in text
    assert "... and 4 more" in text
    assert "5 encounters" in text


def test_a_rule_is_explained_with_its_source(x12retro):
    done = x12retro("assess", "--explain", "tmhp-retro-elig")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "95 calendar days from the day eligibility was added" in text
    assert "http://www.tmhp.com/" in text
    assert "the whole rule was read" in text


def test_all_rules_of_a_payer_are_explained(x12retro):
    text = x12retro("assess", "--explain", "aetna").stdout.decode()
    assert [line for line in text.splitlines() if line and not line.startswith(" ")] == ["aetna-citi", "aetna-recon"]


def test_every_rule_can_be_explained_and_is_listed(x12retro, published_ids):
    listed = x12retro("assess", "--rules").stdout.decode().splitlines()
    assert [line.split()[0] for line in listed] == published_ids
    assert len(listed) == 42


@pytest.fixture
def published_ids() -> list[str]:
    from x12retro.assess import load_rules
    from x12retro.cli.rule_page import page

    rules = [(rule, payer) for payer in load_rules().payers for rule in payer.rules]
    assert all(page(rule, payer).startswith(f"{rule.id}\n") and rule.source in page(rule, payer) for rule, payer in rules)
    return [rule.id for rule, _ in rules]


def test_the_schema_of_rules_is_printed(x12retro):
    schema = json.loads(x12retro("assess", "--rule-schema").stdout)
    assert schema["$schema"].endswith("2020-12/schema")
    assert "RetroRule" in schema["$defs"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), b"ENCOUNTERS"),
        (("--explain", "tmhp-retro"), b"Did you mean tmhp-retro-elig?"),
        (("--rules", "x.json"), b"take no ENCOUNTERS"),
        (("none.json",), b"none.json"),
        (("--payers", "nowhere", "none.json"), b"nowhere"),
        (("--as-of", "24.11.2026", "none.json"), b"YYYY-MM-DD"),
    ],
)
def test_wrong_usage_ends_with_2(x12retro, arguments, words):
    done = x12retro("assess", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_record_that_cannot_be_read_ends_with_1_and_the_others_go_on(x12retro, lines):
    lines.write_bytes(b'{"encounter_id": "BAD", "payer": {"nam": "x"}}\n' + lines.read_bytes())
    done = x12retro("assess", lines, "--as-of", "2026-11-24")
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [one["encounter_id"] for one in verdicts][:2] == ["BAD", "LATE-YET"]
    assert verdicts[0]["verdict"] == "unknown"
    assert verdicts[0]["problems"][0]["line"] == 1
    assert b"encounters.jsonl:1: BAD: error: $.payer.nam" in done.stderr


def test_own_payers_files_go_before_ours(x12retro, lines, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    ours = (Path(__file__).parents[2] / "maps" / "payers" / "carelon-behavioral-health.toml").read_text(encoding="utf-8")
    (own / "carelon-behavioral-health.toml").write_text(ours.replace("count = 45,", "count = 99,"), encoding="utf-8")
    done = x12retro("assess", lines, "--as-of", "2026-11-24", "--payers", own)
    assert json.loads(done.stdout.splitlines()[3])["verdict"] == "conditional"


def test_the_result_goes_where_it_is_wanted_and_never_over_the_input(x12retro, lines, tmp_path):
    assert x12retro("assess", lines, "--as-of", "2026-11-24", "-o", tmp_path / "out.jsonl").stdout == b""
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 5
    before = lines.read_bytes()
    assert x12retro("assess", lines, "-o", lines).returncode == 2
    assert lines.read_bytes() == before


def test_the_linter_of_maps_tells_crooked_rules_and_warns_of_old_ones(x12retro, tmp_path):
    ours = (Path(__file__).parents[2] / "maps" / "payers" / "kern-legacy.toml").read_text(encoding="utf-8")
    (tmp_path / "kern-legacy.toml").write_text(ours.replace("2027-11-24", "2020-01-01"), encoding="utf-8")
    old = x12retro("maps", "lint", tmp_path)
    assert old.returncode == 0
    assert b"warning: rule kern-legacy: was to be read again by 2020-01-01" in old.stdout
    (tmp_path / "kern-legacy.toml").write_text(ours.replace('"prohibited"', '"forbidden"'), encoding="utf-8")
    crooked = x12retro("maps", "lint", tmp_path)
    assert crooked.returncode == 1
    assert b"rule kern-legacy: type: there is no word 'forbidden'" in crooked.stdout
    assert b"0 maps, 1 payer, 1 problem" in crooked.stdout


def test_the_verb_of_the_library_gives_the_same(lines):
    verdicts = list(x12retro.assess(read_encounters(lines), as_of=date(2026, 11, 24)))
    assert [one.verdict for one in verdicts] == ["conditional", "conditional", "conditional", "not_permitted", "unknown"]


SUMMIT_RIDGE = """
id = "summit-ridge"
name = "Summit Ridge Health Plan"
seen = 2026-11-24

[[retro]]
id = "summit-ridge-stays"
type = "retro_auth"
permitted = "conditional"
window = { count = 90, unit = "calendar_days", clock = "admission" }
scenarios = ["any"]
documents = ["clinical_records"]
channel = "278"
then = { route = "claim", words = "claim, then a level 1 appeal", days = 60 }
source = "https://payer.example/manual"
seen = 2026
evidence = "full"
review_by = 2027-11-24
"""


def test_claims_and_the_remittance_that_denied_them_are_enough(x12retro, fixtures, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "summit-ridge.toml").write_text(SUMMIT_RIDGE, encoding="utf-8")
    claims, remits = fixtures / "claims" / "institutional-six-claims.edi", fixtures / "remits" / "authorization-denials.edi"
    done = x12retro("assess", claims, "--denials", remits, "--payers", own, "--as-of", "2026-11-24")
    verdicts = {one["encounter_id"]: one for one in map(json.loads, done.stdout.splitlines())}
    inside, outside = verdicts["CB-2026-0101"], verdicts["CB-2026-0102"]
    assert (inside["verdict"], inside["route"], inside["closes"]) == ("conditional", "278", "2026-12-31")
    assert (outside["verdict"], outside["route"], outside["closes"]) == ("not_permitted", "appeal", "2026-08-30")
    assert (outside["then"]["do"], outside["then"]["by"]) == ("appeal", "2027-01-08")  # 60 days from the remittance of 9 November
    assert done.returncode == 1  # a denial whose claim nobody gave is told
    assert (verdicts["XX-9999"]["then"]["do"], verdicts["XX-9999"]["charges_at_risk"]) == ("correct_record", "100")
    number_missing = verdicts["CB-2026-0104"]  # CARC 15: a corrected claim answers it, and no request
    assert (number_missing["verdict"], number_missing["route"], number_missing["then"]["do"]) == ("not_permitted", "claim", "send_claim")
    assert "send a corrected claim with the authorization number (REF G1)" in number_missing["then"]["why"]
    assert (number_missing["charges_at_risk"], number_missing["payer"], number_missing["problems"]) == ("1900", inside["payer"], [])
    assert b"CB-2026-0104: error" not in done.stderr
