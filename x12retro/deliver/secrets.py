"""Secrets are named in the configuration, never written there: `env:NAME` of the environment, or `file:PATH`.

A file that others can read is refused: what everybody on the machine can read is no secret.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from x12retro.errors import UsageError


def secret(reference: str, file: Path, key: str) -> str:
    """The secret that `reference` names, which stands in `file` under `key`; a path that is not absolute begins at the folder of `file`.

    Raises UsageError with file and key, never the secret.
    """
    where = f"{file}: {key}"
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if not value:
            raise UsageError(f"{where}: the environment has no {name}")
        return value
    path = file.resolve().parent / name
    try:
        about = path.stat()
        if stat.S_IMODE(about.st_mode) & 0o077:
            raise UsageError(f"{where}: {path}: others than its owner can read it; chmod 600 {path}")
        if hasattr(os, "getuid") and about.st_uid not in (os.getuid(), 0):
            raise UsageError(f"{where}: {path}: belongs to somebody else; a secret belongs to who runs this")
        return path.read_text(encoding="utf-8").strip("\r\n") if kind == "file" else ""
    except OSError as problem:
        raise UsageError(f"{where}: {path}: cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{where}: {path}: is no text") from None
