"""Counts in messages: one file, two files."""

from __future__ import annotations


def counted(count: int, one: str, many: str | None = None) -> str:
    """The count with what is counted: `one` where it is 1, else `many`, which is `one` with an s where it is not given."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
