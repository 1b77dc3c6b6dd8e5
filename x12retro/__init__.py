"""x12retro: X12 278 (005010X217) for retroactive authorization.

The verbs of the command line as functions over bytes, paths or binary streams; each yields records one at a time and none of them
loads a whole file::

    read(source)                          frames of an X12 stream, and findings where the wire is crooked
    build(encounters, partner, as_of=...) one Built per encounter: a proven 278 request, or what is missing
    validate(source)                      one Checked per interchange, group and transaction
    decide(source)                        one Decision per patient event of a 278 response
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from x12retro.build import build
    from x12retro.decide import decide_stream as decide
    from x12retro.guide.judge import validate
    from x12retro.x12 import read

__version__ = "0.1.0"
__all__ = ["__version__", "build", "decide", "read", "validate"]

_VERBS = {
    "build": ("x12retro.build", "build"),
    "decide": ("x12retro.decide", "decide_stream"),
    "read": ("x12retro.x12", "read"),
    "validate": ("x12retro.guide.judge", "validate"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a verb, imported when it is first asked for: the command line must start fast
    if name not in _VERBS:
        raise AttributeError(f"module 'x12retro' has no attribute '{name}'")
    import importlib

    room, verb = _VERBS[name]
    value = getattr(importlib.import_module(room), verb)
    globals()[name] = value
    return value
