"""What the mailbox itself says of our files: a delivery in doubt is settled, a file that could not be read is made anew."""

import os
import time
from datetime import datetime

import msgspec
import pytest
from installation import NOTICES, Installation

from x12retro.deliver.mailbox import Entry
from x12retro.deliver.notices import Notice, notice_fault, noticed
from x12retro.ledger.tables import events, files, requests
from x12retro.payer import Behaviour


def installed(tmp_path, *, notices=NOTICES, unreadable=0.0, finish="rename"):
    return Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}, unreadable=unreadable), finish=finish, notices=notices)


def sent(house):
    return [row for row in house.rows(files) if row["kind"] == "request"]


def test_which_notice_is_about_which_file():
    told = [
        Notice(name="{batch}.ACK", says="failed", folder="a"),
        Notice(name="{name}-{batch}-success", says="received", folder="a"),
        Notice(name="{name}processed{any}", says="received", folder="b"),
    ]
    entries = [Entry("77.ACK", 1, 0.0), Entry("x-1.edi-77-success", 1, 0.0), Entry("x.edi", 1, 0.0), Entry("x.ediprocessed.old", 1, 0.0)]
    found = [(one.entry.name, one.notice.says, one.name, one.batch) for one in noticed(told, "a", entries)]
    assert found == [("x-1.edi-77-success", "received", "x-1.edi", "77"), ("77.ACK", "failed", None, "77")]
    assert [one.name for one in noticed(told, "b", entries)] == ["x.edi"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{file}.ok", "is none of"),
        ("done", "must be in it"),
        ("{name}", "must differ"),
        ("{name}{any}-{batch}", "something between them"),
        ("a{batch}{name}", "something between them"),
        ("{name}{name}", "stands in it once"),
        ("{any}.ACK", "must be in it"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_told(pattern, why):
    assert why in notice_fault(pattern)


def test_a_file_that_was_received_is_no_more_than_delivered(tmp_path):
    house = installed(tmp_path)
    house.drop(3)
    house.run()
    house.payer.round(datetime.now())
    for answer in (house.box / "out").iterdir():
        answer.unlink()
    house.run()
    (ours,) = sent(house)
    assert (ours["state"], ours["batch"]) == ("delivered", "00000001")
    assert {row["state"] for row in house.rows(requests) if row["trace"]} == {"sent"}
    assert [row["name"] for row in house.rows(files) if row["kind"] == "notice"] == [f"{ours['name']}-00000001-success"]
    assert not list((house.box / "in").iterdir())
    assert not house.rows(files)[-1]["note"]


def test_the_whole_journey_with_notices_comes_to_rest(tmp_path):
    house = installed(tmp_path)
    house.drop(20)
    house.settle()
    assert house.faults() == []
    assert {row["state"] for row in sent(house)} == {"acknowledged"}
    rows = house.rows(files)
    assert sum(row["kind"] == "notice" for row in rows) == sum(row["direction"] == "out" for row in rows)


def test_a_file_that_could_not_be_read_is_made_anew(tmp_path):
    house = installed(tmp_path, unreadable=1.0)
    house.drop(3)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    (ours,) = sent(house)
    assert ours["state"] == "refused"
    asked = [row for row in house.rows(requests) if row["trace"]]
    assert {(row["state"], row["next_do"]) for row in asked} == {("rejected", "correct_and_resend")}
    assert any("took nothing of it" in text for level, text in house.told if level == "warning")
    (notice,) = [row for row in house.rows(files) if row["kind"] == "notice"]
    assert (tmp_path / "house" / notice["path"]).read_text() == "the file could not be read\n"


def test_a_later_notice_goes_by_the_number_that_the_mailbox_gave(tmp_path):
    house = installed(tmp_path)
    house.drop(3)
    house.run()
    (ours,) = sent(house)
    (house.box / "in" / ours["name"]).unlink()
    (house.box / "in" / f"{ours['name']}-4711-success").write_text("")
    (house.box / "out" / "4711.ACK").write_text("duplicate file")
    house.run()
    assert sent(house)[0]["state"] == "refused"
    assert {row["state"] for row in house.rows(requests) if row["trace"]} == {"rejected"}
    assert not list((house.box / "out").iterdir())


def test_a_notice_about_a_file_that_is_not_ours_is_left_and_in_the_incoming_folder_shown(tmp_path):
    house = installed(tmp_path)
    house.drop(1)
    house.run()
    (house.box / "in" / "theirs.edi-1-success").write_text("")
    (house.box / "out" / "99.ACK").write_text("what is this")
    house.run()
    assert not [row for row in house.rows(files) if row["state"] == "held"]  # the notice with the number may still come
    os.utime(house.box / "out" / "99.ACK", (1, 1))
    house.run()
    assert (house.box / "in" / "theirs.edi-1-success").exists()
    (held,) = [row for row in house.rows(files) if row["state"] == "held"]
    assert held["name"] == "99.ACK"


@pytest.mark.parametrize("state", ["sending", "in_doubt"])
def test_a_delivery_in_doubt_is_settled(tmp_path, state):
    house = installed(tmp_path, finish="direct")
    house.drop(2)
    house.run()
    (ours,) = sent(house)
    in_doubt(house, ours)
    (house.box / "in" / ours["name"]).unlink()
    if state == "in_doubt":
        house.run()
        assert sent(house)[0]["state"] == "in_doubt"
    (house.box / "in" / f"{ours['name']}-5-success").write_text("")
    house.run()
    (row,) = sent(house)
    assert row["state"] == "delivered"
    assert (tmp_path / "house" / row["path"]).exists()
    assert "archive" in row["path"]
    assert {one["state"] for one in house.rows(requests) if one["trace"]} == {"sent"}


def in_doubt(house, ours):
    """Make the ledger say what it says when a run dies over a file that it puts there under its own name."""
    from sqlalchemy import update

    from x12retro.deliver import load_config
    from x12retro.ledger import open_ledger

    target = house.work / "house" / "outbox" / "summit-ridge" / ours["name"]
    (house.work / "house" / ours["path"]).rename(target)
    ledger = open_ledger(load_config(house.config).ledger)
    with ledger.engine.begin() as connection:
        connection.execute(
            update(files).where(files.c.id == ours["id"]).values(state="sending", path=f"outbox/summit-ridge/{ours['name']}", due_at=None)
        )
        connection.execute(update(requests).where(requests.c.file_id == ours["id"]).values(state="validated", sent_at=None))
    ledger.close()


def test_what_may_not_be_taken_away_is_read_once(tmp_path):
    house = installed(tmp_path, notices=NOTICES.replace('says = "received"', 'says = "received"\ntake = false'))
    house.drop(3)
    house.run()
    house.payer.round(datetime.now())
    for _ in range(3):
        house.run()
    (ours,) = sent(house)
    assert (house.box / "in" / f"{ours['name']}-00000001-success").exists()
    told = [row for row in house.rows(events) if row["kind"] == "notice"]
    assert len(told) == 1
    assert msgspec.json.decode(told[0]["detail"])["batch"] == "00000001"


def test_a_name_taken_by_another_file_is_not_settled_by_its_notice(tmp_path):
    house = installed(tmp_path, finish="direct")
    house.drop(1)
    name = "CEDARBLUFF01_000000001.edi"
    (house.box / "in" / name).write_text("theirs")
    house.run()
    assert sent(house)[0]["state"] == "held"
    (house.box / "in" / f"{name}-5-success").write_text("")
    house.run()
    assert sent(house)[0]["state"] == "held"


def test_the_incoming_folder_is_looked_at_last_whatever_it_is_called(tmp_path):
    house = installed(tmp_path, notices=NOTICES.replace('folder = "in"', 'folder = "success"'))
    (house.box / "success").mkdir()
    house.drop(3)
    house.run()
    (ours,) = sent(house)
    (house.box / "success" / f"{ours['name']}-4711-success").write_text("")
    (house.box / "out" / "4711.ACK").write_text("duplicate file")
    house.run()
    assert sent(house)[0]["state"] == "refused"


def test_a_notice_that_is_only_looked_at_is_not_collected_either(tmp_path):
    house = installed(
        tmp_path, notices=NOTICES.replace('name = "{batch}.ACK"\nsays = "failed"', 'name = "{batch}.ACK"\nsays = "failed"\ntake = false')
    )
    house.drop(3)
    house.run()
    (house.box / "out" / "99.ACK").write_text("about a file of somebody else")
    house.run()
    assert (house.box / "out" / "99.ACK").exists()
    assert not [row for row in house.rows(files) if row["state"] == "held"]


def test_a_number_that_is_used_before_its_notice_has_come_waits_for_it(tmp_path):
    house = installed(tmp_path)
    house.drop(3)
    house.run()
    (ours,) = sent(house)
    (house.box / "in" / ours["name"]).unlink()
    (house.box / "out" / "4711.ACK").write_text("duplicate file")
    house.run()
    assert sent(house)[0]["state"] == "delivered"
    (house.box / "in" / f"{ours['name']}-4711-success").write_text("")
    house.run()
    assert sent(house)[0]["state"] == "refused"
    assert not [row for row in house.rows(files) if row["state"] == "held"]


def test_a_number_that_several_files_were_given_is_for_a_person(tmp_path):
    house = installed(tmp_path)
    for _ in range(2):
        house.drop(1)
        house.run()
    for ours in sent(house):
        (house.box / "in" / f"{ours['name']}-4711-success").write_text("")
    house.run()
    assert any("gave its number to" in text for _, text in house.told)
    (house.box / "out" / "4711.ACK").write_text("duplicate file")
    os.utime(house.box / "out" / "4711.ACK", (1, 1))
    house.run()
    assert [row["state"] for row in sent(house)] == ["delivered", "delivered"]
    assert [row["name"] for row in house.rows(files) if row["state"] == "held"] == ["4711.ACK"]


def test_a_number_that_began_anew_is_that_of_the_file_that_waits(tmp_path):
    house = installed(tmp_path)
    house.drop(1)
    house.settle()
    house.drop(1)
    house.run()
    (last,) = [row for row in sent(house) if row["state"] == "delivered"]
    given = next(row["batch"] for row in sent(house) if row["state"] == "acknowledged")
    (house.box / "in" / last["name"]).unlink()
    (house.box / "in" / f"{last['name']}-{given}-success").write_text("")
    (house.box / "out" / f"{given}.ACK").write_text("duplicate file")
    house.run()
    assert sorted(row["state"] for row in sent(house)) == ["acknowledged", "refused"]


def test_a_number_of_nobody_outside_the_incoming_folder_is_told(tmp_path):
    house = installed(
        tmp_path, notices=NOTICES.replace('name = "{batch}.ACK"', 'name = "{batch}.BAD"').replace('folder = "out"', 'folder = "in"')
    )
    (house.box / "in" / "99.BAD").write_text("what is this")
    os.utime(house.box / "in" / "99.BAD", (1, 1))
    house.run()
    assert any("99.BAD" in text for level, text in house.told if level == "warning")
    assert (house.box / "in" / "99.BAD").exists()


@pytest.mark.parametrize("folder", ["in", "out"])
def test_what_a_notice_says_is_taken_down_however_large_it_is(tmp_path, monkeypatch, folder):
    monkeypatch.setattr("x12retro.flow.notices._MOST_BYTES", 10)
    house = installed(tmp_path, notices=NOTICES.replace('folder = "in"', f'folder = "{folder}"'))
    house.drop(3)
    house.run()
    (ours,) = sent(house)
    (house.box / folder / f"{ours['name']}-4711-FAILED").write_text("a long story")
    for _ in range(2):
        house.run()
    assert sent(house)[0]["state"] == "refused"
    assert (house.box / folder / f"{ours['name']}-4711-FAILED").exists()
    assert sum("longer than 10 bytes" in text for _, text in house.told) == 1
    assert not [row for row in house.rows(files) if row["state"] == "held"]


def test_names_that_are_made_to_be_slow_are_not(tmp_path):
    told = [Notice(name="{name}-{batch}-{any}x", says="failed"), Notice(name="{any}.{name}.{batch}x", says="failed")]
    entries = [Entry("-" * 200, 1, 0.0), Entry("a-" * 100, 1, 0.0), Entry("a." * 100, 1, 0.0)]
    begin = time.process_time()
    assert not noticed(told, "", entries)
    assert time.process_time() - begin < 1
