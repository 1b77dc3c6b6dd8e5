"""The chain of events: each holds a hash over itself and the one before it, so that a changed, lost or inserted one shows."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

START = "0" * 64
_END = "\x1f"


class Event(NamedTuple):
    """An event before it has its place in the chain. `detail` holds codes, counts and names of files, never a patient's data."""

    kind: str
    request_id: int | None = None
    file_id: int | None = None
    detail: dict[str, object] = {}  # noqa: RUF012 - never changed


class Seal:
    """A digest of answers in their order, one of what orders and matches them, and one of their records, which do not outlive their
    retention.
    """

    def __init__(self) -> None:
        self.count = 0
        self._answers, self._order, self._records = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()

    def add(self, request_id: int | None, content: str, outcome: str, answered: str, trace: str | None, record: str) -> None:
        self.count += 1
        self._answers.update(f"{request_id}{_END}{content}{_END}{outcome}{_END}".encode())
        self._order.update(f"{answered}{_END}{trace}{_END}".encode())
        self._records.update(record.encode())
        self._records.update(_END.encode())

    def told(self) -> dict[str, object]:
        """What the event of these answers says."""
        digests = {"answers": self._answers, "order": self._order, "records": self._records}
        return {"count": self.count, **{name: digest.hexdigest() for name, digest in digests.items()}}


def link(before: str, n: int, at: str, actor: str, event: Event) -> tuple[str, str]:
    """The detail as it is kept, and the hash of event number `n` behind one whose hash is `before`."""
    detail = msgspec.json.encode(event.detail, order="sorted").decode() if event.detail else "{}"
    return detail, hash_of(before, n, at, actor, event.kind, event.request_id, event.file_id, detail)


def hash_of(before: str, n: int, at: str, actor: str, kind: str, request_id: int | None, file_id: int | None, detail: str) -> str:
    """The hash of an event as it stands in the table."""
    told = (before, str(n), at, actor, kind, "" if request_id is None else str(request_id), "" if file_id is None else str(file_id), detail)
    return hashlib.sha256(_END.join(told).encode()).hexdigest()
