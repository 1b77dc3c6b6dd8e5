"""Named pipes among what the user names: they are read and written like files, once somebody holds the other end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import click

_PATIENCE = 2.0
"""Seconds until a wait is told."""


@contextmanager
def waited_for(name: str) -> Iterator[None]:
    """Say so on stderr when opening `name` takes long because it is a pipe whose other end nobody holds: it may be for ever."""
    if not Path(name).is_fifo():
        yield
        return
    timer = Timer(_PATIENCE, click.echo, (f"x12retro: {name}: is a pipe, and waits for somebody at its other end",), {"err": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
