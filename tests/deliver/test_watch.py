"""The watchdogs: what has run out, what did not come, what is rejected too often; in the worklist and in the metrics."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from sqlalchemy import update

from x12retro.deliver import load_config
from x12retro.flow.watch import alarms, expire, write_metrics
from x12retro.ledger import NewRequest, open_ledger
from x12retro.ledger.tables import files, requests
from x12retro.ledger.views import worklist
from x12retro.payer import Behaviour

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def watched(tmp_path):
    """An installation's ledger at a fixed moment, and its partner."""
    config = load_config(Installation(tmp_path).config)
    ledger = open_ledger(config.ledger, actor="test", clock=lambda: NOW)
    yield ledger, config.partners[0]
    ledger.close()


def put(ledger, count, *, state="held", **columns):
    with ledger.change("summit-ridge") as change:
        new = [NewRequest(encounter_id=f"{state}{n}", digest=f"{state}{n}", event="held", **columns) for n in range(count)]
        ids = change.add_requests(new)
        change.connection.execute(update(requests).where(requests.c.id.in_(ids)).values(state=state, sent_at=change.at))


@pytest.mark.parametrize("state", ["held", "rejected"])
@pytest.mark.parametrize(("closes", "over"), [("2026-11-23", 1), ("2026-11-24", 0), (None, 0)])
def test_what_was_not_asked_in_time_expires_and_has_a_step_and_a_day(watched, state, closes, over):
    ledger, partnership = watched
    put(ledger, 1, state=state, closes=closes)
    assert expire(ledger, partnership.id) == over
    with ledger.look() as connection:
        found = [(task.do, task.due) for task in worklist(connection, NOW) if task.why == "expired"]
    assert found == [("send claim then appeal", "2026-12-02")] * over


@pytest.mark.parametrize(("rejected", "others", "barks"), [(5, 15, True), (4, 16, False), (5, 5, False)])
def test_rejections_bark_over_the_share_and_not_over_a_few(watched, rejected, others, barks):
    ledger, partnership = watched
    put(ledger, rejected, state="rejected")
    put(ledger, others, state="decided")
    assert any(alarm.kind == "rejections" for alarm in alarms(ledger, partnership)) is barks


def test_a_file_that_nobody_acknowledged_and_one_that_is_held_bark_and_are_measured(tmp_path):
    house = Installation(tmp_path)
    house.drop(3)
    house.run()
    (house.box / "out" / "notice.txt").write_text("closed on Friday")
    house.run()
    config = load_config(house.config)
    ledger = open_ledger(config.ledger, clock=lambda: datetime.now(UTC) + timedelta(hours=25))
    barking = alarms(ledger, config.partners[0])
    assert {alarm.kind for alarm in barking} >= {"no_acknowledgment", "file_held"}
    write_metrics(ledger, barking, tmp_path / "metrics" / "x.prom", NOW)
    text = (tmp_path / "metrics" / "x.prom").read_text()
    assert 'x12retro_alarm{kind="file_held",partner="summit-ridge"} 1.0' in text
    assert 'x12retro_requests{partner="summit-ridge",state="sent"} 3.0' in text
    ledger.close()


def test_silence_barks_after_so_many_days(tmp_path):
    house = Installation(tmp_path)
    file = house.work / "partners" / "summit-ridge.toml"
    file.write_text(file.read_text() + "[exchange.watch]\nsilence_days = 3\n")
    (house.box / "out" / "notice.txt").write_text("closed on Friday")
    house.run()
    config = load_config(house.config)
    for days, barks in ((2, False), (4, True)):
        ledger = open_ledger(config.ledger, clock=lambda days=days: datetime.now(UTC) + timedelta(days=days))
        assert any(alarm.kind == "silence" for alarm in alarms(ledger, config.partners[0])) is barks
        ledger.close()


