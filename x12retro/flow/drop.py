"""The drop folder: what is whole is taken out of it, so that nobody replaces it while it is read, and taken down in the ledger."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from x12retro.counted import counted
from x12retro.deliver.house import digest
from x12retro.flow.desk import Desk
from x12retro.ledger import NewFile
from x12retro.ledger.queries import find_file

_LONGEST = 200  # bytes of a name: numbers and endings of ours are added to it
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart")


def waiting(desk: Desk) -> list[Path]:
    """What is to be read: files that an earlier run took and did not end, then those of the drop folder that are whole."""
    settled = time.time() - desk.exchange.incoming.settle
    found, fresh, unnamed = sorted(desk.house.taken.iterdir()), 0, 0
    for path in sorted(desk.house.drop.iterdir()):
        try:
            about = path.lstat()
        except FileNotFoundError:  # somebody took it away in between
            continue
        if not stat.S_ISREG(about.st_mode) or path.name.startswith(".") or path.suffix in _UNFINISHED:
            continue
        if not path.name.isprintable() or len(os.fsencode(path.name)) > _LONGEST:
            unnamed += 1
        elif about.st_mtime > settled:
            fresh += 1
        else:
            found.append(path)
    if fresh:
        desk.tell("info", f"{counted(fresh, 'file')} of the drop folder may still grow; the next run takes what is whole")
    if unnamed:
        desk.tell("error", f"{counted(unnamed, 'file')} of the drop folder passed over: a name is too long or no text; give it another")
    return found


def take_out(desk: Desk, path: Path) -> Path | None:
    """Take a file out of the drop folder, so that nobody replaces it while it is read; where it lies then. None when it is gone."""
    taken = desk.house.taken / path.name
    if path != taken:
        if taken.exists():  # it could not be read so far; nothing replaces it
            desk.tell("warning", f"{path.name}: waits, for an earlier file of that name was begun and is not ended")
            return None
        try:
            path.rename(taken)
        except FileNotFoundError:
            return None
    if not stat.S_ISREG(taken.lstat().st_mode):  # somebody replaced it since it was looked at, and nobody can here
        back = desk.house.drop / taken.name
        if not os.path.lexists(back):
            taken.rename(back)
        desk.tell("error", f"{taken.name}: is no file, and was left in the drop folder")
        return None
    with suppress(PermissionError):  # it is another user's; then its mode is that one's to choose
        taken.chmod(0o600)
    return taken


def begun(desk: Desk, path: Path, kind: str) -> tuple[int, list[int]]:
    """Take down that a file of the drop folder is begun with, or begun with again; its id. `kind`: encounters or request (a ready file).

    One that was read to its end before was dropped again: what is held of it is given back, to be judged as things stand now, and
    named. One over which a run died is taken up where it was.
    """
    sha256, size = digest(path), path.stat().st_size
    with desk.change() as change:
        known = find_file(change.connection, desk.partner, "drop", path.name, sha256)
        if known is not None:
            change.file(known.id, "taken_again")
            return int(known.id), change.give_back(known.id) if known.state != "taken" else []
        new = NewFile(direction="drop", kind=kind, name=path.name, sha256=sha256, size=size, state="taken", path=desk.house.kept(path))
        return change.add_file(new), []


def hold_whole(
    desk: Desk,
    path: Path,
    drop_id: int,
    faults: Sequence[str],
    findings: Iterable[dict[str, object]],
    *,
    many: int | None = None,
    records: int = 0,
    given_back: Sequence[int] = (),
) -> None:
    """Put a file of the drop folder aside as a whole, with what is wrong beside it: `findings` line by line, `faults` in short, `many` in
    all. Nothing of it is taken; what was held of it before is closed.
    """
    aside = desk.house.set_aside(drop_id, path.name)
    beside = aside.with_name(f"{aside.name}.findings.jsonl")
    with desk.house.writing(beside) as out:
        for finding in findings:
            out.write(msgspec.json.encode({"file": path.name, **finding}) + b"\n")
    with desk.change() as change:
        counts = {"records": records, "requests": 0, "again": 0}
        change.close_left(given_back, "its file was dropped again, and holds no encounters")
        change.file(drop_id, "held", counts=counts, note="; ".join(faults[:20]), path=desk.house.kept(aside))
    desk.house.move(path, aside)
    count = f", {many} things are wrong" if many is not None and many > 1 else ""
    desk.tell("error", f"{path.name}: is held as a whole{count}: {faults[0]} ({desk.house.kept(beside)})")
