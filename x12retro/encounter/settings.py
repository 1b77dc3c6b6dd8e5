"""Settings that people write, as TOML: read whole, and everything that is wrong told at once with its key and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from x12retro.encounter.explain import faults
from x12retro.errors import UsageError

T = TypeVar("T", bound=msgspec.Struct)


def read_settings(file: str | Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises UsageError, with the file, when it cannot be read or is no TOML."""
    try:
        tree: dict[str, Any] = msgspec.toml.decode(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror or type(error).__name__})") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from None
    return tree


def settings(tree: Any, kind: type[T], file: str | Path, at: str = "$") -> T:  # noqa: ANN401 - whatever the file holds there
    """A record of `kind` from what stands at `at` in the file. Raises UsageError with a line for each thing that is wrong."""
    if found := faults(tree, kind):
        raise UsageError("\n".join(f"{file}: {at}{fault.path.removeprefix('$')}: {fault.message}" for fault in found))
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:  # what the explanation has no words for
        raise UsageError(f"{file}: {at}: {error}") from None
