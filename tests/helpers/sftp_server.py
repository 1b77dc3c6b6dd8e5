"""A real SFTP server on a loopback port: OpenSSH's sshd where it is installed, else a server of its own from PyPI (asyncssh)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

SSHD = "/usr/sbin/sshd"
_ASYNCSSH = """
import asyncio, sys, asyncssh
port, folder, host, client = int(sys.argv[1]), *sys.argv[2:5]
class Sftp(asyncssh.SFTPServer):
    def __init__(self, channel):
        super().__init__(channel, chroot=folder)
async def main():
    await asyncssh.listen("127.0.0.1", port, server_host_keys=[host], authorized_client_keys=client, sftp_factory=Sftp)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def have_sshd() -> bool:
    return Path(SSHD).exists() and hasattr(os, "getuid") and os.getuid() == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SftpServer:
    """The server, its keys and its folder. `start` and `kill` may be called again and again; the port stays."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.folder = work / "mailbox"
        self.folder.mkdir()
        self.port = free_port()
        self.real = have_sshd()
        for name in ("host", "client", "other"):
            self._key(name)
        shutil.copy(work / "client.pub", work / "authorized")
        (work / "client").chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host_key(self) -> str:
        return " ".join((self.work / "host.pub").read_text().split()[:2])

    @property
    def other_key(self) -> str:
        return " ".join((self.work / "other.pub").read_text().split()[:2])

    def place(self, root: str) -> str:
        """The TOML of a mailbox in the folder `root` of the server."""
        key = json.dumps(f"file:{self.work / 'client'}")
        where = f'[exchange.sftp]\nhost = "127.0.0.1"\nport = {self.port}\nuser = "root"\nroot = "{root}"\n'
        return f'{where}host_key = "{self.host_key}"\nkey = {key}\ntimeout = 10\ntries = 8\n'

    def start(self) -> None:
        if self.real:
            Path("/run/sshd").mkdir(exist_ok=True)
            config = self.work / "sshd_config"
            config.write_text(
                f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.work / 'host'}\nAuthorizedKeysFile {self.work / 'authorized'}\n"
                f"PidFile {self.work / 'sshd.pid'}\nPasswordAuthentication no\nUsePAM no\nStrictModes no\nLogLevel QUIET\nMaxStartups 100\n"
                f"Subsystem sftp internal-sftp -d {self.folder}\nForceCommand internal-sftp -d {self.folder}\n"
            )
            command = [SSHD, "-D", "-e", "-f", str(config)]
        else:
            command = [
                sys.executable,
                "-c",
                _ASYNCSSH,
                str(self.port),
                str(self.folder),
                str(self.work / "host"),
                str(self.work / "authorized"),
            ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("the SFTP server did not come up")

    def kill(self) -> None:
        """End the server and every connection of it, at once."""
        if self._process is not None:
            self.cut()
            os.killpg(self._process.pid, signal.SIGKILL)
            self.cut()
            self._process.wait()
            self._process = None

    def cut(self) -> None:
        """End every connection, and let the server live."""
        assert self._process is not None
        for child in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _key(self, name: str) -> None:
        import paramiko
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private = Ed25519PrivateKey.generate()
        text = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        path = self.work / name
        path.write_bytes(text)
        path.chmod(0o600)
        public = paramiko.Ed25519Key.from_private_key_file(str(path))
        path.with_suffix(".pub").write_text(f"{public.get_name()} {public.get_base64()} {name}\n")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                child = int(entry.name)
                found += [*_children(child), child]
    return found
