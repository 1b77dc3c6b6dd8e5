"""The HTML report: one page that stands alone, shows every finding once, and holds no value unless it was asked for."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import lxml.html
import pytest

from x12retro.guide.outline import outline
from x12retro.x12 import Transaction, read

_VOID = {"meta", "input", "br"}


class Balanced(HTMLParser):
    """Holds a page to closing what it opens, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - the parser's signature
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"


@pytest.fixture(scope="module")
def good(fixtures: Path) -> bytes:
    return (fixtures / "guide" / "every-loop-request.edi").read_bytes()


@pytest.fixture
def page(x12retro, tmp_path: Path):
    """Validate bytes and give the page back."""

    def make(raw: bytes, *more: str, name: str = "in.edi") -> str:
        (tmp_path / name).write_bytes(raw)
        done = x12retro("validate", tmp_path / name, "--format", "html", "--as-of", "2026-11-24", *more)
        assert done.stderr == b""
        return done.stdout.decode()

    return make


def sets(good: bytes, n: int) -> bytes:
    """`n` copies of the set, numbered."""
    start, end = good.index(b"ST*"), good.index(b"GE*")
    one = good[start:end]
    copies = b"".join(one.replace(b"*0001*005010", b"*%04d*005010" % k).replace(b"*0001~\n", b"*%04d~\n" % k) for k in range(1, n + 1))
    return good[:start] + copies + good[end:].replace(b"GE*1*", b"GE*%d*" % n)


def findings(text: str) -> list[lxml.html.HtmlElement]:
    return list(lxml.html.document_fromstring(text).find_class("says"))


@pytest.mark.parametrize("extra", [(), ("--show-values",), ("--max-findings", "1")])
def test_the_page_closes_what_it_opens_and_names_no_other_place(page, good: bytes, extra: tuple[str, ...]) -> None:
    text = page(good.replace(b"BHT*0007*13*", b"BHT*0007*99*").replace(b"IEA*1*", b"IEA*2*"), *extra)
    reader = Balanced()
    reader.feed(text)
    assert reader.open == []
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|//[a-z]|<link|<img|<iframe|@import|url\(|src=", text)


def test_every_finding_stands_once_under_the_segment_it_speaks_of(page, good: bytes) -> None:
    bad = good.replace(b"BHT*0007*13*RETRO-2026-0001*20261103", b"BHT*0007*13*RETRO-2026-0001*20261303").replace(b"IEA*1*", b"IEA*2*")
    bad = bad.replace(b"HL*5*4*EV*1", b"HL*5*4*EV*0")
    text = page(bad)
    rules = [node.find("small").find("b").text for node in findings(text)]
    assert sorted(rules) == ["X12-IEA-003", "X217-BHT-004", "X217-HL-004", "X217-SV-102"]
    rows = lxml.html.document_fromstring(text).xpath("//table[@class='tree']/tbody/tr")
    marked = [n for n, row in enumerate(rows) if row.get("class") == "at error"]
    assert [rows[n].xpath("string(td[2])") for n in marked] == ["BHT", "HL"]
    assert ["X217-BHT-004" in rows[n + 1].text_content() for n in marked] == [True, False]
    assert "999 IK4 8" in rows[marked[0] + 1].text_content()


def test_a_missing_segment_is_told_before_the_one_that_stands_there(page, good: bytes) -> None:
    lines = good.split(b"\n")
    um = next(n for n, line in enumerate(lines) if line.startswith(b"UM*AR"))
    text = page(b"\n".join([*lines[:um], *lines[um + 1 :]]))
    rows = lxml.html.document_fromstring(text).xpath("//table[@class='tree']/tbody/tr")
    at = next(n for n, row in enumerate(rows) if "X217-UM-000" in row.text_content())
    assert "finding error" in rows[at].get("class")
    assert rows[at + 1].xpath("string(td[2])") == lines[um + 1].split(b"*")[0].decode()


