"""The decisions that `x12retro build --follow-up` goes by: records of `x12retro decide`, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from x12retro.build import Earlier
from x12retro.cli.inputs import Inputs
from x12retro.errors import UsageError

_DECODER = msgspec.json.Decoder(Earlier)


def earlier_decisions(names: tuple[str, ...]) -> Iterator[Earlier]:
    """Yield the decisions of these files. Raises UsageError, with file and line, for what is no decision record."""
    inputs = Inputs(names, frozenset({".jsonl", ".json"}))
    for name, stream in inputs.streams():
        for n, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                yield _DECODER.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise UsageError(f"{name}:{n}: is no decision record; --follow-up takes what `x12retro decide` writes") from None
    if inputs.unreadable:
        raise UsageError("not every file of --follow-up could be read")
