"""A real Dask scheduler and real workers, processes of their own on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path


class DaskCluster:
    """A scheduler, and workers by their process, which are awaited when the `address` is asked for; all are ended by `close`."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self._folder = folder
        port = _free_port()
        self._address = f"tcp://127.0.0.1:{port}"
        self._log = (folder / "dask.log").open("ab")
        self.scheduler = self._begin("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-show", "--no-dashboard")
        self.workers = [self.worker() for _ in range(workers)]

    @cached_property
    def address(self) -> str:
        """Where the scheduler is, with its workers."""
        self._wait(len(self.workers))
        return self._address

    def worker(self) -> subprocess.Popen[bytes]:
        """One more worker, in a folder of its own."""
        place = ("--local-directory", str(self._folder / "work"), "--no-dashboard", "--no-nanny")
        return self._begin("dask_worker", self._address, "--host", "127.0.0.1", "--nthreads", "1", *place)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self._log.close()

    def _begin(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        place = self._folder / "elsewhere"
        place.mkdir(exist_ok=True)
        path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", f"distributed.cli.{what}", *arguments]
        return subprocess.Popen(command, cwd=place, env={**os.environ, "PYTHONPATH": path}, stdout=self._log, stderr=self._log)

    def _wait(self, workers: int) -> None:
        end = time.monotonic() + 60
        log = self._folder / "dask.log"
        while log.read_text().count("Register worker") < workers:
            if time.monotonic() > end or self.scheduler.poll() is not None:
                raise RuntimeError(log.read_text()[-3000:])
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
