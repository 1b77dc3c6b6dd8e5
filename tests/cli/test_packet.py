"""The packet: a page for each case whose payer takes it by telephone, fax or portal, and for no other."""

import json
import re
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
CARELON = {"name": "Carelon Behavioral Health", "id": "CARELON", "state": "PA", "line_of_business": "medicaid_mco"}


@pytest.fixture
def packet(x12retro, tmp_path):
    def run(*payers, **changes):
        base = json.loads((FIXTURES / "encounters" / "emergency-admission.json").read_text())
        lines = [json.dumps({**base, **changes, "payer": payer, "encounter_id": f"E{n}"}) for n, payer in enumerate(payers)]
        (tmp_path / "e.jsonl").write_text("\n".join(lines))
        partner = FIXTURES / "partners" / "summit-ridge.toml"
        page = tmp_path / "packet.html"
        x12retro("build", tmp_path / "e.jsonl", "--partner", partner, "--as-of", "2026-11-24", "-o", tmp_path / "o.edi", "--packet", page)
        return page.read_text()

    return run


def test_a_page_for_each_case_that_goes_by_fax_and_none_for_the_rest(packet):
    page = packet(CARELON, {"name": "Nobody Knows It", "id": "X1"}, {"name": "Cohere Health", "id": "COHERE"})
    assert re.findall(r"Case (E\d)", page) == ["E0"]
    assert "Carelon Behavioral Health: by fax, by 2026-12-02" in page
    for text in (
        "Vandermeer, Callista",
        "SRH448210093",
        "K35.80",
        "0360 44970",
        "3 days",
        "Arrived 03:40",
        "asked for: records of the care",
    ):
        assert text in page, text


def test_a_case_outside_its_window_has_no_page(packet):
    event = {"category": "HS", "service_type": "2", "service_from": "2026-09-01"}
    page = packet(CARELON, event=event)
    assert "Case E0" not in page
    assert "No case goes by telephone, fax or portal." in page


def test_what_people_wrote_cannot_become_a_part_of_the_page(packet):
    retro = {"scenario": "emergency", "explanation": "<script>alert(1)</script>"}
    page = packet(CARELON, retro=retro)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_packet_is_not_written_over_an_input(x12retro, tmp_path):
    source = tmp_path / "e.json"
    source.write_text((FIXTURES / "encounters" / "emergency-admission.json").read_text())
    partner = FIXTURES / "partners" / "summit-ridge.toml"
    assert x12retro("build", source, "--partner", partner, "-o", tmp_path / "o.edi", "--packet", source).returncode == 2
