"""Where the payer keeps what comes in 275s: each document once, under its SHA-256, in a folder of its own.

Documents are taken out as `x12retro.attach` takes them: within limits, under names of ours, no archive opened. They come into a folder
`incoming` first and move when their set is accepted; what is left there after a death is cleared by the next file.
"""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterator
from pathlib import Path

from x12retro.attach import Folder, Found, Limits, Received, read_275
from x12retro.errors import SystemFailure
from x12retro.findings import Finding
from x12retro.x12 import Source

Place = tuple[str, str, str]
"""ISA13, GS06 and ST02 of a set."""


class Cabinet:
    """A folder of documents by their hash. Without a path they are looked at and nothing is kept."""

    def __init__(self, path: Path | None = None, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._path = path
        self._limits = limits

    def take(self, source: Source, accepted: Container[Place]) -> Iterator[Received]:
        """Yield the 275s of `source` that stand at an `accepted` place; when one is yielded its documents are in the folder.

        Raises SystemFailure when the folder will not take them.
        """
        incoming = self._path / "incoming" if self._path is not None else None
        if incoming is not None:
            Folder(incoming.parent)  # makes it, for the owner alone
        for one in read_275(source, Folder(incoming) if incoming is not None else None, self._limits):
            if isinstance(one, Finding) or (one.interchange, one.group, one.transaction) not in accepted:
                continue
            if incoming is not None:
                for carried in one.carried:
                    for found in carried.documents:
                        self._keep(incoming, found)
            yield one
        if incoming is not None:
            shutil.rmtree(incoming, ignore_errors=True)

    def _keep(self, incoming: Path, found: Found) -> None:
        if not found.file:
            return
        try:
            (incoming / found.file).replace(incoming.parent / name_of(found))
        except OSError as e:
            raise SystemFailure(f"{incoming.parent}: a document cannot be put there ({e.strerror or type(e).__name__})") from e


def name_of(found: Found) -> str:
    """What a document is called in the folder: its SHA-256 and the suffix of what it is."""
    return f"{found.sha256}.{found.file.partition('.')[2]}" if found.file else found.sha256
