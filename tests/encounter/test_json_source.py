"""Reading encounters: what is understood, what is said about the rest, and that nothing of a patient is repeated."""

import io
import json

import msgspec
import pytest

from x12retro.encounter import Encounter, EncounterProblem, read_encounters, schema
from x12retro.encounter.json_cut import MAX_RECORD
from x12retro.errors import UsageError

GOOD = {
    "encounter_id": "E-1",
    "payer": {"name": "Plan"},
    "requester": {"name": "Hospital"},
    "subscriber": {"last_name": "Vandermeer"},
    "event": {"category": "AR"},
}


def record(**changes):
    return {**GOOD, **changes}


def read(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return list(read_encounters(raw))


def problem(data):
    (found,) = read(data)
    assert isinstance(found, EncounterProblem)
    return found


class Drip(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data, step):
        self.data, self.step = io.BytesIO(data), step

    def read(self, size=-1):
        return self.data.read(min(self.step, size) if size >= 0 else -1)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_an_array_and_lines_give_the_same_encounters(indent):
    first, second = record(), record(encounter_id="E-2")
    lines = b"\n".join(json.dumps(one).encode() for one in (first, second)) + b"\n\n"
    array = json.dumps([first, second], indent=indent).encode()
    assert read(array) == read(lines)
    assert [e.encounter_id for e in read(lines)] == ["E-1", "E-2"]
    assert read(json.dumps(first, indent=indent).encode()) == read(lines)[:1]


def test_an_array_is_cut_right_wherever_a_block_ends():
    tricky = record(payer={"name": 'a "],{[ \\ b\\'}, services=[{"modifiers": ["LT", "RT"]}])
    data = json.dumps([tricky, record(encounter_id="E-2")], indent=1).encode()
    whole = read(data)
    assert len(whole) == 2
    for step in (1, 2, 3, 7, 64):
        from x12retro.encounter.json_cut import cut_array

        chunks = list(cut_array(data[:5], Drip(data[5:], step)))
        assert [msgspec.json.decode(c.data, type=Encounter) for c in chunks] == whole


def test_windows_line_ends_and_a_byte_order_mark_are_taken():
    data = b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(record(encounter_id=f"E-{n}")).encode() for n in range(3))
    assert [e.encounter_id for e in read(data)] == ["E-0", "E-1", "E-2"]


def test_one_bad_record_is_reported_with_its_line_and_the_others_go_on():
    bad = json.dumps(record(encounter_id="E-bad", services=[{"procedur": "99213"}])).encode()
    data = b"\n".join([json.dumps(GOOD).encode(), bad, b'{"broken', json.dumps(record(encounter_id="E-4")).encode()])
    first, wrong, broken, last = read(data)
    assert (first.encounter_id, last.encounter_id) == ("E-1", "E-4")
    assert (wrong.index, wrong.line, wrong.encounter_id, wrong.path) == (2, 2, "E-bad", "$.services[0].procedur")
    assert wrong.message == "unknown key; did you mean `procedure`?"
    assert (broken.line, broken.encounter_id) == (3, None)
    assert "line 3, column" in broken.message


def test_a_syntax_error_in_an_array_is_placed_by_line_and_column():
    found = read(b'[\n  {"encounter_id": "A",\n   "payer": nope}\n]')[0]
    assert found.line == 3
    assert "at line 3, column" in found.message


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"event": {"category": "ZZZ"}}, "$.event.category", "one of AR admission review, HS health services review"),
        ({"event": {"category": "AR", "admission_date": "2026-02-30"}}, "$.event.admission_date", "real date"),
        ({"requester": {"name": "H", "npi": "12"}}, "$.requester.npi", "10 digits"),
        ({"diagnoses": [{"code": "not-a-code"}]}, "$.diagnoses[0].code", "ICD-10-CM"),
        ({"services": [{"charge": -5}]}, "$.services[0].charge", "negative"),
        ({"services": [{"units": "Infinity"}]}, "$.services[0].units", "plain number"),
        ({"services": [{"units": "1e999999999"}]}, "$.services[0].units", "digits"),
        ({"services": {}}, "$.services", "must be a list, not an object"),
        ({"encounter_id": 7}, "$.encounter_id", "must be text, not a whole number"),
        ({"payer": {}}, "$.payer.name", "missing"),
        ({"patient": {"relationship": "19", "birth_order": 12}}, "$.patient.birth_order", "from 1 to 9"),
        ({"event": {"category": "AR", "conditions": [{"category": "07", "codes": []}]}}, "$.event.conditions[0].codes", "at least 1"),
    ],
)
def test_a_wrong_value_is_placed_by_its_path(change, path, words):
    found = problem(record(**change))
    assert found.path == path
    assert words in found.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"[]", "holds no encounter"),
        (b"\x89PNG\r\n\x1a\n", "not JSON"),
        (b"ISA*00*", "not JSON"),
        ("{}".encode("utf-16"), "UTF-16"),
        (b'{"encounter_id": "\xff"}', "not UTF-8"),
        (b'{"encounter_id": ', "breaks off"),
        (b'[{"encounter_id": "A"', "closing ]"),
        (b'{"a":' * 5000, "nested too deeply"),
        (b"[" * 5000, "closing ]"),
        (b'"text"', "not JSON"),
    ],
)
def test_what_is_not_an_encounter_gives_one_clear_message(data, words):
    assert words in problem(data).message


