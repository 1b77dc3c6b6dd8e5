"""Where in the text of a record a JSON path lies, so that a message can name the line to look at."""

from __future__ import annotations

import json
import re

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_BLANK = re.compile(r"[ \t\r\n]*")
_VALUE = json.JSONDecoder(parse_float=len, parse_int=len)


def offset_of(text: str, path: str, key: str | None = None) -> int:
    """The offset of what `path` (`$.services[0].charge`) names in `text`, one JSON value; as deep as the path can be followed.

    `key` is a key of the object at the path that is meant instead of the object: one that a path cannot name.
    A key is where its name stands, an element of a list where it begins; a key that came twice is meant where it came last. What is
    missing is placed at the object that should hold it.
    """
    at = _BLANK.match(text).end()  # type: ignore[union-attr] # it matches anywhere
    named = at
    try:
        for match in _STEP.finditer(path):
            found = _member(text, at, match[1]) if match[1] is not None else _element(text, at, int(match[2]))
            if found is None:
                break
            named, at = found
        else:
            if key is not None and (found := _member(text, at, key)) is not None:
                named = found[0]
    except (ValueError, IndexError, RecursionError):  # no valid JSON: what was found so far is near enough
        pass
    return named


def _skip(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]


def _member(text: str, at: int, key: str) -> tuple[int, int] | None:
    """(where the name of the last `key` of the object at `at` stands, where its value begins)."""
    if text[at] != "{":
        return None
    found = None
    at = _skip(text, at + 1)
    while text[at] == '"':
        start = at
        name, at = _VALUE.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)  # past the colon
        if name == key:
            found = (start, at)
        at = _next(text, at)
    return found


def _element(text: str, at: int, index: int) -> tuple[int, int] | None:
    """Where element `index` of the list at `at` begins, twice."""
    if text[at] != "[":
        return None
    at = _skip(text, at + 1)
    for _ in range(index):
        at = _next(text, at)
    return at, at


def _next(text: str, at: int) -> int:
    """Where the member or element after the value at `at` begins."""
    _, at = _VALUE.raw_decode(text, at)
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at
