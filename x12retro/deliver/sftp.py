"""A mailbox on an SFTP server. The server's key is pinned; what it sends is never trusted to be a path.

paramiko is imported when a connection is made. Writes are pipelined and reads prefetched: without, each 32 KB waits for an answer.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import posixpath
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from x12retro.deliver.errors import HostKeyChanged, LoginRefused, MailboxRefused, MailboxUnreachable, begun
from x12retro.deliver.folder import to_read, written
from x12retro.deliver.mailbox import Entry
from x12retro.errors import UsageError

if TYPE_CHECKING:
    import paramiko

_CHUNK = 1 << 18
_LONGEST_NAME = 1000
_MOST_ENTRIES = 200_000
"""A folder with more files is taken in several runs; an endless listing is not."""


class Server(NamedTuple):
    """Where the mailbox is and how to get in. `host_key` is a line as in known_hosts without the host: `ssh-ed25519 AAAA...`.

    `key` is the text of a private key (with `passphrase`), else `password` is used; neither is ever shown.
    """

    host: str
    port: int
    user: str
    host_key: str
    key: str | None = None
    passphrase: str | None = None
    password: str | None = None
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"<Server {self.user}@{self.host}:{self.port}>"


class SftpMailbox:
    """The mailbox of `server`, below its folder `root`. Raises the errors of `errors.py` when it cannot be opened."""

    def __init__(self, server: Server, root: str = "") -> None:
        self._name = f"{server.user}@{server.host}:{server.port}"
        self._root = root
        self._transport = _connected(server)
        try:
            with self._told(""):
                found = _sftp(self._transport, server.timeout)
        except BaseException:
            self._transport.close()
            raise
        self._sftp = found

    def entries(self, folder: str) -> list[Entry]:
        found: dict[str, Entry] = {}
        with self._told(folder):
            for n, one in enumerate(self._sftp.listdir_iter(self._path(folder), read_aheads=8)):
                if n >= _MOST_ENTRIES:
                    break
                if stat.S_ISREG(one.st_mode or 0) and len(one.filename) <= _LONGEST_NAME:
                    found[one.filename] = Entry(one.filename, one.st_size or 0, float(one.st_mtime or 0))
        return sorted(found.values())

    def names(self, folder: str) -> set[str]:
        with self._told(folder):
            return {
                one.filename
                for one, _ in zip(self._sftp.listdir_iter(self._path(folder), read_aheads=8), range(_MOST_ENTRIES), strict=False)
            }

    def put(self, folder: str, name: str, source: Path) -> int:
        path = self._path(folder, name)
        with to_read(source) as reading:
            with self._told(folder):
                writing = self._sftp.open(path, "wb")
            with begun(), self._told(folder):
                with writing:
                    writing.set_pipelined(True)
                    while chunk := reading.read(_CHUNK):
                        writing.write(chunk)
                try:
                    return int(self._sftp.stat(path).st_size or 0)
                except FileNotFoundError:  # it was closed without a word, and somebody has taken it
                    return reading.tell()

    def rename(self, folder: str, old: str, new: str) -> None:
        with self._told(folder):
            target = self._path(folder, new)
            with suppress(FileNotFoundError):  # some servers replace without a word
                self._sftp.lstat(target)
                raise MailboxRefused(f"{folder or 'the mailbox'}: there is a file of that name already")
            self._sftp.rename(self._path(folder, old), target)

    def get(self, folder: str, name: str, target: Path, limit: int) -> int:
        path = self._path(folder, name)
        with self._told(folder):
            about = self._sftp.lstat(path)
            if not stat.S_ISREG(about.st_mode or 0):
                raise MailboxRefused(f"{name}: is no file")
            if (about.st_size or 0) > limit:
                raise MailboxRefused(f"{name}: is longer than {limit:,} bytes")
            with self._sftp.open(path, "rb") as reading:
                _prefetch(reading, about.st_size or 0)
                return written(reading, target, limit, name)

    def remove(self, folder: str, name: str) -> bool:
        with self._told(folder):
            try:
                self._sftp.remove(self._path(folder, name))
            except FileNotFoundError:
                return False
        return True

    def close(self) -> None:
        self._transport.close()

    def _path(self, folder: str, name: str = "") -> str:
        return posixpath.join(self._root, folder, name).rstrip("/") or "."

    @contextmanager
    def _told(self, folder: str) -> Iterator[None]:
        import paramiko

        where = f"{self._name}, {folder or 'the mailbox'}"
        try:
            yield
        except (MailboxRefused, MailboxUnreachable):
            raise
        except (OSError, paramiko.SSHException, EOFError) as problem:
            if isinstance(problem, OSError) and problem.errno in (errno.ENOENT, errno.EACCES, errno.EEXIST, errno.ENOSPC, errno.EDQUOT):
                raise MailboxRefused(f"{where}: {os.strerror(problem.errno)}") from problem
            if type(problem) is OSError and problem.errno is None and self._is_open(problem):  # the server's own refusal (SSH_FX_FAILURE)
                raise MailboxRefused(f"{where}: the server refused it") from problem
            raise MailboxUnreachable(f"{where}: the connection broke ({type(problem).__name__})") from problem

    def _is_open(self, problem: OSError) -> bool:
        """False when the failure is that of a connection that is gone, for which the library has no kind of its own."""
        return self._transport.is_active() and "closed" not in str(problem)


def _sftp(transport: paramiko.Transport, timeout: float) -> paramiko.SFTPClient:
    import paramiko

    client = paramiko.SFTPClient.from_transport(transport)
    if client is None:
        raise paramiko.SSHException("no channel")
    channel = client.get_channel()
    if channel is not None:
        channel.settimeout(timeout)  # a server that stands still is one that cannot be reached
    return client


def _prefetch(reading: paramiko.SFTPFile, size: int) -> None:
    """Ask for the whole file at once. The library asks in a thread of its own and does not catch what fails there:
    when the connection breaks the reader is told in any case, and the thread has nothing to add but a traceback.
    """
    import paramiko

    asked = reading._prefetch_thread

    def asking(*chunks: object) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            asked(*chunks)

    reading._prefetch_thread = asking
    reading.prefetch(size)


def _connected(server: Server) -> paramiko.Transport:
    import paramiko

    name = f"{server.user}@{server.host}:{server.port}"
    expected = _host_key(server.host_key)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)  # what fails is told by who catches it
    try:
        link = socket.create_connection((server.host, server.port), timeout=server.timeout)
    except OSError as problem:
        raise MailboxUnreachable(f"{name}: {problem.strerror or type(problem).__name__}") from problem
    transport = paramiko.Transport(link)
    transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = server.timeout
    try:
        _log_in(transport, server, name, expected)
    except paramiko.AuthenticationException as problem:
        transport.close()
        if "transport shut down" in str(problem) or "timeout" in str(problem).lower():  # cut in the middle: nothing was refused
            raise MailboxUnreachable(f"{name}: the connection broke while logging in") from problem
        raise LoginRefused(f"{name}: user, key or password were refused; it is not tried again, accounts get locked") from None
    except paramiko.IncompatiblePeer as problem:
        transport.close()
        raise HostKeyChanged(f"{name}: the server has no key of the kind that host_key names") from problem
    except (paramiko.SSHException, EOFError, OSError) as problem:
        transport.close()
        raise MailboxUnreachable(f"{name}: the connection broke ({type(problem).__name__})") from problem
    except BaseException:
        transport.close()
        raise
    return transport


def _log_in(transport: paramiko.Transport, server: Server, name: str, expected: tuple[str, str]) -> None:
    """Nothing is told to a server that shows another key."""
    transport.get_security_options().key_types = _key_types(expected[0])
    transport.start_client(timeout=server.timeout)
    shown = transport.get_remote_server_key()
    if (shown.get_name(), shown.get_base64()) != expected:
        raise HostKeyChanged(f"{name}: the server shows another key than host_key names; ask the partner before you change it")
    if server.key is not None:
        transport.auth_publickey(server.user, _private_key(server.key, server.passphrase))
    else:
        transport.auth_password(server.user, server.password or "")
    transport.set_keepalive(15)


def _host_key(line: str) -> tuple[str, str]:
    parts = line.split()
    if len(parts) < 2 or not parts[0].startswith(("ssh-", "ecdsa-")):
        raise UsageError("host_key: give kind and key as in known_hosts: ssh-ed25519 AAAA...")
    return parts[0], parts[1]


def _key_types(kind: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def _private_key(text: str, passphrase: str | None) -> paramiko.PKey:
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), password=passphrase)
        except paramiko.PasswordRequiredException:
            raise UsageError("the private key has a passphrase: name it in `passphrase`") from None
        except (paramiko.SSHException, ValueError):
            continue
    raise UsageError("the private key cannot be read (OpenSSH or PEM; Ed25519, ECDSA or RSA), or its passphrase is another one")
