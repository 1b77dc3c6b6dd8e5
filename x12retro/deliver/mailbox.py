"""What every mailbox can do. Names in it come from the other side: they are looked at before they become names of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Protocol

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. ()+,=@#~\[\]-]{0,199}")
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\..*)?", re.IGNORECASE)


class Entry(NamedTuple):
    """A file in a mailbox: its name, its size in bytes and when it was changed last (seconds since 1970)."""

    name: str
    size: int
    changed: float


class Mailbox(Protocol):
    """A place of folders and files. `folder` is a path below the mailbox's own root, "" for the root itself.

    Every method raises MailboxUnreachable when the connection fails and MailboxRefused when the mailbox does not let it be done.
    """

    def entries(self, folder: str) -> list[Entry]:
        """The files of a folder by name; folders, links and devices are not among them."""

    def names(self, folder: str) -> set[str]:
        """Every name in a folder, those of folders, links and devices too: none of them can be given to a file of ours."""

    def put(self, folder: str, name: str, source: Path) -> int:
        """Write a file whole, over what had the name; its size there. A failure tells whether the writing `began`."""

    def rename(self, folder: str, old: str, new: str) -> None:
        """Give a file another name; MailboxRefused when there is one of that name already: nothing is ever replaced."""

    def get(self, folder: str, name: str, target: Path, limit: int) -> int:
        """Copy a file to `target`, which must not exist; its size. MailboxRefused when it is longer than `limit` bytes or no file."""

    def remove(self, folder: str, name: str) -> bool:
        """Remove a file; False for one that was not there, which is no fault."""

    def close(self) -> None:
        """End the connection."""


def is_safe(name: str) -> bool:
    """True for a name from the other side that may be a file's name here: no path, nothing hidden, nothing a system reads otherwise."""
    return _PLAIN.fullmatch(name) is not None and not _RESERVED.fullmatch(name) and not name.endswith((".", " ")) and ".." not in name
