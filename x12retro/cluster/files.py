"""Files as pieces of work: by name, the same on every machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence

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


def unlike(path: str) -> str:
    """What to tell of a path under which somebody sees something else."""
    return f"{path} is another file on a worker than here: every worker must see the same files"


class Unseen:
    """Told what workers could not read though it is as it was when the work was given out; tells the first of it. It is read here."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told = False

    def __call__(self, why: str, name: str, size: int) -> None:
        """`size`: that of the file when the work was given out. What has changed since, or is gone, is nobody's fault."""
        if not self._told and size_of(name) == size:
            self._told = True
            self._tell(f"{why}; what others cannot read is read here")
