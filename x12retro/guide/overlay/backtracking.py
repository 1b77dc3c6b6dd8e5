"""Patterns that could try a value for ever: a repeat without a narrow bound in another one, both of which give back what they took."""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants as ops  # type: ignore[attr-defined]  # what `re` itself reads patterns with; it has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from typing import Any, TypeAlias

_Tree: TypeAlias = Iterable[tuple[object, Any]]
"""A pattern as `re` parses it: operations, each with what it is about."""
_GIVES_BACK = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_NARROW = 4
"""Times that a repeat may be longer or shorter without harm."""


def may_not_end(pattern: str) -> bool:
    """True when a value of some fifty characters could keep this pattern busy for ever. Raises re.error for what is no pattern.

    `(a+)+` may; `(a++)+` and `(?>a+)+`, which give nothing back, do not.
    """
    re.compile(pattern)
    return _nested(parser.parse(pattern), within=False)


def _nested(tree: _Tree, *, within: bool) -> bool:
    for op, value in tree:
        if op in _GIVES_BACK:
            least, most, body = value
            wide = most - least > _NARROW
            if (wide and within) or _nested(body, within=within or wide):
                return True
        elif op in (ops.ATOMIC_GROUP, ops.POSSESSIVE_REPEAT):
            body = value[2] if op is ops.POSSESSIVE_REPEAT else value
            if _nested(body, within=False):
                return True
        elif any(_nested(body, within=within) for body in _bodies(value)):
            return True
    return False


def _bodies(value: object) -> list[_Tree]:
    """The patterns that lie in what is no repeat: a group, a choice, a look ahead."""
    if isinstance(value, parser.SubPattern):
        return [value]
    return [body for one in value for body in _bodies(one)] if isinstance(value, tuple | list) else []
