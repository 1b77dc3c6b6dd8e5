"""The JSON Schema of an Encounter: msgspec's, with what each key means, and numbers as the reader takes them."""

from __future__ import annotations

from typing import Any

import msgspec

from x12retro.encounter.keys import KEYS
from x12retro.encounter.record import Encounter


def schema() -> dict[str, Any]:
    """The JSON Schema of an Encounter, as `x12retro build --schema` prints it."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Encounter)}
    for part, keys in KEYS.items():
        properties = made["$defs"][part.__name__]["properties"]
        for name, key in keys.items():
            place = f" ({key.place})" if key.place else " (not sent)"
            properties[name] = {"description": key.meaning + place, **_numbers(properties[name])}
    return made


def _numbers(node: Any) -> Any:  # noqa: ANN401 - a tree of JSON values
    """A number may be written as a number or, digit by digit, as text; msgspec's schema knows only the text."""
    if isinstance(node, dict):
        if node.get("format") == "decimal":
            return {**node, "type": ["number", "string"], "minimum": 0}
        return {key: _numbers(value) for key, value in node.items()}
    return [_numbers(value) for value in node] if isinstance(node, list) else node
