"""What each place of a record takes, by its path, so that tables and mapping files are held against the record before they are read."""

from __future__ import annotations

import difflib
import functools
from typing import Any, Literal

import msgspec
from msgspec import inspect

from x12retro.encounter.record import Encounter
from x12retro.encounter.tree import steps

Kind = Literal["text", "form", "number", "date", "integer", "flag", "list"]
"""form: a text of a certain form, such as a code of a list; text: any other."""


def kind_of(path: str) -> Kind:
    """What the place takes that a path leads to. Raises ValueError, with the rest of a sentence, for what is no place of a record."""
    try:
        way = steps(path)
    except ValueError:
        raise ValueError("is no path of a record, such as subscriber.member_id or services[0].procedure") from None
    at: Any = _record()
    for step in way:
        if isinstance(at, inspect.StructType) and isinstance(step, str):
            fields = _fields(at.cls)
            if step not in fields:
                close = difflib.get_close_matches(step.lower(), fields, n=1, cutoff=0.75)
                raise ValueError("is no path of a record" + (f"; did you mean `{close[0]}`?" if close else ""))
            at = _inner(fields[step])
        elif isinstance(at, inspect.VarTupleType) and isinstance(step, int):
            at = _inner(at.item_type)
        else:
            raise ValueError("is no path of a record: it goes too deep, or a list is not numbered")  # noqa: TRY004 - a fault of the text
    return _kind_of(at)


def _kind_of(at: Any) -> Kind:  # noqa: ANN401
    match at:
        case inspect.StructType():
            raise ValueError("is a whole part of a record, not one value")
        case inspect.VarTupleType() if isinstance(_inner(at.item_type), inspect.StructType):
            raise ValueError("is a list of parts: say which key of them")
        case inspect.VarTupleType():
            return "list"
        case inspect.DateType():
            return "date"
        case inspect.IntType():
            return "integer"
        case inspect.BoolType():
            return "flag"
        case inspect.DecimalType():
            return "number"
        case inspect.LiteralType() | inspect.StrType(pattern=str()):
            return "form"
    return "text"


@functools.cache
def _record() -> Any:  # noqa: ANN401
    return inspect.type_info(Encounter)


@functools.cache
def _fields(part: type[msgspec.Struct]) -> dict[str, Any]:
    kind = inspect.type_info(part)
    return {field.encode_name: field.type for field in kind.fields} if isinstance(kind, inspect.StructType) else {}


def _inner(kind: Any) -> Any:  # noqa: ANN401 - msgspec.inspect has no public base of its type descriptions
    while isinstance(kind, (inspect.Metadata, inspect.UnionType)):
        kind = kind.type if isinstance(kind, inspect.Metadata) else next(k for k in kind.types if not isinstance(k, inspect.NoneType))
    return kind
