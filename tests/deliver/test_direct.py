"""`finish = "direct"`: a file has its name at once, so a run that dies leaves a part of it, all of it, or something that was taken."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from documents import PDF
from installation import Installation

from x12retro.cli.answer import answer
from x12retro.cli.ledger import ledger as ledger_command
from x12retro.deliver import MailboxRefused, MailboxUnreachable, load_config
from x12retro.deliver.folder import FolderMailbox
from x12retro.encounter.services import Document
from x12retro.flow.watch import alarms
from x12retro.ledger import open_ledger
from x12retro.ledger.only import only
from x12retro.ledger.tables import documents, events, files, requests
from x12retro.ledger.views import worklist
from x12retro.payer import Behaviour

RECORD = Document(type="M1", delivery="EL", path="record.pdf", control_number="ACN0001")


@pytest.fixture
def house(tmp_path):
    return Installation(tmp_path, finish="direct", behaviour=Behaviour(answers={"certified": 1}))


def dying(house, at, monkeypatch, *, kind="request"):
    """A run that dies over the first file of a kind: before, amid or after its writing."""
    whole = FolderMailbox.put
    word = {"request": b"*278*", "documents": b"*275*", "acknowledgment": b"*999*"}[kind]

    def put(box, folder, name, source):
        if word not in source.read_bytes():
            return whole(box, folder, name, source)
        if at == "amid":
            (house.box / folder / name).write_bytes(source.read_bytes()[:200])
        elif at == "after":
            whole(box, folder, name, source)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FolderMailbox, "put", put)
        house.run()


def ours(house, kind="request"):
    return next(row for row in house.rows(files) if row["kind"] == kind and row["direction"] == "out")


def tasks(house, later=timedelta()):
    opened = open_ledger(load_config(house.config).ledger)
    try:
        with opened.look() as connection:
            return {task.why: task for task in worklist(connection, datetime.now().astimezone() + later)}
    finally:
        opened.close()


def command(house, *arguments):
    done = CliRunner().invoke(ledger_command, [*arguments, "--config", str(house.config)], catch_exceptions=False, standalone_mode=False)
    assert done.return_value == 0, done.output
    return done.output


def test_what_may_have_been_taken_is_in_doubt_and_stands_in_the_worklist(house, monkeypatch):
    house.drop(3)
    dying(house, "before", monkeypatch)
    assert house.run().left == 0
    assert not any((house.box / "in").iterdir())
    row = ours(house)
    assert row["state"] == "in_doubt"
    assert any("nobody can tell whether it arrived" in text for _, text in house.told)
    task = tasks(house)["in_doubt"]
    assert task.file == row["name"]
    assert "ledger settle" in task.do
    assert "ledger release" in task.do
    assert task.days_left in (0, 1)  # days of UTC
    assert tasks(house, timedelta(hours=50))["in_doubt"].days_left < 0
    config = load_config(house.config)
    opened = open_ledger(config.ledger)
    assert "in_doubt" in {alarm.kind for alarm in alarms(opened, config.partners[0])}
    opened.close()
    told = len(house.told)
    house.run(later=timedelta(hours=50))
    assert ours(house)["state"] == "in_doubt"
    assert len(house.told) == told  # it is told once, and stands in the worklist
    assert [one["kind"] for one in house.rows(events)].count("doubted") == 1
    assert house.faults_of_the_ledger() == []


def test_a_file_in_doubt_that_did_not_arrive_is_released_and_sent(house, monkeypatch):
    house.drop(3)
    dying(house, "before", monkeypatch)
    house.run()
    assert "released" in command(house, "release", ours(house)["name"])
    house.settle()
    assert house.faults() == []


def test_a_file_in_doubt_that_arrived_is_settled_with_all_that_is_in_it(house, monkeypatch):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    dying(house, "after", monkeypatch, kind="documents")
    (house.box / "in" / ours(house, "documents")["name"]).unlink()  # taken, and never answered
    house.run()
    row = ours(house, "documents")
    assert row["state"] == "in_doubt"
    assert house.rows(documents)[0]["state"] == "filed"
    assert "it arrived" in command(house, "settle", row["name"], "--why", "Summit Ridge has it")
    row = ours(house, "documents")
    assert row["state"] == "delivered"
    assert row["due_at"]
    assert "archive" in row["path"]
    assert (house.work / "house" / row["path"]).exists()
    assert house.rows(documents)[0]["state"] == "sent"
    (told,) = [one for one in house.rows(events) if one["kind"] == "delivered" and one["file_id"] == row["id"]]
    assert "Summit Ridge has it" in told["detail"]
    assert house.faults_of_the_ledger() == []
    again = CliRunner().invoke(ledger_command, ["settle", row["name"], "--why", "x", "--config", str(house.config)], standalone_mode=False)
    assert "no file of ours is in doubt" in str(again.exception)


def test_a_held_file_of_ours_that_arrived_is_settled_too(house, monkeypatch):
    """As an earlier version held those of which nobody knew."""
    house.drop(2)
    dying(house, "after", monkeypatch)
    (house.box / "in" / ours(house)["name"]).unlink()
    house.run()
    file_id = ours(house)["id"]
    opened = open_ledger(load_config(house.config).ledger)
    with opened.change("summit-ridge") as change:
        assert change.file(file_id, "held", note="the connection broke") == "held"
    opened.close()
    assert "it arrived" in command(house, "settle", ours(house)["name"], "--why", "they have it")
    assert ours(house)["state"] == "delivered"
    assert {row["state"] for row in house.rows(requests) if row["trace"]} == {"sent"}
    assert house.faults_of_the_ledger() == []


def test_the_requests_of_a_file_that_is_settled_are_sent(house, monkeypatch):
    house.drop(2)
    dying(house, "after", monkeypatch)
    (house.box / "in" / ours(house)["name"]).unlink()
    house.run()
    command(house, "settle", ours(house)["name"], "--why", "they have it")
    assert {row["state"] for row in house.rows(requests) if row["trace"]} == {"sent"}
    assert "no_decision" in tasks(house, timedelta(days=20))


def test_an_answer_settles_what_is_in_doubt(house, monkeypatch):
    house.drop(3)
    dying(house, "after", monkeypatch)
    whole = house.box / "in" / ours(house)["name"]
    aside = house.work / "taken"
    whole.rename(aside)
    house.run()
    assert ours(house)["state"] == "in_doubt"
    aside.rename(whole)
    house.payer.round(datetime.now())
    house.settle()
    assert house.faults() == []


def test_an_answer_that_comes_after_the_release_keeps_a_file_from_going_twice(house, monkeypatch):
    house.drop(3)
    dying(house, "after", monkeypatch)
    house.payer.round(datetime.now())
    answers = {file.name: file.read_bytes() for file in (house.box / "out").iterdir()}
    for name in answers:
        (house.box / "out" / name).unlink()
    house.run()
    command(house, "release", ours(house)["name"])
    for name, content in answers.items():
        (house.box / "out" / name).write_bytes(content)
    house.settle()
    assert ours(house)["state"] == "acknowledged"
    assert house.faults() == []


def test_a_part_that_nobody_took_is_taken_back_and_the_whole_is_sent(house, monkeypatch):
    house.drop(3)
    dying(house, "amid", monkeypatch)
    assert (house.box / "in" / ours(house)["name"]).stat().st_size == 200
    dying(house, "before", monkeypatch)  # the next run dies too, behind having taken it back
    assert not any((house.box / "in").iterdir())
    house.run()
    command(house, "release", ours(house)["name"])
    house.settle()
    assert house.faults() == []


def test_a_run_that_dies_between_taking_a_part_back_and_sending_leaves_nothing_in_doubt(house, monkeypatch):
    house.drop(3)
    dying(house, "amid", monkeypatch)

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("x12retro.flow.delivery.put", dies)
        patch.setattr("x12retro.ledger.change.file_after", only_until_put_back())
        house.run()
    assert ours(house)["state"] == "staged"
    house.settle()
    assert house.faults() == []


def only_until_put_back():
    """Die over what comes behind the event `put_back`, which is written."""
    from x12retro.ledger.life import file_after

    seen = Counter()

    def after(state, event):
        if seen["put_back"]:
            raise KeyboardInterrupt
        seen[event] += 1
        return file_after(state, event)

    return after


def test_a_part_that_the_payer_took_is_refused_and_told_and_nothing_is_in_doubt(house, monkeypatch):
    house.drop(3)
    dying(house, "amid", monkeypatch)
    house.payer.round(datetime.now())
    house.run()
    assert ours(house)["state"] == "refused"
    assert {row["state"] for row in house.rows(requests) if row["trace"]} == {"rejected"}
    assert "rejected" in tasks(house)


def test_all_of_it_was_there_when_a_run_that_came_so_far_dies(house, monkeypatch):
    """The ledger says `finishing`: what is gone since was taken."""
    house.drop(3)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("x12retro.flow.delivery._delivered", dies)
        house.run()
    (house.box / "in" / ours(house)["name"]).unlink()
    house.run()
    assert ours(house)["state"] == "delivered"


def test_an_acknowledgment_of_ours_that_is_in_doubt_is_for_a_person(house, monkeypatch):
    """Nobody acknowledges it: it would wait for ever."""
    house.drop(3)
    house.run()
    house.payer.round(datetime.now())
    dying(house, "after", monkeypatch, kind="acknowledgment")
    (house.box / "in" / ours(house, "acknowledgment")["name"]).unlink()
    house.settle()
    row = ours(house, "acknowledgment")
    assert (row["state"], tasks(house)["in_doubt"].file) == ("in_doubt", row["name"])
    command(house, "settle", row["name"], "--why", "they have it")
    house.settle()
    assert house.faults() == []


def test_what_was_not_begun_is_not_in_doubt(house, monkeypatch):
    house.drop(3)

    def refuses(*_):
        raise MailboxRefused("no room")

    with monkeypatch.context() as patch:
        patch.setattr("x12retro.deliver.folder._opened", refuses)
        assert house.run().failed == "no room"
    assert ours(house)["state"] == "staged"
    house.settle()
    assert house.faults() == []


@pytest.mark.parametrize(("finish", "tries"), [("direct", 1), ("rename", 2)])
def test_what_was_begun_is_written_again_in_one_run_only_where_nobody_takes_it(tmp_path, monkeypatch, finish, tries):
    house = Installation(tmp_path, finish=finish, behaviour=Behaviour(answers={"certified": 1}))
    house.drop(3)
    opened = []

    def breaks(reading, writing, _):
        opened.append(writing)
        writing.write(reading.read(100))
        raise MailboxUnreachable("it broke")

    with monkeypatch.context() as patch:
        patch.setattr("x12retro.deliver.folder.shutil.copyfileobj", breaks)
        patch.setattr("x12retro.deliver.retry.time.sleep", lambda _: None)
        assert house.run().failed == "it broke"
    assert len(opened) == tries
    assert ours(house)["state"] == "sending"
    house.settle()
    assert house.faults() == []


def test_what_is_taken_while_it_is_written_is_there_as_a_whole(place, tmp_path, monkeypatch):
    box, folder = place
    file = tmp_path / "ours"
    file.write_bytes(b"x" * 900)

    def taken(_):
        (folder / "f").unlink()

    if isinstance(box, FolderMailbox):
        monkeypatch.setattr("x12retro.deliver.folder.os.fsync", taken)
    else:
        from paramiko import SFTPFile

        close = SFTPFile.close
        monkeypatch.setattr(SFTPFile, "close", lambda stream: (close(stream), (folder / "f").unlink(missing_ok=True)))
    assert box.put("", "f", file) == 900
    assert not (folder / "f").exists()


def by_hand(house, *arguments):
    (row,) = house.rows(requests)
    arguments = [row["encounter_id"], "--by-hand", "uploaded", *arguments, "--config", str(house.config)]
    return CliRunner().invoke(answer, arguments, standalone_mode=False)


def test_a_document_goes_by_hand_while_nobody_can_tell_whether_its_275_arrived(house, monkeypatch):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    dying(house, "before", monkeypatch, kind="documents")
    assert "nothing is waited for under ACN0001" in str(by_hand(house, "--only", "ACN0001").exception)  # the next run looks first
    house.run()
    assert by_hand(house, "--only", "ACN0001").exception is None
    (row,) = house.rows(documents)
    assert (row["state"], row["note"], row["file_id"]) == ("sent", "uploaded", None)
    command(house, "settle", ours(house, "documents")["name"], "--why", "they have it")
    assert house.rows(documents)[0]["note"] == "uploaded"
    assert house.faults_of_the_ledger() == []


def dropped_again(house):
    """Put every file of the drop folder's archive there once more, under its name."""
    for row in house.rows(files):
        if row["direction"] == "drop":
            copy = house.work / "house" / row["path"]
            (house.work / "house" / "drop" / "summit-ridge" / row["name"]).write_bytes(copy.read_bytes())


