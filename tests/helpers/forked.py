"""The command in processes that need not import it first, nor read its maps: each is forked from one that has.

A command takes longer over these than over the few sets of a test. What a forked one sees is what a new one sees: its
own memory, arguments, folder and environment, three pipes, an end of its own. What a fork cannot show is asked of a new interpreter
(`Command.anew`): that a command imports and reads all it needs, and what the interpreter takes from the environment when it starts.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

Done = subprocess.CompletedProcess[bytes]
LONGEST = 120  # seconds
SELDOM = ("x12retro.flow.run", "alembic.command", "holidays", "paramiko", "psycopg", "pyx12.x12n_document", "rich.progress", "rich.table")
"""What commands import when they come to need it, but for what starts threads, which no fork takes along."""


class Command:
    """Run the command: `x12retro("validate", path, stdin=b"...")`."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(LONGEST)
        command = [sys.executable, __file__, str(theirs.fileno())]
        pipe = subprocess.PIPE  # what the streams of a forked one are, those of this one have to be
        self._first = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=pipe, stdout=pipe, stderr=pipe)
        theirs.close()

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> Done:
        (stdin_theirs, given), (out, stdout_theirs), (err, stderr_theirs) = os.pipe(), os.pipe(), os.pipe()
        theirs = (stdin_theirs, stdout_theirs, stderr_theirs)
        told = json.dumps([[str(one) for one in arguments], str(cwd or Path.cwd()), dict(os.environ)]).encode()
        socket.send_fds(self._line, [len(told).to_bytes(8, "big")], theirs)
        self._line.sendall(told)
        for end in theirs:
            os.close(end)
        with ThreadPoolExecutor(3) as hands:
            hands.submit(_give, given, stdin)
            stdout, stderr = hands.submit(_take, out), hands.submit(_take, err)
            child = _number(self._line)
            try:
                code = _number(self._line)
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(["x12retro", *map(str, arguments)], code, stdout.result(), stderr.result())

    def anew(self, *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> Done:
        """The same in a new interpreter."""
        command = [sys.executable, "-m", "x12retro", *map(str, arguments)]
        return subprocess.run(command, input=stdin, cwd=cwd, capture_output=True, timeout=LONGEST, check=False)

    def close(self) -> None:
        self._line.close()
        self._first.kill()
        self._first.communicate()


def _give(end: int, data: bytes) -> None:
    try:
        with open(end, "wb") as pipe:
            pipe.write(data)
    except BrokenPipeError:
        pass  # a command need not read what it is given


def _take(end: int) -> bytes:
    with open(end, "rb") as pipe:
        return pipe.read()


def _number(line: socket.socket) -> int:
    told = line.recv(8, socket.MSG_WAITALL)
    if len(told) < 8:
        raise RuntimeError("the process that commands are forked from has ended")
    return int.from_bytes(told, "big", signed=True)


def _serve(line: socket.socket) -> None:
    """Fork once for each request that comes, until nobody is there to ask; the number of the child goes back, and then its exit code."""
    from x12retro import cli

    for module in (*(f"x12retro.cli.{one.name}" for one in pkgutil.iter_modules(cli.__path__)), *SELDOM):
        importlib.import_module(module)
    _read_maps()
    gc.collect()
    gc.freeze()
    while True:
        size, streams, _, _ = socket.recv_fds(line, 8, 3)
        if not size:
            return
        arguments, folder, environment = json.loads(line.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
        child = os.fork()
        if not child:
            line.close()
            for n, stream in enumerate(streams):
                os.dup2(stream, n)
                os.close(stream)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            time.tzset()
            sys.argv = ["x12retro", *arguments]
            _ended(cli.main)
        for stream in streams:
            os.close(stream)
        line.sendall(child.to_bytes(8, "big"))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.sendall(code.to_bytes(8, "big", signed=True))


def _read_maps() -> None:
    """Have the guides, code lists and payers' rules read that nearly every command reads; nothing else is kept from one run to another."""
    from x12retro.decide import decide_stream
    from x12retro.guide.judge import validate
    from x12retro.guide.places import fixtures_dir

    for direction in ("request", "response", "inquiry", "inquiry-response"):
        list(validate(fixtures_dir() / "guide" / f"every-loop-{direction}.edi"))
    list(decide_stream(fixtures_dir() / "guide" / "every-loop-response.edi"))


def _ended(run: Callable[[], None]) -> NoReturn:
    """Run, and end as an interpreter does, but for taking apart what it imported: that takes longer than the rest."""
    code = 1
    try:
        run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - told as an interpreter tells it
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as _line:
        _serve(_line)
