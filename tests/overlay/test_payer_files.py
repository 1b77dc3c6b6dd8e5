"""Payers' files: what a row may not say, what the linter tells of it, and who is found by which name."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

import x12retro
from x12retro.cli.maps import maps
from x12retro.cli.validate import validate as command
from x12retro.errors import MapError, UsageError
from x12retro.guide.lint import lint
from x12retro.guide.overlay import find_payer, payer_files, payers_dir, read_payer

EVENT = "UM*HS*I*2*22:B******8~DTP*AAH*D8*20261020~HI*ABK:J189~MSG*LATE"

FAULTS = [
    ('op = "require"\nplace = "2000E/UM11"', "loop 2000E has no UM11"),
    ('op = "require"\nplace = "2000X/UM06"', "the guide has no loop 2000X"),
    ('op = "require"\nplace = "2000E/ZZZ"', "loop 2000E has no segment ZZZ"),
    ('op = "require"\nplace = "2000E/REF[QQ]"', "no 2000E/REF is told by QQ; there are BB, NT"),
    ('op = "require"\nplace = "UM06"', "UM06 names no loop"),
    ('op = "require"\nplace = "somewhere"', "somewhere is no place"),
    ('op = "require"\nplace = "ISA"', "ISA is an envelope segment"),
    (
        'op = "allow_values"\nplace = "2000E/UM06"\nvalues = ["03", "R"]',
        "the guide has no R at 2000E/UM06: an overlay cannot make it legal",
    ),
    ('op = "allow_values"\nplace = "ISA05"\nvalues = ["XX"]', "the guide has no XX at ISA05"),
    ('op = "allow_values"\nplace = "2000E/UM04"\nvalues = ["11"]', "name one, as in 2000E/UM04-1"),
    ('op = "allow_values"\nplace = "2000E/UM06"', "allow_values needs values"),
    ('op = "require"\nplace = "2000E/UM06"\nvalues = ["U"]', "values means nothing to require"),
    ('op = "require"\nplace = "2010B/NM110"', "the guide does not use 2010B/NM110: a payer cannot ask for it"),
    ('op = "forbid"\nplace = "2000E/UM01"', "the guide requires 2000E/UM01: a payer cannot bar it"),
    ('op = "forbid"\nplace = "2010B"', "the guide requires 2010B"),
    ('op = "forbid"\nplace = "2000E/UM06"\nvalues = ["R"]', "this row could never speak"),
    ('op = "max_length"\nplace = "2000E/MSG01"\nlimit = 300', "the guide allows 264 characters: an overlay cannot allow 300"),
    ('op = "max_repeat"\nplace = "2000E/PWK"\nlimit = 11', "the guide allows 10: an overlay cannot allow 11"),
    ('op = "max_repeat"\nplace = "2000E/PWK"\nlimit = 0', "at least 1"),
    ('op = "format"\nplace = "2010C/NM109"\npattern = "["\nwords = "x"', "pattern: "),
    ('op = "format"\nplace = "2010C/NM109"\npattern = ".{99999999999}"\nwords = "x"', "pattern: "),
    (
        'op = "format"\nplace = "2010C/NM109"\npattern = "(A+)+"\nwords = "x"',
        "could try a value for ever; write all but one possessively",
    ),
    ('op = "require"\nplace = "2000E/UM06"\nseverity = "error"\nconfidence = "B"', "with B a row warns at most"),
    ('op = "require"\nplace = "2000E/UM06"\nseverity = "error"\nconfidence = "C"', "with C a row warns at most"),
    ('op = "advise"\nplace = "2000E/UM06"', "advise is of severity info"),
    ('op = "require"\nplace = "2000E/UM06"\nsource = "a friend"', "source is the address"),
    ('op = "require"\nplace = "2000E/UM06"\nseen = 2031', "seen is a year from 2000 to that of the file, 2026"),
    ('op = "require"\nplace = "2000E/UM06"\nsevrity = "info"', "there is no key `sevrity`"),
    ('op = "demand"\nplace = "2000E/UM06"', "op: there is no word 'demand'; there are require, forbid, allow_values, "),
    ('op = "one_per"\nplace = "2000F"\nper = "day"', "per: there is no word 'day'; there are file, interchange, set"),
    ('op = "max_length"\nplace = "2000E/MSG01"\nlimit = "9"', "limit: must be a whole number, not text"),
    ('op = "forbid"\nplace = "2000E/UM06"\nvalues = "U"', "values: must be a list, not text"),
    ('op = "forbid"\nplace = "2000E/UM06"\nwhen = 3', "when: must be a table, not a whole number"),
    ('op = "forbid"\nplace = "2000E/UM06"\nwhen = { place = "2000E/UM10", is = "9" }', "when: there is no key `is`"),
    ('op = "require"', "a key is missing: `place`"),
    ('op = "require"\nplace = "2000E/MSG"\nwhen = { place = "2000E/UM10", values = ["9"] }', "when: the guide has no 9 at 2000E/UM10"),
    ('op = "require"\nplace = "2000E/MSG"\nwhen = { place = "ISA08", values = ["A"] }', "when: a condition on the envelope"),
    ('op = "require"\nplace = "2000E/MSG"\nwhen = { place = "2000E/UM", values = ["8"] }', "when: 2000E/UM holds no value"),
    ('op = "response_subset"\nplace = "2000E/UM06"\nvalues = ["U"]', "response_subset is of direction response"),
    ('op = "one_per"\nplace = "2000F"\nper = "file"', "per file counts ISA, GS or ST; 2000F is none"),
    ('op = "same_as"\nplace = "GS02"\nother = "2000E/UM06"', "same_as compares elements of ISA and GS"),
    ('op = "require"\nplace = "2000E/UM06"\n\nid = 1\nop = "require"\nplace = "2000E/MSG"', "ids are never given twice"),
    ('op = "require"\nplace = "2000E/UM06"\n\nop = "require"\nplace = "2000E/UM06"', "row 1 says the same of the same place"),
]


@pytest.mark.parametrize(("row", "why"), FAULTS)
def test_a_row_that_cannot_be_is_refused_with_its_line(payer, row, why):
    with pytest.raises(MapError) as raised:
        payer(row)
    assert re.search(rf"made-up\.toml:[0-9]+: .*({why})", str(raised.value).replace("\n", " ")) or why in str(raised.value)
    line = int(str(raised.value).split("made-up.toml:")[1].split(":")[0])
    assert line > 3, "the line of the row"


def test_confidence_a_and_x_may_reject(payer, message):
    for confidence in "AX":
        made = payer(f'op = "require"\nplace = "2000E/UM06"\nseverity = "error"\nconfidence = "{confidence}"')
        checked = [c for c in x12retro.validate(message(EVENT), payer=made) if c.findings]
        assert [c.accepted for c in checked] == [False]


def test_the_linter_tells_all_faults_of_a_file_by_line(payer, tmp_path):
    with pytest.raises(MapError):
        payer('op = "require"\nplace = "2000E/UM11"\nseverity = "error"\nconfidence = "B"\n\nop = "advise"\nplace = "2000E/UM06"')
    found = lint(tmp_path)
    assert [(p.file, p.line) for p in found] == [("made-up.toml", 4), ("made-up.toml", 4), ("made-up.toml", 14)]
    result = CliRunner().invoke(maps, ["lint", str(tmp_path)])
    assert (result.exit_code, result.output.splitlines()[-1]) == (1, "0 maps, 1 payer, 3 problems")


def test_the_linter_tells_what_is_wrong_with_a_file_as_a_whole(tmp_path):
    head = 'name = "{0}"\nseen = 2026-11-24\n'
    (tmp_path / "one.toml").write_text('id = "one"\naliases = ["Same"]\n' + head.format("One"))
    (tmp_path / "two.toml").write_text('id = "two"\naliases = ["same"]\n' + head.format("Two"))
    (tmp_path / "three.toml").write_text('id = "3"\n' + head.format("Three"))
    (tmp_path / "four.toml").write_text('id = "four"\nwindow = 3\n' + head.format("Four"))
    (tmp_path / "five.toml").write_text('id = "five"\nname = "Fi\n')
    (tmp_path / "six.toml").write_text('id = "six"\n' + head.format("Six") + "[[retro]]\nwindow = 90\n")
    told = {p.file: p for p in lint(tmp_path)}
    assert "taken by one.toml" in told["two.toml"].message
    assert "as the file is called" in told["three.toml"].message
    assert "there is no key `window`" in told["four.toml"].message
    assert told["five.toml"].line == 2
    assert "six.toml" not in told, "tables of other rooms are passed over"


def test_the_shipped_payers_have_no_fault_and_cover_six():
    payers = [read_payer(file) for file in payer_files(payers_dir())]
    assert sum(bool(payer.rows) for payer in payers) >= 6
    assert lint(payers_dir()) == []


@pytest.mark.parametrize("name", ["harvard-pilgrim", "HPHC", "hphc", "Harvard Pilgrim", "hphc0001b", "harvard pilgrim health care"])
def test_a_payer_is_found_by_id_name_and_alias(name):
    assert find_payer(name).id == "harvard-pilgrim"


def test_an_unknown_payer_is_told_the_nearest_and_the_known():
    with pytest.raises(UsageError, match=r"no payer is called harvrd\. Did you mean harvard-pilgrim\? Known: aetna, alabama-medicaid, "):
        find_payer("harvrd")


def test_a_file_of_the_users_own_stands_in_for_ours(tmp_path):
    (tmp_path / "fmhp-pr.toml").write_text('id = "fmhp-pr"\nname = "Ours"\nseen = 2026-11-24\n')
    assert find_payer("fmhp-pr", tmp_path).name == "Ours"
    assert find_payer("HPHC", tmp_path).id == "harvard-pilgrim"
    with pytest.raises(UsageError, match="no folder"):
        find_payer("HPHC", tmp_path / "none")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    return (result.return_value if result.exception is None else getattr(result.exception, "exit_code", 1)), result.output


def test_the_command_checks_what_a_payer_asks(message, tmp_path):
    file = tmp_path / "in.edi"
    file.write_bytes(message(EVENT))
    code, output = run(str(file), "--payer", "tmhp", "--format", "json", "--as-of", "2026-11-24")
    findings = [f for f in json.loads(output)["findings"] if f["snip"] == 7]
    assert code == 0
    assert [(f["rule"], f["severity"], f["loop"], f["element"], f["value"]) for f in findings] == [
        ("P-texas-medicaid-tmhp-1", "warning", "2000E", 1, None)
    ]
    assert "retroactive eligibility" in findings[0]["message"]
    assert "LATE" not in output


def test_the_command_takes_payers_from_a_folder_of_the_users_own(payer, message, tmp_path):
    payer('op = "require"\nplace = "2000E/UM06"\nseverity = "error"')
    file = tmp_path / "in.edi"
    file.write_bytes(message(EVENT))
    code, output = run(str(file), "--payer", "made-up", "--payers", str(tmp_path))
    assert code == 1
    assert "P-made-up-1" in output


def test_the_command_ends_with_2_for_a_payer_that_nobody_knows(message, tmp_path):
    file = tmp_path / "in.edi"
    file.write_bytes(message(EVENT))
    assert run(str(file), "--payer", "nobody")[0] == 2
    assert run(str(file), "--payers", str(tmp_path))[0] == 2


def test_the_library_takes_a_payers_name(message):
    rules = [f.rule for checked in x12retro.validate(message(EVENT), payer="TMHP") for f in checked.findings]
    assert "P-texas-medicaid-tmhp-1" in rules


def test_the_list_of_payers_has_a_line_for_each():
    result = CliRunner().invoke(maps, ["payers"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == [file.stem for file in payer_files(payers_dir())]
    assert re.search(r"fmhp-pr +10 rows +confidence A +2026", result.output)
