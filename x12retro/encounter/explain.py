"""All that is wrong with the shape of a record, for the person who wrote it: a path and a sentence each, and never a value.

msgspec is fast and stops at the first error. A record it refuses is parsed anew to plain dicts and lists and walked here beside the
record's own types, so that one run tells everything. What the walk can mend without a doubt (a code in small letters) it mends.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from x12retro.encounter.fields import (
    CODE_PATTERN,
    CONDITION_PATTERN,
    COUNTRY_PATTERN,
    HINTS,
    LEVEL_PATTERN,
    REPORT_TYPE_PATTERN,
    STATE_PATTERN,
    TAXONOMY_PATTERN,
    TOO_LARGE,
    TOOTH_PATTERN,
    Record,
    fault_of_amount,
)
from x12retro.encounter.keys import KEYS, key_of

_SAFE_KEY = re.compile(r"[A-Za-z][A-Za-z_-]{0,40}[0-9]{0,2}")
_SLIP, _MORE = 0.75, 2  # how like a known key another must be, and how many letters longer or shorter at most
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ELEMENT = re.compile(r"[A-Z]{2}[A-Z0-9]?[0-9]{2}(-[0-9])?")
_IN_CAPITALS = frozenset(
    (STATE_PATTERN, COUNTRY_PATTERN, CODE_PATTERN, TAXONOMY_PATTERN, REPORT_TYPE_PATTERN, CONDITION_PATTERN, LEVEL_PATTERN, TOOTH_PATTERN)
)
_VAST = 10**18
_MOST = 50  # more faults than that in one record are one fault: it is no encounter


class Fault(NamedTuple):
    """One thing that is wrong, at a JSON path. `key` is set where it is about a key of the object there that must not be repeated."""

    path: str
    message: str
    key: str | None = None


class Pairs(dict[str, Any]):
    """A JSON object as a dict that remembers which of its keys came more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs] if len(pairs) != len(self) else []
        self.twice = sorted({key for key in keys if keys.count(key) > 1})


def faults(tree: Any, record: type[msgspec.Struct]) -> list[Fault]:  # noqa: ANN401 - a parsed tree
    """Return everything about `tree` (dicts, lists, text, numbers) that a `record` does not take; mend codes in small letters in it.

    Keys that came twice are told where the objects are `Pairs`.
    """
    found = [fault for _, fault in zip(range(_MOST + 1), _part(tree, "$", record), strict=False)]
    return [*found[:_MOST], Fault("$", f"more than {_MOST} errors; the others are not listed")] if len(found) > _MOST else found


def _part(tree: Any, path: str, part: type[msgspec.Struct]) -> Iterator[Fault]:  # noqa: ANN401
    """Tell of one object of the record: its keys, what they hold, and what is missing."""
    if not isinstance(tree, dict):
        yield Fault(path, f"must be an object, not {_said(tree)}")
        return
    fields = _fields(part)
    meant: set[str] = set()
    for key in tree:
        if key in getattr(tree, "twice", ()):
            yield Fault(f"{path}.{key}" if key in fields else path, "stands here more than once; leave one of them")
        if key in fields:
            yield from _value(tree, key, f"{path}.{key}", fields[key].type, (part, key))
        else:
            yield _unknown(key, path, fields.keys() - tree.keys(), fields, meant)
    for name, field in fields.items():
        if field.required and name not in tree and name not in meant:
            yield Fault(f"{path}.{name}", _missing(part, name))


def _unknown(key: str, path: str, free: Iterable[str], fields: Iterable[str], meant: set[str]) -> Fault:
    """A key that the part has not; `meant` gets the one it was perhaps meant for, which is not told as missing then."""
    close = _close(key, sorted(free)) or _close(key, fields)
    if close is not None:
        meant.add(close)
    known = f"did you mean `{close}`?" if close is not None else f"known: {', '.join(fields)}"
    if close is not None or key in _every_key():
        return Fault(f"{path}.{key}", f"unknown key; {known}")
    return Fault(path, f"holds an unknown key; {known}", key)  # in a map keyed by people, a key is a name


