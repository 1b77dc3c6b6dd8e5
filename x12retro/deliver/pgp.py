"""OpenPGP around the files of a partner: ours are encrypted to their keys and signed by ours, theirs are decrypted and their signature is
checked.

In: files. Out: files, whole and on the disk, for their owner's eyes only; or `Unopened`, a finding about a file of theirs. pysequoia (the
extra `pgp`) is imported when a partner's file asks for it. What it says of a failure is never shown: it may hold what it read.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from x12retro.deliver.exchange import Partnership, Pgp
from x12retro.deliver.folder import synced
from x12retro.deliver.secrets import secret
from x12retro.errors import SystemFailure, UsageError

if TYPE_CHECKING:
    from pysequoia import Cert, PyDecryptor, PySigner, Tsk

_ARMOR = b"-----BEGIN PGP MESSAGE"
_SYSTEM = re.compile(r"\(os error ([0-9]+)\)")
_TOO_LONG = 27  # EFBIG
_MOST_KEYS = 1 << 20
_T = TypeVar("_T")


class Unopened(Exception):
    """A file of theirs that was not opened; the text is its finding."""


def is_encrypted(path: Path) -> bool:
    """True for what looks like an OpenPGP message: its armour, or a first byte that no text begins with."""
    with path.open("rb") as stream:
        head = stream.read(512).lstrip()
    return head.startswith(_ARMOR) or bool(head and head[0] & 0x80 and not head.startswith(b"\xef\xbb\xbf"))


class Keys:
    """The keys of one partner's exchange, ready for use."""

    def __init__(
        self, told: Pgp, recipients: list[Cert], signer: PySigner | None, decryptor: PyDecryptor | None, senders: list[Cert]
    ) -> None:
        self.suffix = told.suffix
        self._armor = told.armor
        self._recipients, self._signer, self._decryptor, self._senders = recipients, signer, decryptor, senders

    @property
    def encrypts(self) -> bool:
        return bool(self._recipients)

    @property
    def decrypts(self) -> bool:
        return self._decryptor is not None

    @property
    def verifies(self) -> bool:
        return bool(self._senders)

    def encrypt(self, source: Path, target: Path) -> None:
        """Write `source` encrypted, and signed where there is a key for it, to `target`, which appears whole. Raises SystemFailure."""
        from pysequoia import encrypt_file

        part = target.with_name(f".{target.name}.part")
        try:
            with _private(part):
                encrypt_file(source, part, recipients=self._recipients, signer=self._signer, armor=self._armor)
        except (RuntimeError, OSError) as problem:
            part.unlink(missing_ok=True)
            _raise_system(target, problem)
            raise SystemFailure(f"{source.name}: cannot be encrypted; do the keys still stand?") from None
        part.replace(target)
        synced(target.parent)

    def decrypt(self, source: Path, target: Path, limit: int) -> None:
        """Write what `source` holds to `target`, at most `limit` bytes of it.

        Raises Unopened when it cannot be decrypted, is not signed by one of the keys that sign, or holds more; SystemFailure when the disk
        does not take it.
        """
        from pysequoia import decrypt_file

        # without anything to check by, what a signature says is not looked at
        store: Callable[[list[str]], list[Cert]] | None = (lambda _: self._senders) if self._senders else None
        good = False
        try:
            with _private(target), _no_longer_than(limit):
                told = decrypt_file(source, target, decryptor=self._decryptor, store=store)
            good = bool(told.valid_sigs) or not self._senders
        except (RuntimeError, OSError) as problem:
            _raise_unopened(target, problem, limit)
        finally:
            if not good:
                target.unlink(missing_ok=True)
        if not good:
            raise Unopened(_UNSIGNED)


_UNSIGNED = "it is not signed by one of the keys in [exchange.pgp] verify_from, or was changed on the way; nothing of it was read"


def open_keys(partnership: Partnership) -> Keys | None:
    """The keys that a partner's file names; None where it names none. Raises UsageError for what cannot be used, never a secret."""
    told = partnership.exchange.pgp
    if told is None:
        return None
    try:
        import pysequoia  # noqa: F401
    except ImportError:
        raise UsageError(f"{partnership.file}: [exchange.pgp] needs a package that is not installed; pip install 'x12retro[pgp]'") from None
    if told.decrypt_with is not None and sys.platform == "win32":
        raise UsageError(f"{partnership.file}: $.exchange.pgp.decrypt_with: this system cannot limit the size of what is decrypted")
    beside = partnership.file.resolve().parent
    where = f"{partnership.file}: $.exchange.pgp"
    keys = Keys(
        told,
        [cert for name in told.encrypt_to for cert in _public(beside / name, f"{where}.encrypt_to")],
        _unlocked(lambda key, word: key.signer(word), told.sign_with, told.sign_passphrase, partnership.file, "sign"),
        _unlocked(lambda key, word: key.decryptor(word), told.decrypt_with, told.decrypt_passphrase, partnership.file, "decrypt"),
        [cert for name in told.verify_from for cert in _public(beside / name, f"{where}.verify_from", may_be_over=True)],
    )
    if keys.encrypts:
        _tried(keys, f"{where}.encrypt_to")
    return keys


