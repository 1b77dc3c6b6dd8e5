"""What the tests of this folder share (as `soak`): the modules beside this file, which a test cannot import by name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest


def beside(path: str) -> ModuleType:
    name = f"soak_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def soak() -> SimpleNamespace:
    return SimpleNamespace(exercise=beside("exercise.py"), inputs=beside("inputs.py"))
