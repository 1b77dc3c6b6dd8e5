"""Files as pieces of work: by name, the same on every machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_FILES = 500
"""Files that go out together at the most."""


def size_of(name: str) -> int:
    """The size of a regular file; -1 for what is none, or cannot be looked at."""
    try:
        return os.path.getsize(name) if name != "-" and Path(name).is_file() else -1  # noqa: PTH202 - a name as the user wrote it
    except OSError:
        return -1


def absolute(names: Sequence[str]) -> list[str]:
    """The names as others can use them, who stand in other folders."""
    return [str(Path(name).absolute()) for name in names]


def parted(names: Sequence[str], sizes: Mapping[str, int], together: int) -> Iterator[list[str]]:
    """The names in order, as many in a part as have `together` bytes between them."""
    part: list[str] = []
    held = 0
    for name in names:
        part.append(name)
        held += sizes[name]
        if held >= together or len(part) >= _FILES:
            yield part
            part, held = [], 0
    if part:
        yield part


def unseen(path: str, problem: OSError) -> str:
    """What to tell of a path that somebody cannot read."""
    why = problem.strerror or "it cannot be read"
    return f"a worker cannot read {path} ({why}): every worker must see the files under the same path"