def _close(key: str, known: Iterable[str]) -> str | None:
    """The known key that `key` is a slip of the pen for: all but the same, so that `key` can be repeated."""
    if not _SAFE_KEY.fullmatch(key):
        return None
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=_SLIP)
    return close[0] if close and abs(len(key) - len(close[0])) <= _MORE else None


@functools.cache
def _every_key() -> frozenset[str]:
    return frozenset(name for keys in KEYS.values() for name in keys)


def _value(holder: Any, at: Any, path: str, kind: Any, key: tuple[type, str]) -> Iterator[Fault]:  # noqa: ANN401
    """Tell of `holder[at]`; `key` is the part and the key that it belongs to."""
    value = holder[at]
    kinds = flat(kind)
    if value is None and any(isinstance(k, inspect.NoneType) for k in kinds):
        return
    kind = next(k for k in kinds if not isinstance(k, inspect.NoneType))
    match kind:
        case inspect.StructType():
            yield from _part(value, path, kind.cls)
        case inspect.VarTupleType():
            if not isinstance(value, list):
                yield Fault(path, f"must be a list, not {_said(value)}")
                return
            if bound := _bound(len(value), kind.min_length, kind.max_length, "entries"):
                yield Fault(path, bound)
            for i in range(len(value)):
                yield from _value(value, i, f"{path}[{i}]", kind.item_type, key)
        case inspect.DictType():
            if not isinstance(value, dict):
                yield Fault(path, f"must be an object, not {_said(value)}")
                return
            for one in value:
                yield from _value(value, one, f"{path}.{one}" if _SAFE_KEY.fullmatch(one) else path, kind.value_type, key)
        case inspect.StrType() | inspect.LiteralType() if isinstance(value, str) and (mended := _mended(value, kind)) is not None:
            holder[at] = mended
        case _:
            if message := _leaf(value, kind, key):
                yield Fault(path, message)


def _leaf(value: Any, kind: Any, key: tuple[type, str]) -> str | None:  # noqa: ANN401
    """Say what is wrong with a single value, or None."""
    match kind:
        case inspect.LiteralType():
            if not isinstance(value, str):
                return f"must be text, not {_said(value)}"
            return None if value in kind.values else f"must be one of {listed(kind.values, key_of(*key).place)}"
        case inspect.StrType():
            if not isinstance(value, str):
                return f"must be text, not {_said(value)}"
            if kind.pattern is not None and not re.search(kind.pattern, value):
                return f"must be {HINTS.get(kind.pattern) or f'of the form {kind.pattern}'}"
            return _bound(len(value), kind.min_length, kind.max_length, "characters")
        case inspect.BoolType():
            return None if isinstance(value, bool) else f"must be true or false, not {_said(value)}"
        case inspect.IntType():
            if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
                return f"must be a whole number, not {_said(value)}"
            if value != value:  # nan, as TOML may have it
                return "must be a whole number, not nan"
            if not -_VAST < value < _VAST:  # first of all: to write 1e999999999 as an integer takes all memory
                return TOO_LARGE
            return _range(int(value), kind, "a whole number") if value == int(value) else f"must be a whole number, not {_said(value)}"
        case inspect.FloatType():
            if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
                return f"must be a number, not {_said(value)}"
            return _range(value, kind, "a number") if value == value else "must be a number, not nan"
        case inspect.DecimalType():
            return _amount(value, *key)
        case inspect.DateType():
            return None if _is_date(value) else "must be a real date, written YYYY-MM-DD"
    return None


def _amount(value: Any, part: type, name: str) -> str | None:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return f"must be a number, not {_said(value)}"
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "must be a number"
    if number.is_infinite() and not isinstance(value, str):
        return TOO_LARGE
    digits = part.amounts.get(name) if issubclass(part, Record) else None
    return None if digits is None else fault_of_amount(number, digits)


