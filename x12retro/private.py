"""Folders for their owner's eyes only."""

from __future__ import annotations

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are not there, for the owner alone; what is there stays as it is. Raises OSError."""
    if folder.is_dir():
        return
    for one in (*reversed(folder.parents), folder):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # raises where a file has the name
