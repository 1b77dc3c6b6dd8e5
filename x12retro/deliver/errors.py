"""What can go wrong with a mailbox. Only `MailboxUnreachable` is worth another try."""

from __future__ import annotations

from x12retro.errors import SystemFailure


class MailboxUnreachable(SystemFailure):
    """The other side cannot be reached, or the connection broke: trying again may help."""


class LoginRefused(SystemFailure):
    """User, key or password were not taken. Never tried again by itself: accounts are locked after a few tries."""


class HostKeyChanged(SystemFailure):
    """The server shows another key than the partner's file names: somebody else may be answering. Never tried again."""


class MailboxRefused(SystemFailure):
    """The mailbox does not let us do it: no such folder, no right, no room."""
