"""What a record, a finding or a table may not hold of a person, wherever the payer puts it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from rich.pretty import pretty_repr

from x12retro.cli.decisions import Table
from x12retro.decide import Decision, decide_stream, to_json
from x12retro.decide.facts import Facts
from x12retro.decide.levels import read_levels
from x12retro.findings import Finding
from x12retro.x12 import Transaction, read

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
CERTIFIED = (FOLDER / "event-a1-certified.edi").read_bytes()
SERVICE = (FOLDER / "service-a1-certified.edi").read_bytes()


def with_lines(data: bytes, *lines: str) -> Decision:
    """The decision of a response with these lines at its end."""
    (decision,) = decide_stream(data.replace(b"SE*", "".join(f"{line}~\n" for line in lines).encode() + b"SE*"), as_of=AS_OF)
    return decision


@pytest.mark.parametrize("data", [CERTIFIED, SERVICE], ids=["event", "service"])
@pytest.mark.parametrize(
    "line",
    [
        "NM1*QC*1*SECRET*SECRET****MI*SECRET1",
        "NM1*QC*1*SECRET*SECRET****ZZ*1234567893",
        "NM1*IL*1*SECRET*SECRET****MR*1234567893",
        "NM1*74*1*SECRET*SECRET****XX*1234567893",
        "NM1**1*SECRET*SECRET****XX*1234567893",
        "NM1*SECRET*1*XX*1234567893",
    ],
)
def test_a_name_in_no_provider_role_is_no_provider(data: bytes, line: str) -> None:
    decision = with_lines(data, line, "PRV*AT*PXC*207R00000X")
    assert decision.providers == with_lines(data).providers
    assert b"SECRET" not in to_json(decision) and b"1234567893" not in to_json(decision)


@pytest.mark.parametrize(
    ("line", "qualifier", "identifier"),
    [
        ("NM1*71*1*A*B****XX*1234567893", "XX", "1234567893"),
        ("NM1*FA*2*A*****24*12-3456789", "24", "12-3456789"),
        ("NM1*FA*2*A*****46*ETIN01", "46", "ETIN01"),
        ("NM1*71*1*A*B****34*123456789", "34", ""),
        ("NM1*71*1*A*B****MI*1234567893", "MI", ""),
        ("NM1*71*1*A*B****ZZ*1234567893", "", ""),
        ("NM1*71*1*A*B****XX*SECRET", "XX", ""),
        ("NM1*71*1*A*B****24*123-45-6789", "24", ""),
        ("NM1*71*1*A*B****46*SECRET", "46", ""),
        ("NM1*71*1*A*B***SECRET*SECRET", "", ""),
    ],
)
def test_a_provider_has_only_a_number_that_its_qualifier_allows(line: str, qualifier: str, identifier: str) -> None:
    provider = with_lines(CERTIFIED, line).providers[-1]
    assert (provider.id_qualifier, provider.id) == (qualifier, identifier)


def test_a_specialty_is_the_provider_s_right_before_it_and_looks_like_one() -> None:
    named = "NM1*71*1*A*B****XX*1234567893"
    assert with_lines(CERTIFIED, named, "PRV*AT*PXC*207R00000X").providers[-1].taxonomy == "207R00000X"
    assert with_lines(CERTIFIED, named, "PRV*AT*PXC*SECRET").providers[-1].taxonomy == ""
    assert with_lines(CERTIFIED, named, "NM1*QC*1*A*B", "PRV*AT*PXC*207R00000X").providers[-1].taxonomy == ""


def test_a_name_that_slipped_into_a_contact_s_number_kind_stays_out() -> None:
    decision = with_lines(CERTIFIED, "NM1*L5*1*A", "PER*IC**SECRET*TE*5550100*FX*5550101")
    assert decision.contacts == () and b"SECRET" not in to_json(decision)
    decision = with_lines(CERTIFIED, "NM1*L5*1*A", "PER*IC*SECRET*TE*5550100*SECRET*SECRET*FX*5550101")
    assert [c.numbers for c in decision.contacts] == [(("TE", "5550100"), ("FX", "5550101"))]


def test_free_text_about_a_document_is_in_the_record_and_in_no_table_or_repr() -> None:
    decision = with_lines(CERTIFIED, "PWK*77*BM****C1*OPERATIVE NOTE OF SECRET")
    document = decision.documents_requested[-1]
    assert document.description == "OPERATIVE NOTE OF SECRET"
    table = Table()
    table.add(decision)
    assert "SECRET" not in table.text(colour=False) + repr(decision) + repr(document) + repr(document.__rich_repr__())


def test_a_segment_id_that_is_none_and_a_control_number_that_is_none_are_not_told() -> None:
    seen: list[Finding] = []
    data = CERTIFIED.replace(b"*0001*005010X217", b"*TESTER, TINA*005010X217").replace(b"ST*278", b"ST*271")
    assert list(decide_stream(data, as_of=AS_OF, on_finding=seen.append)) == []
    (finding,) = [f for f in seen if f.rule == "DEC-SET-001"]
    assert (finding.interchange, finding.transaction) == ("000000301", "?")
    (decision,) = decide_stream(CERTIFIED.replace(b"*0001*005010X217", b"*TESTER, TINA*005010X217"), as_of=AS_OF)
    assert decision.source.transaction == "?"


def test_a_set_that_breaks_off_in_a_name_does_not_print_it_as_a_segment() -> None:
    whole = CERTIFIED[: CERTIFIED.index(b"SE*")]
    (decision,) = decide_stream(whole + b"LEE*TINA~", as_of=AS_OF)
    (finding,) = [f for f in decision.findings if f.rule == "DEC-SET-004"]
    assert (finding.segment_id, finding.offset) == (None, len(whole))


def test_what_a_set_is_worked_on_with_shows_no_value() -> None:
    """Segments, levels and facts stand in the locals that a traceback may print."""
    data = SERVICE.replace(b"SE*", b"TRN*2*SECRET*9SECRET~\nMSG*SECRET~\nSE*")
    (frame,) = [frame for frame in read(data) if isinstance(frame, Transaction)]
    levels, _ = read_levels(frame.segments())
    facts = [Facts.of(level, frame.delimiters) for level in levels]
    assert any(one.trace == "SECRET" or "SECRET" in one.messages for one in facts)
    told = [text for one in (*frame.segments(), *levels, *facts) for text in (repr(one), pretty_repr(one))]
    assert not [text for text in told if "SECRET" in text]