def test_what_was_refused_as_a_whole_is_asked_anew_when_the_same_record_is_dropped_again(house, monkeypatch):
    house.keep("record.pdf", PDF)
    house.drop(3, documents=(Document(type="M1", delivery="EL", path="record.pdf"),))
    for _ in range(2):  # and once more
        dying(house, "amid", monkeypatch)
        house.payer.round(datetime.now())
        house.run()
        dropped_again(house)
    house.settle()
    by_state = Counter((row["encounter_id"], row["state"]) for row in house.rows(requests))
    assert by_state == {(f"D1-{n}", state): count for n in range(3) for state, count in (("closed", 2), ("decided", 1))}
    assert len({row["trace"] for row in house.rows(requests)}) == 9
    assert house.faults_of_the_ledger() == []
    dropped_again(house)
    balance = house.run()
    assert (balance.failed, balance.unaccounted) == (None, ())
    assert len(house.rows(requests)) == 9  # what was decided is passed over


def test_what_the_payer_looked_at_and_refused_is_passed_over(tmp_path):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"rejected 2010C": 1}))
    house.drop(2)
    house.settle()
    assert {row["state"] for row in house.rows(requests)} == {"rejected"}
    dropped_again(house)
    house.settle()
    assert len(house.rows(requests)) == 2


@pytest.mark.parametrize(("finish", "state"), [("direct", "delivered"), ("manifest", "delivered"), ("rename", "held")])
def test_an_empty_file_under_a_name_of_ours_is_what_a_broken_connection_left_where_files_have_their_names_at_once(tmp_path, finish, state):
    house = Installation(tmp_path, finish=finish)
    house.drop(1)
    (house.box / "in" / "CEDARBLUFF01_000000001.edi").touch()
    assert house.run().failed is None
    assert ours(house)["state"] == state


def test_who_settles_waits_for_the_run_that_is_at_work(house, monkeypatch):
    house.drop(1)
    dying(house, "before", monkeypatch)
    house.run()
    opened = open_ledger(load_config(house.config).ledger)
    settle = ["settle", ours(house)["name"], "--why", "x", "--wait", "0.3", "--config", str(house.config)]
    with only(opened, house.work / "house", "summit-ridge"):
        done = CliRunner().invoke(ledger_command, settle, standalone_mode=False)
    assert "another run is at work" in str(done.exception)
    assert "waiting for its end" in done.output
    assert CliRunner().invoke(ledger_command, settle, standalone_mode=False).return_value == 0
    opened.close()
