"""`x12retro build` from claims, remittances and tables: one command, and a report of what could not be asked for."""

import json
from pathlib import Path

import pytest

from x12retro.guide.judge import validate

FIXTURES = Path(__file__).parents[2] / "fixtures"
PARTNER = FIXTURES / "partners" / "summit-ridge.toml"
CLAIMS = FIXTURES / "claims" / "institutional-six-claims.edi"
REMIT = FIXTURES / "remits" / "authorization-denials.edi"
AS_OF = ("--partner", PARTNER, "--as-of", "2026-11-24")


def reported(path):
    return {line["encounter_id"]: line for line in map(json.loads, path.read_text().splitlines())}


def test_a_claim_and_its_denial_alone_make_a_valid_request(x12retro, tmp_path):
    out, report = tmp_path / "out.edi", tmp_path / "report.jsonl"
    done = x12retro("build", CLAIMS, "--denials", REMIT, *AS_OF, "-o", out, "--report", report)
    assert done.returncode == 1, done.stderr
    assert all(checked.accepted for checked in validate(out))
    first = out.read_text().split("ST*278*0002")[0]
    assert "UM*AR*I**11:A******11~" in first
    assert "PWK*M1*EL***AC*CB0101M1~" in first
    assert "MSG*Emergency, care could not wait. Claim denied 2026-11-09, CARC 197.~" in first
    lines = reported(report)
    assert {name for name, line in lines.items() if line["built"]} == {"CB-2026-0101", "CB-2026-0102", "CB-2026-0106"}
    assert [p["path"] for p in lines["CB-2026-0103"]["problems"] if p["severity"] == "error"] == ["$.retro.scenario"]
    assert "no request; send a corrected claim" in lines["CB-2026-0104"]["problems"][0]["message"]
    assert "no claim of this number was given" in lines["XX-9999"]["problems"][0]["message"]
    assert b"6 denied for want of authorization: 5 found, 1 not; 1 not denied, passed over" in done.stderr


@pytest.mark.parametrize("source", ["claims/inpatient-emergency.edi", "csv/inpatient-emergency.csv", "fhir/inpatient-emergency.json"])
def test_the_same_case_gives_the_expected_request_from_every_source(x12retro, tmp_path, source):
    assert x12retro("build", FIXTURES / source, *AS_OF, "-o", tmp_path / "out.edi").returncode == 0
    assert (tmp_path / "out.edi").read_bytes() == (FIXTURES / "claims" / "inpatient-emergency.expected.edi").read_bytes()


def test_a_mapping_gives_the_scenario_that_a_claim_does_not_tell(x12retro, tmp_path):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[defaults]\n"retro.scenario" = "retro_eligibility"\n"retro.eligibility_added_on" = 2026-11-01\n')
    out, report = tmp_path / "out.edi", tmp_path / "report.jsonl"
    x12retro("build", CLAIMS, "--denials", REMIT, "--mapping", mapping, *AS_OF, "-o", out, "--report", report)
    assert reported(report)["CB-2026-0103"]["built"]
    assert "UM*HS*I**13:A******8~" in out.read_text()


def test_a_remittance_that_matches_nothing_is_told(x12retro, tmp_path):
    done = x12retro("build", CLAIMS, "--denials", FIXTURES / "remits" / "matches-nothing.edi", *AS_OF, "-o", tmp_path / "out.edi")
    assert done.returncode == 1
    assert b"--denials: XX-9999: error: $.encounter_id: denied with CARC 197, but no claim of this number was given" in done.stderr
    assert b"1 denied for want of authorization: 0 found, 1 not; 6 not denied, passed over" in done.stderr


def test_a_claim_file_cut_in_half_builds_what_is_whole(x12retro, tmp_path):
    out = tmp_path / "out.edi"
    done = x12retro("build", FIXTURES / "claims" / "cut-in-half.edi", *AS_OF, "-o", out)
    assert done.returncode == 1
    assert out.read_text().count("~\nST*") == 2
    assert b"CB-2026-0103: error: $: set 0001 breaks off in this claim or after it" in done.stderr


def test_a_table_with_shifted_columns_builds_what_is_right(x12retro, tmp_path):
    out = tmp_path / "out.edi"
    done = x12retro("build", FIXTURES / "csv" / "shifted-columns.csv", *AS_OF, "-o", out)
    assert done.returncode == 1
    assert out.read_text().count("~\nST*") == 3
    assert b"shifted-columns.csv:4: no encounter_id: error: $: has 14 cells, the header 13" in done.stderr
    assert b"Bell" not in done.stderr


def test_a_houses_own_table_is_built_by_its_mapping(x12retro, tmp_path):
    table = FIXTURES / "csv" / "house-columns.csv"
    done = x12retro("build", table, "--mapping", table.with_suffix(".toml"), *AS_OF, "-o", tmp_path / "out.edi")
    assert done.returncode == 0, done.stderr
    assert all(checked.accepted for checked in validate(tmp_path / "out.edi"))


def test_standard_input_is_told_from_its_content_too(x12retro, tmp_path):
    done = x12retro("build", "-", *AS_OF, "-o", tmp_path / "out.edi", stdin=(FIXTURES / "claims" / "inpatient-emergency.edi").read_bytes())
    assert done.returncode == 0, done.stderr
    assert b"note: $.retro.scenario: told from the type of admission (CL101)" in done.stderr


def test_a_mapping_that_cannot_be_used_is_wrong_usage(x12retro, tmp_path):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[constants]\n"payer.nmae" = "x"\n')
    done = x12retro("build", CLAIMS, "--mapping", mapping, *AS_OF, "-o", tmp_path / "out.edi")
    assert done.returncode == 2
    assert b"did you mean `name`?" in done.stderr
    assert not (tmp_path / "out.edi").exists()


def test_a_remittance_that_is_not_there_is_wrong_usage(x12retro, tmp_path):
    done = x12retro("build", CLAIMS, "--denials", tmp_path / "none.835", *AS_OF, "-o", tmp_path / "out.edi")
    assert done.returncode == 2
    assert b"none.835" in done.stderr


def test_the_output_is_not_written_over_a_source(x12retro):
    assert x12retro("build", CLAIMS, "--denials", REMIT, *AS_OF, "-o", REMIT).returncode == 2


@pytest.mark.parametrize("source", ["claims/institutional-six-claims.edi", "fhir/visit-without-claim.json"])
def test_a_source_that_knows_no_scenario_is_asked_for_one_whatever_it_is(x12retro, tmp_path, source):
    report = tmp_path / "report.jsonl"
    done = x12retro("build", FIXTURES / source, *AS_OF, "-o", tmp_path / "out.edi", "--report", report)
    assert done.returncode == 1
    told = [(one["path"], one["severity"], one["message"]) for line in reported(report).values() for one in line["problems"]]
    assert ("$.retro.scenario", "error", "missing; a late request says why nobody asked first") in told
