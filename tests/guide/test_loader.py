"""The loader reads our maps and pyx12's, and says with file and line what is wrong with a map."""

import itertools
import re
import time
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from x12retro.errors import MapError, UsageError
from x12retro.guide import catalog
from x12retro.guide.loader import load_guide, read_dictionary
from x12retro.guide.model import UNBOUNDED, CompositeRule, ElementRule, LoopRule, SegmentRule
from x12retro.guide.places import maps_dir

PYX12 = Path(str(resources.files("pyx12") / "map"))
NO_MAPS = {"codes.xml", "dataele.xml", "maps.xml", "comp_test.xml"}

EVENT = "HL TRN UM REF*2 DTP*7 HI HSD CRC*7 CL1 CR1 CR2 CR5 CR6 PWK MSG 2010EA 2010EB 2010EC 2000F"
EVENT_TREE = [
    "2010EA S14: NM1 REF N3 N4 PER PRV",
    "2010EB S5: NM1 N3 N4",
    "2010EC S3: NM1 REF DTP",
    "2000F S>1: HL TRN UM REF*2 DTP SV1 SV2 SV3 TOO HSD PWK MSG 2010F",
    "2010F S10: NM1 REF N3 N4 PER PRV",
]
REQUEST_TREE = [
    "ISA_LOOP R>1: ISA GS_LOOP TA1 IEA",
    "GS_LOOP R>1: GS ST_LOOP GE",
    "ST_LOOP R>1: ST HEADER DETAIL SE",
    "HEADER R1: BHT",
    "DETAIL R1: 2000A",
    "2000A R1: HL 2010A 2000B",
    "2010A R1: NM1",
    "2000B R1: HL 2010B 2000C",
    "2010B R1: NM1 REF N3 N4 PER PRV",
    "2000C R1: HL 2010C 2000D 2000E",
    "2010C R1: NM1 REF N3 N4 DMG INS",
    "2000D S1: HL 2010D 2000E",
    "2010D R1: NM1 REF N3 N4 DMG INS",
    f"2000E R1: {EVENT}",
    *EVENT_TREE,
    f"2000E S1: {EVENT}",
    *EVENT_TREE,
]


def lines_of(loop: LoopRule) -> list[str]:
    repeat = ">1" if loop.repeat == UNBOUNDED else str(loop.repeat)
    runs = [(xid, len(list(run))) for xid, run in itertools.groupby(child.xid for child in loop.children)]
    lines = [f"{loop.xid} {loop.usage}{repeat}: {' '.join(xid if n == 1 else f'{xid}*{n}' for xid, n in runs)}"]
    for child in loop.children:
        if isinstance(child, LoopRule):
            lines += lines_of(child)
    return lines


def segments_of(loop: LoopRule) -> list[SegmentRule]:
    found = []
    for child in loop.children:
        found += segments_of(child) if isinstance(child, LoopRule) else [child]
    return found


def segment(guide: str, loop: str, xid: str, code: str | None = None) -> SegmentRule:
    for child in catalog.load(guide).loop(loop).children:
        if isinstance(child, SegmentRule) and child.xid == xid and (code is None or (child.qualifier and code in child.qualifier[2])):
            return child
    raise KeyError(xid)


def test_the_request_has_the_loops_of_the_guide_in_order():
    assert lines_of(catalog.load("278-request").root) == REQUEST_TREE


def test_an_event_is_required_under_a_dependent_and_situational_under_a_subscriber():
    guide = catalog.load("278-request")
    under = {xid: guide.loop(xid).children[-1] for xid in ("2000C", "2000D")}
    assert {xid: event.xid for xid, event in under.items()} == {"2000C": "2000E", "2000D": "2000E"}
    assert (under["2000C"].usage, under["2000D"].usage) == ("S", "R")
    assert under["2000C"].children is under["2000D"].children


def test_a_response_may_repeat_the_event_and_answer_with_two_requesters():
    guide = catalog.load("278-response")
    assert guide.loop("2000D").children[-1].repeat == UNBOUNDED
    assert guide.loop("2010B").repeat == 2


