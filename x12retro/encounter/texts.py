"""That no text of a record holds control characters: asked once of the whole record, most of the time of its bytes alone."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from x12retro.encounter.fields import PROSE_PATTERN, TEXT_PATTERN

PROSE_KEYS = frozenset(("explanation", "message"))
"""The keys of the free texts, which may have line breaks and tabs; a test holds them to the types."""

_DOUBTFUL = re.compile(rb'\\[^"\\]|\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]')
"""What msgspec writes for control characters (U+0000-001F, 007F-009F) and for the two line separators of Unicode, or looks like it."""

_LINE, _PROSE = re.compile(TEXT_PATTERN), re.compile(PROSE_PATTERN)


def are_clean(tree: Any, written: bytes | None = None) -> bool:  # noqa: ANN401 - a parsed tree
    """True when every text in `tree` (dicts, lists, values) has only characters that an encounter takes there.

    `written` is the tree as msgspec writes it in JSON, where the caller has it.
    """
    written = msgspec.json.encode(tree) if written is None else written
    if written.isascii() and b"\\" not in written and b"\x7f" not in written:
        return True
    return _DOUBTFUL.search(written) is None or _are_clean(tree, "")


def _are_clean(value: Any, key: str) -> bool:  # noqa: ANN401
    """The same for what stands under `key`, value by value."""
    if isinstance(value, str):
        return (_PROSE if key in PROSE_KEYS else _LINE).search(value) is not None
    if isinstance(value, dict):
        return all(_are_clean(inner, name) for name, inner in value.items())
    return all(_are_clean(inner, key) for inner in value) if isinstance(value, list | tuple) else True
