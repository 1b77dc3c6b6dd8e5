"""How files are exchanged with a partner: the `[exchange]` part of a partner file, the rest of which `x12retro.build` reads."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from x12retro.build import Partner, load_partner
from x12retro.deliver.naming import template_fault
from x12retro.deliver.notices import Notice, notice_fault
from x12retro.deliver.schedule import Schedule
from x12retro.encounter.settings import read_settings, settings
from x12retro.errors import UsageError
from x12retro.inquire import Schedule as InquirySchedule
from x12retro.inquire import load_schedule

_Secret = Annotated[str, Meta(pattern="^(env|file):.+$")]
_Folder = Annotated[str, Meta(max_length=200, pattern=r"^(?!/)(?!.*(^|/)\.\.(/|$))[ -~]*$")]
_NAME = r"[a-z0-9][a-z0-9-]{0,58}"
_Pattern = Annotated[str, Meta(min_length=1, max_length=100)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class FolderPlace(_Section, frozen=True):
    """A folder of this machine, or one that is mounted here. A path that is not absolute begins at the folder of the partner file."""

    path: Annotated[str, Meta(min_length=1)]


class SftpPlace(_Section, frozen=True):
    """An SFTP server. `host_key` is what known_hosts holds behind the host. Key, passphrase and password are named, never written here:
    `env:NAME` of the environment or `file:PATH`.
    """

    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:_-]+$")]
    user: Annotated[str, Meta(min_length=1)]
    host_key: Annotated[str, Meta(pattern=r"^(ssh-|ecdsa-)[^ ]+ [A-Za-z0-9+/=]+")]
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    root: Annotated[str, Meta(max_length=200)] = ""
    key: _Secret | None = None
    passphrase: _Secret | None = None
    password: _Secret | None = None
    timeout: Annotated[float, Meta(gt=0, le=600)] = 30.0
    tries: Annotated[int, Meta(ge=1, le=20)] = 5


class Outgoing(_Section, frozen=True):
    """How our files are put there. `finish` says when one is whole.

    rename: under `name` + `temporary` first, renamed when all of it is there; direct: under its name at once, where the partner renames
    files itself; manifest: a second file, `name` + `manifest`, is written when the first is there. `max_sets` and `max_bytes` limit a file.
    """

    folder: _Folder = ""
    name: Annotated[str, Meta(min_length=1, max_length=120)] = "{sender}_{isa13}.edi"
    finish: Literal["rename", "direct", "manifest"] = "rename"
    temporary: Annotated[str, Meta(pattern=r"^[.A-Za-z0-9_-]{1,12}$")] = ".tmp"
    manifest: Annotated[str, Meta(pattern=r"^[.A-Za-z0-9_-]{1,12}$")] = ".done"
    max_sets: Annotated[int, Meta(ge=1, le=100_000)] = 5000
    max_bytes: Annotated[int, Meta(ge=10_000)] = 100_000_000


class Incoming(_Section, frozen=True):
    """What is taken from there. A name must match one of `take` and none of `leave` (shell patterns).

    `remove` says that we take it away once it is ours. A file must not have grown for `settle` seconds. One longer than `max_bytes` is left
    and told. `senders` are ids (ISA06) that the partner's answers bear besides its receiver_id.
    """

    folder: _Folder = ""
    take: Annotated[tuple[_Pattern, ...], Meta(min_length=1)] = ("*",)
    leave: tuple[_Pattern, ...] = ("*.tmp", "*.part", "*.partial", "*.filepart", "*.done")
    remove: bool = True
    settle: Annotated[float, Meta(ge=0, le=3600)] = 2.0
    max_bytes: Annotated[int, Meta(ge=10_000)] = 2_000_000_000
    senders: tuple[Annotated[str, Meta(min_length=1, max_length=15)], ...] = ()


class Watch(_Section, frozen=True):
    """When somebody has to look: no TA1 or 999 after so many hours, no decision after so many business days, nothing received for so
    many days (0: never), and more than this share of the last requests rejected.
    """

    acknowledge_hours: Annotated[int, Meta(ge=1, le=2000)] = 24
    decide_days: Annotated[int, Meta(ge=1, le=200)] = 5
    silence_days: Annotated[int, Meta(ge=0, le=365)] = 0
    reject_share: Annotated[float, Meta(gt=0, le=1)] = 0.2


class Pgp(_Section, frozen=True):
    """OpenPGP around every file: `encrypt_to` and `verify_from` are files with the partner's public keys, beside the partner file.

    `sign_with` and `decrypt_with` are our secret keys, named as secrets are, each with its passphrase. Ours are called `name` + `suffix`,
    and are binary unless `armor`. Where `verify_from` is given, a file without a good signature of one of these keys is held.
    """

    encrypt_to: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    sign_with: _Secret | None = None
    sign_passphrase: _Secret | None = None
    decrypt_with: _Secret | None = None
    decrypt_passphrase: _Secret | None = None
    verify_from: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    suffix: Annotated[str, Meta(pattern=r"^\.[A-Za-z0-9]{1,12}$")] = ".pgp"
    armor: bool = False


class Exchange(_Section, frozen=True):
    """How files are exchanged with a partner: through a `folder` or over `sftp`.

    `usage` (T or P) says what the mailbox is for; it must be what ISA15 says, so that test data never reaches production. `answer`:
    whether their 278 responses get a TA1 and a 999. `act_on`: whether an approval in a set that the guide does not accept is taken
    all the same. `notices` are the files in which the mailbox itself
    speaks of ours. `mapping` is the mapping file for tables, claims and bundles of the drop folder (a path that is not absolute begins at
    the folder of the partner file). `known_as` is the name that ledger and house know the partner by, where its file has another one now.
    """

    usage: Literal["T", "P"]
    folder: FolderPlace | None = None
    sftp: SftpPlace | None = None
    outgoing: Outgoing = Outgoing()
    incoming: Incoming = Incoming()
    watch: Watch = Watch()
    pgp: Pgp | None = None
    schedule: Schedule = Schedule()
    answer: Literal["none", "999"] = "999"
    act_on: Literal["accepted", "readable"] = "accepted"
    notices: tuple[Notice, ...] = ()
    mapping: Annotated[str, Meta(min_length=1)] | None = None
    known_as: Annotated[str, Meta(pattern=f"^{_NAME}$")] | None = None


class Partnership(msgspec.Struct, frozen=True):
    """One partner file, read as a whole: `id` is its name without `.toml`, or what it is `known_as`. `place` tells its mailbox from others.
    `inquiry` None: pended requests are not asked after.
    """

    id: str
    file: Path
    partner: Partner
    exchange: Exchange
    place: tuple[str | int, ...]
    inquiry: InquirySchedule | None = None


def load_exchange(file: Path) -> Partnership:
    """Read a partner file that has an `[exchange]` part. Raises UsageError with all that is wrong: file, key, what would be right."""
    partner = load_partner(file)
    whole = read_settings(file)
    tree = whole.get("exchange")
    if tree is None:
        raise UsageError(f"{file}: $.exchange: missing; it says where files are put and taken from (docs/deliver.md)")
    exchange = settings(tree, Exchange, file, "$.exchange")
    if wrong := _faults(file, partner, exchange):
        raise UsageError("\n".join(f"{file}: {fault}" for fault in wrong))
    inquiry = load_schedule(file) if "inquiry" in whole else None
    return Partnership(exchange.known_as or file.stem, file, partner, exchange, _place(file, exchange), inquiry)


def _place(file: Path, exchange: Exchange) -> tuple[str | int, ...]:
    """What tells one mailbox from another."""
    if exchange.folder is not None:
        return (str((file.resolve().parent / exchange.folder.path).resolve()),)
    sftp = exchange.sftp
    assert sftp is not None, "the file was read with one of the two"
    return sftp.host.lower(), sftp.port, sftp.user, posixpath.normpath(sftp.root)


def _faults(file: Path, partner: Partner, exchange: Exchange) -> list[str]:
    """What the types cannot say."""
    found = []
    if not re.fullmatch(_NAME, file.stem):
        found.append("the file's name is the partner's: small letters, digits and hyphens, as in summit-ridge.toml")
    if exchange.usage != partner.interchange.usage:
        words = {"T": "test", "P": "production"}
        told = f"the mailbox is for {words[exchange.usage]}, but $.interchange.usage (ISA15) is {partner.interchange.usage}"
        found.append(f"$.exchange.usage: {told}; test and production are kept apart")
    if fault := exchange.schedule.fault():
        found.append(fault)
    if why := template_fault(exchange.outgoing.name):
        found.append(f"$.exchange.outgoing.name: {why}")
    found += [
        f"$.exchange.notices[{n}].name: {why}" for n, one in enumerate(exchange.notices) if (why := notice_fault(one.name)) is not None
    ]
    if (exchange.folder is None) == (exchange.sftp is None):
        found.append("$.exchange: give one of [exchange.folder] and [exchange.sftp]: where the mailbox is")
    if exchange.sftp is not None and (exchange.sftp.key is None) == (exchange.sftp.password is None):
        found.append("$.exchange.sftp: give one of key and password (env:NAME or file:PATH)")
    return found + (_pgp_faults(exchange.pgp) if exchange.pgp is not None else [])


def _pgp_faults(pgp: Pgp) -> list[str]:
    found = []
    if not pgp.encrypt_to and pgp.decrypt_with is None:
        found.append("$.exchange.pgp: give encrypt_to (the partner's public keys), decrypt_with (our secret key), or both")
    if pgp.sign_with is not None and not pgp.encrypt_to:
        found.append("$.exchange.pgp.sign_with: what is signed is encrypted too; give encrypt_to")
    if pgp.verify_from and pgp.decrypt_with is None:
        found.append("$.exchange.pgp.verify_from: what is signed is encrypted too; give decrypt_with")
    for key, word, name in ((pgp.sign_with, pgp.sign_passphrase, "sign"), (pgp.decrypt_with, pgp.decrypt_passphrase, "decrypt")):
        if word is not None and key is None:
            found.append(f"$.exchange.pgp.{name}_passphrase: there is no {name}_with that it belongs to")
    return found
