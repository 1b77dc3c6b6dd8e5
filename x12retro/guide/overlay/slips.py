"""What the record library says of a row, in words for one who writes the file."""

from __future__ import annotations

import re
from typing import Any, get_args, get_type_hints

import msgspec

_AT = re.compile(r"(.*) - at `\$\.([^`]*)`", re.DOTALL)
_EXPECTED = re.compile("Expected `([^`]*)`, got `([^`]*)`")
_BOUND = re.compile("Expected `([^`]*)` (of length )?(>=|<=|>|<) (.*)")
_FORM = re.compile("Expected `str` matching regex '(.*)'")
_NO_WORD = re.compile("Invalid enum value ('.*')", re.DOTALL)
_KINDS = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "array": "a list", "object": "a table"}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_UNITS = {"str": " characters", "array": " entries"}
_WORDS = {
    "Object contains unknown field": "there is no key",
    "Object missing required field": "a key is missing:",
    "Invalid RFC3339 encoded date": "must be a date, written YYYY-MM-DD",
}


def in_words(problem: msgspec.ValidationError, record: type[msgspec.Struct]) -> str:
    """What is wrong with a `record` of the file: the key, and what would be right."""
    found = _AT.fullmatch(str(problem))
    what, at = (found[1], found[2]) if found is not None else (str(problem), "")
    if kinds := _EXPECTED.fullmatch(what):
        what = f"must be {_kind(kinds[1])}, not {_kind(kinds[2])}"
    elif bound := _BOUND.fullmatch(what):
        limit = f"{_BOUNDS[bound[3]]} {bound[4]}"
        what = f"must be {_kind(bound[1])} of {limit}{_UNITS.get(bound[1], '')}" if bound[2] else f"must be {_kind(bound[1])}, {limit}"
    elif form := _FORM.fullmatch(what):
        what = f"must be text of the form {form[1]}"
    elif word := _NO_WORD.fullmatch(what):
        known = _known(get_type_hints(record).get(at))
        what = f"there is no word {word[1]}" + (f"; there are {', '.join(known)}" if known else "")
    for theirs, ours in _WORDS.items():
        what = what.replace(theirs, ours)
    return f"{at}: {what}" if at else what


def _kind(name: str) -> str:
    name = name.removesuffix(" | null")
    return _KINDS.get(name, name)


def _known(kind: Any) -> list[str]:  # noqa: ANN401 - whatever stands at a field
    """The words that a field takes."""
    return [kind] if isinstance(kind, str) else [word for part in get_args(kind) for word in _known(part)]
