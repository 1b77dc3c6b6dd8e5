"""What the tests of this folder share (as `peers`): the modules beside this file, which a test cannot import by name, and pyx12 itself."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from maps_kept import pyx12_maps_kept

from x12retro.guide.export import export
from x12retro.guide.pyx12_judge import Pyx12Judge


def beside(path: str) -> ModuleType:
    name = f"peers_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory):
    """`compare`, `mutations`, `reasons`; `judge`, which asks pyx12 for its notes; `folder(guide)`, the maps for x12n_document."""
    maps = tmp_path_factory.mktemp("maps")
    export(maps)
    compare = beside("compare.py")
    with Pyx12Judge() as judge, pyx12_maps_kept():
        yield SimpleNamespace(
            compare=compare,
            mutations=beside("mutations.py"),
            reasons=beside("reasons.py"),
            judge=judge,
            folder=lambda guide: str(maps / guide.removeprefix("278-")) if guide.startswith("278-") else None,
        )
