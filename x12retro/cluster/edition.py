"""Which x12retro this is, to the byte: hands that work together must have one and the same."""

from __future__ import annotations

import functools
import hashlib
from importlib import metadata
from pathlib import Path

import x12retro
from x12retro.guide.places import maps_dir

_DECIDING = ("holidays", "msgspec")
"""Packages whose version shows in results: days that are no business days, and how a record is written."""


@functools.cache
def edition() -> str:
    """The version, and a digest of the code and the maps: `0.1.0 (3fa94c1b)`. As it is when it is first asked for; some 20 ms."""
    digest = hashlib.sha256(repr([metadata.version(name) for name in _DECIDING]).encode())
    for folder, kind in ((Path(x12retro.__file__).parent, "*.py"), (maps_dir(), "*.*")):
        for path in sorted(one for one in folder.rglob(kind) if one.is_file()):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{x12retro.__version__} ({digest.hexdigest()[:8]})"
