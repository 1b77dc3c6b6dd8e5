"""What the dialect can say and the shipped 5010 maps seldom do: parts that are not used, forms of values, wrappers; both engines alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from x12retro.errors import MapError
from x12retro.guide.diagnose import diagnose
from x12retro.guide.loader import load_guide
from x12retro.guide.recogniser import Recogniser
from x12retro.x12 import Delimiters, GroupStart, InterchangeStart, Transaction

MAP = """<transaction xid="TRY"><name>a map to try</name>
<loop xid="ISA_LOOP" usage="R" pos="10" repeat="1" name="i">
<segment xid="ISA" usage="R" pos="10" max_use="1" name="i"><element xid="ISA01" data_ele="I01" usage="R" seq="01" name="v"/></segment>
<loop xid="ST_LOOP" usage="R" pos="20" repeat="&gt;1" name="s">
<segment xid="ST" usage="R" pos="10" max_use="1" name="s">
 <element xid="ST01" data_ele="143" usage="R" seq="01" name="v"/><element xid="ST02" data_ele="329" usage="R" seq="02" name="v"/>
</segment>
<loop xid="HEAD" usage="S" pos="20" repeat="&gt;1" name="a wrapper" type="wrapper">
 <loop xid="1000" usage="R" pos="10" repeat="2" name="required">
  <segment xid="N1" usage="R" pos="10" max_use="2" name="name">
   <element xid="N101" data_ele="98" usage="R" seq="01" name="v"><valid_codes><code>PR</code></valid_codes></element>
   <element xid="N102" data_ele="93" usage="S" seq="02" name="v"/>
  </segment>
  <segment xid="N4" usage="S" pos="20" max_use="1" name="place">
   <element xid="N401" data_ele="19" usage="S" seq="01" name="v"/>
   <element xid="N402" data_ele="156" usage="S" seq="02" name="v"/>
   <element xid="N403" data_ele="116" usage="S" seq="03" name="zip"><regex>[0-9]{9}</regex></element>
  </segment>
  <segment xid="PER" usage="N" pos="30" max_use="1" name="contact">
   <element xid="PER01" data_ele="366" usage="R" seq="01" name="v"/>
  </segment>
  <loop xid="1100" usage="N" pos="40" repeat="1" name="never">
   <segment xid="LX" usage="R" pos="10" max_use="1" name="line"><element xid="LX01" data_ele="554" usage="R" seq="01" name="v"/></segment>
   <segment xid="REF" usage="R" pos="20" max_use="1" name="ref"><element xid="REF01" data_ele="128" usage="R" seq="01" name="v"/></segment>
  </loop>
 </loop>
</loop>
<segment xid="SE" usage="R" pos="30" max_use="1" name="e">
 <element xid="SE01" data_ele="96" usage="R" seq="01" name="v"/><element xid="SE02" data_ele="329" usage="R" seq="02" name="v"/>
</segment>
</loop></loop></transaction>"""
ELEMENTS = "".join(
    f'<data_ele ele_num="{number}" data_type="{kind}" min_len="{least}" max_len="{most}" name="e"/>'
    for number, kind, least, most in (
        ("I01", "ID", 2, 2), ("143", "ID", 3, 3), ("329", "AN", 4, 9), ("98", "ID", 2, 3), ("93", "AN", 1, 60), ("19", "AN", 2, 30),
        ("156", "ID", 2, 2), ("116", "ID", 3, 15), ("366", "ID", 2, 2), ("554", "N0", 1, 6), ("128", "ID", 2, 3), ("96", "N0", 1, 10),
    )
)  # fmt: skip
DELIMITERS = Delimiters()
END = ["SE*9*0001"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dataele.xml").write_text(f"<data_elements>{ELEMENTS}</data_elements>", encoding="ascii")
    (tmp_path / "codes.xml").write_text("<codes/>", encoding="ascii")
    return tmp_path


@pytest.fixture
def judged(folder: Path):
    """Judge the segments between ST and SE by both engines: (segment id, ack code) of each finding."""
    (folder / "map.xml").write_text(MAP, encoding="ascii")
    guide = load_guide(folder / "map.xml")
    judge = Recogniser(guide, DELIMITERS, "")

    def by_both(*lines: str) -> list[tuple[str | None, str]]:
        raw = "".join(f"{line}~" for line in ["ST*999*0001", *lines, *END]).encode("ascii")
        transaction = Transaction(raw, 0, GroupStart(None, InterchangeStart(None, DELIMITERS, 0), 0), True, True)
        found = diagnose(transaction, guide, "TRY", thorough=True)
        assert judge.accepts(raw) == (not found), found
        return [(f.segment_id, f.ack.code) for f in found if f.ack is not None]

    return by_both


def test_a_right_set_is_right(judged) -> None:
    assert judged("N1*PR*A", "N4*TOWN*IL*627010001") == []


def test_a_segment_that_is_not_used_is_one_finding_whatever_is_in_it(judged) -> None:
    assert judged("N1*PR", "PER*IC") == [("PER", "I4")]
    assert judged("N1*PR", "PER") == [("PER", "I4")]


def test_a_loop_that_is_not_used_is_one_finding_whatever_it_lacks(judged) -> None:
    assert judged("N1*PR", "LX*1") == [("LX", "I4")]
    assert judged("N1*PR", "LX*1", "REF*EI") == [("LX", "I4")]


def test_a_value_must_be_wholly_of_the_form_that_the_map_gives(judged) -> None:
    assert judged("N1*PR", "N4***62701000") == [("N4", "7")]
    assert judged("N1*PR", "N4***6270100012") == [("N4", "7")]
    assert judged("N1*PR", "N4***62701000A") == [("N4", "7")]


def test_a_segment_without_any_element_is_a_fault_though_none_is_required(judged) -> None:
    assert judged("N1*PR", "N4") == [("N4", "2")]


def test_a_wrapper_requires_what_its_loops_require_and_stands_once(judged) -> None:
    assert judged() == [("N1", "3")]
    assert judged("N1*PR", "N4*TOWN", "N1*PR", "N4*TOWN") == []
    assert judged("N1*PR", "N4*TOWN", "N1*PR", "N4*TOWN", "N1*PR") == [("N1", "4")]


def test_the_first_segment_of_a_loop_may_repeat_as_often_as_the_map_says(judged) -> None:
    assert judged("N1*PR*A", "N1*PR*B", "N4*TOWN") == []
    assert judged(*["N1*PR"] * 4) == []
    assert judged(*["N1*PR"] * 5) == [("N1", "4")]


@pytest.mark.parametrize("form", ["[0-9", ".*", "[^A]+", "A$", "[0-z]{2}", r"\w+", "(?=A)A"])
def test_a_form_that_could_run_over_a_delimiter_is_refused(folder: Path, form: str) -> None:
    (folder / "map.xml").write_text(MAP.replace("[0-9]{9}", form), encoding="ascii")
    with pytest.raises(MapError, match=r"map\.xml:.* regex"):
        load_guide(folder / "map.xml")
