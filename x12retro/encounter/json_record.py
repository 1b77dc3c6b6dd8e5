"""One JSON record -> Encounter, the quick way: most records are right, and to know that must cost little.

The bytes are decoded twice by msgspec, to a plain tree and to an Encounter. The tree is for what types do not tell: msgspec keeps the
last of two equal keys without a word, so the tree is written out again, and where a key was lost, quotes are missing. Bytes that come
out as they went in need no second decoding at all: their tree is the record.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

import msgspec

from x12retro.encounter.record import Encounter
from x12retro.encounter.texts import are_clean

_RECORD = msgspec.json.Decoder(Encounter)
_TREE = msgspec.json.Decoder(float_hook=Decimal)
_WRITE = msgspec.json.Encoder(decimal_format="number").encode


def encounter_of(data: bytes) -> Encounter | None:
    """The encounter of these bytes; None when something about them is wrong, or could be.

    Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError when they are no JSON.
    """
    try:
        tree = _TREE.decode(data)
        written = _WRITE(tree)
        if written == data:
            found = msgspec.convert(tree, Encounter)
        elif has_each_key_once(data, written):
            found = _RECORD.decode(data)
        else:
            return None
    except (msgspec.ValidationError, InvalidOperation):  # the latter: an exponent beyond all measure
        return None
    return found if are_clean(tree, written) else None


def has_each_key_once(data: bytes, written: bytes) -> bool:
    """True when no object in the JSON `data`, `written` anew from its tree, holds a key more than once."""
    before, after = _quotes(data), _quotes(written)
    if before is not None and after is not None:
        return before == after
    try:
        _ONCE.decode(data.decode())
    except KeyTwiceError:
        return False
    return True


def _quotes(data: bytes) -> int | None:
    """How many quotes begin or end a text in this JSON; None where a backslash before a quote may itself be text."""
    return None if b"\\\\" in data else data.count(b'"') - data.count(b'\\"')


class KeyTwiceError(Exception):
    """An object holds a key more than once."""


def _once(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise KeyTwiceError


# No values are made: this parse is for the keys alone and costs half of what decoding does.
_ONCE = json.JSONDecoder(object_pairs_hook=_once, parse_float=len, parse_int=len)
