"""Guides by name: ours, and those that pyx12 ships. Nothing is read before it is asked for, and nothing is read twice."""

from __future__ import annotations

import functools
from importlib import resources

from x12retro.errors import UsageError
from x12retro.guide.loader import load_guide
from x12retro.guide.model import Guide
from x12retro.guide.places import maps_dir

_OURS = {
    "278-request": "278-request/278.5010.X217.request.xml",
    "278-response": "278-response/278.5010.X217.response.xml",
    "278-inquiry": "278-inquiry/278.5010.X215.inquiry.xml",
    "278-inquiry-response": "278-inquiry-response/278.5010.X215.inquiry-response.xml",
    "275-X316": "275-X316/275.6020.X316.xml",
    "275-X211": "275-X211/275.5010.X211.xml",
    "824": "824-X186/824.5010.X186.xml",
}

# pyx12's maps.xml names the same files, so that pyx12 as second opinion judges by the same map
_PYX12 = {
    "277": "277.5010.X214.xml",
    "820": "820.5010.X218.xml",
    "834": "834.5010.X220.A1.xml",
    "835": "835.5010.X221.A1.xml",
    "837I": "837Q3.I.5010.X223.A1.xml",
    "837P": "837.5010.X222.A1.xml",
    "997": "997.4010.xml",
    "999": "999.5010X231.A1.xml",
    "999-PI": "999.5010X231.A1.xml",  # of attachments: with what maps/999-PI/doubtful.toml adds
}


def names() -> tuple[str, ...]:
    """Every name that `load` knows."""
    return (*_OURS, *_PYX12)


def our_maps() -> dict[str, str]:
    """The guides whose maps are ours: name -> file, below the folder of maps."""
    return dict(_OURS)


@functools.cache
def load(name: str) -> Guide:
    """The guide of that name, compiled at the first call. Raises UsageError for a name that `names` does not give."""
    if name in _OURS:
        return load_guide(maps_dir() / _OURS[name])
    if name in _PYX12:
        # the dictionary and the code sets lie beside the map, so the whole folder is asked for
        with resources.as_file(resources.files("pyx12") / "map") as folder:
            doubtful = maps_dir() / name / "doubtful.toml"
            return load_guide(folder / _PYX12[name], doubtful=doubtful if doubtful.exists() else None)
    raise UsageError(f"no guide is called {name}; there are {', '.join(names())}")
