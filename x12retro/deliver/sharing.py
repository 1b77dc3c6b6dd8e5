"""Partners beside each other: a clearinghouse has one mailbox for many payers, each of which has a partner file of its own."""

from __future__ import annotations

import posixpath

from x12retro.deliver.exchange import Partnership


def clash(one: Partnership, other: Partnership) -> str | None:
    """Why two partners cannot stand beside each other, with {other} for the other's file; None where they can."""
    if one.id == other.id:
        return "$.exchange.known_as: {other} is called so too; one partner file has that name"
    if _place(one) != _place(other):
        return None
    ids = [(p.exchange.outgoing.folder, p.partner.interchange.sender_id, p.partner.interchange.receiver_id) for p in (one, other)]
    if ids[0] == ids[1]:
        return "$.exchange: has the mailbox and the ids of {other}: their control numbers would meet; make one partner of them"
    return None


def _place(one: Partnership) -> tuple[object, ...]:
    """What tells one mailbox from another."""
    folder, sftp = one.exchange.folder, one.exchange.sftp
    if folder is not None:
        return ((one.file.resolve().parent / folder.path).resolve(),)
    assert sftp is not None, "the file was read with one of the two"
    return sftp.host.lower(), sftp.port, sftp.user, posixpath.normpath(sftp.root)
