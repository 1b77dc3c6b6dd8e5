"""A record that is wrong is told of once, in full: each fault at its path and line, with what would be right."""

import json

import pytest

from x12retro.encounter import Encounter, EncounterProblem, read_encounters
from x12retro.encounter.place import offset_of

GOOD = {
    "encounter_id": "E-1",
    "payer": {"name": "Plan"},
    "requester": {"name": "Hospital"},
    "subscriber": {"last_name": "Vandermeer", "gender": "F"},
    "event": {"category": "AR"},
    "services": [{"procedure": "44970"}],
}


def read(data):
    (found,) = read_encounters(data if isinstance(data, bytes) else json.dumps(data, indent=2).encode())
    return found


def slips(data):
    found = read(data)
    assert isinstance(found, EncounterProblem)
    return {slip.path: slip.message for slip in found.slips}


def test_five_slips_are_told_in_one_run_with_one_message_each():
    found = slips(
        {
            **GOOD,
            "requester": {"name": "Hospital", "npi": "12"},
            "event": {"category": "ZZ", "admission_date": "18.10.2026"},
            "services": [{"procedur": "44970"}, {"units": "many", "charge": -3}],
        }
    )
    assert list(found) == [
        "$.requester.npi",
        "$.event.category",
        "$.event.admission_date",
        "$.services[0].procedur",
        "$.services[1].units",
        "$.services[1].charge",
    ]


def test_each_slip_has_the_line_it_stands_in():
    text = b"""[
  {"encounter_id": "A", "payer": {"name": "P"}, "requester": {"name": "R"}, "subscriber": {}, "event": {"category": "HS"}},
  {
    "encounter_id": "B",
    "payer": {"name": "P"},
    "requester": {
      "name": "R",
      "npi": "1"
    },
    "subscriber": {},
    "event": {},
    "services": [
      {"procedure": "44970"},
      {"procedure": "44970",
       "units": []}
    ]
  }
]"""
    _, bad = read_encounters(text)
    assert [(slip.path, slip.line) for slip in bad.slips] == [
        ("$.requester.npi", 8),
        ("$.event.category", 11),
        ("$.services[1].units", 15),
    ]
    assert bad.encounter_id == "B"


def test_a_key_misspelt_is_not_told_as_missing_too():
    found = slips({**{key: value for key, value in GOOD.items() if key != "payer"}, "payor": {"name": "Plan"}})
    assert found == {"$.payor": "unknown key; did you mean `payer`?"}


def test_a_key_that_is_like_none_is_told_with_those_that_are_known():
    assert slips({**GOOD, "payer": {"name": "Plan", "zzz": 1}})["$.payer.zzz"].endswith(
        "known: name, id, id_qualifier, line_of_business, plan, state"
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b'"payer": {"name": "P", "name": "P"}', "$.payer.name"),
        (b'"payer": {"name": "P"}, "payer": {"name": "Q"}', "$.payer"),
        (b'"payer": {"name": "P"}, "services": [{"units": 1}, {"units": 1, "charge": 2, "units": 3}]', "$.services[1].units"),
    ],
)
def test_a_key_that_comes_twice_in_an_object_is_an_error_at_its_path(text, path):
    record = b'{"encounter_id": "E", "requester": {"name": "R"}, "subscriber": {}, "event": {"category": "HS"}, ' + text + b"}"
    assert slips(record) == {path: "stands here more than once; leave one of them"}


def test_the_same_key_in_two_objects_and_in_a_text_is_none_that_comes_twice():
    record = {**GOOD, "payer": {"name": 'a "name": "b", "name": "c"'}, "services": [{"units": 1}, {"units": 1}]}
    assert isinstance(read(record), Encounter)


def test_codes_in_small_letters_are_taken_and_numbers_stay_exact():
    found = read(
        b'{"encounter_id": "E", "payer": {"name": "P", "state": "co"}, "requester": {"name": "R", "entity": "fa"},'
        b' "subscriber": {"gender": "f"}, "event": {"category": "hs", "service_type": "mh"},'
        b' "services": [{"charge": 123456789012345.67, "modifiers": ["lt"]}]}'
    )
    assert isinstance(found, Encounter)
    assert (found.event.category, found.subscriber.gender, found.payer.state, found.event.service_type) == ("HS", "F", "CO", "MH")
    assert str(found.services[0].charge) == "123456789012345.67"


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"event": {"category": "AR", "level_of_service": "X"}}, "$.event.level_of_service", "03 emergency, E elective, U urgent"),
        ({"providers": [{"role": "XX"}]}, "$.providers[0].role", "71 attending physician"),
        ({"documents": [{"type": "operative note"}]}, "$.documents[0].type", "a report type: 2 letters or digits"),
        ({"subscriber": {"gender": "female"}}, "$.subscriber.gender", "F female, M male"),
        ({"patient": {}}, "$.patient.relationship", "required"),
    ],
)
def test_a_message_says_what_would_be_right(changes, path, words):
    assert words in slips({**GOOD, **changes})[path]


def test_a_record_that_is_none_at_all_is_told_in_few_words():
    found = read(json.dumps({f"key{n}": n for n in range(99)}).encode())
    assert len(found.slips) == 51
    assert "more than 50 errors" in found.slips[-1].message


@pytest.mark.parametrize(
    ("path", "begins"),
    [("$", "{"), ("$.a", '"a"'), ("$.b[1].c", '"c": 2'), ("$.b[1].none", '{"c": 2'), ("$.none.deeper", "{"), ("$.twice", '"twice": 2')],
)
def test_a_path_is_found_in_the_text(path, begins):
    text = ' {"a": "x\\"[{,", "b": [{"c": 1}, {"c": 2, "d": [1, 2.5]}], "twice": 1, "twice": 2}'
    assert text[offset_of(text, path) :].startswith(begins)


@pytest.mark.parametrize("text", ["", "{", '{"a"', '{"a": [1,', "nonsense", '{"a": nope}'])
def test_a_path_in_broken_text_is_placed_somewhere(text):
    assert 0 <= offset_of(text, "$.a[3].b") <= len(text)