def test_the_delay_reason_stands_where_the_guide_puts_it():
    um10 = segment("278-request", "2000E", "UM").elements[9]
    assert isinstance(um10, ElementRule)
    assert (um10.xid, um10.usage, um10.data.number) == ("UM10", "S", "1514")
    assert um10.codes == {"1", "2", "3", "4", "7", "8", "10", "11", "15", "16", "17"}


def test_the_reason_of_a_decision_repeats_five_times_and_has_an_open_list():
    hcr03 = segment("278-response", "2000F", "HCR").elements[2]
    assert isinstance(hcr03, ElementRule)
    assert (hcr03.repeat, hcr03.codes, hcr03.external) == (5, frozenset(), None)


def test_a_place_carries_only_its_own_codes():
    categories = {loop: segment("278-request", loop, "UM").elements[0].codes for loop in ("2000E", "2000F")}
    assert categories == {"2000E": {"AR", "HS", "IN", "SC"}, "2000F": {"HS", "SC"}}


def test_external_code_sets_come_with_the_guide():
    n4 = segment("278-request", "2010C", "N4")
    assert [n4.elements[i].external for i in (1, 3, 6)] == ["states", "country", "subdivision"]
    sets = catalog.load("278-request").code_sets
    assert {"IL", "PR", "ON", "AE"} <= sets["states"]
    assert {"US", "CAN"} <= sets["country"]
    assert "XX" not in sets["states"] | sets["country"]


@pytest.mark.parametrize(
    ("guide", "loop", "xid", "place", "code"),
    [
        ("278-request", "2000E", "DTP", (1, 0), "439"),
        ("278-request", "2000E", "HL", (3, 0), "EV"),
        ("278-request", "2000E", "HI", (1, 1), "ABK"),
        ("278-request", "2010EA", "NM1", (1, 0), "71"),
        ("820", "2000B", "ENT", (2, 0), "2J"),
        ("999", "2100", "CTX", (1, 1), "SITUATIONAL TRIGGER"),
    ],
)
def test_a_qualifier_tells_segments_of_one_name_apart(guide, loop, xid, place, code):
    qualifier = segment(guide, loop, xid).qualifier
    assert qualifier is not None
    assert qualifier[:2] == place
    assert code in qualifier[2]


def test_an_optional_or_uncoded_first_element_is_no_qualifier():
    assert segment("278-request", "2000E", "HSD").qualifier is None
    assert segment("278-request", "2000E", "MSG").qualifier is None


@pytest.mark.parametrize("name", catalog.names())
def test_every_guide_of_the_catalog_loads_and_starts_with_the_interchange(name):
    guide = catalog.load(name)
    assert guide.root.xid == "ISA_LOOP"
    assert guide.loop("ST_LOOP").children[0].xid == "ST"
    assert catalog.load(name) is guide


def test_an_unknown_guide_is_wrong_usage():
    with pytest.raises(UsageError, match="no guide is called 279"):
        catalog.load("279")


@pytest.mark.parametrize("name", sorted(file.name for file in PYX12.glob("*.xml") if file.name not in NO_MAPS))
def test_every_map_of_pyx12_loads_with_all_its_segments_elements_and_codes(name):
    rules = segments_of(load_guide(PYX12 / name).root)
    members = [member for rule in rules for member in rule.elements]
    simple = [m for m in members if isinstance(m, ElementRule)] + [c for m in members if isinstance(m, CompositeRule) for c in m.components]
    root = etree.parse(str(PYX12 / name)).getroot()
    assert len(rules) == len(list(root.iter("segment")))
    assert len(simple) == len(list(root.iter("element")))
    assert sum(len(rule.codes) for rule in simple) == sum(len({c.text for c in node.iter("code")}) for node in root.iter("element"))


def test_a_doubt_reaches_its_rule_and_no_other():
    um = segment("278-request", "2000F", "UM")
    assert [rule.xid for rule in um.elements if rule.doubtful] == ["UM06", "UM07", "UM08"]
    assert [part.xid for part in um.elements[3].components if part.doubtful] == ["UM04-3"]
    assert segment("278-response", "2010FB", "N4").doubtful is not None
    assert segment("278-response", "2010EB", "N4").doubtful is None


def test_a_compiled_guide_keeps_no_xml():
    # only plain data can be turned into builtins
    assert msgspec.to_builtins(catalog.load("278-request"))["xid"] == "278"


