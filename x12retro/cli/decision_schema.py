"""The JSON Schema of a decision record, for who reads the records with other tools; docs/decision.schema.json is the same."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from x12retro.decide import Decision


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one line that `decide` writes. Quantities and money are numbers, as `to_json` writes them."""
    (ref,), parts = msgspec.json.schema_components((Decision,), ref_template="#/$defs/{name}")
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "x12retro: a payer's decision about one patient event",
        **ref,
        "$defs": parts,
    }
    return _numbers(whole)  # type: ignore[no-any-return]


def schema_text() -> bytes:
    """The schema as text, keys in their order."""
    return (json.dumps(schema(), indent=1, ensure_ascii=False) + "\n").encode()


def _numbers(part: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, list):
        return [_numbers(each) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "string" and part.get("format") == "decimal":
        return {"type": "number"}
    return {key: _numbers(value) for key, value in part.items()}