def test_what_follows_the_end_of_an_array_is_reported():
    good, tail = read(json.dumps([GOOD]).encode() + b" x")
    assert good.encounter_id == "E-1"
    assert "after the closing ]" in tail.message


def test_an_id_that_comes_twice_in_a_run_is_reported_even_across_sources():
    seen = set()
    raw = json.dumps(GOOD).encode()
    assert isinstance(next(read_encounters(raw, seen=seen)), Encounter)
    again = next(read_encounters(raw, seen=seen))
    assert (again.path, again.encounter_id) == ("$.encounter_id", "E-1")


def test_a_record_too_long_to_be_one_is_skipped_and_the_next_is_read():
    long = b'{"x": "' + b"y" * (MAX_RECORD + 10) + b'"}'
    tail = json.dumps(GOOD).encode()
    first, second = read(long + b"\n" + tail)
    assert "16 MB" in first.message
    assert second.encounter_id == "E-1"
    first, second = read(b"[" + long + b"," + tail + b"]")
    assert "16 MB" in first.message
    assert second.encounter_id == "E-1"


def test_lines_are_read_one_at_a_time():
    """The second record is not needed for the first to be given out, so the source is never read whole."""
    line = json.dumps(GOOD).encode() + b"\n"

    class Endless(io.RawIOBase):
        reads = 0

        def read(self, _size=-1):
            self.reads += 1
            return line * 100

    source = Endless()
    assert isinstance(next(read_encounters(source)), Encounter)
    assert source.reads == 1


def test_an_unreadable_path_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_encounters(tmp_path / "nowhere.json"))


SECRETS = ["Planted-Surname", "1931-07-08", "SEKRET9912", "555-00-1234"]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_message_repeats_a_value(secret):
    """The value is planted in every field of every part, one at a time, as text and as a list."""

    def planted(node, path=()):
        if isinstance(node, dict):
            for key, value in node.items():
                yield from planted(value, (*path, key))
        elif isinstance(node, list):
            for i, value in enumerate(node):
                yield from planted(value, (*path, i))
        if path:
            yield path

    def put(path, value):
        copy = json.loads(json.dumps(full))
        at = copy
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        return copy

    full = msgspec.to_builtins(_full())
    for path in planted(full):
        for value in (secret, [secret], {secret: 1}):
            for found in read(put(path, value)):
                assert secret not in repr(found)


def _full():
    return record(
        patient={"relationship": "19", "last_name": "A", "birth_date": "2020-01-01", "other_ids": [{"qualifier": "EJ", "value": "1"}]},
        diagnoses=[{"code": "I10", "kind": "principal", "date": "2026-01-01"}],
        providers=[{"role": "71", "npi": "1550000032", "address": {"line1": "x", "state": "CO"}}],
        services=[{"procedure": "99213", "charge": 1, "unit": "UN", "from": "2026-01-01", "quantity": {"qualifier": "VS", "count": 1}}],
        documents=[{"type": "M1", "delivery": "EL"}],
        retro={"scenario": "emergency", "denial": {"date": "2026-01-01", "carc": "197"}},
    )


def test_the_schema_knows_every_key_of_the_contract():
    parts = schema()["$defs"]
    keys = set(parts["Encounter"]["properties"])
    assert {"encounter_id", "payer", "requester", "subscriber", "patient", "event", "diagnoses", "providers", "services"} <= keys
    assert {"documents", "prior", "retro", "charges_at_risk"} <= keys
    assert {"from", "to", "revenue_code", "code_set"} <= set(parts["Service"]["properties"])
    assert parts["Encounter"]["additionalProperties"] is False
