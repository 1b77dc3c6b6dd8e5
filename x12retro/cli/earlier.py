"""The decisions that another command goes by: records of `x12retro decide`, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from x12retro.build import Earlier
from x12retro.cli.inputs import Inputs
from x12retro.errors import UsageError

Record = TypeVar("Record", bound=msgspec.Struct)


def earlier_decisions(names: tuple[str, ...]) -> Iterator[Earlier]:
    """What a follow-up goes by."""
    return decision_records(names, Earlier, "--follow-up")


def decision_records(names: tuple[str, ...], kind: type[Record], option: str) -> Iterator[Record]:
    """Yield the decisions of these files, as much of each as `kind` holds.

    Raises UsageError, with file and line, for what is no decision record; `option` is how the user named the files.
    """
    decoder = msgspec.json.Decoder(kind)
    inputs = Inputs(names, frozenset({".jsonl", ".json"}))
    for name, stream in inputs.streams():
        for n, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise UsageError(f"{name}:{n}: is no decision record; {option} takes what `x12retro decide` writes") from None
    if inputs.unreadable:
        raise UsageError(f"not every file of {option} could be read")
