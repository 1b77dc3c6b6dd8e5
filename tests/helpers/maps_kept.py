"""pyx12 reads the same map anew for every file that it judges, which takes it longer than the judging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyx12.map_if


@contextmanager
def pyx12_maps_kept() -> Iterator[None]:
    """Within, pyx12 reads each map once: it is pyx12 all the same, only quicker."""
    load = pyx12.map_if.load_map_file
    kept: dict[tuple[str, str | None], object] = {}

    def once(file: str, param: object, path: str | None = None) -> object:
        if (file, path) not in kept:
            kept[file, path] = load(file, param, path)
        return kept[file, path]

    pyx12.map_if.load_map_file = once
    try:
        yield
    finally:
        pyx12.map_if.load_map_file = load
