"""What each key means: the table, the JSON Schema and the reference in docs/encounter.md say the same, and of every key.

To write the reference anew after a change::

    X12RETRO_REGENERATE=1 pytest tests/encounter/test_reference.py
"""

import json
import os
from pathlib import Path

import pytest
from msgspec import inspect

from x12retro.encounter import Encounter, schema
from x12retro.encounter.explain import flat, listed, meanings
from x12retro.encounter.fields import HINTS, PROSE_PATTERN, TEXT_PATTERN
from x12retro.encounter.keys import KEYS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "encounter.md"
BEGIN = "<!-- written by tests/encounter/test_reference.py from the records; do not edit by hand -->\n"
END = "<!-- end of what is written -->\n"
LISTS = {
    "PWK01": "Report types: `documents[].type`",
    "UM03": "Service types: `service_type`",
    "CL101": "Types of admission: `admission.type`",
    "CL102": "Points of origin: `admission.source`",
    "CL103": "Discharge status: `admission.status`",
    "UM04-1/B": "Places of service: `facility.code` with qualifier B",
    "UM04-1/A": "Bill types: `facility.code` with qualifier A",
    "CRC03": "Conditions: `conditions[].codes`",
}


def parts():
    """Part -> the JSON paths at which it stands, in the order of the record."""
    found = {}

    def walk(part, path):
        found.setdefault(part, []).append(path)
        for field in inspect.type_info(part).fields:
            for kind in flat(field.type):
                below = f"{path}.{field.encode_name}"
                if isinstance(kind, inspect.VarTupleType):
                    below += "[]"
                    (kind,) = flat(kind.item_type)
                if isinstance(kind, inspect.StructType):
                    walk(kind.cls, below)

    walk(Encounter, "$")
    return found


def bounds(least, most, unit):
    if most is None:
        return ""
    return f" of {most}{unit}" if least == most else f" of {least or 0} to {most}{unit}" if least else f" of at most {most}{unit}"


def form(kind, place):
    match kind:
        case inspect.LiteralType():
            words = listed(kind.values, place)
            return words if len(words) < 400 else ", ".join(kind.values)
        case inspect.StrType():
            plain = kind.pattern in (TEXT_PATTERN, PROSE_PATTERN)
            return "text" + bounds(kind.min_length, kind.max_length, "") if plain else HINTS[kind.pattern]
        case inspect.IntType():
            return f"whole number, {kind.ge} to {kind.le}"
        case inspect.VarTupleType():
            (item,) = flat(kind.item_type)
            most = f", at most {kind.max_length}" if kind.max_length else ""
            return f"list{most}" if isinstance(item, inspect.StructType) else f"list{most}: {form(item, place)}"
    return {"StructType": "object", "DateType": "date", "DecimalType": "number", "BoolType": "true or false"}[type(kind).__name__]


def reference():
    lines = []
    for part, paths in parts().items():
        shown = ", ".join(f"`{path}`" for path in paths[:4]) + (", ..." if len(paths) > 4 else "")
        lines += [f"### {part.__name__}: {shown}\n" if part is not Encounter else "### Encounter: the record itself\n"]
        lines += ["| key | meaning | form | in the request |", "|---|---|---|---|"]
        for field in inspect.type_info(part).fields:
            key = KEYS[part][field.encode_name]
            (kind,) = (kind for kind in flat(field.type) if not isinstance(kind, inspect.NoneType))
            needed = " (required)" if field.required else ""
            words = form(kind, key.place).replace("|", "\\|")
            lines.append(f"| `{field.encode_name}` | {key.meaning}{needed} | {words} | {key.place or 'not sent'} |")
        lines.append("")
    for element, title in LISTS.items():
        codes = " · ".join(f"`{code}` {words}" for code, words in sorted(meanings_of(element).items()))
        lines += [f"### {title}\n", codes, ""]
    return "\n".join(lines) + "\n"


def meanings_of(element):
    from x12retro.guide.codes import known

    return dict(known(element)) if "/" in element else meanings(element)


def test_the_table_of_keys_knows_every_key_of_the_record_and_no_other():
    assert {part: list(keys) for part, keys in KEYS.items()}.keys() == parts().keys()
    for part, keys in KEYS.items():
        assert set(keys) == {field.encode_name for field in inspect.type_info(part).fields}, part
        assert all(key.meaning for key in keys.values())


def test_the_reference_in_the_documentation_is_the_records_own():
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, "docs/encounter.md has lost the marks between which the reference stands"
    if os.environ.get("X12RETRO_REGENERATE"):
        page = before + BEGIN + "\n" + reference() + END + after
        PAGE.write_text(page, encoding="utf-8")
    assert page == before + BEGIN + "\n" + reference() + END + after


def test_the_schema_describes_every_key():
    for name, part in schema()["$defs"].items():
        for key, node in part["properties"].items():
            assert node["description"], (name, key)


def documents():
    for path in sorted((ROOT / "fixtures" / "encounters").glob("*.json")):
        yield pytest.param(json.loads(path.read_text(encoding="utf-8")), id=path.stem)
    example = PAGE.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    yield pytest.param(json.loads(example), id="the example of the documentation")


@pytest.mark.parametrize("encounter", list(documents()))
def test_every_encounter_that_builds_is_valid_by_the_schema(encounter):
    validator = pytest.importorskip("jsonschema").Draft202012Validator(schema())
    assert [error.json_path for error in validator.iter_errors(encounter)] == []


def test_the_schema_takes_a_number_as_number_or_as_text_and_nothing_else():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    record = {
        "encounter_id": "E-1",
        "payer": {"name": "P"},
        "requester": {"name": "R"},
        "subscriber": {},
        "event": {"category": "HS"},
    }
    for charge, valid in ((8400, True), (8400.5, True), ("8400.50", True), (None, True), (-1, False), ([1], False), (True, False)):
        assert validator.is_valid({**record, "services": [{"charge": charge}]}) is valid, charge
