"""The people and numbers of a 275: the same from the encounter and from the request that was made of it."""

import io
from datetime import date

import msgspec
import pytest

from x12retro.attach import About, Obstacle, about_encounter, about_request
from x12retro.build import build, load_partner, write
from x12retro.build.partner import Umo
from x12retro.encounter import read_encounters
from x12retro.guide.places import fixtures_dir
from x12retro.x12 import Transaction, read

ENCOUNTERS = sorted((fixtures_dir() / "encounters").glob("*.json"))


def request_of(encounter, partner):
    out = io.BytesIO()
    (made,) = write(out, build([encounter], partner, as_of=date(2026, 11, 24)), partner, as_of=date(2026, 11, 24))
    assert made.built, made.problems
    return made.traces.event, next(frame for frame in read(out.getvalue()) if isinstance(frame, Transaction))


@pytest.mark.parametrize("umo", [None, Umo(name="REVIEWERS", id="77")], ids=["the payer", "another reviewer"])
@pytest.mark.parametrize("file", ENCOUNTERS, ids=lambda file: file.stem)
def test_the_request_says_what_the_encounter_says(file, umo):
    partner = msgspec.structs.replace(load_partner(fixtures_dir() / "partners" / "summit-ridge.toml"), umo=umo)
    for encounter in read_encounters(file):
        trace, request = request_of(encounter, partner)
        told, found = about_encounter(encounter, trace, partner), about_request(request, encounter.encounter_id)
        assert isinstance(found, About), found
        assert upper(found) == upper(told)


def upper(about):
    """All that is said, in capitals, as requests are written."""
    assert isinstance(about, About), about
    return {name: str(value).upper() for name, value in msgspec.structs.asdict(about).items()}


@pytest.mark.parametrize(
    ("segment", "instead", "where"),
    [
        (b"NM1*FA*2*", b"XX1*FA*2*", "2010B"),
        (b"NM1*IL*1*", b"XX1*IL*1*", "2010C"),
        (b"NM1*X3*2*", b"XX1*X3*2*", "2010A"),
    ],
)
def test_a_request_that_does_not_say_who_is_told(segment, instead, where):
    partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
    encounter = next(read_encounters(fixtures_dir() / "encounters" / "emergency-admission.json"))
    _, request = request_of(encounter, partner)
    assert segment in request.raw
    broken = Transaction(request.raw.replace(segment, instead), request.offset, request.group, True, True)
    found = about_request(broken)
    assert isinstance(found, Obstacle)
    assert where in found.path


def test_what_has_no_event_is_no_request():
    partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
    encounter = next(read_encounters(fixtures_dir() / "encounters" / "emergency-admission.json"))
    _, request = request_of(encounter, partner)
    broken = Transaction(request.raw[: request.raw.index(b"HL*1")] + b"SE*3*0001~", request.offset, request.group, True, True)
    assert isinstance(about_request(broken), Obstacle)