def _is_date(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, date) and not isinstance(value, datetime):  # TOML has dates of its own
        return True
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _mended(value: str, kind: Any) -> str | None:  # noqa: ANN401
    """The code that was meant by one written in small (or capital) letters; None when nothing is to be mended."""
    if isinstance(kind, inspect.LiteralType):
        if value in kind.values:
            return None
        return next((one for one in (value.upper(), value.lower()) if one in kind.values), None)
    if kind.pattern not in _IN_CAPITALS or re.search(kind.pattern, value):
        return None
    upper = value.upper()
    return upper if re.search(kind.pattern, upper) and not _bound(len(upper), kind.min_length, kind.max_length, "") else None


def _bound(count: int, least: int | None, most: int | None, unit: str) -> str | None:
    if least is not None and count < least:
        return f"must have at least {least} {unit}"
    return f"must have at most {most} {unit}" if most is not None and count > most else None


def _range(number: float | Decimal, kind: inspect.IntType | inspect.FloatType, what: str) -> str | None:
    """Say between which bounds a number must lie, or None for one that does."""
    above, least, most = kind.gt, kind.ge, kind.le
    if (above is None or number > above) and (least is None or number >= least) and (most is None or number <= most):
        return None
    low = f"above {_plain(above)}" if above is not None else f"from {_plain(least)}" if least is not None else ""
    high = "" if most is None else f" to {_plain(most)}" if least is not None else f"at most {_plain(most)}"
    if high and low:
        return f"must be {what} {low}{high}" if above is None else f"must be {what} {low}, {high}"
    if high:
        return f"must be {what}, {high}"
    return f"must be {what} {low}" if above is not None else f"must be {what}, {_plain(least)} or more"


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}" if number % 1 else f"{number:.0f}"


def _missing(part: type, name: str) -> str:
    meaning = key_of(part, name).meaning
    if not meaning:
        return "missing, and required"
    small = meaning if meaning[:2].isupper() else meaning[0].lower() + meaning[1:]  # ICD-10-CM stays as it is
    return f"missing, and required ({small})"


_SAID: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a whole number"),
    ((float, Decimal), "a number"),
    (dict, "an object"),
    (list, "a list"),
)


def _said(value: Any) -> str:  # noqa: ANN401
    return next((words for kind, words in _SAID if isinstance(value, kind)), "null" if value is None else "this")


def listed(codes: Iterable[Any], place: str = "") -> str:
    """The codes, each with its meaning where the element at `place` has words for them; line breaks are written as in JSON."""
    words = meanings(place)
    return ", ".join(f"{_shown(code)} {words[code]}" if code in words else _shown(code) for code in codes)


@functools.cache
def meanings(place: str) -> Mapping[str, str]:
    """Code -> our words for it, when `place` starts with an element that has a list in maps/codes; else nothing."""
    element = _ELEMENT.match(place)
    if element is None:
        return {}
    from x12retro.guide.codes import known  # reads the code lists: only who explains needs them

    return known(element[0])


def _shown(code: Any) -> str:  # noqa: ANN401
    text = str(code)
    return text if text.isprintable() and text else msgspec.json.encode(text).decode()


@functools.cache
def _fields(part: type[msgspec.Struct]) -> dict[str, inspect.Field]:
    kind = inspect.type_info(part)
    return {field.encode_name: field for field in kind.fields} if isinstance(kind, inspect.StructType) else {}


def flat(kind: Any) -> list[Any]:  # noqa: ANN401 - msgspec.inspect has no public base of its type descriptions
    """The types that a value may have, each text with its pattern."""
    if isinstance(kind, inspect.UnionType):
        return [inner for part in kind.types for inner in flat(part)]
    if isinstance(kind, inspect.Metadata):
        return [_with_pattern(inner, kind.extra_json_schema or {}) for inner in flat(kind.type)]
    return [kind]


def _with_pattern(kind: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401
    """A text with the pattern that its schema has, for those that are not checked while decoding."""
    return msgspec.structs.replace(kind, pattern=schema["pattern"]) if isinstance(kind, inspect.StrType) and "pattern" in schema else kind
