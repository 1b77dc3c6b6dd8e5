"""Every encounter in fixtures/encounters builds to the request that lies beside it.

To write the expected files anew after a wanted change, and then read the difference before it is committed::

    X12RETRO_REGENERATE=1 pytest tests/build/test_expected_requests.py
"""

import io
import os
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from x12retro.build import ControlNumbers, build, load_partner, write
from x12retro.encounter import Encounter, read_encounters

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENCOUNTERS = sorted((FIXTURES / "encounters").glob("*.json"))
AS_OF = datetime(2026, 11, 20, 10, 30)  # noqa: DTZ001 - X12 knows no time zone
PARTNERS = {"FRMED7": "front-range"}


def expected_request(path):
    """The request of the one encounter in `path`, a segment a line, with the first control numbers and a fixed day."""
    (encounter,) = read_encounters(path)
    assert isinstance(encounter, Encounter)
    partner = load_partner(FIXTURES / "partners" / f"{PARTNERS.get(encounter.payer.id, 'summit-ridge')}.toml")
    partner = msgspec.structs.replace(partner, characters=msgspec.structs.replace(partner.characters, line_break="\n"))
    out = io.BytesIO()
    (built,) = write(out, build([encounter], partner, as_of=AS_OF, control=ControlNumbers(905)), partner, as_of=AS_OF)
    return built, out.getvalue().decode("ascii")


@pytest.mark.parametrize("path", ENCOUNTERS, ids=lambda p: p.stem)
def test_the_encounter_builds_to_the_request_beside_it(path):
    built, text = expected_request(path)
    assert built.built, built.problems
    beside = path.with_suffix(".expected.edi")
    if os.environ.get("X12RETRO_REGENERATE"):
        beside.write_text(text, encoding="ascii")
    assert text == beside.read_text(encoding="ascii")


def test_there_are_at_least_twelve_encounters_and_no_expected_file_without_one():
    assert len(ENCOUNTERS) >= 12
    beside = {path.name.removesuffix(".expected.edi") for path in (FIXTURES / "encounters").glob("*.expected.edi")}
    assert beside == {path.stem for path in ENCOUNTERS}


@pytest.mark.parametrize("path", sorted((FIXTURES / "partners").glob("*.toml")), ids=lambda p: p.stem)
def test_every_partner_file_loads_and_carries_every_encounter(path):
    partner = load_partner(path)
    out = io.BytesIO()
    encounters = (record for file in ENCOUNTERS for record in read_encounters(file))
    made = list(write(out, build(encounters, partner, as_of=AS_OF), partner, as_of=AS_OF))
    assert all(one.built for one in made)
    sets = partner.batch.sets_per_interchange
    assert out.getvalue().count(b"ISA" + partner.characters.element.encode()) == (1 if sets == 0 else len(made))
