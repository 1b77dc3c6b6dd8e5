"""What many tests share: the corpus of real files, the command as a user runs it, and messages to start from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from x12retro.guide.places import fixtures_dir

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files, named by X12RETRO_CORPUS."""
    folder = os.environ.get("X12RETRO_CORPUS")
    if not folder:
        pytest.skip("X12RETRO_CORPUS is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return fixtures_dir()


@pytest.fixture(scope="session")
def x12retro() -> Run:
    """Run the command in a process of its own: `x12retro("validate", path, stdin=b"...")`."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "x12retro", *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)

    return run
