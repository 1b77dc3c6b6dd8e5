"""The rules as data: what the linter says of a crooked file, and that the shipped ones are whole."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import jsonschema
import msgspec
import pytest

from x12retro.assess import lint_rules, load_rules, read_rules, rule_schema
from x12retro.assess.documents import KINDS
from x12retro.assess.facts import has
from x12retro.assess.record import Clock, Fact
from x12retro.errors import MapError, UsageError
from x12retro.guide.overlay import payer_files, payers_dir, read_payer

TODAY = date(2026, 11, 24)


def said(folder) -> list[str]:
    return [str(one) for one in lint_rules(folder, TODAY)]


def test_the_shipped_rules_are_clean_and_all_there(published):
    assert said(payers_dir()) == []
    rules = [rule for payer in published.payers for rule in payer.rules]
    assert len(rules) == 42
    assert len({payer.id for payer in published.payers if payer.rules}) == 30
    assert all(rule.source and rule.plan and rule.review_by == date(2027, 11, 24) for rule in rules)


def test_the_overlay_reads_the_same_files_and_passes_the_rules_over():
    assert all(read_payer(file).id == read_rules(file).id for file in payer_files(payers_dir()))


def test_every_document_and_fact_of_the_rules_is_known(published, case):
    rules = [rule for payer in published.payers for rule in payer.rules]
    used = {document for rule in rules for document in (*rule.documents, *(one for many in rule.documents_for.values() for one in many))}
    assert used == set(KINDS)
    assert not any(has(fact, case()) for fact in get_args(Fact))


def test_the_schema_takes_every_shipped_file_and_refuses_a_crooked_one():
    schema = msgspec.to_builtins(rule_schema())
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for file in payer_files(payers_dir()):
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        plain = msgspec.to_builtins({key: content[key] for key in ("business", "retro") if key in content})
        assert list(checker.iter_errors(plain)) == []
    assert list(checker.iter_errors({"retro": [{"id": "x", "window": {"count": 3, "unit": "weeks", "clock": "admission"}}]}))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"type": '"maybe"'}, "type: there is no word 'maybe'; there are "),
        ({"scenarios": '["weather"]'}, "scenarios[0]: there is no word 'weather'"),
        ({"scenarios": "[]"}, 'scenarios is empty; "any" says that the payer names none'),
        ({"window": '{ count = 3, unit = "weeks", clock = "admission" }'}, "window.unit: there is no word 'weeks'"),
        ({"window": '{ count = 3, unit = "hours", clock = "sunrise" }'}, "window.clock: there is no word 'sunrise'"),
        ({"window": '{ count = 0, unit = "hours", clock = "admission" }'}, "window.count: must be a whole number, at least 1"),
        (
            {"window": '{ count = 3, unit = "hours", clock = "admission", rolls = true }'},
            "a window of hours does not roll to a business day",
        ),
        ({"source": None}, "a key is missing: `source`"),
        ({"source": '"heard of it"'}, "source: must be text of the form ^https?://[^ ]+$"),
        ({"review_by": None}, "a key is missing: `review_by`"),
        ({"evidence": '"rumour"'}, "evidence: there is no word 'rumour'; there are "),
        ({"seen": "1998"}, "seen is a year from 2000 to that of the file, 2026"),
        ({"seen": "2027"}, "seen is a year from 2000 to that of the file, 2026"),
        ({"documents": '["napkin"]'}, "there is no document napkin; known are those of docs/assess.md"),
        (
            {"scenarios": '["nemt"]', "documents_for": '{ urgent = ["order"] }'},
            "documents_for speaks of urgent, which is none of its scenarios",
        ),
        ({"permitted": '"no"'}, "permitted is no for a bar, and for nothing else"),
        ({"type": '"prohibited"', "permitted": '"no"'}, "a bar has neither window nor scenarios"),
        ({"type": '"appeal_only"'}, "an appeal runs from denial_date"),
        ({"type": '"sla_only"', "opens": '{ clock = "admission" }'}, "opens belongs to a rule that lets somebody ask"),
        ({"also": '["nobody"]'}, "also names nobody, and no file has that id"),
        ({"also": '["*"]'}, "also may be * only with state and line_of_business"),
        ({"windows": "1"}, "there is no key `windows`"),
        ({"facts": '["patient.mood"]'}, "facts[0]: there is no word 'patient.mood'"),
    ],
)
def test_the_linter_names_the_row_and_what_is_wrong(payers, row, message):
    (told,) = said(payers(row))
    assert told.startswith(f"made-up-plan.toml:4: rule made-up-rule: {message}")


def test_a_row_that_is_due_to_be_read_again_is_a_warning(payers):
    (problem,) = lint_rules(payers({"review_by": "2026-11-23"}), TODAY)
    assert problem.severity == "warning"
    assert str(problem) == "made-up-plan.toml:4: warning: rule made-up-rule: was to be read again by 2026-11-23"
    assert lint_rules(payers({"review_by": "2026-11-24"}), TODAY) == []


def test_an_id_is_given_once_in_all_files(payers):
    payers({})
    assert said(payers({}, name="other-plan")) == ["other-plan.toml:4: rule made-up-rule: the id is taken by made-up-plan.toml"]


def test_the_desk_of_a_payer_is_checked_too(payers):
    assert said(payers({}, business='zone = "Mars/Olympus"')) == [
        "made-up-plan.toml:1: business: zone is no time zone, as in America/Chicago"
    ]
    assert said(payers({}, business="cut_off = 24")) == ["made-up-plan.toml:4: business: cut_off: must be a whole number, at most 23"]


def test_a_file_of_the_users_stands_in_for_ours(payers):
    rules = load_rules(payers({}, name="cigna-healthcare"))
    assert [rule.id for payer in rules.payers if payer.id == "cigna-healthcare" for rule in payer.rules] == ["made-up-rule"]


def test_a_crooked_file_stops_the_run_with_its_line(payers):
    with pytest.raises(MapError, match=r"made-up-plan\.toml:4: rule made-up-rule: type: there is no word 'maybe'"):
        load_rules(payers({"type": '"maybe"'}))


def test_no_folder_is_a_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        load_rules(tmp_path / "none")


def test_a_rule_that_is_not_known_is_told_with_the_nearest(published):
    with pytest.raises(UsageError, match=r"no rule, and no payer with rules, is called tmhp-retro\. Did you mean tmhp-retro-elig\?"):
        published.named("tmhp-retro")


def test_a_payers_id_means_all_its_rules(published):
    assert [rule.id for rule, _ in published.named("aetna")] == ["aetna-citi", "aetna-recon"]
    assert [rule.id for rule, _ in published.named("aetna-recon")] == ["aetna-recon"]


def test_the_documentation_lists_every_document_and_clock():
    page = (Path(__file__).parents[2] / "docs" / "assess.md").read_text(encoding="utf-8")
    assert [name for name in (*KINDS, *get_args(Clock)) if f"`{name}`" not in page] == []