def _tried(keys: Keys, where: str) -> None:
    """Find out before anything is made whether the keys can be used."""
    from pysequoia import encrypt

    try:
        encrypt(b"", recipients=keys._recipients, signer=keys._signer)
    except RuntimeError:
        raise UsageError(f"{where}: nothing can be encrypted to these keys; has each one a subkey for encryption that stands?") from None


def _public(file: Path, where: str, *, may_be_over: bool = False) -> Iterator[Cert]:
    """The public keys of a file. Those that sign may have expired since: what they signed before still counts."""
    from pysequoia import Cert

    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_KEYS)
    except OSError as problem:
        raise UsageError(f"{where}: {file}: cannot be read ({problem.strerror})") from None
    if b"PRIVATE KEY BLOCK" in raw:
        raise UsageError(f"{where}: {file}: holds a secret key; give the public one")
    try:
        found = Cert.split_bytes(raw)
    except RuntimeError:
        found = []
    if not found:
        raise UsageError(f"{where}: {file}: holds no OpenPGP public key")
    for cert in found:
        if cert.is_revoked:
            raise UsageError(f"{where}: {file}: the key {cert.fingerprint} was revoked")
        if not may_be_over and cert.expiration is not None and cert.expiration <= datetime.now(UTC):
            raise UsageError(f"{where}: {file}: the key {cert.fingerprint} has expired ({cert.expiration:%Y-%m-%d}); ask the partner")
    yield from found


def _unlocked(make: Callable[[Tsk, str | None], _T], key: str | None, word: str | None, file: Path, name: str) -> _T | None:
    """Our secret key that stands in `file` as `name`_with, opened by its passphrase."""
    from pysequoia import Tsk

    if key is None:
        return None
    at = f"$.exchange.pgp.{name}"
    text = secret(key, file, f"{at}_with")
    where = f"{file}: {at}_with"
    try:
        found = Tsk.from_bytes(text.encode()) if "PRIVATE KEY BLOCK" in text else None
    except RuntimeError:
        found = None
    if found is None:
        raise UsageError(f"{where}: is no OpenPGP secret key (-----BEGIN PGP PRIVATE KEY BLOCK-----)")
    try:
        return make(found, secret(word, file, f"{at}_passphrase") if word is not None else None)
    except RuntimeError as problem:
        if "encrypted" in str(problem).splitlines()[0]:
            raise UsageError(f"{where}: the key has a passphrase: name it beside the key") from None
        raise UsageError(f"{where}: the passphrase is another one, or the key has no part for this that stands") from None


@contextmanager
def _private(target: Path) -> Iterator[None]:
    """A new file for its owner's eyes only, which the block writes to; on the disk when it ends well."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    yield
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    @contextmanager
    def _no_longer_than(_limit: int) -> Iterator[None]:
        yield

else:
    import resource

    @contextmanager
    def _no_longer_than(limit: int) -> Iterator[None]:
        """No file that is written in the block grows beyond `limit`: the library has no limit of its own, and a few bytes may hold many."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        lower = min(one for one in (limit, soft, hard) if one != resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_FSIZE, (lower, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _raise_system(path: Path, problem: Exception) -> None:
    """Raise SystemFailure when it was the disk's fault."""
    number = problem.errno if isinstance(problem, OSError) and problem.errno else None
    said = _SYSTEM.search(str(problem))
    if number is None and said is not None:
        number = int(said[1])
    if number is not None and number != _TOO_LONG:
        raise SystemFailure(f"{path}: {os.strerror(number)}") from None


def _raise_unopened(path: Path, problem: Exception, limit: int) -> NoReturn:
    _raise_system(path, problem)
    first = (str(problem).splitlines() or [""])[0]
    if f"(os error {_TOO_LONG})" in str(problem) or getattr(problem, "errno", None) == _TOO_LONG:
        raise Unopened(f"it holds more than {limit:,} bytes when it is decrypted ($.exchange.incoming.max_bytes); nothing of it was read")
    if "No key to decrypt" in first:
        raise Unopened("it is encrypted to another key than [exchange.pgp] decrypt_with")
    if "no valid signatures" in first:
        raise Unopened(_UNSIGNED)
    if "Unexpected message structure" in first:  # gpg's default; pysequoia 0.1.35 looks for a signature right below the encryption
        raise Unopened(
            "it was compressed before it was encrypted, and the signature of such a file cannot be checked here: ask the partner for files "
            "that are not compressed (gpg --compress-algo none)"
        )
    raise Unopened("it cannot be decrypted: it is cut off, damaged, compressed by bzip2, or no OpenPGP message")
