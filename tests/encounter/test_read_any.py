"""One function for every source: what a file is, is told from its content, and the same case gives the same request."""

import io
from datetime import date
from pathlib import Path

import pytest

from x12retro.build import build, load_partner
from x12retro.encounter import Denial, Denials, Encounter, EncounterProblem, read_any, read_denials
from x12retro.errors import UsageError
from x12retro.guide.judge import validate

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAME_CASE = (
    FIXTURES / "claims" / "inpatient-emergency.edi",
    FIXTURES / "claims" / "inpatient-emergency.json",
    FIXTURES / "csv" / "inpatient-emergency.csv",
    FIXTURES / "fhir" / "inpatient-emergency.json",
)
PARTNER = load_partner(FIXTURES / "partners" / "summit-ridge.toml")


class Trickle:
    """A stream that can be read once, a few bytes at a time, and not be wound back."""

    def __init__(self, raw):
        self._stream = io.BytesIO(raw)

    def read(self, size=-1):
        return self._stream.read() if size < 0 else self._stream.read(min(size, 7))


@pytest.mark.parametrize("path", SAME_CASE, ids=lambda path: path.parent.name + path.suffix)
def test_a_source_is_told_from_its_content_however_it_comes(path):
    raw = path.read_bytes()
    for source in (path, str(path), raw, io.BytesIO(raw), Trickle(raw)):
        (encounter,) = read_any(source)
        assert encounter.encounter_id == "CB-2026-0001"


def test_claim_json_table_and_bundle_of_the_same_case_give_the_same_request():
    requests = []
    for path in SAME_CASE:
        (built,) = build(read_any(path), PARTNER, as_of=date(2026, 11, 24))
        assert built.built
        requests.append([(line.id, line.elements) for line in built.lines])
    assert requests[0] == requests[1] == requests[2] == requests[3]


def test_notes_come_before_their_encounter():
    said = []
    said.extend(one.encounter_id for one in read_any(SAME_CASE[0], on_note=lambda note: said.append(note.path)))
    assert said == ["$.retro.scenario", "$", "CB-2026-0001"]


def test_an_encounter_that_comes_from_two_sources_is_told():
    seen = set()
    first, second = (next(iter(read_any(path, seen=seen))) for path in SAME_CASE[:2])
    assert isinstance(first, Encounter)
    assert isinstance(second, EncounterProblem)
    assert "comes a second time" in second.message


def test_with_denials_only_denied_encounters_come_through_whatever_the_source():
    found = Denials(one for one in read_denials(FIXTURES / "remits" / "authorization-denials.edi") if isinstance(one, Denial))
    assert [list(read_any(path, denials=found)) for path in SAME_CASE] == [[], [], [], []]
    assert found.without_denial == 4


def test_lines_of_a_table_and_of_json_can_be_asked_for_later():
    lines = []
    for path in SAME_CASE[1:3]:
        for _ in read_any(path, on_record=lambda record: lines.append(record.line_of("$.services[1].charge"))):
            pass
    assert lines == [98, 3]


def test_long_lines_of_json_are_still_lines():
    record = SAME_CASE[1].read_bytes().replace(b"\n", b" ")
    lines = b"\n".join(record.replace(b"CB-2026-0001", b"L-%d" % n) + b" " * 9000 for n in range(3))
    assert [one.encounter_id for one in read_any(lines)] == ["L-0", "L-1", "L-2"]


@pytest.mark.parametrize("raw", [b"", b"  \n", b"\xef\xbb\xbf"])
def test_nothing_is_told_as_nothing(raw):
    (told,) = read_any(raw)
    assert "the file is empty" in told.message


def test_a_path_that_cannot_be_read_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_any(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [(b"PK\x03\x04\x14\0\n,\n", "a ZIP archive"), (b"%PDF-1.7\nabc\n", "a PDF document"), (b"\x89PNG\r\n\x1a\n", "a PNG picture")],
)
def test_what_is_no_table_is_told_by_what_it_looks_like_in_the_words_of_validate(raw, kind):
    (told,) = read_any(raw)
    (checked,) = validate(raw)
    assert f"the file looks like {kind}" in told.message
    assert f"the file looks like {kind}" in checked.findings[0].message


def test_a_table_whose_header_begins_like_something_else_is_a_table():
    (told,) = read_any(b"UNADJUSTED,encounter_id\n1,E-1\n")
    assert "column 1" in told.message
    assert "looks like" not in told.message


def test_an_empty_file_may_have_been_any_of_the_sources():
    (told,) = read_any(b"\n")
    assert "a table (CSV)" in told.message