def test_no_value_is_on_the_page(page, good: bytes) -> None:
    bad = good.replace(b"BHT*0007*13*RETRO-2026-0001*20261103", b"BHT*0007*13*RETRO-2026-0001*20261303")
    bad = bad.replace(b"MSG*", b"SECRETNAME*PLANTED~\nMSG*", 1)
    text = page(bad)
    (transaction,) = [frame for frame in read(bad) if isinstance(frame, Transaction)]
    open_values = {value.text for line in outline(transaction) for value in line.values if not value.listed and len(value.text) > 5}
    assert len(open_values) > 50
    open_values |= {"PLANTED", "SECRETNAME", "EXAMPLE HEALTH PLAN", "GENERAL HOSPITAL"}
    assert [value for value in open_values if value in text] == []
    assert "utilization management organization" in text  # a code of a closed list is told, with its meaning


def test_values_come_on_request_with_a_warning_and_stay_text(page, good: bytes) -> None:
    text = page(
        good.replace(b"BHT*0007*13*", b"BHT*0007*99*").replace(b"EXAMPLE HEALTH PLAN", b"<script>alert(1)</script>"), "--show-values"
    )
    assert "they may be a patient's data" in text
    assert "NM1*X3*2*&lt;script&gt;alert(1)&lt;/script&gt;*" in text
    assert text.count("<script>") == 1


def test_sets_without_findings_are_one_line(page, fixtures: Path) -> None:
    fine = (fixtures / "encounters" / "home-health.expected.edi").read_bytes()
    bad = sets(fine, 5).replace(b"IEA*1*", b"IEA*2*")
    text = page(bad)
    assert "5 transactions without findings" in text
    assert "<details" not in text


def test_after_a_hundred_trees_the_findings_alone_are_listed(page, good: bytes) -> None:
    text = page(sets(good, 130).replace(b"BHT*0007*13*", b"BHT*0007*99*"))
    tree = lxml.html.document_fromstring(text)
    assert len(tree.find_class("tree")) == 100
    assert len(tree.xpath("//details")) == 130
    rules = [node.find("small").find("b").text for node in findings(text)]
    assert rules.count("X217-BHT-002") == 130


def test_what_is_not_listed_is_counted(page, good: bytes) -> None:
    text = page(sets(good, 20).replace(b"BHT*0007*13*", b"BHT*0007*99*"), "--max-findings", "7")
    assert len(findings(text)) == 7
    more = re.search(r"and (\d+) findings more", text)
    assert more is not None
    total = int(lxml.html.document_fromstring(text).xpath("//h2[@id='files']/following-sibling::table[1]//td[last()]")[0].text)
    assert int(more[1]) + 7 == total


def test_a_long_set_is_shown_around_its_findings(page, good: bytes) -> None:
    start, end = good.index(b"HL*8*"), good.index(b"SE*")
    service = good[start:end]
    many = b"".join(service.replace(b"HL*8*", b"HL*%d*" % n).replace(b"EVT-0001-3", b"EVT-%d" % n) for n in range(8, 208))
    raw = good[:start] + many + good[end:]
    count = raw[raw.index(b"ST*") : raw.index(b"GE*")].count(b"~")
    raw = re.sub(rb"SE\*\d+\*", b"SE*%d*" % count, raw).replace(b"BHT*0007*13*", b"BHT*0007*99*")
    assert count > 600
    text = page(raw)
    rows = lxml.html.document_fromstring(text).xpath("//table[@class='tree']/tbody/tr")
    assert len(rows) < 300
    assert any("segments without findings" in row.text_content() for row in rows)


def test_the_name_of_a_file_is_text(page, good: bytes) -> None:
    text = page(good.replace(b"BHT*0007*13*", b"BHT*0007*99*"), name="<b>&in.edi")
    assert "&lt;b&gt;&amp;in.edi" in text
    assert "<b>&" not in text


def test_the_report_never_replaces_an_input(x12retro, tmp_path: Path, good: bytes) -> None:
    source = tmp_path / "in.edi"
    source.write_bytes(good)
    done = x12retro("validate", source, "--format", "html", "-o", source)
    assert done.returncode == 2
    assert source.read_bytes() == good


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "html", "sarif"])
def test_every_form_goes_to_a_file_as_it_goes_to_standard_output(x12retro, tmp_path: Path, good: bytes, form: str) -> None:
    source, out = tmp_path / "in.edi", tmp_path / "out"
    source.write_bytes(good)
    done = x12retro("validate", source, "--format", form, "-o", out)
    assert done.returncode == 0
    assert done.stdout == b""
    assert out.read_bytes() == x12retro("validate", source, "--format", form).stdout
