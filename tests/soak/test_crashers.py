"""Inputs that once broke something, found by the fuzz run or by a user: none of them does again."""

from __future__ import annotations

from pathlib import Path

import pytest

CRASHERS = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "crashers").glob("*.edi"))


@pytest.mark.parametrize("path", CRASHERS, ids=lambda path: path.stem)
def test_what_once_broke_something_no_longer_does(soak, path: Path) -> None:
    soak.exercise.exercise(path.read_bytes())
