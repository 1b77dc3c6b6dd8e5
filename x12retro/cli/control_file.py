"""The file in which control numbers are kept between runs: `{"interchange": 1, "group": 1}`, the next numbers to use."""

from __future__ import annotations

from pathlib import Path

import msgspec

from x12retro.cli import options
from x12retro.errors import UsageError
from x12retro.x12.control import ControlNumbers


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    interchange: int = 1
    group: int = 1


def load(name: str | None) -> ControlNumbers:
    """The numbers that the run begins with; from 1 when there is no file (yet). Raises UsageError for a file that holds none."""
    if name is None or not Path(name).exists():
        return ControlNumbers()
    try:
        kept = msgspec.json.decode(Path(name).read_bytes(), type=_Kept)
    except msgspec.DecodeError as failure:
        raise UsageError(
            f'{name} is no control file ({failure}); it holds {{"interchange": 1, "group": 1}}, the next numbers to use'
        ) from None
    return ControlNumbers(kept.interchange, kept.group)


def save(name: str, control: ControlNumbers) -> None:
    """Keep the numbers that the next run begins with."""
    with options.writing(name) as stream:
        stream.write(msgspec.json.encode(_Kept(control.interchange, control.group)) + b"\n")
