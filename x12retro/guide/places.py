"""Where the data of this package lies: beside the code in an installed wheel, at the top of the project in an editable install."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def maps_dir() -> Path:
    """The folder of guides, code lists and payers."""
    return _data("_maps", "maps")


def fixtures_dir() -> Path:
    """The folder of made-up encounters and messages."""
    return _data("_fixtures", "fixtures")


def _data(installed: str, in_project: str) -> Path:
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / in_project
