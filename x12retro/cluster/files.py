"""Files as pieces of work: by name, the same on every machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence

_FILES = 500
"""Files that go out together at the most."""


def size_of(name: str) -> int:
    """The size of a regular file; -1 for what is none, or cannot be looked at."""
    try:
        about = os.stat(name)  # noqa: PTH116 - a name as the user wrote it, one of very many
    except (OSError, ValueError):
        return -1
    return about.st_size if stat.S_ISREG(about.st_mode) and name != "-" else -1


def absolute(names: Sequence[str]) -> list[str]:
    """The names as others can use them, who stand in other folders."""
    return [os.path.join(os.getcwd(), name) for name in names]  # noqa: PTH109, PTH118 - the same


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
