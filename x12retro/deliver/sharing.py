"""Partners beside each other: a clearinghouse has one mailbox for many payers, each of which has a partner file of its own.

They may share a mailbox and its folders as long as their files can be told apart: ours by their names, theirs by who they say they are
from, to whom and for what use (ISA06, ISA08, ISA15). Each run then leaves the files of the others where they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import permutations

from x12retro.deliver.exchange import Partnership
from x12retro.deliver.naming import constant_part

Bearing = tuple[str, str, str]
"""Sender (ISA06), receiver (ISA08) and usage (ISA15)."""


def clashes(partners: Sequence[Partnership]) -> Iterator[tuple[Partnership, str]]:
    """Each of those that cannot stand beside another one, with the reason: nobody can tell which of the two was there first."""
    by_name: defaultdict[str, list[Partnership]] = defaultdict(list)
    by_place: defaultdict[tuple[str | int, ...], list[Partnership]] = defaultdict(list)
    for one in partners:
        by_name[one.id].append(one)
        by_place[one.place].append(one)
    for same in by_name.values():
        for one, other in permutations(same, 2):
            yield one, f"$.exchange.known_as: {other.file.name} is called {one.id} too; one partner file has that name"
    for same in by_place.values():
        for one, other in permutations(same, 2):
            if (why := _clash(one, other)) is not None:
                yield one, why


def _clash(one: Partnership, other: Partnership) -> str | None:
    """Why two partners of one mailbox cannot stand beside each other; None where they can."""
    its = other.file.name
    if one.exchange.outgoing.folder == other.exchange.outgoing.folder:
        if _ids(one) == _ids(other):
            return f"$.exchange: has the mailbox and the ids of {its}: their control numbers would meet; make one partner of them"
        if _named(one) == _named(other):
            apart = "put what tells them apart into it, such as {receiver}"
            return f"$.exchange.outgoing.name: files of ours would have the names of those of {its} in one folder; {apart}"
    if one.exchange.incoming.folder == other.exchange.incoming.folder and _patterns(one) == _patterns(other):
        if _senders(one) & _senders(other):
            theirs = f"has the incoming folder of {its}, and a sender (ISA06) in common: nobody could tell whose an answer is"
            return f"$.exchange.incoming: {theirs}; make one partner of them, or tell their files apart by `take`"
        if _locks(one) != _locks(other):
            return f"$.exchange.pgp: has the incoming folder of {its} and other keys for what comes: nobody could tell whose a file is"
    return None


def shares_incoming(one: Partnership, other: Partnership) -> bool:
    """True when the files for both come into one folder."""
    return one.place == other.place and one.exchange.incoming.folder == other.exchange.incoming.folder


def is_for(one: Partnership, bearing: Bearing) -> bool:
    """True when a file that says so of itself comes from this partner to us. A usage that is none tells nothing."""
    sender, receiver, usage = bearing
    told = one.partner.interchange
    ours = receiver == told.sender_id and (usage == told.usage or usage not in ("T", "P"))
    return ours and sender in (told.receiver_id, *one.exchange.incoming.senders)


def _ids(one: Partnership) -> tuple[str, str]:
    return one.partner.interchange.sender_id, one.partner.interchange.receiver_id


def _senders(one: Partnership) -> set[Bearing]:
    told = one.partner.interchange
    return {(sender, told.sender_id, told.usage) for sender in (told.receiver_id, *one.exchange.incoming.senders)}


def _named(one: Partnership) -> str:
    told = one.partner.interchange
    return constant_part(one.exchange.outgoing.name, sender=told.sender_id, receiver=told.receiver_id, usage=told.usage)


def _patterns(one: Partnership) -> tuple[frozenset[str], frozenset[str]]:
    how = one.exchange.incoming
    return frozenset(how.take), frozenset(how.leave)


def _locks(one: Partnership) -> tuple[str | None, tuple[str, ...]]:
    pgp = one.exchange.pgp
    return (pgp.decrypt_with, pgp.verify_from) if pgp is not None else (None, ())
