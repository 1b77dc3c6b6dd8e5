"""Open a partner's mailbox as its file says."""

from __future__ import annotations

from x12retro.deliver.exchange import Partnership
from x12retro.deliver.folder import FolderMailbox
from x12retro.deliver.mailbox import Mailbox
from x12retro.deliver.retry import Retrying
from x12retro.deliver.secrets import secret
from x12retro.errors import UsageError


def open_mailbox(partnership: Partnership, *, tries: int | None = None) -> Retrying:
    """The partner's mailbox, opened when it is first used, and anew when the connection breaks: `tries` times, or as its file says.

    Raises UsageError for a secret that is not to be had.
    """
    beside = partnership.file.resolve().parent
    folder, place = partnership.exchange.folder, partnership.exchange.sftp
    at_once = partnership.exchange.outgoing.finish == "direct"
    if folder is not None:
        return Retrying(lambda: FolderMailbox(beside / folder.path), taken_at_once=at_once, tries=tries or 2)
    assert place is not None, "the file was read with one of the two"
    from x12retro.deliver.sftp import Server, SftpMailbox

    def told(name: str, reference: str | None) -> str | None:
        return secret(reference, partnership.file, f"$.exchange.sftp.{name}") if reference is not None else None

    server = Server(
        host=place.host,
        port=place.port,
        user=place.user,
        host_key=place.host_key,
        key=told("key", place.key),
        passphrase=told("passphrase", place.passphrase),
        password=told("password", place.password),
        timeout=place.timeout,
    )

    def make() -> Mailbox:
        try:
            return SftpMailbox(server, place.root)
        except UsageError as problem:
            raise UsageError(f"{partnership.file}: $.exchange.sftp: {problem}") from None

    return Retrying(make, taken_at_once=at_once, tries=tries or place.tries)