def test_the_request_map_loads_in_well_under_a_tenth_of_a_second():
    path = maps_dir() / "278-request" / "278.5010.X217.request.xml"
    spans = []
    for _ in range(3):
        start = time.perf_counter()
        load_guide(path)
        spans.append(time.perf_counter() - start)
    assert min(spans) < 0.1


DICTIONARY = """<data_elements>
<data_ele ele_num="128" data_type="ID" min_len="2" max_len="3" name="qualifier"/>
<data_ele ele_num="127" data_type="AN" min_len="1" max_len="50" name="value"/>
</data_elements>"""
CODE_SETS = "<codesets><codeset><id>states</id><name>s</name><version><code>IL</code></version></codeset></codesets>"
SMALL = """<transaction xid="T">
<name>small</name>
<loop xid="TOP" pos="10" usage="R" repeat="1" name="top">
<segment xid="REF" pos="10" usage="S" max_use="&gt;1" name="first">
<syntax>P0102</syntax>
<element xid="REF01" data_ele="128" usage="R" seq="01" name="q"><valid_codes><code>BB</code></valid_codes></element>
<element xid="REF02" data_ele="127" usage="S" seq="02" name="v"><regex>[0-9]+</regex></element>
</segment>
<segment xid="REF" pos="10" usage="S" max_use="1" name="second">
<element xid="REF01" data_ele="128" usage="R" seq="01" name="q"><valid_codes><code>NT</code></valid_codes></element>
<element xid="REF02" data_ele="127" usage="S" seq="02" name="v"><valid_codes external="states"/></element>
</segment>
<loop xid="A" pos="20" usage="S" repeat="1" name="a"><segment xid="HL" pos="10" usage="R" max_use="1" name="s"/></loop>
<loop xid="B" pos="30" usage="S" repeat="1" name="b"><segment xid="HL" pos="10" usage="R" max_use="1" name="s"/>
<loop xid="A" pos="40" usage="R" repeat="2" name="reference"/>
</loop>
</loop>
</transaction>"""


@pytest.fixture
def small(tmp_path):
    """Write the small map with one text replaced; the path of the map."""

    def write(old: str = "", new: str = "", doubtful: str | None = None) -> Path:
        assert old in SMALL
        (tmp_path / "dataele.xml").write_text(DICTIONARY)
        (tmp_path / "codes.xml").write_text(CODE_SETS)
        if doubtful is not None:
            (tmp_path / "doubtful.toml").write_text(doubtful)
        (tmp_path / "small.xml").write_text(SMALL.replace(old, new, 1) if old else SMALL)
        return tmp_path / "small.xml"

    return write


def test_a_small_map_loads(small):
    guide = load_guide(small())
    assert guide.loop("B").children[1].repeat == 2
    assert guide.loop("B").children[1].children is guide.loop("A").children


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('data_ele="127"', 'data_ele="999"', 7, "REF02: data element 999 is not in the dictionary"),
        ('usage="S" max_use', 'usage="X" max_use', 4, "usage of REF must be R, S or N"),
        ('max_use="&gt;1"', 'max_use="many"', 4, "max_use of REF must be a number or >1"),
        ('max_use="&gt;1"', 'max_use="0"', 4, "max_use of REF must be a number or >1"),
        ('pos="10" usage="S"', 'pos="ten" usage="S"', 4, "pos of REF must be a number"),
        ("P0102", "Q0102", 5, "a syntax note is a letter"),
        ("P0102", "P01", 5, "a syntax note is a letter"),
        ('seq="02"', 'seq="03"', 4, "REF02 has seq 3 where 2 is due"),
        ("[0-9]+", "[0-9", 7, "REF02: the regex does not compile"),
        ('external="states"', 'external="planets"', 11, "REF02: code set planets is not in the code sets"),
        ('<loop xid="A" pos="40"', '<loop xid="C" pos="40"', 15, "refers to loop C, which is not defined"),
        ('<loop xid="A" pos="40"', '<loop xid="B" pos="40"', 14, "loop B refers to itself"),
        ('xid="TOP" ', "", 3, "a <loop> without xid"),
        ("<transaction", "<interchange", 20, None),
    ],
)
def test_what_is_wrong_with_a_map_is_said_with_file_and_line(small, old, new, line, message):
    path = small(old, new)
    with pytest.raises(MapError, match=re.escape(f"{path}:{line}: {message}") if message else re.escape(f"{path}:")):
        load_guide(path)


