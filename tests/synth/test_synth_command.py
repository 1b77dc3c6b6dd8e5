"""`x12retro synth`: the same bytes for the same seed, streams of any size, and clear words for wrong usage."""

import gc
import io
import json
import tracemalloc

import msgspec
import pytest

from x12retro.build import load_partner, write
from x12retro.encounter import read_encounters
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.synth import AS_OF, CROOKED, answered_on, encounters, partner_for, requests


@pytest.mark.parametrize("what", ["encounters", "requests", "responses"])
def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(x12retro, monkeypatch, what):
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    first = x12retro.anew("synth", what, "30", "--seed", "5")
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    second = x12retro.anew("synth", what, "30", "--seed", "5")
    other = x12retro("synth", what, "30", "--seed", "6")
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout != other.stdout


def test_encounters_are_json_lines_that_build_reads(x12retro):
    done = x12retro("synth", "encounters", "40", "--seed", "3")
    assert done.stdout.count(b"\n") == 40
    assert b"null" not in done.stdout
    assert list(read_encounters(io.BytesIO(done.stdout))) == list(encounters(40, seed=3))


def test_requests_and_responses_are_written_to_files_with_the_truth_beside(x12retro, tmp_path):
    asked, answered, truth = tmp_path / "requests.edi", tmp_path / "responses.edi", tmp_path / "truth.jsonl"
    assert x12retro("synth", "requests", "25", "--seed", "9", "-o", asked).returncode == 0
    assert x12retro("synth", "responses", "25", "--seed", "9", "-o", answered, "--truth", truth).returncode == 0
    found = [f for path in (asked, answered) for checked in validate(path, as_of=answered_on(AS_OF)) for f in checked.findings]
    assert found == []
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    assert len(lines) == 25
    assert all(line["bht03"] in asked.read_text() and line["bht03"] in answered.read_text() for line in lines)


def test_a_partner_of_one_set_an_interchange_gets_one(x12retro):
    partner = fixtures_dir() / "partners" / "front-range.toml"
    for what in ("requests", "responses"):
        done = x12retro("synth", what, "6", "--partner", partner)
        assert done.returncode == 0
        assert done.stdout.count(b"IEA*1*") == 6
        assert all(checked.accepted for checked in validate(done.stdout))


def test_a_partner_without_a_limit_gets_a_thousand_sets_an_interchange():
    partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
    assert partner.batch.sets_per_interchange == 0
    assert partner_for(partner).batch.sets_per_interchange == 1000


def test_requests_that_a_partner_does_not_take_are_told_and_the_exit_code_is_1(x12retro, tmp_path):
    text = (fixtures_dir() / "partners" / "summit-ridge.toml").read_text().replace("limit = 264", "limit = 40")
    partner = tmp_path / "terse.toml"
    partner.write_text(text)
    done = x12retro("synth", "requests", "20", "--partner", partner)
    assert done.returncode == 1
    assert b"$.retro.explanation" in done.stderr
    assert b"Traceback" not in done.stderr
    done = x12retro("synth", "responses", "20", "--partner", partner)
    assert done.returncode == 1
    assert b"$.retro.explanation" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("requests", "5", "--truth", "truth.jsonl"),
        ("encounters", "5", "--partner", "partner.toml"),
        ("encounters", "-1"),
        ("requests", "5", "--crooked"),
        ("responses", "5", "-o", "-", "--truth", "-"),
        ("responses", "5", "-o", "same.edi", "--truth", "./same.edi"),
        ("decisions", "5"),
        ("requests", "5", "--partner", "nowhere.toml"),
        ("requests", "5", "-o", "no/such/folder/out.edi"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_clear_message(x12retro, arguments):
    done = x12retro("synth", *arguments)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_a_negative_number_is_told_as_one_and_a_negative_seed_is_fine(x12retro):
    done = x12retro("synth", "requests", "-3")
    assert done.returncode == 2
    assert done.stderr.endswith(b"Invalid value for N: must be 0 or more\n")
    assert x12retro("synth", "encounters", "1", "--seed", "-3").returncode == 0


def test_the_help_names_the_day_that_is_taken(x12retro):
    told = x12retro("synth", "--help").stdout.decode()
    assert str(AS_OF) in told
    assert "clock's date." not in told


def test_none_is_none(x12retro):
    for what in ("encounters", "requests", "responses"):
        done = x12retro("synth", what, "0")
        assert (done.returncode, done.stdout) == (0, b"")


class Nowhere(io.RawIOBase):
    def write(self, data):
        return len(data)


def held(n: int, every: int) -> list[int]:
    """The bytes that are held, not those that wait to be collected, after each `every` of `n` requests."""
    found = []
    tracemalloc.start()
    for i, _ in enumerate(write(Nowhere(), requests(n, seed=1), partner_for(None), as_of=AS_OF), start=1):
        if i % every == 0:
            gc.collect()
            found.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_number():
    held(160, every=160)  # maps and caches: these have bounds of their own, and fill with what is new
    first, *_, last = held(160, every=40)
    assert last - first < 300_000  # 120 requests, were they kept, would be four times that


def test_crooked_answers_come_only_when_they_are_asked_for(x12retro, tmp_path):
    truth = tmp_path / "truth.jsonl"
    for wanted in (False, True):
        assert x12retro("synth", "responses", "60", "--truth", truth, *["--crooked"] * wanted).returncode == 0
        told = {json.loads(line)["story"] for line in truth.read_text().splitlines()}
        assert bool(told & CROOKED) is wanted


def test_the_partner_file_is_not_overwritten(x12retro, tmp_path):
    partner = tmp_path / "partner.toml"
    partner.write_bytes((fixtures_dir() / "partners" / "summit-ridge.toml").read_bytes())
    before = partner.read_bytes()
    done = x12retro("synth", "requests", "1", "--partner", partner, "-o", partner)
    assert (done.returncode, partner.read_bytes()) == (2, before)
    assert b"would destroy it" in done.stderr


def test_truths_are_frozen():
    from x12retro.synth import Truth

    truth = Truth(encounter_id="E", story="certified", bht03="T", outcome="certified")
    with pytest.raises(AttributeError):
        truth.outcome = "denied"
    assert msgspec.structs.replace(truth, outcome="denied").outcome == "denied"
