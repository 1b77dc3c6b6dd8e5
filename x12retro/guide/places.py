"""Where the data of this package lies: beside the code in an installed wheel, at the top of the project in an editable install."""

from __future__ import annotations

import os
from pathlib import Path

from x12retro.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent.parent


def maps_dir() -> Path:
    """The folder of guides, code lists and payers."""
    return _data("_maps", "maps")


def payers_dir() -> Path:
    """The folder of the payers that come with the package."""
    return maps_dir() / "payers"


def payer_files(*folders: Path) -> list[Path]:
    """The payers' files of some folders. Raises UsageError for a folder that is none."""
    return [file for file, _ in payer_files_changed(*folders)]


def payer_files_changed(*folders: Path) -> list[tuple[Path, int]]:
    """The same, each with when it was changed last (nanoseconds; 0 of one that is not there to be read)."""
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: is no folder of payers' files")
        with os.scandir(folder) as entries:
            found += sorted((folder / one.name, _changed(one)) for one in entries if one.name.endswith(".toml"))
    return found


def _changed(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns
    except OSError:
        return 0


def fixtures_dir() -> Path:
    """The folder of made-up encounters and messages."""
    return _data("_fixtures", "fixtures")


def _data(installed: str, in_project: str) -> Path:
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / in_project
