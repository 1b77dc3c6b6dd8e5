"""The end of what is kept: records are emptied and files deleted that are past their retention, and what nobody may delete is left.

What is about to be deleted is recorded before it is deleted; a run that died in between is made good by the next one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from x12retro.deliver import Config, House
from x12retro.errors import SystemFailure, UsageError
from x12retro.flow.enclosing import clear_given
from x12retro.ledger import Ledger
from x12retro.ledger.change import moment
from x12retro.ledger.only import only
from x12retro.ledger.purge import Purged, count_past, deleted, partners, purge_files, purge_requests, to_delete


def last_day(config: Config, ledger: Ledger, before: date | None) -> date:
    """The day before which things are past: `before`, or as `retain_days` says. Raises UsageError for a day that is still to be kept."""
    latest = ledger.clock().date() - timedelta(days=config.retain_days)
    if before is not None and before > latest:
        raise UsageError(f"--before {before}: younger than {latest} is kept ($.retain_days = {config.retain_days} in {config.file})")
    return before or latest


def purge(config: Config, ledger: Ledger, before: date, *, dry_run: bool) -> dict[str, Purged]:
    """Purge what is past on the day `before`, of every partner that the ledger knows; what was done, or would be. Raises Busy while a
    partner is at work.
    """
    done: dict[str, Purged] = {}
    limit = moment(datetime.combine(before, time(), UTC))
    with ledger.look() as connection:
        known = partners(connection)
    for partner in known:
        if dry_run:
            with ledger.look() as connection:
                done[partner] = count_past(connection, partner, limit)
            continue
        with only(ledger, config.root, partner):
            told = purge_requests(ledger, partner, limit)
            count, kept = purge_files(ledger, partner, limit)
            _delete(config.root, ledger, partner)
            done[partner] = told._replace(files=count, kept=kept)
    return done


def _delete(root: Path, ledger: Ledger, partner: str) -> None:
    """Delete the copies of the files that were purged, what was written about them, and documents that were given and never sent."""
    house = House(root, partner)
    with ledger.look() as connection:
        rows = to_delete(connection, partner)
    for row in rows:
        for path in _of(house, row):
            try:
                path.unlink(missing_ok=True)
            except OSError as problem:
                raise SystemFailure(f"{path}: cannot be deleted ({problem.strerror})") from problem
    deleted(ledger, partner, rows)
    clear_given(house, ledger)


def _of(house: House, row: Row[Any]) -> list[Path]:
    """Every file of ours that holds what a file held: its copies, the problems and findings beside it, the decisions read from it."""
    aside = house.set_aside(row.id, row.name)
    found = [house.path(path) for path in (row.path, row.plain) if path is not None]
    found += [aside.with_name(f"{aside.name}.{kind}.jsonl") for kind in ("problems", "findings")]
    if row.direction == "in":
        found.append(house.decision_file(row.made_at, row.sha256))
    return found
