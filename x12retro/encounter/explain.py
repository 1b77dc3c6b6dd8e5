"""What a decoder's complaint means for the person who wrote the record: a path and a sentence, and never the value.

msgspec names the place of the first error (`... - at `$.services[0]``) and quotes the value of a wrong code; here the place is
kept, made exact, and the sentence is composed anew from the record's own types.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec

from x12retro.encounter.fields import HINTS

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")
_EXPECTED = re.compile(r"Expected `(?P<want>[^`]*)`, got `(?P<got>[^`]*)`")
_LENGTH = re.compile(r"Expected `(?P<what>[^`]*)` of length (?P<op>[<>]=|==) (?P<n>\d+)")
_RANGE = re.compile(r"Expected `int` (?P<op>[<>]=?) (?P<n>-?\d+)")
_REGEX = re.compile(r"Expected `str` matching regex (?P<regex>.+)", re.DOTALL)
_OWN = re.compile(r"(?P<path>(?:\.[a-z_0-9]+)+): (?P<text>.+)")
_SAFE_KEY = re.compile(r"[a-z][A-Za-z_]{0,40}[0-9]{0,2}")
_STEP = re.compile(r"\.([A-Za-z_0-9]+)|\[(\.\.\.|\d+)\]")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "date": "a date",
    "decimal": "a number",
}
_LISTED = 20


def explain(error: Exception, record: type[msgspec.Struct]) -> tuple[str, str]:
    """Return (path, message) of a msgspec error raised while a `record` was decoded."""
    text = str(error)
    path = "$"
    if text.endswith("`") and (at := text.rfind(" - at `")) >= 0:
        text, path = text[:at], text[at + len(" - at `") : -1]
    if text.startswith("Invalid enum value"):
        return path, _one_of(record, path)
    if match := _UNKNOWN.fullmatch(text):
        return _unknown_key(record, path, match["key"])
    if match := _MISSING.fullmatch(text):
        return f"{path}.{match['key']}", "missing, and required"
    if match := _EXPECTED.fullmatch(text):
        return path, f"must be {_words(match['want'])}, not {_words(match['got'])}"
    if match := _LENGTH.fullmatch(text):
        return path, _length(match["what"], match["op"], match["n"])
    if match := _RANGE.fullmatch(text):
        return path, f"must be a whole number {match['op']} {match['n']}"
    if match := _REGEX.fullmatch(text):
        return path, f"must be {_hint(match['regex'])}"
    if "encoded date" in text:
        return path, "must be a real date, written YYYY-MM-DD"
    if "decimal" in text:
        return path, "must be a number"
    if match := _OWN.fullmatch(text):
        return path + match["path"], match["text"]
    return path, "is not what this place takes"


def _words(types: str) -> str:
    return " or ".join(_WORDS.get(name.strip(), name.strip()) for name in types.split("|"))


def _length(what: str, op: str, count: str) -> str:
    unit = "characters" if what == "str" else "entries"
    bound = {"<=": "at most", ">=": "at least", "==": "exactly"}[op]
    return f"must have {bound} {count} {unit}"


def _hint(quoted: str) -> str:
    for pattern, words in HINTS.items():
        if quoted == repr(pattern):
            return words
    return f"of the form {quoted[1:-1]}"


def _unknown_key(record: type[msgspec.Struct], path: str, key: str) -> tuple[str, str]:
    if not _SAFE_KEY.fullmatch(key):  # a key is the author's word, but only an ordinary one is safe to repeat
        return path, "holds a key that is not known here"
    known = [field.encode_name for field in _fields_at(record, path)]
    close = difflib.get_close_matches(key, known, n=1)
    return f"{path}.{key}", f"unknown key; did you mean `{close[0]}`?" if close else "unknown key"


def _one_of(record: type[msgspec.Struct], path: str) -> str:
    for kind in _types_at(record, path):
        if isinstance(kind, msgspec.inspect.LiteralType) and len(kind.values) <= _LISTED:
            return "must be one of " + ", ".join(map(str, kind.values))
    return "is not a code of this place"


def _fields_at(record: type[msgspec.Struct], path: str) -> tuple[msgspec.inspect.Field, ...]:
    for kind in _types_at(record, path):
        if isinstance(kind, msgspec.inspect.StructType):
            return kind.fields
    return ()


def _types_at(record: type[msgspec.Struct], path: str) -> list[Any]:
    """The types that the record allows at `path`, unions taken apart."""
    types = _flat(msgspec.inspect.type_info(record))
    for match in _STEP.finditer(path):
        key = match[1]
        if key is None:
            types = [inner for kind in types if (item := getattr(kind, "item_type", None)) is not None for inner in _flat(item)]
        else:
            fields = [field for kind in types if isinstance(kind, msgspec.inspect.StructType) for field in kind.fields]
            types = [inner for field in fields if field.encode_name == key for inner in _flat(field.type)]
    return types


def _flat(kind: Any) -> list[Any]:  # noqa: ANN401 - msgspec.inspect has no public base of its type descriptions
    if isinstance(kind, msgspec.inspect.UnionType):
        return [inner for part in kind.types for inner in _flat(part)]
    if isinstance(kind, msgspec.inspect.Metadata):
        return _flat(kind.type)
    return [kind]
