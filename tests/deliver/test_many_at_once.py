"""Files that wait are sent together: each step is recorded for all of them at once, and what fails holds up nothing before it."""

from datetime import datetime

import pytest
from installation import Installation

from x12retro.deliver import MailboxRefused, MailboxUnreachable
from x12retro.deliver.folder import FolderMailbox
from x12retro.ledger import Ledger
from x12retro.ledger.tables import files
from x12retro.payer import Behaviour


def answered(tmp_path, count, *, finish="rename"):
    """An installation into which a file has come that holds so many interchanges with answers."""
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}), max_sets=1, finish=finish)
    house.drop(count)
    house.run()
    house.payer.round(datetime.now())
    come = sorted((house.box / "out").iterdir())
    answers = b"".join(file.read_bytes() for file in come if file.suffix == ".278")
    for file in come:
        file.unlink()
    (house.box / "out" / "all.278").write_bytes(answers)
    return house


def ours(house):
    return [row for row in house.rows(files) if row["kind"] == "acknowledgment" and row["direction"] == "out"]


def counted(monkeypatch, house):
    """How many changes of the ledger a run makes, and how often it waits for the disk."""
    changes, synced = [], []
    change, fsync = Ledger.change, __import__("os").fsync
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "change", lambda *those: changes.append(1) or change(*those))
        patch.setattr("os.fsync", lambda descriptor: synced.append(1) or fsync(descriptor))
        house.run()
    return len(changes), len(synced)


def test_the_acknowledgments_of_many_interchanges_are_taken_down_and_sent_together(tmp_path, monkeypatch):
    few, many = answered(tmp_path / "few", 5), answered(tmp_path / "many", 45)
    changes, synced = counted(monkeypatch, few)
    more_changes, more_synced = counted(monkeypatch, many)
    acks = ours(many)
    assert {row["state"] for row in acks} == {"delivered"}
    assert len(acks) - len(ours(few)) >= 40
    assert more_changes == changes
    assert more_synced - synced <= 3 * (len(acks) - len(ours(few)))  # ours, theirs, and the name of theirs
    assert len({row["isa13"] for row in acks}) == len(acks)
    many.settle()
    assert many.faults() == []


@pytest.mark.parametrize("problem", [MailboxRefused, MailboxUnreachable])
@pytest.mark.parametrize("finish", ["rename", "direct", "manifest"])
def test_what_fails_holds_up_nothing_that_comes_before_it(tmp_path, monkeypatch, finish, problem):
    house = answered(tmp_path, 6, finish=finish)
    put, seen = FolderMailbox.put, []

    def fails(box, folder, name, source):
        if name not in seen:
            seen.append(name)
        if len(seen) > 3:
            raise problem("not now")
        return put(box, folder, name, source)

    with monkeypatch.context() as patch:
        patch.setattr(FolderMailbox, "put", fails)
        patch.setattr("x12retro.deliver.retry.time.sleep", lambda _: None)
        assert house.run().failed == "not now"
    acks = ours(house)
    delivered = {"rename": 3, "direct": 3, "manifest": 0}[finish]  # a manifest is a file more
    assert [row["state"] for row in acks][:delivered] == ["delivered"] * delivered
    assert {row["state"] for row in acks[3:]} == {"staged"}
    house.settle()
    assert house.faults() == []


@pytest.mark.parametrize("where", ["put", "finish", "_delivered", "move_copies"])
@pytest.mark.parametrize("finish", ["rename", "manifest"])
def test_a_run_that_dies_over_many_files_loses_and_repeats_none(tmp_path, monkeypatch, finish, where):
    house = answered(tmp_path, 6, finish=finish)
    real = getattr(__import__("x12retro.flow.delivery", fromlist=["put"]), where)
    seen = []

    def dies(*those, **named):
        seen.append(where)
        if where in ("_delivered", "move_copies") or len(seen) == 4:
            raise KeyboardInterrupt
        return real(*those, **named)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"x12retro.flow.delivery.{where}", dies)
        house.run()
    house.settle()
    assert house.faults() == []
