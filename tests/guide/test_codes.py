"""Codes have meanings in our own words, with source and date."""

import pytest

from x12retro.errors import MapError
from x12retro.guide import catalog, codes
from x12retro.guide.codes import read_code_lists
from x12retro.guide.model import CompositeRule, LoopRule
from x12retro.guide.places import maps_dir

TABLE = '[{name}]\ntitle = "t"\ndata_element = "306"\nsource = "s"\ndate = 2026-01-01\n[{name}.codes]\nA1 = "yes"\n'


@pytest.mark.parametrize(
    ("element", "code", "meaning"),
    [
        ("HCR01", "A1", "certified in full"),
        ("HCR03", "0V", "needs medical review"),
        ("AAA03", "72", "subscriber id bad/missing"),
        ("AAA04", "C", "correct and resubmit"),
        ("UM10", "8", "delay determining eligibility"),
        ("UM04-1/B", "11", "office"),
        ("HI07-1", "ABF", "ICD-10-CM diagnosis"),
        ("CL103", "01", "home"),
        ("DTP01", "435", "admission"),
    ],
)
def test_a_code_has_a_meaning(element, code, meaning):
    assert codes.meaning(element, code) == meaning


def test_an_unknown_code_or_element_has_none():
    assert codes.meaning("HCR01", "ZZ") is None
    assert codes.meaning("XYZ01", "A1") is None
    assert codes.known("XYZ01") == {}


def test_what_is_known_cannot_be_changed():
    with pytest.raises(TypeError):
        codes.known("HCR01")["A1"] = "denied"  # type: ignore[index]


def closed_lists(loop: LoopRule):
    for child in loop.children:
        if isinstance(child, LoopRule):
            yield from closed_lists(child)
            continue
        for rule in child.elements:
            for part in rule.components if isinstance(rule, CompositeRule) else (rule,):
                if part.codes:
                    yield part


@pytest.mark.parametrize("guide", ["278-request", "278-response", "278-inquiry", "278-inquiry-response"])
def test_every_code_of_a_closed_list_has_a_meaning(guide):
    missing = {
        (part.xid, code) for part in closed_lists(catalog.load(guide).root) for code in part.codes if not codes.meaning(part.xid, code)
    }
    assert missing == set()


def test_every_list_names_its_source_and_is_open_where_others_own_it():
    lists = read_code_lists(maps_dir() / "codes")
    assert all(code_list.source and code_list.codes for code_list in lists.values())
    assert {name for name, code_list in lists.items() if code_list.open} == {
        "HCR03", "CL101", "CL102", "CL103", "UM04-1/A", "UM04-1/B", "SV304-1", "SV304-2", "SV304-3", "SV304-4", "SV304-5",
            "TED01",
    }  # fmt: skip


def test_a_list_that_names_an_element_twice_is_refused(tmp_path):
    (tmp_path / "HCR.toml").write_text(TABLE.format(name="HCR01"))
    (tmp_path / "HCX.toml").write_text(TABLE.format(name="HCR02").replace("date", 'also = ["HCR01"]\ndate', 1))
    with pytest.raises(MapError, match=r"HCX\.toml: HCR01 already has a code list"):
        read_code_lists(tmp_path)


@pytest.mark.parametrize("text", ["[HCR01", TABLE.format(name="HCR01").replace("source", "sauce"), TABLE.format(name="HCR01") + "A2 = 2\n"])
def test_a_list_of_the_wrong_shape_is_refused_by_name(tmp_path, text):
    (tmp_path / "HCR.toml").write_text(text)
    with pytest.raises(MapError, match=r"HCR\.toml: "):
        read_code_lists(tmp_path)
