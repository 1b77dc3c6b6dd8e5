"""What can go wrong with a mailbox. Only `MailboxUnreachable` is worth another try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from x12retro.errors import SystemFailure


class MailboxFailure(SystemFailure):
    """What a mailbox could not do. `began`: a file was being written, and a part of it, or all of it, may be there."""

    began = False


class MailboxUnreachable(MailboxFailure):
    """The other side cannot be reached, or the connection broke: trying again may help."""


class LoginRefused(SystemFailure):
    """User, key or password were not taken. Never tried again by itself: accounts are locked after a few tries."""


class HostKeyChanged(SystemFailure):
    """The server shows another key than the partner's file names: somebody else may be answering. Never tried again."""


class MailboxRefused(MailboxFailure):
    """The mailbox does not let us do it: no such folder, no right, no room."""


@contextmanager
def begun() -> Iterator[None]:
    """Tell of a failure of the block that it came while a file was being written."""
    try:
        yield
    except MailboxFailure as problem:
        problem.began = True
        raise
