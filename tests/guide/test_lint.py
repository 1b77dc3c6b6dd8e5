"""The shipped guides are without fault, and the linter names each kind of fault by file and line."""

import shutil

import pytest
from click.testing import CliRunner

from x12retro.cli.maps import maps
from x12retro.guide.lint import lint
from x12retro.guide.places import maps_dir

REQUEST = "278-request/278.5010.X217.request.xml"


@pytest.fixture
def copied(tmp_path):
    """A copy of the shipped guides to break."""
    for name in ("278-request", "278-response", "codes"):
        shutil.copytree(maps_dir() / name, tmp_path / name)
    for name in ("dataele.xml", "codes.xml"):
        shutil.copy(maps_dir() / name, tmp_path / name)
    return tmp_path


def test_the_shipped_guides_have_no_fault():
    assert lint(maps_dir()) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (REQUEST, 'xid="UM10" seq="10" data_ele="1514"', 'xid="UM10" seq="10" data_ele="9999"', "UM10: data element 9999 is not"),
        (REQUEST, 'xid="UM10" seq="10"', 'xid="UM11" seq="10"', "UM11: the id of this place is UM10"),
        (REQUEST, 'xid="UM04-2" seq="2"', 'xid="UM04-9" seq="2"', "UM04-9: the id of this place is UM04-2"),
        (REQUEST, 'xid="UM10" seq="10"', 'xid="UM10" seq="12"', "UM10: seq 12 where 10 is due"),
        (REQUEST, 'external="states"', 'external="planets"', "code set planets is not in codes.xml"),
        (REQUEST, "<code>AR</code><code>HS</code>", "<code>ARRR</code><code>HS</code>", "UM01: code ARRR is not 1 to 2 characters long"),
        (REQUEST, "<code>AR</code><code>HS</code>", "<code>HS</code><code>HS</code>", "UM01: code HS stands twice"),
        (REQUEST, "<code>AR</code><code>HS</code>", "<code>A9</code><code>HS</code>", "UM01: code A9 has no meaning in codes/"),
        (REQUEST, "<syntax>P0809</syntax>", "<syntax>P0819</syntax>", "NM1: the note speaks of 19, which does not exist"),
        (REQUEST, "<syntax>P0809</syntax>", "<syntax>X0809</syntax>", "pattern"),
        (REQUEST, '<segment xid="UM" pos="0400"', '<segment xid="UM" pos="0150"', "UM: position 0150 comes after a higher one"),
        (REQUEST, '<loop xid="2010F" ', '<loop xid="2010EA" ', "loop 2010EA is defined again"),
        (REQUEST, '<loop xid="2000E" pos="3100" usage="R" repeat="1" name="patient event"/>',
         '<loop xid="2000X" pos="3100" usage="R" repeat="1" name="x"/>', "refers to loop 2000X, which is not defined"),
        (REQUEST, 'usage="R"', 'usage="M"', "usage"),
        ("278-request/doubtful.toml", '"2000F/UM06"', '"2000F/UM16"', "no rule of the map is called 2000F/UM16"),
        ("278-request/doubtful.toml", "{ CQ =", "{ QQ =", "2000E/UM03 lists no code QQ"),
        ("codes/UM.toml", 'data_element = "1514"', 'data_element = "15149"', "UM10: data element 15149 is not in dataele.xml"),
        ("codes/UM.toml", "[UM10]", "[UM10", "UM.toml"),
        ("dataele.xml", 'data_type="ID"', 'data_type="XX"', "data_type"),
        ("codes.xml", "<id>states</id>", "", "element"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_file(copied, file, old, new, message):
    text = (copied / file).read_text()
    assert old in text
    (copied / file).write_text(text.replace(old, new, 1))
    found = [problem for problem in lint(copied) if problem.file == file and message in str(problem)]
    assert found


def test_a_fault_is_named_with_its_line(copied):
    path = copied / REQUEST
    lines = path.read_text().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines, 1) if 'xid="UM10"' in line)
    lines[number - 1] = lines[number - 1].replace('data_ele="1514"', 'data_ele="9999"')
    path.write_text("".join(lines))
    assert [(p.file, p.line) for p in lint(copied) if "9999" in p.message] == [(REQUEST, number)]


def test_several_faults_are_said_in_one_go(copied):
    path = copied / REQUEST
    path.write_text(path.read_text().replace('data_ele="1514"', 'data_ele="9999"', 1).replace('external="states"', 'external="planets"', 1))
    assert len(lint(copied)) >= 2


def test_a_folder_without_a_dictionary_has_one_fault(tmp_path):
    assert [str(problem) for problem in lint(tmp_path)] == ["dataele.xml:1: cannot be read"]


def test_the_command_ends_with_0_and_a_summary_when_all_is_well():
    result = CliRunner().invoke(maps, ["lint"])
    assert (result.exit_code, result.output) == (0, "7 maps, 33 payers, 0 problems\n")


def test_the_command_ends_with_1_and_a_line_per_fault(copied):
    path = copied / REQUEST
    path.write_text(path.read_text().replace('data_ele="1514"', 'data_ele="9999"', 1))
    result = CliRunner().invoke(maps, ["lint", str(copied)])
    assert result.exit_code == 1
    first, *_, summary = result.output.splitlines()
    assert first.startswith(f"{REQUEST}:")
    assert summary == "2 maps, 0 payers, 1 problem"


def test_the_command_refuses_a_folder_that_is_not_there(tmp_path):
    assert CliRunner().invoke(maps, ["lint", str(tmp_path / "none")]).exit_code == 2
