"""Requests as they were sent: their sets, read from our copies of the files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from x12retro.deliver.house import House
from x12retro.ledger.queries import Asked
from x12retro.x12 import GroupStart, Transaction, read


def sets_of(house: House, asked: Iterable[Asked]) -> Iterator[tuple[Asked, Transaction]]:
    """Yield each of these requests with its set, file by file; only their own sets are read. Those whose copy is gone are left out."""
    by_path: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        if one.path is not None and one.at is not None:
            by_path[one.path].append(one)
    for path, wanted in by_path.items():
        file = house.path(path)
        group = next((frame for frame in read(file) if isinstance(frame, GroupStart)), None) if file.exists() else None
        if group is not None:
            with file.open("rb") as stream:
                for one in wanted:
                    stream.seek(one.at or 0)
                    yield one, Transaction(stream.read(one.length or 0), one.at or 0, group, True, True)