@pytest.mark.parametrize("name", ["TOP/REF[BB]02", "TOP/REF[BB]", "TOP/REF02", "TOP/REF", "TOP", "A/HL"])
def test_a_doubt_may_name_a_loop_a_segment_or_an_element(small, name):
    guide = load_guide(small(doubtful=f'[rules]\n"{name}" = "one source"\n'))
    top = guide.loop("TOP")
    both = [top.children[0], top.children[1]]
    reached = {
        "TOP": [top],
        "TOP/REF": both,
        "TOP/REF[BB]": both[:1],
        "TOP/REF02": [rule.elements[1] for rule in both],
        "TOP/REF[BB]02": [both[0].elements[1]],
        "A/HL": [guide.loop("A").children[0]],
    }[name]
    everything = [top, *both, *(e for rule in both for e in rule.elements), guide.loop("A").children[0]]
    assert [rule for rule in everything if rule.doubtful] == reached


def test_a_doubt_about_all_elements_of_a_loop_reaches_them_and_not_the_level_itself():
    loop = catalog.load("278-inquiry").loop("2000E")
    segments = [child for child in loop.children if isinstance(child, SegmentRule)]
    assert len(segments) > 15
    for rule in segments:
        parts = [part for e in rule.elements for part in (e, *(e.components if isinstance(e, CompositeRule) else ()))]
        assert {part.doubtful is not None for part in parts} == {rule.xid != "HL"}
    sure = {rule.xid for rule in segments if rule.doubtful is None}
    assert {"HL", "REF", "DTP"} <= sure
    assert {"UM", "MSG"}.isdisjoint(sure)


def test_a_doubt_about_a_rule_that_does_not_exist_is_refused_with_its_line(small):
    path = small(doubtful='[rules]\n"TOP/REF02" = "x"\n"TOP/REF03" = "x"\n')
    with pytest.raises(MapError, match=r"doubtful\.toml:3: no rule of the map is called TOP/REF03"):
        load_guide(path)


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "use",
    ["<name>&l9;</name>", '<name kind="&l9;">small</name>'],
    ids=["in text", "in an attribute"],
)
def test_an_entity_bomb_is_refused_at_once(small, use):
    path = small("<name>small</name>", use)
    path.write_text(f'<!DOCTYPE transaction [<!ENTITY l0 "ha">{BOMB}]>{path.read_text()}')
    start = time.perf_counter()
    with pytest.raises(MapError, match=r"small\.xml:"):
        load_guide(path)
    assert time.perf_counter() - start < 2


def test_an_external_entity_is_neither_read_nor_told(small, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("planted-secret")
    path = small("<name>small</name>", "<name>&file;</name>")
    path.write_text(f'<!DOCTYPE transaction [<!ENTITY file SYSTEM "{secret.as_uri()}">]>{path.read_text()}')
    with pytest.raises(MapError, match="must not have a document type") as caught:
        load_guide(path)
    assert "planted-secret" not in str(caught.value)


def test_a_map_without_a_dictionary_near_it_is_refused(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = tmp_path / "a" / "b" / "small.xml"
    path.write_text(SMALL)
    with pytest.raises(MapError, match=r"no dataele\.xml beside it"):
        load_guide(path)


def test_a_map_that_is_not_there_or_not_xml_is_refused(small, tmp_path):
    path = small()
    with pytest.raises(MapError, match="cannot be read"):
        load_guide(tmp_path / "none.xml")
    path.write_text("<transaction>\n<loop>")
    with pytest.raises(MapError, match=re.escape(f"{path}:2: ")):
        load_guide(path)


def test_a_number_of_five_thousand_digits_is_told_and_not_read(tmp_path):
    dictionary = tmp_path / "dataele.xml"
    digits = "9" * 5000
    dictionary.write_text(
        f'<data_elements><data_ele ele_num="1" data_type="AN" min_len="{digits}" max_len="9" name="x"/></data_elements>', encoding="utf-8"
    )
    with pytest.raises(MapError, match=r"dataele\.xml:1"):
        read_dictionary(dictionary)
