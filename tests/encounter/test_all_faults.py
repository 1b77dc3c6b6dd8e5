"""A record that is wrong is told of once, in full: each fault at its path and line, with what would be right."""

import json
import re

import pytest
from msgspec import inspect

from x12retro.build import Partner
from x12retro.encounter import Encounter, EncounterProblem, json_source, read_encounters
from x12retro.encounter.explain import flat
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
    known = "known: name, id, id_qualifier, line_of_business, plan, state"
    assert slips({**GOOD, "payer": {"name": "Plan", "zzz": 1}}) == {"$.payer": f"holds an unknown key; {known}"}


@pytest.mark.parametrize("key", ["vandermeer", "Vandermeer", "Callista Vandermeer", "first_name_jones", "a.b[0]", "", "gandermeer"])
def test_a_key_that_may_be_a_name_is_not_repeated_but_its_line_is_told(key):
    found = read({**GOOD, "subscriber": {"last_name": "V", key: {"gender": "F"}}})
    (slip,) = found.slips
    assert (slip.path, slip.message.split(";")[0]) == ("$.subscriber", "holds an unknown key")
    assert slip.line == 11
    assert not key or key not in repr(slip)


@pytest.mark.parametrize(
    ("key", "hint"),
    [("memberId", "did you mean `member_id`?"), ("last-name", "did you mean `last_name`?"), ("npi", "known: member_id")],
)
def test_a_key_that_is_like_one_or_known_elsewhere_is_repeated(key, hint):
    found = slips({**GOOD, "subscriber": {key: "X"}})
    assert found[f"$.subscriber.{key}"].startswith(f"unknown key; {hint}")


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


def texts(part, path="$"):
    """(path, pattern) of every text of a part and of those below it; a list is told by its first entry."""
    for field in inspect.type_info(part).fields:
        kinds = flat(field.type)
        for kind in kinds:
            if isinstance(kind, inspect.VarTupleType):
                kinds += flat(kind.item_type)
            elif isinstance(kind, inspect.StructType):
                yield from texts(kind.cls, f"{path}.{field.encode_name}")
            elif isinstance(kind, inspect.StrType):
                yield f"{path}.{field.encode_name}", kind.pattern


FREE = {"$.retro.explanation", "$.services.message"}
CONTROLS = [chr(n) for n in (*range(32), *range(127, 160))]


@pytest.mark.parametrize("record", [Encounter, Partner])
def test_no_text_takes_a_control_character_not_even_a_line_break_at_its_end(record):
    patterns = {path: pattern for path, pattern in texts(record) if not path.startswith("$.characters")}
    assert len(patterns) >= 8
    for path, pattern in patterns.items():
        for control in CONTROLS:
            taken = [text for text in (control, f"12{control}", f"1{control}2", f"1234567890{control}") if re.search(pattern, text)]
            assert not taken or (path in FREE and control in "\t\n\r"), (path, control)


@pytest.mark.parametrize("value", ["1900000013\n", "1900000013\r\n", "19000\x0000013"])
def test_a_number_with_a_line_break_behind_it_is_told_with_its_path(value):
    assert slips({**GOOD, "requester": {"name": "H", "npi": value}}) == {"$.requester.npi": "must be 10 digits (a national provider id)"}


def test_an_encounter_id_that_would_break_a_line_is_not_repeated():
    found = read({**GOOD, "encounter_id": "FAKE-1\n"})
    assert (found.path, found.encounter_id) == ("$.encounter_id", None)


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1" + "0" * 5000, "1e400", "1e999999999999", "1e99999999999999999999"])
@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("$.services[0].units", '"services": [{"procedure": "44970", "units": %s}]'),
        ("$.event.quantity.periods", '"event": {"category": "AR", "quantity": {"periods": %s}}'),
        ("$.charges_at_risk", '"charges_at_risk": %s'),
    ],
)
def test_a_number_beyond_all_measure_is_said_to_be_too_large(number, path, record):
    kept = {key: value for key, value in GOOD.items() if f'"{key}"' not in record.split(":")[0]}
    found = slips((json.dumps(kept)[:-1] + ", " + record % number + "}").encode())
    assert list(found) == [path]
    assert found[path].startswith("is too large a number")


def test_what_nobody_thought_of_costs_one_record_and_not_the_others(monkeypatch):
    judge = json_source._explained

    def fails_once(chunk):
        if b'"B"' in chunk.data:
            raise KeyError("Vandermeer")
        return judge(chunk)

    monkeypatch.setattr(json_source, "_explained", fails_once)
    records = [{**GOOD, "encounter_id": id_, "zzz": 1} if id_ == "B" else {**GOOD, "encounter_id": id_} for id_ in "ABC"]
    first, bad, last = read_encounters(b"\n".join(json.dumps(one).encode() for one in records))
    assert (first.encounter_id, last.encounter_id) == ("A", "C")
    assert bad.message.startswith("internal problem (KeyError)")
    assert "Vandermeer" not in bad.message


def test_a_missing_key_is_told_in_its_words_as_they_are_written():
    found = slips({**GOOD, "diagnoses": [{"kind": "principal"}]})
    assert found == {"$.diagnoses[0].code": "missing, and required (ICD-10-CM code, with or without its dot)"}
