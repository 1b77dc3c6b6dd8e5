"""A crew of the workers behind a Dask scheduler. Work of a worker that is lost is done by another: that is Dask's own doing."""

from __future__ import annotations

import logging
import pickle
import re
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from x12retro.cluster.edition import edition
from x12retro.crew import Pending
from x12retro.errors import SystemFailure, UsageError, X12RetroError

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")
_PATIENCE = 60.0
"""Seconds that a scheduler may be without any worker before the run gives up."""
_LOOK_AGAIN = 5.0


class DaskCrew:
    """The workers of the scheduler at `address` (tcp://host:8786); use it as a context manager.

    Raises UsageError without the extra `dask`, for what is no address, and for tls:// without certificates; SystemFailure when the
    scheduler cannot be reached or has no worker.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, Security
        except ImportError:
            raise UsageError("--scheduler needs Dask: pip install 'x12retro[dask]'") from None
        if not re.fullmatch(r"((tcp|tls)://)?[^/\s]+:[0-9]{1,5}", address):
            raise UsageError(f"--scheduler takes the address of a Dask scheduler, tcp://HOST:PORT or tls://HOST:PORT; {address!r} is none")
        if address.startswith("tls:") and Security().get_connection_args("client")["ssl_context"] is None:
            raise UsageError("--scheduler tls:// needs certificates: DASK_DISTRIBUTED__COMM__TLS__CA_FILE and more (docs/scale.md)")
        for name in ("distributed", *(name for name in logging.root.manager.loggerDict if name.startswith("distributed."))):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what is lost is told by us, where it matters
        self._address = address
        try:
            self._client: Client = Client(address, timeout="10s", set_as_default=False, name="x12retro")
        except (OSError, TimeoutError, ValueError) as problem:
            why = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise SystemFailure(f"the scheduler {address} cannot be reached: {why}") from problem
        self._counted = -_LOOK_AGAIN
        self._size = 0
        try:
            self._wait_for_workers()
        except BaseException:
            self._client.close()
            raise

    @property
    def size(self) -> int:
        """How many threads the workers have between them now; workers may come and go."""
        if time.monotonic() - self._counted > _LOOK_AGAIN:
            self._size = max(self._threads(), 1)
            self._counted = time.monotonic()
        return self._size

    def submit(self, work: Callable[..., T], *given: Any) -> Pending[T]:  # noqa: ANN401 - whatever the work takes
        """See `Crew`."""
        told = pickle.dumps((work, given), pickle.HIGHEST_PROTOCOL)  # which the scheduler passes on unread, whatever x12retro it has
        return _Asked(self, self._client.submit(_do, edition(), told, pure=False, key=None))

    def check_alive(self) -> None:
        """Raise SystemFailure when nobody is there to do the work, and nobody comes."""
        self._wait_for_workers()

    def _wait_for_workers(self) -> None:
        end = time.monotonic() + _PATIENCE
        while not self._threads():
            if time.monotonic() > end:
                raise SystemFailure(f"the scheduler {self._address} has no worker; start some: dask worker {self._address} --nthreads 1")
            time.sleep(0.2)

    def _threads(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError) as problem:
            raise self.lost() from problem

    def lost(self) -> SystemFailure:
        return SystemFailure(f"the scheduler {self._address} was lost; run it again")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close(timeout=5)


class _Asked(Pending[T]):
    def __init__(self, crew: DaskCrew, future: Future) -> None:
        self._crew, self._future = crew, future

    def result(self) -> T:
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        try:
            while True:
                try:
                    found: bytes = self._future.result(timeout=_LOOK_AGAIN)
                    break
                except TimeoutError:
                    self._crew.check_alive()
        except X12RetroError:
            raise
        except KilledWorker:
            raise SystemFailure(
                "the same piece of work has killed one worker after the other (for want of memory?); nothing more is tried"
            ) from None
        except (CancelledError, CommClosedError, OSError) as problem:
            raise self._crew.lost() from problem
        except Exception as problem:
            why = f"{type(problem).__name__}: {problem}".splitlines()[0]
            raise SystemFailure(f"a worker could not do its work ({why[:200]}); is x12retro {edition()} installed there?") from problem
        self._future.release()
        told: T = pickle.loads(found)  # noqa: S301 - from a worker that runs what we send it
        return told

    def cancel(self) -> object:
        return self._future.release()


def _do(asked: str, told: bytes) -> bytes:
    """What a worker does with the work it is told. Its answer as bytes, which Dask passes on as they are: into records it would look.

    Raises SystemFailure where another x12retro would do the work in another way.
    """
    if asked != edition():
        raise SystemFailure(f"a worker has x12retro {edition()}, and this is {asked}: they must be the same, and workers be begun anew")
    work, given = pickle.loads(told)  # noqa: S301 - who reaches a scheduler can run anything on its workers
    return pickle.dumps(work(*given), pickle.HIGHEST_PROTOCOL)
