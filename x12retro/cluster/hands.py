"""Several workers on one host: a process each, begun again when it dies, ended together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess

from x12retro.errors import UsageError

_PAUSE = 2.0
"""Seconds before a worker that died is begun again: what killed it may last."""
_WRONG = 2
"""Exit code of what will not get better by itself."""


def keep(count: int, work: Callable[[], int], tell: Callable[[str], None]) -> int:
    """Have `work` done by so many processes until told to end (SIGTERM, Ctrl-C): each ends what it has in hand. The worst exit code.

    Raises UsageError where the system cannot begin processes so.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        raise UsageError("on this system a command is one worker: start several commands with --workers 1")
    context = multiprocessing.get_context("fork")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def begin() -> BaseProcess:
        hand = context.Process(target=_one, args=(work,))
        hand.start()
        return hand

    hands = [begin() for _ in range(count)]
    while not stop.wait(0.2):
        for n, hand in enumerate(hands):
            if hand.is_alive():
                continue
            if hand.exitcode == _WRONG:
                stop.set()
                break
            tell(f"a worker ended ({hand.exitcode}); another is begun")
            time.sleep(_PAUSE)
            hands[n] = begin()
    for hand in hands:
        if hand.is_alive():
            hand.terminate()
    for hand in hands:
        hand.join()
    return max((_code(hand.exitcode) for hand in hands), default=0)


def _one(work: Callable[[], int]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):  # until the worker has its own
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    raise SystemExit(work())


def _end_with(parent: int) -> None:
    """End in good order when the process that began this one is gone: nobody else would tell it to."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _code(exit_code: int | None) -> int:
    return 0 if exit_code in (None, -signal.SIGTERM, -signal.SIGINT) else 3 if exit_code is not None and exit_code < 0 else exit_code or 0
