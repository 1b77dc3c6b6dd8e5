"""A record on its way to an Encounter, as plain dicts and lists: what the readers of claims and tables fill, value by value.

JSON comes as a tree of its own; other sources name one place after the other by its JSON path. Values are text but for numbers of
places that take no text (`diagnosis_pointers`) and for true and false.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from x12retro.encounter.explain import Fault, faults
from x12retro.encounter.fields import ID_PATTERN
from x12retro.encounter.record import Encounter
from x12retro.encounter.texts import are_clean

Tree = dict[str, Any]
Steps = tuple[str | int, ...]

_PATH = re.compile(r"(?:\$\.)?[A-Za-z_]\w*(?:\[[0-9]{1,3}\]|\.[A-Za-z_]\w*)*")
_ID_LENGTH = 60
_STEP = re.compile(r"[A-Za-z_]\w*|[0-9]+")


@functools.lru_cache(maxsize=4096)
def steps(path: str) -> Steps:
    """`services[0].procedure` -> ("services", 0, "procedure"); raises ValueError for what is no such path."""
    if not _PATH.fullmatch(path):
        raise ValueError("no path of a record")
    return tuple(int(step) if step.isdigit() else step for step in _STEP.findall(path.removeprefix("$.")))


def plant(tree: Tree, path: str, value: Any) -> None:  # noqa: ANN401 - a value of a tree
    """Put `value` at `path`, growing objects and lists on the way; nothing, when it is None, "" or an empty list or object."""
    if value is None or value in ("", [], {}):
        return
    *way, last = steps(path)
    at: Any = tree
    for step, after in zip(way, (*way[1:], last), strict=False):
        at = _below(at, step, [] if isinstance(after, int) else {})
    if isinstance(last, int):
        _grow(at, last)
    at[last] = value


def _below(at: Any, step: str | int, empty: Any) -> Any:  # noqa: ANN401
    if isinstance(step, str):
        return at.setdefault(step, empty)
    _grow(at, step)
    if at[step] is None:
        at[step] = empty
    return at[step]


def _grow(row: list[Any], index: int) -> None:
    row.extend([None] * (index + 1 - len(row)))


def found(tree: Tree, path: str) -> Any:  # noqa: ANN401
    """What stands at `path`, or None."""
    at: Any = tree
    for step in steps(path):
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            return None
    return at


def add_defaults(tree: Tree, defaults: Mapping[str, Any]) -> None:
    """Fill in what the source does not say. A path into a part that the record has not at all makes the part."""
    for path, value in defaults.items():
        if found(tree, path) is None:
            plant(tree, path, value)


def close_gaps(tree: Any) -> Any:  # noqa: ANN401
    """The tree without the places of lists that nothing was planted at."""
    if isinstance(tree, dict):
        return {key: close_gaps(value) for key, value in tree.items()}
    return [close_gaps(value) for value in tree if value is not None] if isinstance(tree, list) else tree


def judged(tree: Tree) -> Encounter | list[Fault]:
    """The Encounter that the tree is, or everything about it that an Encounter does not take."""
    try:
        made = msgspec.convert(tree, Encounter)
    except msgspec.ValidationError:
        pass
    else:
        if are_clean(tree):
            return made
    if told := faults(tree, Encounter):  # it also mends codes in small letters
        return told
    try:
        return msgspec.convert(tree, Encounter)
    except msgspec.ValidationError:
        return [Fault("$", "is not what an encounter takes")]


def fits_id(text: str) -> bool:
    """True when a text is fit to be an encounter_id, and so to stand in a report."""
    return 0 < len(text) <= _ID_LENGTH and re.fullmatch(ID_PATTERN, text) is not None


def is_second(encounter_id: str, seen: set[bytes]) -> bool:
    """True when this id came before in the run; remembered otherwise, as a digest, so that a long run takes little memory."""
    digest = hashlib.blake2b(encounter_id.encode(), digest_size=12).digest()
    if digest in seen:
        return True
    seen.add(digest)
    return False