def test_a_file_of_that_name_in_the_mailbox_is_neither_replaced_nor_taken_for_ours(tmp_path):
    house = Installation(tmp_path, finish="direct")
    house.drop(2)
    (house.box / "in" / "CEDARBLUFF01_000000001.edi").write_text("theirs")
    house.run()
    assert (house.box / "in" / "CEDARBLUFF01_000000001.edi").read_text() == "theirs"
    (row,) = [row for row in house.rows(files) if row["direction"] == "out"]
    assert (row["state"], {one["state"] for one in house.rows(requests)}) == ("held", {"validated"})


def test_a_file_that_grows_while_it_is_copied_is_left_for_the_next_run(tmp_path, monkeypatch):
    from x12retro.deliver.folder import FolderMailbox

    house = Installation(tmp_path)
    (house.box / "out" / "a.txt").write_text("half")
    original = FolderMailbox.entries

    def earlier(self, folder):
        return [entry._replace(size=2) if entry.name == "a.txt" else entry for entry in original(self, folder)]

    with monkeypatch.context() as patch:
        patch.setattr(FolderMailbox, "entries", earlier)
        assert house.run().collected == 0
    assert (house.box / "out" / "a.txt").exists()
    assert house.run().collected == 1


def tasks(house, x12retro):
    done = x12retro("ledger", "worklist", "--format", "jsonl", "--config", str(house.config))
    return [(task["why"], task["file"] or task["encounter_id"]) for task in map(json.loads, done.stdout.splitlines())]


def test_a_file_that_waits_for_the_partners_hours_is_nobodys_task(tmp_path, x12retro):
    house = Installation(tmp_path)
    partner = tmp_path / "partners" / "summit-ridge.toml"
    always = partner.read_text()
    today = datetime.now().strftime("%a").lower()
    days = [day for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") if day != today][:3]
    partner.write_text(always + f"[exchange.schedule]\ndays = {json.dumps(days)}\nbegins = '03:00'\nends = '03:01'\n")
    house.drop(2)
    house.run()
    assert tasks(house, x12retro) == []
    partner.write_text(always)
    assert tasks(house, x12retro) == [("not_sent", "CEDARBLUFF01_000000001.edi")]


def test_what_is_held_as_a_whole_stands_there_once(tmp_path, x12retro):
    house = Installation(tmp_path)
    folder = tmp_path / "house" / "drop" / "summit-ridge"
    folder.mkdir(parents=True)
    (folder / "bad.jsonl").write_text('{"encounter_id": "X1"}\n{"encounter_id": "X2"}\n')
    house.run()
    (house.box / "out" / "odd.txt").write_text("no X12")
    house.run()
    assert sorted(row["name"] for row in house.rows(files) if row["state"] == "held") == ["bad.jsonl", "odd.txt"]
    found = tasks(house, x12retro)
    assert sorted(name for why, name in found if why == "encounter_held") == ["X1", "X2"]
    assert [name for why, name in found if why == "file_held"] == ["odd.txt"]


def test_an_acknowledgment_of_ours_that_was_refused_is_told_until_somebody_looked(tmp_path, x12retro):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}))
    house.drop(1)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    ours, *_ = [row for row in house.rows(files) if row["kind"] == "acknowledgment" and row["direction"] == "out"]
    about = next(file for file in (tmp_path / "house" / "archive").rglob("*.TA1")).read_text()
    refused = about.replace("TA1*000000001*", f"TA1*{ours['isa13']}*").replace("*A*000", "*R*025")
    assert refused != about
    (house.box / "out" / "refused.TA1").write_text(refused)
    house.run()
    assert ("refused_acknowledgment", ours["name"]) in tasks(house, x12retro)
    assert x12retro("ledger", "seen", ours["name"], "--why", "a test", "--config", str(house.config)).returncode == 0
    assert x12retro("ledger", "seen", ours["name"], "--why", "a test", "--config", str(house.config)).returncode == 2
    assert ("refused_acknowledgment", ours["name"]) not in tasks(house, x12retro)
